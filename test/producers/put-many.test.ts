/** Many records with one promise: each goes its own way, and the results say so in the order of the records. */
import { expect, test } from 'vitest'
import { MillraceError } from '../../core/index.ts'
import {
  Producer,
  type ProducerConfiguration,
  PutError,
  type PutResult,
  type UserRecordInput,
} from '../../producers/index.ts'
import { PutBatch } from '../../producers/put-batch.ts'
import { memoryEnv } from '../support/memory-env.ts'
import { INTERNAL, type Script, ScriptedTarget } from './scripted-target.ts'
import { ShardedTarget } from './sharded-target.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const record = (text: string): UserRecordInput => ({ partitionKey: `key-${text}`, data: bytes(text) })
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `r${i}`)

function scripted(configuration: Partial<ProducerConfiguration> = {}, script?: Script) {
  const env = memoryEnv()
  const target = new ScriptedTarget(script)
  return { env, target, producer: new Producer({ target, env, configuration }) }
}

/** A result in a word. */
function word(result: PutResult | undefined): string {
  if (result instanceof PutError) return result.failure
  if (result instanceof MillraceError) return result.code
  return result === undefined ? 'missing' : 'stored'
}

test('every outcome names the place where the record of that place lies, through splits and refusals', async () => {
  const env = memoryEnv()
  const target = new ShardedTarget(env.clock, 3)
  let entries = 0
  target.fault = () => (++entries % 5 === 0 ? 'throttle' : null)
  const producer = new Producer({ target, env, configuration: { RateLimit: 1_000_000 } })
  await env.clock.until(producer.mapped())
  const texts = names(6_000)
  const batches: Promise<readonly PutResult[]>[] = []
  for (let i = 0; i < texts.length; i += 500) {
    if (i === 3_000) target.split('shardId-000000000001')
    batches.push(producer.putMany(texts.slice(i, i + 500).map(record)))
    await env.clock.advance(7)
  }
  const results = (await env.clock.until(Promise.all(batches))).flat()
  const lies = new Map(
    target
      .read()
      .records.map(({ text, shardId, sequenceNumber, subsequenceNumber }) => [
        `${shardId} ${sequenceNumber} ${subsequenceNumber}`,
        text,
      ]),
  )
  expect(results).toHaveLength(6_000)
  results.forEach((result, i) => {
    if (result instanceof Error) throw result
    expect(lies.get(`${result.shardId} ${result.sequenceNumber} ${result.subsequenceNumber}`)).toBe(texts[i])
  })
  expect(results.some(result => !(result instanceof Error) && result.attempts.length > 1)).toBe(true)
})

test('a record that no stream takes is a value at its place, and the others are put', async () => {
  const { env, target, producer } = scripted()
  const odd = [{ partitionKey: '', data: bytes('x') }, null, { ...record('s'), schema: {} }, { partitionKey: 'k' }]
  const records = [record('a'), odd[0], record('b'), odd[1], odd[2], record('c'), odd[3]] as UserRecordInput[]
  const results = await env.clock.until(producer.putMany(records))
  const bad = 'invalid_argument'
  expect(results.map(word)).toEqual(['stored', bad, 'stored', bad, bad, 'stored', bad])
  expect(target.stored).toEqual(['a', 'b', 'c'])
})

const TOPIC = { routing: 'partition', headers: true, ordered: false, idempotent: false, transactional: false } as const

test('where every second of many records is refused, each result has its place', () => {
  const batch = new PutBatch(40_000)
  for (let place = 0; place < 40_000; place += 2) batch.enter(place, 5 + place / 2)
  for (let order = 20_004; order >= 5; order--) batch.settle(order, outcomeAt(order))
  for (let place = 1; place < 40_000; place += 2) batch.fill(place, new MillraceError('invalid_argument', `${place}`))
  return batch.results.then(results => {
    expect(
      results.map(result =>
        result instanceof Error ? Number(result.message) : 2 * (Number(result.sequenceNumber) - 5),
      ),
    ).toEqual(results.map((_, place) => place))
  })
})

const outcomeAt = (order: number) => ({
  shardId: 's',
  sequenceNumber: String(order),
  subsequenceNumber: 0,
  attempts: [],
})

test('headers that no client could send are refused by name before anything is put', async () => {
  const env = memoryEnv()
  const target = Object.assign(new ScriptedTarget(), { capabilities: TOPIC })
  const producer = new Producer({ target, env })
  const odd = [{ n: 5 }, null, { n: null }, { n: undefined }, new Map([['n', 'x']]), ['x'], 'text', { n: { a: 1 } }]
  const records = odd.flatMap((headers, i) => [{ ...record(`bad-${i}`), headers }, record(`good-${i}`)])
  const results = await env.clock.until(producer.putMany(records as unknown as UserRecordInput[]))
  expect(results.map(word)).toEqual(odd.flatMap(() => ['invalid_argument', 'stored']))
  expect(target.stored).toEqual(odd.map((_, i) => `good-${i}`))
  const texts = results.flatMap(result => (result instanceof Error ? [result.message] : []))
  expect(texts.slice(0, 5)).toEqual([
    'put: header "n" is number; give a string or a Uint8Array, or leave the header out',
    'put: headers are null; give an object with a string or a Uint8Array for each name',
    'put: header "n" is null; give a string or a Uint8Array, or leave the header out',
    'put: header "n" is undefined; give a string or a Uint8Array, or leave the header out',
    'put: headers are a Map; give an object with a string or a Uint8Array for each name',
  ])
  const bad = { ...record('x'), headers: { n: 5 } } as unknown as UserRecordInput
  expect(() => producer.put(bad)).toThrow(MillraceError)
  const good = { ...record('y'), headers: { a: 'text', b: bytes('z') } }
  expect((await env.clock.until(producer.putMany([good]))).map(word)).toEqual(['stored'])
})

