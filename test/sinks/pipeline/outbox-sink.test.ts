/** Rows for a destination that cannot stage: after the commit alone, and under the same ids when they come again. */
import { expect, it } from 'vitest'
import { MillraceError, parseSqlType, type Schema } from '../../../core/index.ts'
import {
  DeliveryStream,
  FileStore,
  kinesisDestination,
  MemoryStore,
  OutboxSink,
  RowRecords,
} from '../../../sinks/index.ts'
import { memoryEnv } from '../../support/memory-env.ts'
import { batchesOf } from '../support/rows.ts'

const SCHEMA: Schema = { columns: [{ name: 'N', type: parseSqlType('INTEGER'), nullable: true }] }

it('rows leave when their round is published, and a repeat carries the same ids', async () => {
  const env = memoryEnv()
  const { clock, random } = env
  const outbox = new MemoryStore()
  const got: (readonly [string, string])[] = []
  const life = (): OutboxSink => {
    const target = {
      putRecords: async (entries: readonly { readonly data: Uint8Array; readonly partitionKey: string }[]) => {
        got.push(...entries.map(({ data, partitionKey }) => [partitionKey, Buffer.from(data).toString()] as const))
        return entries.map(() => ({ shardId: 's', sequenceNumber: '1' }))
      },
    }
    const bucket = { RoleARN: 'arn:aws:iam::123456789012:role/r', BucketARN: 'arn:aws:s3:::failed' }
    const definition = { DeliveryStreamName: 'out', CustomDestinationConfiguration: { S3Configuration: bucket } }
    const stream = new DeliveryStream(
      { definition },
      { clock, random, store: () => new MemoryStore(), destination: kinesisDestination({ target }) },
    )
    const rows = new RowRecords({ rowtime: false })
    return new OutboxSink({ stream, rows, store: outbox, staging: { incarnation: 'i', task: 't' }, clock, random })
  }
  const [first] = batchesOf(SCHEMA, [
    [1, [1]],
    [2, [2]],
  ])
  const [second] = batchesOf(SCHEMA, [[3, [3]]])
  if (first === undefined || second === undefined) throw new Error('no rows')
  const sink = life()
  await sink.write(first)
  expect([sink.stagedBytes, got]).toEqual([14, []])
  const { parts, carried } = await sink.stage(1)
  expect([sink.stagedBytes, carried, got]).toEqual([0, [], []])
  await clock.until(sink.publish(parts))
  const once = [...got]
  expect(once.map(([, text]) => text).toSorted()).toEqual(['{"N":1}', '{"N":2}'])
  expect(new Set(once.map(([id]) => id)).size).toBe(2)

  // The owner died before it wrote that the round is published.
  const next = life()
  await clock.until(next.publish(parts))
  await next.restore(1, carried)
  expect(new Map(got.slice(2))).toEqual(new Map(once))
  await next.write(second)
  await clock.until(next.publish((await next.stage(2)).parts))
  expect(got.at(-1)?.[1]).toBe('{"N":3}')
  expect(once.map(([id]) => id)).not.toContain(got.at(-1)?.[0])
  // Rows of the round before are gone with it.
  expect(outbox.objects.size).toBe(1)
  await expect(life().publish(parts)).rejects.toMatchObject({ code: 'corrupt_log' })
})

it('rows of rounds that nobody committed are swept when they are seven days old', async () => {
  const env = memoryEnv()
  const { clock, random, files } = env
  const store = new FileStore({ files, clock, directory: '/outbox' })
  const bucket = { RoleARN: 'arn:aws:iam::123456789012:role/r', BucketARN: 'arn:aws:s3:::failed' }
  const definition = { DeliveryStreamName: 'out', CustomDestinationConfiguration: { S3Configuration: bucket } }
  const life = (): OutboxSink => {
    const target = { putRecords: async () => [{ shardId: 's', sequenceNumber: '1' }] }
    const destination = kinesisDestination({ target })
    const stream = new DeliveryStream({ definition }, { clock, random, store: () => new MemoryStore(), destination })
    const staging = { incarnation: 'i', task: 't' }
    return new OutboxSink({ stream, rows: new RowRecords({ rowtime: false }), store, staging, clock, random })
  }
  const kept = (): number => files.paths().filter(path => !path.includes('/.')).length
  const [batch] = batchesOf(SCHEMA, [[1, [1]]])
  if (batch === undefined) throw new Error('no rows')
  const dead = life()
  await dead.write(batch)
  await dead.stage(1)
  await clock.advance(6 * 86_400_000)
  await life().restore(0, [])
  expect(kept()).toBe(1)
  await clock.advance(2 * 86_400_000)
  const next = life()
  await next.restore(0, [])
  expect(kept()).toBe(0)
  await next.write(batch)
  await clock.until(next.publish((await next.stage(1)).parts))
})

it('rows wait for a disk that was mounted read-only, as rounds do', async () => {
  const { clock, random, files } = memoryEnv()
  const refused: string[] = []
  let isReadOnly = true
  const readOnly = new Proxy(files, {
    get(target, name) {
      const member = Reflect.get(target, name) as ((...given: unknown[]) => unknown) | undefined
      if (typeof member !== 'function') return member
      if (name === 'open' && isReadOnly)
        return () => Promise.reject(new MillraceError('unwritable_output', 'the file system is read-only'))
      return member.bind(target)
    },
  })
  const store = new FileStore({ files: readOnly, clock, directory: '/outbox' })
  const bucket = { RoleARN: 'arn:aws:iam::123456789012:role/r', BucketARN: 'arn:aws:s3:::failed' }
  const definition = { DeliveryStreamName: 'out', CustomDestinationConfiguration: { S3Configuration: bucket } }
  const destination = kinesisDestination({ target: { putRecords: async () => [] } })
  const sink = new OutboxSink({
    stream: new DeliveryStream({ definition }, { clock, random, store: () => new MemoryStore(), destination }),
    rows: new RowRecords({ rowtime: false }),
    store,
    staging: { incarnation: 'i', task: 't' },
    clock,
    random,
    onRetry({ code }) {
      isReadOnly = refused.push(code) < 3
    },
  })
  const [batch] = batchesOf(SCHEMA, [[1, [1]]])
  if (batch === undefined) throw new Error('no rows')
  await sink.write(batch)
  expect((await clock.until(sink.stage(1))).parts).toHaveLength(1)
  expect(refused).toEqual(Array.from({ length: 3 }, () => 'unwritable_output'))
})
