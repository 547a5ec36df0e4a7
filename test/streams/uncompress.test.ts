/** Compressed records: told by how they begin, bounded, and refused with a reason instead of lost. */
import * as zlib from 'node:zlib'
import snappy from 'snappy'
import { describe, expect, test } from 'vitest'
import { JsonDecoder } from '../../core/codecs/json/json-decoder.ts'
import { MillraceError, type RecordBatch, recordBytes, type ShardReader } from '../../core/index.ts'
import { encodeAggregate } from '../../streams/aggregation.ts'
import { UNCOMPRESSED_BYTES_MAX, uncompress } from '../../streams/compression/uncompress.ts'
import { DeaggregatedSource } from '../../streams/deaggregated-source.ts'
import { LocalStreams } from '../../streams/local/local-streams.ts'
import { jsonDecoder, valuesOf } from '../core/codec-support.ts'
import { memoryEnv, seededRandom } from '../support/memory-env.ts'

const { deflateRawSync, deflateSync, gzipSync } = zlib
const signal = new AbortController().signal
const TEXT = Buffer.from(`{"a":1,"page":"/${'x'.repeat(300)}"}\n{"a":2}`)

/** CRC-32C by the definition, bit by bit: the product has a table. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

/** The framing format around blocks of the native library, or around bytes as they are. */
function framed(...pieces: readonly { readonly data: Buffer; readonly plain?: boolean }[]): Buffer {
  const chunks = pieces.map(({ data, plain = false }) => {
    const block = plain ? data : snappy.compressSync(data)
    const crc = crc32c(data)
    const head = Buffer.alloc(8)
    head[0] = plain ? 1 : 0
    head.writeUIntLE(block.length + 4, 1, 3)
    head.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, 4)
    return Buffer.concat([head, block])
  })
  return Buffer.concat([Buffer.from('\xff\x06\x00\x00sNaPpY', 'latin1'), ...chunks])
}

function ofJava(...pieces: readonly Buffer[]): Buffer {
  const blocks = pieces.flatMap(piece => {
    const block = snappy.compressSync(piece)
    const size = Buffer.alloc(4)
    size.writeUInt32BE(block.length)
    return [size, block]
  })
  return Buffer.concat([Buffer.from('\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01', 'latin1'), ...blocks])
}

const padding = Buffer.from('\xfe\x05\x00\x00\x00\x00\x00\x00\x00', 'latin1')
const zstd = Reflect.get(zlib, 'zstdCompressSync') as ((bytes: Uint8Array) => Buffer) | undefined
const half = TEXT.length >> 1

const FORMS: Readonly<Record<string, Buffer>> = {
  gzip: gzipSync(TEXT),
  'gzip of two members': Buffer.concat([gzipSync(TEXT.subarray(0, half)), gzipSync(TEXT.subarray(half))]),
  zlib: deflateSync(TEXT),
  'zlib, fast': deflateSync(TEXT, { level: 1 }),
  'zlib, best': deflateSync(TEXT, { level: 9 }),
  'framed Snappy': framed({ data: TEXT }),
  'framed Snappy of three chunks': Buffer.concat([
    framed({ data: TEXT.subarray(0, half) }, { data: TEXT.subarray(half), plain: true }),
    padding,
  ]),
  'Snappy of Java': ofJava(TEXT.subarray(0, half), TEXT.subarray(half)),
  ...(zstd === undefined ? {} : { Zstandard: zstd(TEXT) }),
}
if (zstd === undefined) console.log(`Zstandard is not tested: Node ${process.versions.node} has none`)