test('a record that throws when it is looked at fills its place, and the others are put', async () => {
  const { env, target, producer } = scripted()
  const thrower = {
    partitionKey: 'k',
    get data(): Uint8Array {
      throw new TypeError('no bytes here')
    },
  }
  const results = await env.clock.until(producer.putMany([record('a'), thrower, record('b')]))
  expect(results.map(word)).toEqual(['stored', 'invalid_argument', 'stored'])
  expect(results[1]).toMatchObject({ message: 'put: the record cannot be read: no bytes here' })
  expect(target.stored).toEqual(['a', 'b'])
})

test('each record is given up by itself, with the error that its own put would have had', async () => {
  const { env, producer } = scripted({ RecordTtl: 1_000, ReturnUserRecordOnFailure: true }, entries =>
    entries.map((entry, i) =>
      new TextDecoder().decode(entry.data) === 'r2' ? INTERNAL : { shardId: 's', sequenceNumber: String(i) },
    ),
  )
  const results = await env.clock.until(producer.putMany(names(5).map(record)))
  expect(results.map(word)).toEqual(['stored', 'stored', 'expired', 'stored', 'stored'])
  const failed = results[2]
  if (!(failed instanceof PutError)) throw new Error('it is a PutError')
  expect(failed.attempts.at(-1)?.errorCode).toBe('Expired')
  expect(failed.userRecord).toEqual(record('r2'))
})

test('where even the line is full the rest is refused, at its places', async () => {
  const { env, producer, target } = scripted({ MaxOutstandingRecords: 10 })
  const first = producer.putMany(names(25).map(record))
  const second = producer.putMany([record('late')])
  const results = await env.clock.until(first)
  expect(results.map(word)).toEqual([...Array(20).fill('stored'), ...Array(5).fill('limit_exceeded')])
  expect((await env.clock.until(second)).map(word)).toEqual(['limit_exceeded'])
  expect(target.stored).toEqual(names(20))
})

test('records with a schema are encoded and find their places', async () => {
  const env = memoryEnv()
  const target = new ScriptedTarget()
  const producer = new Producer({
    target,
    env,
    encodeSchema: async (_stream, _schema, data) => {
      await env.clock.sleep(10)
      return bytes(`<${new TextDecoder().decode(data)}>`)
    },
  })
  const schema = { schemaDefinition: '{}', dataFormat: 'AVRO', schemaName: 'n' } as const
  const results = await env.clock.until(
    producer.putMany([{ ...record('a'), schema }, record('b'), { ...record('c'), schema }]),
  )
  expect(target.stored).toEqual(['b', '<a>', '<c>'])
  expect(results.map(result => ('sequenceNumber' in result ? result.sequenceNumber : ''))).toEqual(['2', '1', '3'])
})

test('whoever awaits a flush has seen the results, and close gives up what is left', async () => {
  const { env, producer } = scripted({}, (_, call) => (call === 1 ? [{ shardId: 's', sequenceNumber: '1' }] : null))
  const seen: string[] = []
  void producer.putMany([record('a')]).then(results => seen.push(...results.map(word)))
  await env.clock.until(producer.flush())
  expect(seen).toEqual(['stored'])
  const left = producer.putMany([record('b'), record('c')])
  expect(await env.clock.until(producer.close(50))).toEqual({ abandoned: 2 })
  expect((await left).map(word)).toEqual(['closed', 'closed'])
  expect(() => producer.putMany([])).toThrow('putMany: the producer is closed')
})

test('no records have no results', async () => {
  const { producer } = scripted()
  expect(await producer.putMany([])).toEqual([])
})

test('a put that is given up is rejected before a flush that waited for it resolves', async () => {
  const { env, producer } = scripted({ RecordTtl: 500 }, entries => entries.map(() => INTERNAL))
  const seen: string[] = []
  producer.put(record('a')).catch((error: unknown) => seen.push((error as PutError).failure))
  await env.clock.until(producer.flush().then(() => seen.push('flushed')))
  expect(seen).toEqual(['expired', 'flushed'])
})

test('a loop asks whether it must wait: for room, and for a turn of the event loop', async () => {
  const { env, producer } = scripted({ MaxOutstandingRecords: 2 }, () => null)
  expect(producer.mustWait).toBe(false)
  void producer.putMany([record('a')])
  expect(producer.mustWait).toBe(false)
  void producer.putMany([record('b')])
  expect(producer.mustWait).toBe(true)
  await env.clock.until(producer.close(0))
  expect(producer.mustWait).toBe(false)
  const large = scripted()
  void large.producer.putMany([{ partitionKey: 'k', data: new Uint8Array(70_000) }])
  expect(large.producer.mustWait).toBe(true)
  await large.env.clock.until(large.producer.ready())
  expect(large.producer.mustWait).toBe(false)
  await large.env.clock.until(large.producer.close())
})
