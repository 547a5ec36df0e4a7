import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDecoder, schemaOf } from '../../core/codecs/decoder.ts'
import { MillraceError } from '../../core/errors.ts'
import { nodeEnv } from '../../core/node/env.ts'
import { ShardMerge } from '../../processors/merge.ts'
import { ColumnArrivals, SteadyArrivals } from '../../processors/replay/arrivals.ts'
import { FileSource } from '../../processors/replay/file-source.ts'
import { type LineBatch, LineReader } from '../../processors/replay/line-reader.ts'
import { type ReplayOptions, replayFile } from '../../processors/replay/replay.ts'
import { memoryEnv, seededRandom } from '../support/memory-env.ts'
import { countApplication, KEYED } from './count-program.ts'

const columnArrivals = (column: string, startAt?: number): ColumnArrivals =>
  new ColumnArrivals(options => createDecoder(KEYED, options), schemaOf(KEYED), column, startAt)

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-replay-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const text = new TextDecoder()

async function linesIn(path: string): Promise<[number, string][]> {
  const found: [number, string][] = []
  for await (const batch of new LineReader(nodeEnv.files, path).batches())
    for (let i = 0; i < batch.length; i++) {
      const from = batch.offsets[i] ?? 0
      found.push([batch.numbers[i] ?? 0, text.decode(batch.bytes.subarray(from, from + (batch.sizes[i] ?? 0)))])
    }
  return found
}

describe('the line reader', () => {
  it('gives every line of plain and packed files with its number, without break, mark and empty lines', async () => {
    const content = '\ufefffirst\r\n\n\r\nüber\u2028one\nlast'
    for (const [name, bytes] of [
      ['plain', Buffer.from(content)],
      ['packed', gzipSync(content)],
      ['members', Buffer.concat([gzipSync(content.slice(0, 4)), gzipSync(content.slice(4))])],
    ] as const) {
      await writeFile(join(directory, name), bytes)
      expect(await linesIn(join(directory, name))).toEqual([
        [1, 'first'],
        [4, 'über\u2028one'],
        [5, 'last'],
      ])
    }
  })

  it('puts lines together that lie in several chunks', async () => {
    const random = seededRandom(3)
    const lines = Array.from({ length: 400 }, (_, i) => `${i}:${'é'.repeat(random.below(6_000))}`)
    lines[100] = 'x'.repeat(1_500_000)
    await writeFile(join(directory, 'long'), `${lines.join('\n')}\n`)
    await writeFile(join(directory, 'long.gz'), gzipSync(lines.join('\n')))
    const expected = lines.map((line, i) => [i + 1, line])
    expect(await linesIn(join(directory, 'long'))).toEqual(expected)
    expect(await linesIn(join(directory, 'long.gz'))).toEqual(expected)
  })

  it('has no lines in an empty file, plain or packed', async () => {
    await writeFile(join(directory, 'empty'), '')
    await writeFile(join(directory, 'empty.gz'), gzipSync(''))
    expect(await linesIn(join(directory, 'empty'))).toEqual([])
    expect(await linesIn(join(directory, 'empty.gz'))).toEqual([])
  })

  it('says that a file is missing, broken, cut short, followed by something else, or no lines at all', async () => {
    const packed = gzipSync(seededRandom(4).bytes(300_000))
    const broken = Buffer.from(packed)
    broken.fill(0, 1_000, 1_200)
    await expect(linesIn(join(directory, 'none'))).rejects.toMatchObject({ code: 'not_found' })
    for (const [name, bytes] of [
      ['broken', broken],
      ['short', packed.subarray(0, packed.length - 500)],
      ['header', packed.subarray(0, 5)],
      ['trailing', Buffer.concat([packed, Buffer.from('and more')])],
      ['long', Buffer.alloc(11 * 1024 * 1024, 'x')],
    ] as const) {
      await writeFile(join(directory, name), bytes)
      const outcome = linesIn(join(directory, name))
      await expect(outcome, name).rejects.toBeInstanceOf(MillraceError)
      await expect(outcome, name).rejects.toMatchObject({ code: 'unreadable_input' })
      await expect(outcome, name).rejects.toThrow(join(directory, name))
    }
  })
})