describe('a compressed record', () => {
  test.each(Object.entries(FORMS))('of %s gives the bytes that went in', (_name, bytes) => {
    expect(Buffer.from(uncompress(bytes) as Uint8Array).equals(TEXT)).toBe(true)
  })

  test.each(
    Object.entries(FORMS),
  )('of %s is refused or told apart wherever it is cut off, and never read halfway', (name, bytes) => {
    for (let size = 1; size < bytes.length; size += 7) {
      const result = uncompress(bytes.subarray(0, size))
      if (!(result instanceof Uint8Array)) continue
      // Formats of many parts may end after each of them.
      expect(name).toMatch(/two members|Snappy/)
      expect(TEXT.subarray(0, result.length).equals(result)).toBe(true)
    }
  })

  test('of Snappy is refused when any byte of it is another, unless the bytes stay the same', () => {
    for (const bytes of [FORMS['framed Snappy'] ?? TEXT]) {
      for (let at = 10; at < bytes.length; at++) {
        const broken = Buffer.from(bytes)
        broken[at] = (broken[at] ?? 0) ^ 0x10
        const result = uncompress(broken)
        // A copy from elsewhere may bring the same bytes.
        if (result instanceof Uint8Array) expect(TEXT.equals(result)).toBe(true)
        else expect(result).toMatch(/^the record begins like Snappy, but cannot be read as such: /)
      }
    }
  })

  test('of Snappy is read as the native library reads it, whatever the data', () => {
    const random = seededRandom(3)
    for (let round = 0; round < 200; round++) {
      const alphabet = 1 + Math.floor(random.next() * 8)
      const size = Math.floor(random.next() * 5_000)
      const data = Buffer.from(Array.from({ length: size }, () => 97 + Math.floor(random.next() * alphabet)))
      const result = uncompress(framed({ data }))
      expect(Buffer.from(result as Uint8Array).equals(data)).toBe(true)
    }
  })

  test('of Zstandard is refused with advice where Node has none', () => {
    if (zstd !== undefined) return
    expect(uncompress(Buffer.from('28b52ffd0000', 'hex'))).toMatch(
      /^the record is Zstandard, .* use Node 22.15 or later/,
    )
  })

  test.each([
    ['gzip of a thousand times its size', gzipSync(Buffer.alloc(50_000_000))],
    ['zlib of a thousand times its size', deflateSync(Buffer.alloc(50_000_000))],
    [
      'gzip with members without end',
      Buffer.concat(Array.from({ length: 200 }, () => gzipSync(Buffer.alloc(1_000_000)))),
    ],
    [
      'framed Snappy of many times its size',
      framed(...Array.from({ length: 1_700 }, () => ({ data: Buffer.alloc(65_536) }))),
    ],
    ['a block that says it is of 4 GB', Buffer.concat([ofJava(), Buffer.from('00000006ffffffff0f00', 'hex')])],
  ])('is refused before it takes memory: %s', (_name, bytes) => {
    const before = process.memoryUsage().rss
    expect(uncompress(bytes)).toMatch(/at most 100 times as many and 67108864 are read$/)
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1_048_576)
  })

  test('of a small record may repeat itself more than a hundred times', () => {
    const zeros = Buffer.alloc(60_000)
    expect(gzipSync(zeros).length * 100).toBeLessThan(zeros.length)
    expect(uncompress(gzipSync(zeros))).toHaveLength(60_000)
  })

  test('of more than 64 MiB is refused, whatever the ratio', () => {
    const random = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 2_654_435_761) >>> 24))
    const large = gzipSync(Buffer.concat(Array.from({ length: 1_100 }, () => random)), { level: 1 })
    expect(large.length * 100).toBeGreaterThan(UNCOMPRESSED_BYTES_MAX)
    expect(uncompress(large)).toContain('at most')
  })

  test.each([
    ['JSON', Buffer.from('{"a":1}')],
    ['nothing', Buffer.alloc(0)],
    ['text that begins like zlib', Buffer.from('x^2,y\nx^3,z\n')],
    ['bytes without a header', deflateRawSync(TEXT)],
    ['a bare block of Snappy', snappy.compressSync(TEXT)],
    ['half a header of gzip', Buffer.from('1f8b', 'hex')],
    ['half a header of Snappy', Buffer.from('ff0600007350', 'hex')],
  ])('is none: %s', (_name, bytes) => {
    expect(uncompress(bytes)).toBeNull()
  })
})

async function streamOf(...puts: readonly Uint8Array[]): Promise<LocalStreams> {
  const streams = await LocalStreams.open({ env: memoryEnv() })
  const stream = await streams.create('s', { shards: 1 })
  for (const data of puts) await stream.put({ data, partitionKey: 'k' })
  await stream.seal()
  return streams
}

async function batchesOf(reader: ShardReader): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = []
  for (let ended = false; !ended; ) {
    const read = await reader.read(1_000, signal)
    if (read.records.length > 0) batches.push(read.records)
    ended = read.ended
  }
  return batches
}

const textsOf = (batches: readonly RecordBatch[]): string[] =>
  batches.flatMap(batch =>
    Array.from({ length: batch.length }, (_, i) => Buffer.from(recordBytes(batch, i)).toString()),
  )

