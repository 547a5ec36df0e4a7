import { describe, expect, it } from 'vitest'
import { parseSqlType, recordBytes } from '../../../core/index.ts'
import { firehoseTarget } from '../../../producers/firehose-target.ts'
import { streamTarget } from '../../../producers/index.ts'
import { kinesisTarget } from '../../../producers/kinesis-target.ts'
import {
  firehoseDestination,
  kafkaDestination,
  kinesisDestination,
  type PutTargetLike,
} from '../../../sinks/destinations/put-target.ts'
import { RowSink } from '../../../sinks/pipeline/row-sink.ts'
import { LocalStreams } from '../../../streams/index.ts'
import { memoryEnv } from '../../support/memory-env.ts'
import { bytes, errorsIn, put } from '../pipeline/world.ts'
import { batchesOf } from '../support/rows.ts'
import { customWorld, START } from './world.ts'

type Entry = { readonly data: Uint8Array; readonly partitionKey: string }
type Outcome = Awaited<ReturnType<PutTargetLike['putRecords']>>[number]

/** Answers each entry by what a function says: null stores it. */
function scripted(answer: (text: string, call: number) => string | null, ordered = false) {
  const stored: string[] = []
  const calls: (readonly Entry[])[] = []
  const target: PutTargetLike = {
    capabilities: { ordered },
    putRecords: async entries => {
      calls.push(entries)
      return entries.map(({ data }): Outcome => {
        const text = Buffer.from(data).toString()
        const errorCode = answer(text, calls.length)
        if (errorCode !== null) return { errorCode, errorMessage: 'Rate exceeded' }
        stored.push(text)
        return { shardId: 'shardId-0', sequenceNumber: String(stored.length) }
      })
    },
  }
  return { stored, calls, target }
}

describe('entries', () => {
  it('that were refused are put again, and only those', async () => {
    const { stored, calls, target } = scripted((text, call) =>
      text === 'b' && call < 3 ? 'ProvisionedThroughputExceededException' : text === 'd' ? 'ValidationException' : null,
    )
    const { clock, stream, bucket } = customWorld(kinesisDestination({ target }))
    await put(stream, 'a', 'b', 'c', 'd')
    await clock.until(stream.close())
    expect(stored).toEqual(['a', 'c', 'b'])
    expect(calls.map(entries => entries.length)).toEqual([4, 1, 1])
    expect(errorsIn(bucket, 'kinesis-stream-failed/')).toMatchObject([
      { errorCode: 'KinesisStream.ValidationException', rawData: 'ZA==', attemptsMade: 1 },
    ])
    expect(stream.metrics.get('DeliveryToKinesisStream.Records')).toBe(3)
  })

  it('keep the key of their source, and have one of their own without', async () => {
    const { calls, target } = scripted(() => null)
    const { clock, stream } = customWorld(kinesisDestination({ target }))
    const source = { shardId: 's', partitionKey: 'user-7', sequenceNumber: '1', subsequenceNumber: 0 }
    await stream.write([{ data: bytes('a'), source }, { data: bytes('b') }, { data: bytes('c') }])
    await clock.until(stream.close())
    const keys = calls.flat().map(({ partitionKey }) => partitionKey)
    expect(keys[0]).toBe('user-7')
    expect(new Set(keys).size).toBe(3)
  })

  it('come 500 in a call, and fail alone when they are too large', async () => {
    const { calls, target, stored } = scripted(() => null)
    const { clock, stream, bucket } = customWorld(firehoseDestination({ target }))
    await stream.write(Array.from({ length: 1_001 }, () => ({ data: bytes('x') })))
    await stream.write([{ data: new Uint8Array(1_024_001) }, { data: new Uint8Array(1_024_000) }])
    await clock.until(stream.close())
    expect(calls.map(entries => entries.length)).toEqual([500, 500, 2])
    expect(stored).toHaveLength(1_002)
    const [error] = errorsIn(bucket, 'firehose-failed/')
    expect(error).toMatchObject({ errorCode: 'Firehose.RecordTooLarge', attemptsMade: 0 })
    expect(error?.['errorMessage']).toBe('the record takes 1024001 bytes, and may take 1024000')
  })

  it('of a topic go call by call, so that their order is kept', async () => {
    let underWay = 0
    let most = 0
    const { target, stored } = scripted(() => null, true)
    const { clock, stream } = customWorld(
      kafkaDestination({
        target: {
          ...target,
          putRecords: async (entries, signal) => {
            most = Math.max(most, ++underWay)
            await clock.sleep(1_000)
            underWay--
            return target.putRecords(entries, signal)
          },
        },
      }),
    )
    await clock.until(
      stream.write(Array.from({ length: 2_000 }, (_, n) => ({ data: bytes(String(n)), arrivedAt: START }))),
    )
    await clock.until(stream.close())
    expect(most).toBe(1)
    expect(stored).toEqual(Array.from({ length: 2_000 }, (_, n) => String(n)))
  })

  it('of which nobody knows whether they were stored go to the bucket', async () => {
    const { target } = scripted(() => 'UnknownEnd')
    const { clock, stream, bucket } = customWorld(kafkaDestination({ target }))
    await put(stream, 'x')
    await clock.until(stream.close())
    expect(errorsIn(bucket, 'kafka-failed/').map(error => error['errorCode'])).toEqual(['Kafka.UnknownEnd'])
  })
})