describe('arrivals', () => {
  async function* batchesOf(...groups: readonly string[][]): AsyncGenerator<LineBatch> {
    let number = 1
    for (const group of groups) {
      const lines = group.map(line => Buffer.from(line))
      let end = 0
      yield {
        length: lines.length,
        bytes: Buffer.concat(lines),
        offsets: Int32Array.from(lines, line => (end += line.length) - line.length),
        sizes: Int32Array.from(lines, line => line.length),
        numbers: Float64Array.from(lines, () => number++),
      }
    }
  }
  const at = (second: number): string => `{"key":"a","at":"2015-09-12 00:00:${String(second).padStart(2, '0')}"}`
  const T = Date.UTC(2015, 8, 12)
  const secondsOf = async (
    arrivals: SteadyArrivals | ColumnArrivals,
    ...groups: readonly string[][]
  ): Promise<number[]> => {
    const seconds: number[] = []
    for await (const { arrivedAt } of arrivals.stamped(batchesOf(...groups)))
      seconds.push(...Array.from(arrivedAt, time => (time - T) / 1_000))
    return seconds
  }

  it('are a millisecond apart without a column', async () => {
    expect(await secondsOf(new SteadyArrivals(T), ['a', 'b'], ['c'])).toEqual([0, 0.001, 0.002])
  })

  it('follow a column, raised to the greatest before, and stay where it cannot be read', async () => {
    const arrivals = columnArrivals('AT')
    expect(await secondsOf(arrivals, [at(5), at(7), 'broken'], [at(6), '{"key":"a"}', at(9)])).toEqual([
      5, 7, 7, 7, 7, 9,
    ])
    expect([arrivals.raised, arrivals.unreadable]).toEqual([1, 2])
  })

  it('begin with the first time that can be read', async () => {
    const arrivals = columnArrivals('at')
    expect(await secondsOf(arrivals, ['header', 'x'], ['[]', '{}'], ['y', at(30), at(31)])).toEqual([
      30, 30, 30, 30, 30, 30, 31,
    ])
    const never = columnArrivals('at', T)
    expect(await secondsOf(never, ['x'], ['y'])).toEqual([0, 0])
    expect(never.unreadable).toBe(2)
  })

  it('refuse a column that is missing or holds no times', () => {
    expect(() => columnArrivals('tim')).toThrow('arrival column "tim" is not in the schema; its columns are key, at')
    expect(() => columnArrivals('key')).toThrow('is a VARCHAR')
  })
})

describe('a file as a stream', () => {
  it('comes out of the merge in the order of its lines, however many shards it has and however little may wait', async () => {
    const random = seededRandom(9)
    const lines: string[] = []
    for (let i = 0, ms = 0; i < 6_000; i++) {
      // long ties, and a stretch that has the same time throughout
      if (i < 2_000 || i > 3_000) ms += random.below(40) === 0 ? random.below(2_000) : 0
      lines.push(
        JSON.stringify({
          key: `k${i}`,
          at: new Date(1_442_016_000_000 + ms).toISOString().replace('T', ' ').replace('Z', ''),
        }),
      )
    }
    await writeFile(join(directory, 'file'), lines.join('\n'))
    const env = memoryEnv()
    for (const shards of [1, 2, 7, 60]) {
      const source = new FileSource({
        name: 'file',
        shards,
        bytesMax: 3_000,
        lines: columnArrivals('at').stamped(new LineReader(nodeEnv.files, join(directory, 'file')).batches()),
      })
      const merge = new ShardMerge({
        source,
        clock: env.clock,
        random: env.random,
        idleSlackMs: 0,
        recordsPerRead: 50,
        prefetchBytesMax: 5_000,
        recordsPerBatchMax: 100,
      })
      const read = async (): Promise<number[]> => {
        const numbers: number[] = []
        const { signal } = new AbortController()
        for (let batch = await merge.read(signal); batch !== null; batch = await merge.read(signal))
          for (let i = 0; i < batch.length; i++) numbers.push(Number(batch.sequenceNumber(i)))
        return numbers
      }
      const numbers = await env.clock.until(read())
      expect(numbers).toEqual(lines.map((_, i) => i + 1))
      await merge.close()
      await source.close()
    }
  })
})

