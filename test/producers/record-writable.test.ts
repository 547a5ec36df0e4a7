import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect, test } from 'vitest'
import { Producer, type ProducerConfiguration, PutError, type UserRecordInput } from '../../producers/index.ts'
import { memoryEnv } from '../support/memory-env.ts'
import { ScriptedTarget, THROTTLED } from './scripted-target.ts'

function world(configuration: Partial<ProducerConfiguration> = {}, bad = '') {
  const env = memoryEnv()
  const target: ScriptedTarget = new ScriptedTarget(async entries => {
    await env.clock.sleep(20)
    return entries.map(entry => (entry.partitionKey === bad ? THROTTLED : target.store(entry)))
  })
  return { env, target, producer: new Producer({ target, env, configuration }) }
}

function* records(count: number): Generator<UserRecordInput> {
  for (let i = 0; i < count; i++) yield { partitionKey: `k${i}`, data: Buffer.from(`r${i}`) }
}

test('what is piped in is stored when the pipe has finished, and never more inside than agreed', async () => {
  const w = world({ MaxOutstandingRecords: 10, CollectionMaxCount: 5 })
  await w.env.clock.until(pipeline(Readable.from(records(300)), w.producer.writable()))
  expect(w.target.stored).toHaveLength(300)
  expect(w.producer.metrics()).toMatchObject({ outstandingRecords: 0, waitingRecords: 0 })
})

test('a record that is given up destroys the stream, or goes to the hook while the others go on', async () => {
  const strict = world({ FailIfThrottled: true }, 'k7')
  await expect(
    strict.env.clock.until(pipeline(Readable.from(records(5_000)), strict.producer.writable())),
  ).rejects.toBeInstanceOf(PutError)

  const lenient = world({ FailIfThrottled: true }, 'k7')
  const failed: string[] = []
  const writable = lenient.producer.writable({ onFailure: (_, { partitionKey }) => void failed.push(partitionKey) })
  await lenient.env.clock.until(pipeline(Readable.from(records(50)), writable))
  expect(failed).toEqual(['k7'])
  expect(lenient.target.stored).toHaveLength(49)
})

test('a record that no stream takes goes to the hook too', async () => {
  const { env, producer, target } = world({ MaxUserRecordSize: 64 })
  const errors: string[] = []
  const writable = producer.writable({ onFailure: error => void errors.push(error.message) })
  const large = { partitionKey: 'k', data: new Uint8Array(65) }
  await env.clock.until(pipeline(Readable.from([large, ...records(3)]), writable))
  expect(errors).toEqual([expect.stringMatching(/65 bytes/)])
  expect(target.stored).toHaveLength(3)
})

test('an aborted signal closes the producer within its time, and a closed one lets go of the signal', async () => {
  const { env, producer } = world({ RecordMaxBufferedTime: 60_000, RecordTtl: 100_000 })
  const signal = new AbortController()
  const put = producer.put({ partitionKey: 'k', data: new Uint8Array() })
  const closed = producer.closeOn(signal.signal, 1_000)
  await env.clock.advance(500)
  expect(producer.metrics().outstandingRecords).toBe(1)
  signal.abort()
  expect(await env.clock.until(closed)).toEqual({ abandoned: 0 })
  await put
  expect(env.clock.monotonicMs()).toBeLessThan(600)

  const other = world()
  const waiting = other.producer.closeOn(new AbortController().signal, 1_000)
  await other.producer.close()
  expect(await waiting).toEqual({ abandoned: 0 })
})

test('the time-out of the caller rejects a put wherever its record is, and the record may be stored all the same', async () => {
  const { env, producer, target } = world({ RecordMaxBufferedTime: 0, UserRecordTimeoutInMillis: 10 })
  const error = await env.clock.until(
    producer.put({ partitionKey: 'k', data: Buffer.from('a') }).catch((e: unknown) => e),
  )
  expect(error).toMatchObject({ failure: 'timeout', attempts: [{ errorCode: 'Timeout' }], userRecord: null })
  expect(env.clock.monotonicMs()).toBe(10)
  await env.clock.run()
  expect(target.stored).toEqual(['a'])
  expect(producer.metrics()).toMatchObject({ recordsPut: 0, recordsFailed: 1, callsInFlight: 0 })
})

test('a failed put carries its user record when that is asked for', async () => {
  const { env, producer } = world({ FailIfThrottled: true, ReturnUserRecordOnFailure: true }, 'k')
  const record = { partitionKey: 'k', data: Buffer.from('a'), explicitHashKey: '5' }
  const error = await env.clock.until(producer.put(record).catch((e: unknown) => e))
  expect(error).toMatchObject({ failure: 'throttled', userRecord: record })
})
