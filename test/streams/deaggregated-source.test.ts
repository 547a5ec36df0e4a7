/** User records out of aggregates, from the start and from every place within them. */
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Position, StartPosition } from '../../core/index.ts'
import { recordBytes } from '../../core/record.ts'
import { encodeAggregate } from '../../streams/aggregation.ts'
import { DeaggregatedSource } from '../../streams/deaggregated-source.ts'
import { LocalStreams } from '../../streams/local/local-streams.ts'
import { memoryEnv } from '../support/memory-env.ts'

const text = (data: string): Uint8Array => new TextEncoder().encode(data)
const aggregateOf = (...items: string[]): Uint8Array =>
  encodeAggregate(items.map(item => ({ partitionKey: `key of ${item}`, data: text(item) })))

/** What a source gives from a position to the end of the sealed stream. */
async function readAll(source: DeaggregatedSource, from: StartPosition) {
  const { signal } = new AbortController()
  const found: { readonly data: string; readonly key: string; readonly position: Position }[] = []
  for (const { shardId } of await source.listShards(signal)) {
    const reader = await source.openShard(shardId, from)
    for (let ended = false; !ended; ) {
      const { records, ended: isOver } = await reader.read(2, signal)
      for (let i = 0; i < records.length; i++)
        found.push({
          data: new TextDecoder().decode(recordBytes(records, i)),
          key: records.partitionKey(i),
          position: {
            shardId: records.shardId(i),
            sequenceNumber: records.sequenceNumber(i),
            subsequenceNumber: records.subsequenceNumber(i),
          },
        })
      ended = isOver
    }
    await reader.close()
  }
  return found
}

async function streamOf(...puts: Uint8Array[]): Promise<DeaggregatedSource> {
  const streams = await LocalStreams.open({ env: memoryEnv() })
  const stream = await streams.create('s', { shards: 1 })
  for (const data of puts) await stream.put({ data, partitionKey: 'outer' })
  await stream.seal()
  return new DeaggregatedSource(stream)
}

test('aggregates are unpacked in their place among plain records, with their own keys', async () => {
  const source = await streamOf(text('a'), aggregateOf('b', 'c', 'd'), text('e'), aggregateOf('f'), text('g'))
  const found = await readAll(source, { kind: 'trimHorizon' })
  expect(found.map(({ data }) => data).join('')).toBe('abcdefg')
  expect(found.map(({ key }) => key)).toEqual([
    'outer',
    'key of b',
    'key of c',
    'key of d',
    'outer',
    'key of f',
    'outer',
  ])
  expect(found.map(({ position }) => position.subsequenceNumber)).toEqual([0, 0, 1, 2, 0, 0, 0])
})

test('reading goes on after any user record, within an aggregate too', async () => {
  const source = await streamOf(text('a'), aggregateOf('b', 'c', 'd'), aggregateOf('e', 'f'), text('g'))
  const all = await readAll(source, { kind: 'trimHorizon' })
  for (const [index, { position }] of all.entries()) {
    const rest = await readAll(source, { kind: 'after', position })
    expect(rest).toEqual(all.slice(index + 1))
  }
})

test('what only looks like an aggregate is one record, byte for byte', async () => {
  const damaged = aggregateOf('b', 'c')
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
  const source = await streamOf(text('a'), damaged, text('d'))
  const found = await readAll(source, { kind: 'trimHorizon' })
  expect(found).toHaveLength(3)
  expect(found[1]?.data).toBe(new TextDecoder().decode(damaged))
})

test('an aggregate that its producer compressed is unpacked too, and read on from within', async () => {
  const packed = (...items: string[]) => gzipSync(aggregateOf(...items))
  const source = await streamOf(packed('a', 'b'), text('c'), gzipSync('d'), packed('e', 'f', 'g'), aggregateOf('h'))
  const all = await readAll(source, { kind: 'trimHorizon' })
  expect(all.map(({ data }) => data).join('')).toBe('abcdefgh')
  for (const [index, { position }] of all.entries())
    expect(await readAll(source, { kind: 'after', position })).toEqual(all.slice(index + 1))
})

test('empty records stay in their place before, between and after aggregates', async () => {
  const empty = text('')
  const source = await streamOf(empty, aggregateOf('a', 'b'), empty, empty, aggregateOf('c'), text('x'), empty)
  const all = await readAll(source, { kind: 'trimHorizon' })
  expect(all.map(({ data }) => data)).toEqual(['', 'a', 'b', '', '', 'c', 'x', ''])
})