describe('a replay', () => {
  const replay = (options: Partial<ReplayOptions>): ReturnType<typeof replayFile> =>
    replayFile(
      {
        application: countApplication(),
        file: join(directory, 'in'),
        outputDirectory: join(directory, 'out'),
        ...options,
      },
      nodeEnv,
    )

  it('gives the same bytes for 1, 2 and 7 shards and for batches of 1, 7 and 1,024 records', async () => {
    const random = seededRandom(11)
    let ms = 1_442_016_000_000
    const lines = Array.from({ length: 3_000 }, () => {
      ms += random.below(20) === 0 ? random.below(900) : random.below(3)
      const at = new Date(ms - (random.below(10) === 0 ? 40 : 0)).toISOString().slice(0, 23).replace('T', ' ')
      return random.below(50) === 0 ? '{"key": "torn' : JSON.stringify({ key: random.pick(['a', 'b', 'bad', 'ü']), at })
    })
    await writeFile(join(directory, 'in'), gzipSync(lines.join('\n')))
    let first: string[] | null = null
    for (const shards of [1, 2, 7])
      for (const batchRecordsMax of [1, 7, 1_024]) {
        const report = await replay({ arrivalColumn: 'at', shards, batchRecordsMax })
        const outcome = [
          await readFile(join(directory, 'out', 'COUNTS.jsonl'), 'utf8'),
          await readFile(join(directory, 'out', 'error_stream.jsonl'), 'utf8'),
        ]
        first ??= outcome
        expect(outcome).toEqual(first)
        expect(report.counters.recordsIn).toBe(3_000)
        expect(report.arrivalsRaised).toBeGreaterThan(100)
        expect(report.files.map(({ rows }) => rows)).toEqual(outcome.map(content => content.split('\n').length - 1))
      }
    const [counts = '', errors = ''] = first ?? []
    expect(JSON.parse(counts.split('\n')[0] ?? '')).toMatchObject({
      ROWTIME: expect.stringMatching(/^2015-09-12 00:00:0\d\.000$/),
      KEY: 'a',
    })
    expect(counts.startsWith('{"ROWTIME":')).toBe(true)
    expect(errors).toMatch(/\(line \d+\)/)
    expect(errors).not.toContain('shardId')
    expect(await readdir(join(directory, 'out'))).toEqual(['COUNTS.jsonl', 'error_stream.jsonl'])
  })

  it('starts at a fixed time, one record a millisecond', async () => {
    await writeFile(join(directory, 'in'), '{"key":"a"}\n'.repeat(2_500))
    const told: number[] = []
    const report = await replay({ onProgress: ({ records }) => told.push(records) })
    expect(await readFile(join(directory, 'out', 'COUNTS.jsonl'), 'utf8')).toBe(
      [1, 2, 3].map(s => `{"ROWTIME":"2020-01-01 00:00:0${s}.000","KEY":"a","N":${s < 3 ? 1_000 : 500}}\n`).join(''),
    )
    expect(told.at(-1)).toBe(2_500)
    expect([report.firstArrival, report.lastArrival]).toEqual([Date.UTC(2020, 0, 1), Date.UTC(2020, 0, 1) + 2_499])
  })

  it('leaves no file behind when it fails or is stopped, and older results as they were', async () => {
    const packed = gzipSync('{"key":"a"}\n'.repeat(300_000))
    await writeFile(join(directory, 'in'), packed.subarray(0, packed.length - 100))
    await expect(replay({})).rejects.toMatchObject({ code: 'unreadable_input' })
    expect(await readdir(join(directory, 'out')).catch(() => [])).toEqual([])

    await writeFile(join(directory, 'in'), packed)
    await replay({})
    const before = await readFile(join(directory, 'out', 'COUNTS.jsonl'), 'utf8')
    expect(before.split('\n')).toHaveLength(301)
    const controller = new AbortController()
    await expect(replay({ signal: controller.signal, tap: () => controller.abort() })).rejects.toMatchObject({
      code: 'aborted',
    })
    expect(await readFile(join(directory, 'out', 'COUNTS.jsonl'), 'utf8')).toBe(before)
    expect(await readdir(join(directory, 'out'))).toEqual(['COUNTS.jsonl', 'error_stream.jsonl'])
  })

  it('gives empty results for an empty file and refuses impossible numbers of shards', async () => {
    await writeFile(join(directory, 'in'), '')
    const report = await replay({ arrivalColumn: 'at', shards: 3 })
    expect(report).toMatchObject({ firstArrival: null, lastArrival: null, arrivalsRaised: 0 })
    expect(await readFile(join(directory, 'out', 'COUNTS.jsonl'), 'utf8')).toBe('')
    await expect(replay({ shards: 0 })).rejects.toMatchObject({ code: 'invalid_argument' })
    await expect(replay({ shards: 1.5 })).rejects.toMatchObject({ code: 'invalid_argument' })
  })
})