describe('a source', () => {
  test('uncompresses records, also those of aggregates, in their places', async () => {
    const aggregate = encodeAggregate(
      ['{"n":2}', gzipSync('{"n":3}'), '{"n":4}'].map(data => ({ partitionKey: 'p', data: Buffer.from(data) })),
    )
    const streams = await streamOf(
      Buffer.from('{"n":1}'),
      aggregate,
      deflateSync('{"n":5}'),
      framed({ data: Buffer.from('{"n":6}') }),
    )
    const source = new DeaggregatedSource(streams.get('s').asSource())
    const batches = await batchesOf(await source.openShard('shardId-000000000000', { kind: 'trimHorizon' }))
    expect(textsOf(batches)).toEqual([1, 2, 3, 4, 5, 6].map(n => `{"n":${n}}`))
    const places = batches.flatMap(batch =>
      Array.from({ length: batch.length }, (_, i) => [batch.subsequenceNumber(i), batch.partitionKey(i)]),
    )
    expect(places).toEqual([
      [0, 'k'],
      [0, 'p'],
      [1, 'p'],
      [2, 'p'],
      [0, 'k'],
      [0, 'k'],
    ])
  })

  test('leaves records as they are where it is told to', async () => {
    const bytes = gzipSync('x')
    const source = new DeaggregatedSource((await streamOf(bytes)).get('s').asSource(), { uncompressed: false })
    const [batch] = await batchesOf(await source.openShard('shardId-000000000000', { kind: 'trimHorizon' }))
    expect(batch !== undefined && Buffer.from(recordBytes(batch, 0)).equals(bytes)).toBe(true)
  })

  test('does not look into what was compressed twice', async () => {
    const twice = gzipSync(gzipSync('{"n":1}'))
    const source = new DeaggregatedSource((await streamOf(twice)).get('s').asSource())
    const [batch] = await batchesOf(await source.openShard('shardId-000000000000', { kind: 'trimHorizon' }))
    expect(batch !== undefined && Buffer.from(recordBytes(batch, 0)).subarray(0, 2).toString('hex')).toBe('1f8b')
  })

  test('gives much that was little in bounded batches, and goes on from every place', async () => {
    const random = seededRandom(5)
    const numbers = Array.from({ length: 20_000 }, () => random.next()).join(' ')
    const records = Array.from({ length: 60 }, (_, i) => gzipSync(`${i} ${numbers}`, { level: 1 }))
    const streams = await streamOf(...records)
    const source = new DeaggregatedSource(streams.get('s').asSource())
    const batches = await batchesOf(await source.openShard('shardId-000000000000', { kind: 'trimHorizon' }))
    const sizes = batches.map(batch => batch.bytes.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(17 * 1_048_576)
    expect(batches.length).toBeGreaterThan(1)
    expect(batches.reduce((sum, batch) => sum + batch.length, 0)).toBe(60)
  })

  test('sends a record that cannot be uncompressed to the error output, with its bytes and the reason', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    const broken = gzipSync('{"n":1}').subarray(0, -3)
    const streams = await streamOf(Buffer.from('{"n":1}'), bomb, broken, Buffer.from('{"n":2}'))
    const source = new DeaggregatedSource(streams.get('s').asSource())
    const decoder = jsonDecoder([['n', 'INTEGER']])
    expect(decoder).toBeInstanceOf(JsonDecoder)
    const errors: { message: string; size: number | undefined }[] = []
    const rows: unknown[] = []
    for (const batch of await batchesOf(await source.openShard('shardId-000000000000', { kind: 'trimHorizon' })))
      for (const decoded of decoder.decode(batch, {
        add: row => errors.push({ message: row.message, size: row.data?.length }),
      }))
        rows.push(...valuesOf(decoded))
    expect(rows).toEqual([[1], [2]])
    expect(errors.map(({ size }) => size)).toEqual([bomb.length, broken.length])
    expect(errors[0]?.message).toMatch(/^the record is \d+ bytes of gzip that become more than \d+; at most 100 times/)
    expect(errors[1]?.message).toBe('the record begins like gzip, but cannot be read as such: unexpected end of file')
  })

  test('goes on with the next user record after a position in the middle of an aggregate of compressed ones', async () => {
    const aggregate = encodeAggregate(
      Array.from({ length: 9 }, (_, i) => ({ partitionKey: 'p', data: gzipSync(`${i}`) })),
    )
    const stream = (await streamOf(Buffer.from('a'), aggregate, Buffer.from('b'))).get('s')
    const source = new DeaggregatedSource(stream.asSource())
    const [all] = await batchesOf(await source.openShard('shardId-000000000000', { kind: 'trimHorizon' }))
    if (all === undefined) throw new MillraceError('internal', 'nothing was read')
    const position = { shardId: 'shardId-000000000000', sequenceNumber: all.sequenceNumber(5), subsequenceNumber: 4 }
    const rest = await batchesOf(await source.openShard('shardId-000000000000', { kind: 'after', position }))
    expect(textsOf(rest)).toEqual(['5', '6', '7', '8', 'b'])
  })
})
