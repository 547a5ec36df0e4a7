import { expect, test } from 'vitest'
import { recordBytes } from '../../core/index.ts'
import { type Outcome, Producer, PutError, streamTarget } from '../../producers/index.ts'
import { hashKeyOf, LocalStreams, type Stream } from '../../streams/index.ts'
import { memoryEnv } from '../support/memory-env.ts'

interface Stored {
  readonly shardId: string
  readonly sequenceNumber: string
  readonly partitionKey: string
}

/** Every record of a stream, by its text. */
async function readAll(stream: Stream): Promise<Map<string, Stored>> {
  const found = new Map<string, Stored>()
  for (const { shardId } of await stream.listShards()) {
    let iterator = await stream.getIterator(shardId, { kind: 'trimHorizon' })
    for (;;) {
      const { records, nextIterator } = await stream.getRecords(iterator)
      for (let i = 0; i < records.length; i++) {
        const text = new TextDecoder().decode(recordBytes(records, i))
        expect(found.has(text), `${text} is stored once`).toBe(false)
        found.set(text, {
          shardId: records.shardId(i),
          sequenceNumber: records.sequenceNumber(i),
          partitionKey: records.partitionKey(i),
        })
      }
      if (records.length === 0 || nextIterator === null) break
      iterator = nextIterator
    }
  }
  return found
}

test('what the producer reports is where the embedded stream holds the record, on the shard of its hash key', async () => {
  const env = memoryEnv()
  const streams = await LocalStreams.open({ env })
  const stream = await streams.create('clicks', { shards: 3 })
  const producer = new Producer({ target: streamTarget(stream), env })
  const outcomes = new Map<string, Outcome>()
  const puts = Array.from({ length: 2_500 }, async (_, i) => {
    const text = `record ${i}`
    const partitionKey = `visitor-${i % 97}`
    // every tenth goes by the hash key of another visitor
    const explicit = i % 10 === 0 ? { explicitHashKey: hashKeyOf('visitor-1').toString() } : {}
    outcomes.set(text, await producer.put({ partitionKey, data: new TextEncoder().encode(text), ...explicit }))
  })
  await env.clock.until(Promise.all(puts))
  const stored = await env.clock.until(readAll(stream))
  expect(stored.size).toBe(2_500)
  for (const [text, { shardId, sequenceNumber }] of outcomes)
    expect(stored.get(text)).toMatchObject({ shardId, sequenceNumber })
  expect(new Set([...outcomes.values()].map(outcome => outcome.shardId)).size).toBe(3)
  const first = outcomes.get('record 1')?.shardId
  for (let i = 0; i < 2_500; i += 10) expect(outcomes.get(`record ${i}`)?.shardId).toBe(first)
  await env.clock.until(producer.close())
  await streams.close()
})

test('a record above the limit of its stream fails alone, and the others of its call are stored', async () => {
  const env = memoryEnv()
  const streams = await LocalStreams.open({ env })
  const stream = await streams.create('clicks')
  const configuration = { MaxUserRecordSize: 2_000_000 }
  const producer = new Producer({ target: streamTarget(stream), env, configuration })
  const large = producer
    .put({ partitionKey: 'large', data: new Uint8Array(1_500_000) })
    .catch((error: unknown) => error)
  const others = Array.from({ length: 50 }, (_, i) =>
    producer.put({ partitionKey: `k${i}`, data: new TextEncoder().encode(`record ${i}`) }),
  )
  await env.clock.until(Promise.all(others))
  const error = await env.clock.until(large)
  expect(error).toBeInstanceOf(PutError)
  expect(error).toMatchObject({ failure: 'permanent' })
  expect((await env.clock.until(readAll(stream))).size).toBe(50)
  await env.clock.until(producer.close())
  await streams.close()
})

test('a full embedded stream throttles, and its records go in once there is room again', async () => {
  const env = memoryEnv()
  const streams = await LocalStreams.open({ env, memoryBytesMax: 3_000_000 })
  const stream = await streams.create('clicks', { retentionMs: 120_000 })
  const configuration = { RecordTtl: 600_000, CollectionMaxCount: 4 }
  const producer = new Producer({ target: streamTarget(stream), env, configuration })
  const puts = Array.from({ length: 8 }, (_, i) =>
    producer.put({ partitionKey: `k${i}`, data: new Uint8Array(900_000) }),
  )
  const outcomes = await env.clock.until(Promise.all(puts))
  expect(outcomes).toHaveLength(8)
  const throttled = producer.metrics().errorsByCode.get('ProvisionedThroughputExceededException') ?? 0
  expect(throttled).toBeGreaterThan(0)
  expect(producer.metrics().recordsPut).toBe(8)
  await env.clock.until(producer.close())
  await streams.close()
})
