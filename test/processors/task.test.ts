import { describe, expect, it } from 'vitest'
import { createDecoder } from '../../core/codecs/decoder.ts'
import { ERROR_STREAM } from '../../core/error-output.ts'
import { MillraceError } from '../../core/errors.ts'
import type { RowBatch } from '../../core/rows.ts'
import type { Sink } from '../../core/sink.ts'
import { inputStreamOf } from '../../processors/task/input-streams.ts'
import { runTask, Task, type TaskOptions } from '../../processors/task.ts'
import { type MemoryEnv, memoryEnv } from '../support/memory-env.ts'
import { CountProgram, KEYED, rowObjects } from './count-program.ts'
import { type SimRecord, type SimShard, SimSource } from './merge-source.ts'

const START = Date.UTC(2020, 0, 1)

class MemorySink implements Sink {
  readonly rows: Record<string, unknown>[] = []
  watermark = Number.NEGATIVE_INFINITY
  isClosed = false
  /** waited for before rows are taken */
  gate: () => Promise<void> = () => Promise.resolve()

  async write(rows: RowBatch): Promise<void> {
    await this.gate()
    this.rows.push(...rowObjects(rows))
  }
  advance(watermark: number): void {
    this.watermark = watermark
  }
  async close(): Promise<void> {
    this.isClosed = true
  }
}

interface World {
  readonly env: MemoryEnv
  readonly counts: MemorySink
  readonly errors: MemorySink
  readonly programs: CountProgram[]
  readonly options: TaskOptions
}

function world(shards: readonly SimShard[], extra: Partial<TaskOptions> = {}): World {
  const env = memoryEnv({ startAt: START })
  const counts = new MemorySink()
  const errors = new MemorySink()
  const programs: CountProgram[] = []
  const options: TaskOptions = {
    env,
    source: new SimSource({ clock: env.clock, shards }),
    decoder: createDecoder(KEYED),
    inputStreams: ['SOURCE_SQL_STREAM_001'],
    program: output => {
      const program = new CountProgram(output)
      programs.push(program)
      return program
    },
    sinks: new Map([
      ['COUNTS', counts],
      [ERROR_STREAM, errors],
    ]),
    ...extra,
  }
  return { env, counts, errors, programs, options }
}

const keys = (from: number, to: number, everyMs: number, key: string, first = 1): SimRecord[] =>
  Array.from({ length: Math.ceil((to - from) / everyMs) }, (_, i) => ({
    arrivedAt: START + from + i * everyMs,
    sequence: first + i,
    text: `{"key":"${key}"}`,
  }))

const shard = (index: number, records: readonly SimRecord[], rest: Partial<SimShard> = {}): SimShard => ({
  shardId: `shardId-00000000000${index}`,
  records,
  ...rest,
})

