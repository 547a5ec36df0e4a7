/** The records of golden programs: lines of a file with their arrivals, and the streams that they come from. */
import { readFileSync } from 'node:fs'
import { createDecoder, schemaOf } from '../../core/codecs/decoder.ts'
import type { InputSchema } from '../../core/codecs/input-schema.ts'
import { MillraceError } from '../../core/errors.ts'
import type { Position } from '../../core/record.ts'
import type { StreamSource } from '../../core/source.ts'
import { ColumnArrivals, type StampedLines } from '../../processors/replay/arrivals.ts'
import { FileSource } from '../../processors/replay/file-source.ts'
import type { LineBatch } from '../../processors/replay/line-reader.ts'
import { LocalStreams } from '../../streams/local/local-streams.ts'
import type { MemoryEnv } from '../support/memory-env.ts'

/** When every golden program starts: CURRENT_TIMESTAMP. */
export const STARTED_AT = Date.UTC(2024, 0, 1)

export interface GoldenInput {
  readonly source: StreamSource
  readonly placeOf: (position: Position) => string
}

/** The lines of a file with the arrivals of their column `arrival`; null for a file without lines. */
export async function readLines(path: string, schema: InputSchema): Promise<StampedLines | null> {
  const texts = readFileSync(path, 'utf8').split('\n')
  const numbered = texts.flatMap((text, index) =>
    text === '' ? [] : [{ bytes: Buffer.from(text), number: index + 1 }],
  )
  if (numbered.length === 0) return null
  let end = 0
  const offsets = numbered.map(({ bytes }) => (end += bytes.length) - bytes.length)
  const lines: LineBatch = {
    length: numbered.length,
    bytes: Buffer.concat(numbered.map(({ bytes }) => bytes)),
    offsets: Int32Array.from(offsets),
    sizes: Int32Array.from(numbered, ({ bytes }) => bytes.length),
    numbers: Float64Array.from(numbered, ({ number }) => number),
  }
  async function* one(): AsyncGenerator<LineBatch> {
    yield lines
  }
  const arrivals = new ColumnArrivals(options => createDecoder(schema, options), schemaOf(schema), 'arrival')
  for await (const stamped of arrivals.stamped(one())) return stamped
  throw new Error(`${path} has no line`)
}

/** The lines on shards that stay as they are. */
export function fileOf(lines: StampedLines | null, shards: number): GoldenInput {
  async function* batches(): AsyncGenerator<StampedLines> {
    if (lines !== null) yield lines
  }
  return {
    source: new FileSource({ name: 'golden', lines: batches(), shards }),
    placeOf: ({ sequenceNumber }) => `line ${sequenceNumber}`,
  }
}

/**
 * The lines on a stream of two shards: after a third of them the first shard is split, after two thirds its upper child and the
 * second shard are merged. All records lie there before anybody reads.
 */
export async function reshardedStream(env: MemoryEnv, stamped: StampedLines | null): Promise<GoldenInput> {
  const streams = await LocalStreams.open({ env })
  const stream = await streams.create('golden', { shards: 2, retentionMs: Number.POSITIVE_INFINITY })
  const lineOf = new Map<string, number>()
  const length = stamped?.lines.length ?? 0
  for (let i = 0; i <= length; i++) {
    if (i === Math.floor(length / 3)) {
      const first = await shardAt(stream, 0)
      await stream.split(first.shardId, (first.startingHashKey + first.endingHashKey) / 2n)
    }
    if (i === Math.floor((2 * length) / 3))
      await stream.merge((await shardAt(stream, 1)).shardId, (await shardAt(stream, 2)).shardId)
    if (stamped === null || i === length) continue
    const { lines, arrivedAt } = stamped
    const offset = lines.offsets[i] ?? 0
    const data = lines.bytes.subarray(offset, offset + (lines.sizes[i] ?? 0))
    const number = lines.numbers[i] ?? 0
    const put = await stream.put({ partitionKey: String(number), data, arrivedAt: arrivedAt[i] })
    lineOf.set(put.sequenceNumber, number)
  }
  await stream.seal()
  return {
    source: stream.asSource(),
    placeOf: ({ sequenceNumber }) => `line ${lineOf.get(sequenceNumber)}`,
  }
}

/** The open shard at a place in the order of hash keys. */
async function shardAt(stream: StreamSource, index: number) {
  const open = (await stream.listShards(new AbortController().signal))
    .filter(({ closed }) => !closed)
    .toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1))
  const shard = open[index]
  if (shard === undefined) throw new MillraceError('not_found', `there are ${open.length} open shards`)
  return shard
}
