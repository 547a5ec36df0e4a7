/** Records with a schema: encoded first, then put, in their order. */
import { expect, test } from 'vitest'
import { Producer, type SchemaEncoder } from '../../producers/index.ts'
import { memoryEnv } from '../support/memory-env.ts'
import { ScriptedTarget } from './scripted-target.ts'

const schema = { schemaDefinition: '{"type":"string"}', dataFormat: 'AVRO', schemaName: 'name' } as const
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function world(encodeSchema?: SchemaEncoder, configuration = {}) {
  const env = memoryEnv()
  const target = new ScriptedTarget()
  const producer = new Producer({ target, env, configuration, encodeSchema })
  return { env, target, producer }
}

test('the encoder gets stream, schema and data, and what it returns is stored', async () => {
  const seen: unknown[] = []
  const { env, target, producer } = world((stream, given, data) => {
    seen.push([stream, given, Buffer.from(data).toString()])
    return bytes(`<${Buffer.from(data).toString()}>`)
  })
  await env.clock.until(producer.put({ partitionKey: 'k', data: bytes('a'), schema }))
  expect(seen).toEqual([['', schema, 'a']])
  expect(target.stored).toEqual(['<a>'])
})

test('records enter in the order of their puts, however long each takes to be encoded', async () => {
  const { env, target, producer } = world(async (_stream, _schema, data) => {
    await env.clock.sleep(100 - Number(Buffer.from(data).toString()))
    return data
  })
  const puts = Array.from({ length: 20 }, (_, i) => producer.put({ partitionKey: 'k', data: bytes(`${i}`), schema }))
  await env.clock.until(Promise.all([producer.flush(), ...puts]))
  expect(target.stored).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`))
})

test('the size is judged after the encoder, which may make the data smaller or larger', async () => {
  const { env, target, producer } = world((_stream, { schemaName }, data) =>
    schemaName === 'grow' ? new Uint8Array(2_000_000) : data.subarray(0, 1),
  )
  const large = producer
    .put({ partitionKey: 'k', data: bytes('a'), schema: { ...schema, schemaName: 'grow' } })
    .catch((error: unknown) => error)
  const small = producer.put({ partitionKey: 'k', data: new Uint8Array(2_000_000).fill(97), schema })
  await expect(large).resolves.toMatchObject({ code: 'invalid_argument' })
  await env.clock.until(small)
  expect(target.stored).toEqual(['a'])
})

test('an encoder that fails fails its record alone, and says why', async () => {
  const { env, target, producer } = world((_stream, _schema, data) => {
    if (data[0] === 0) throw new Error('field "age" is missing')
    return data
  })
  const bad = producer.put({ partitionKey: 'k', data: new Uint8Array(1), schema }).catch((error: unknown) => error)
  await env.clock.until(producer.put({ partitionKey: 'k', data: bytes('b'), schema }))
  await expect(bad).resolves.toMatchObject({
    code: 'invalid_argument',
    message: 'put: the schema encoder refused the record: field "age" is missing',
  })
  expect(target.stored).toEqual(['b'])
})

test('a schema without an encoder is refused at the put', () => {
  const { producer } = world()
  expect(() => producer.put({ partitionKey: 'k', data: bytes('a'), schema })).toThrow('give encodeSchema')
})

test('an encoder that never ends holds a bounded number of records, and close gives them up', async () => {
  const { env, producer } = world(() => new Promise(() => {}), { MaxOutstandingRecords: 3 })
  const puts = Array.from({ length: 4 }, () =>
    producer.put({ partitionKey: 'k', data: bytes('a'), schema }).catch((error: unknown) => error),
  )
  await expect(puts[3]).resolves.toMatchObject({ code: 'limit_exceeded' })
  await env.clock.until(producer.close(1_000))
})