describe('a task', () => {
  it('closes windows on time while a shard is silent, and gives what the sealed stream gives', async () => {
    const shards = [shard(0, keys(0, 5_000, 10, 'a')), shard(1, keys(5, 2_500, 10, 'b', 10_000)), shard(2, [])]
    const live = world(shards)
    const task = new Task(live.options)
    const running = task.run()
    await live.env.clock.advance(3_400)
    expect(live.counts.rows.at(-1)).toMatchObject({ ROWTIME: START + 3_000, KEY: 'b', N: 50 })
    expect(live.counts.watermark).toBeGreaterThan(START + 3_000)
    await live.env.clock.advance(2_000)
    await live.env.clock.until(task.stop())
    expect(await running).toBe('stopped')

    const sealed = world(shards.map(s => ({ ...s, closedAt: START + 6_000 })))
    await sealed.env.clock.advance(10_000)
    const drained = new Task(sealed.options)
    await sealed.env.clock.until(drained.drain())
    expect(sealed.counts.rows).toHaveLength(8)
    expect(live.counts.rows).toEqual(sealed.counts.rows)
    expect(sealed.counts.isClosed && live.counts.isClosed).toBe(true)
    expect(sealed.counts.watermark).toBe(Number.POSITIVE_INFINITY)
    expect(drained.counters).toMatchObject({
      recordsIn: 750,
      rowsIn: 750,
      rowsOut: { COUNTS: 8 },
      errorRows: 0,
      behindLatestMs: 0,
    })
  })

  it('reads no further while a sink takes nothing', async () => {
    const { env, counts, options } = world([shard(0, keys(0, 60_000, 1, 'a'))], {
      merge: { prefetchBytesMax: 20_000, recordsPerRead: 50 },
    })
    let open: () => void = () => {}
    const gate = new Promise<void>(resolve => (open = resolve))
    counts.gate = () => gate
    const task = new Task(options)
    const running = task.run()
    await env.clock.advance(50_000)
    expect(task.counters.recordsIn).toBeLessThan(1_400)
    expect(task.counters.merge.queuedBytes).toBeLessThan(30_000)
    open()
    await env.clock.advance(20_000)
    expect(task.counters.recordsIn).toBe(60_000)
    await env.clock.until(task.stop())
    await running
  })

  it('writes error rows in the order of time, position and pump, whatever the batches', async () => {
    const texts = ['{"key":"bad"}', '{"key":', '{"key":"x"}', '{"key":"bad"}', '[', '{"key":"bad"}']
    const records = (offset: number): SimRecord[] =>
      texts.map((text, i) => ({ arrivedAt: START + 10 + Math.floor(i / 3), sequence: 10 + i * 2 + offset, text }))
    const outcomes: unknown[] = []
    for (const batch of [1, 2, 100]) {
      const { env, errors, options } = world(
        [shard(0, records(0), { closedAt: START + 50 }), shard(1, records(1), { closedAt: START + 50 })],
        {
          merge: { recordsPerBatchMax: batch, recordsPerRead: batch },
          errorTime: 'rowtime',
        },
      )
      await env.clock.until(runTask(options))
      outcomes.push(errors.rows)
    }
    const [first] = outcomes as [Record<string, unknown>[]]
    expect(outcomes[1]).toEqual(first)
    expect(outcomes[2]).toEqual(first)
    expect(first).toHaveLength(10)
    expect(first.map(row => /sequence number (\d+)/.exec(String(row['MESSAGE']))?.[1])).toEqual([
      '10',
      '11',
      '12',
      '13',
      '16',
      '17',
      '18',
      '19',
      '20',
      '21',
    ])
    expect(first[0]).toEqual({
      ROWTIME: START + 10,
      ERROR_TIME: START + 10,
      ERROR_LEVEL: 'ERROR',
      ERROR_NAME: 'DIVISION_BY_ZERO',
      MESSAGE: '1:8 division by zero (shardId-000000000000, sequence number 10)',
      DATA_ROWTIME: START + 10,
      DATA_ROW: Buffer.from('{"key":"bad"}').toString('hex'),
      PUMP_NAME: 'COUNTER',
    })
    expect(first[2]).toMatchObject({ DATA_ROW: Buffer.from('{"key":').toString('hex'), PUMP_NAME: null })
  })

  it('cuts messages to 4096 characters with their position, and rows to the length of their column', async () => {
    const huge = `{"key":${'x'.repeat(40_000)}`
    const { env, errors, options } = world(
      [shard(0, [{ arrivedAt: START, sequence: 7, text: huge }], { closedAt: START })],
      {
        program: output => {
          output.add({
            name: 'CAST_ERROR',
            message: '\u{1f600}'.repeat(4_000),
            rowtime: START,
            data: new Uint8Array(),
            position: null,
            pump: null,
          })
          return new CountProgram(output)
        },
      },
    )
    await env.clock.until(runTask(options))
    const [parse, cast] = errors.rows
    expect(parse?.['DATA_ROW']).toHaveLength(49_152)
    expect(parse?.['MESSAGE']).toContain('sequence number 7; first 24576 of 40007 bytes)')
    expect(cast?.['MESSAGE']).toHaveLength(4_096)
    expect(() => encodeURIComponent(String(cast?.['MESSAGE']))).not.toThrow()
  })

  it('spreads shards evenly over the streams of a parallel input', async () => {
    const shards = Array.from({ length: 6 }, (_, i) =>
      shard(i, keys(i, 100, 10, `k${i}`, i * 100 + 1), { closedAt: START + 200 }),
    )
    const { env, counts, programs, options } = world(shards, { inputStreams: ['P_001', 'P_002', 'P_003'] })
    const counters = await env.clock.until(runTask(options))
    expect(new Set(programs[0]?.pushedTo)).toEqual(new Set(['P_001', 'P_002', 'P_003']))
    expect(counters.rowsIn).toBe(60)
    expect(counts.rows.map(row => [row['KEY'], row['N']])).toEqual([0, 1, 2, 3, 4, 5].map(i => [`k${i}`, 10]))
    const dealt = [0, 0, 0]
    for (const { shardId } of shards) dealt[inputStreamOf(shardId, 3)]! += 1
    expect(dealt).toEqual([2, 2, 2])
  })

  it('shows results and error rows to its taps until they leave', async () => {
    const { env, counts, options } = world([shard(0, keys(0, 3_000, 100, 'bad'), { closedAt: START + 3_000 })])
    const task = new Task(options)
    const seen: string[] = []
    const leave = task.tap(({ stream, rows }) => {
      seen.push(`${stream} ${rows.length}`)
      if (stream === 'COUNTS') leave()
    })
    await env.clock.until(task.run())
    expect(seen.filter(entry => entry.startsWith('COUNTS'))).toEqual(['COUNTS 1'])
    expect(seen.some(entry => entry.startsWith(ERROR_STREAM))).toBe(true)
    expect(counts.rows).toHaveLength(3)
  })

  it('stops with the error of its program, of its sink and of its tap', async () => {
    const failure = new MillraceError('state_limit', 'too many groups')
    const shards = [shard(0, keys(0, 3_000, 100, 'a'), { closedAt: START + 3_000 })]
    const fail = (): never => {
      throw failure
    }
    const broken = world(shards, { program: errors => Object.assign(new CountProgram(errors), { advance: fail }) })
    await expect(broken.env.clock.until(runTask(broken.options))).rejects.toBe(failure)
    expect(broken.counts.isClosed).toBe(false)

    const blocked = world(shards)
    blocked.counts.gate = () => Promise.reject(failure)
    await expect(blocked.env.clock.until(runTask(blocked.options))).rejects.toBe(failure)

    const tapped = world(shards)
    const task = new Task(tapped.options)
    task.tap(fail)
    await expect(tapped.env.clock.until(task.run())).rejects.toBe(failure)
  })

  it('ends with the batch in hand when its signal is aborted', async () => {
    const { env, counts, options } = world([shard(0, keys(0, 60_000, 10, 'a'))])
    const controller = new AbortController()
    const running = runTask(options, controller.signal)
    await env.clock.advance(2_500)
    controller.abort()
    const counters = await env.clock.until(running)
    expect(counters.recordsIn).toBeGreaterThan(200)
    expect(counters.recordsIn).toBeLessThan(260)
    expect(counts.rows.map(row => row['N'])).toEqual([100, 100])
    expect(counts.isClosed).toBe(true)
  })
})