describe('the producer’s targets', () => {
  it('fit as they are: of a client of Kinesis and of a client of Firehose', async () => {
    const inputs: unknown[] = []
    const kinesis = kinesisTarget({
      StreamName: 'clicks',
      client: {
        putRecords: async (input: { Records: readonly unknown[] }) => {
          inputs.push(input)
          return { Records: input.Records.map((_, n) => ({ ShardId: 's', SequenceNumber: String(n) })) }
        },
        listShards: async () => ({ Shards: [] }),
      } as never,
    })
    const firehose = firehoseTarget({
      DeliveryStreamName: 'raw',
      client: {
        putRecordBatch: async input => {
          inputs.push(input)
          return { RequestResponses: input.Records.map((_, n) => ({ RecordId: `r${n}` })) }
        },
      },
    })
    for (const destination of [kinesisDestination({ target: kinesis }), firehoseDestination({ target: firehose })]) {
      const { clock, stream, bucket } = customWorld(destination)
      await put(stream, 'x')
      await clock.until(stream.close())
      expect(bucket.objects.size).toBe(0)
    }
    expect(inputs).toMatchObject([
      { StreamName: 'clicks', Records: [{ Data: new Uint8Array([120]) }] },
      { DeliveryStreamName: 'raw', Records: [{ Data: new Uint8Array([120]) }] },
    ])
  })
})

it('the rows of a query go into an embedded stream, by way of a sink', async () => {
  const env = memoryEnv({ startAt: START })
  const streams = await LocalStreams.open({ env })
  const clicks = await streams.create('clicks', { shards: 2 })
  const { stream } = customWorld(kinesisDestination({ target: streamTarget(clicks) }), { clock: env.clock })
  const sink = new RowSink(stream)
  const schema = { columns: [{ name: 'page', type: parseSqlType('VARCHAR(20)'), nullable: true }] }
  for (const rows of batchesOf(schema, [
    [START, ['/a']],
    [START + 1, ['/b']],
  ]))
    await sink.write(rows)
  await env.clock.until(sink.close())
  const found: string[] = []
  for (const { shardId } of await clicks.listShards()) {
    const { records } = await clicks.getRecords(await clicks.getIterator(shardId, { kind: 'trimHorizon' }))
    for (let at = 0; at < records.length; at++) found.push(Buffer.from(recordBytes(records, at)).toString())
  }
  expect(found.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    '{"ROWTIME":"2026-11-22 23:58:00.000","page":"/a"}',
    '{"ROWTIME":"2026-11-22 23:58:00.001","page":"/b"}',
  ])
  await streams.close()
})
