/** Watermarks: what is late, what is ahead of its time, what idle time closes, and when results leave. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { ErrorRow } from '../../../core/error-output.ts'
import { RecordBatchBuilder } from '../../../core/record.ts'
import { RowBuilder } from '../../../core/row-builder.ts'
import type { RowBatch } from '../../../core/rows.ts'
import { compileProgram } from '../../../processors/compile.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { batchOf, HOST, schemaOf } from '../expressions/builders.ts'
import { type RunOptions, type RunResult, rowsText, run } from '../operators/programs.ts'

const IN = schemaOf({ k: 'VARCHAR(8)', ts: 'TIMESTAMP' })

interface Options {
  readonly declaration?: string
  readonly options?: string
  readonly from?: string
}

function textOf({ declaration, options = '', from }: Options): string {
  return `CREATE STREAM S (k VARCHAR(8), ts TIMESTAMP,
      WATERMARK FOR ts AS ${declaration ?? "ts - INTERVAL '2' SECOND"}) OPTIONS (${options === '' ? 'x 1' : options});
    CREATE PUMP P AS INSERT INTO S SELECT STREAM "k", "ts" FROM "IN";
    CREATE STREAM O (ws TIMESTAMP, we TIMESTAMP, wt TIMESTAMP, k VARCHAR(8), n BIGINT);
    CREATE PUMP Q AS INSERT INTO O SELECT STREAM window_start, window_end, window_time, k, COUNT(*)
      FROM TABLE(${from ?? "TUMBLE(TABLE S, DESCRIPTOR(ts), INTERVAL '10' SECOND)"}) AS w
      GROUP BY w.window_start, w.window_end, w.k;`
}

/** Rows as `[arrival, k, event time]` in seconds. */
function results(
  options: Options,
  rows: readonly (readonly [arrival: number, k: string, ts: number | null])[],
  more: RunOptions = {},
): RunResult {
  const plan = planProgram(textOf(options), [{ name: 'IN', schema: IN }])
  const batch = batchOf(
    IN,
    rows.map(([, k, ts]) => [k, ts === null ? null : ts * 1_000]),
    rows.map(([arrival]) => arrival * 1_000),
  )
  const straight = run(plan, [{ stream: 'IN', rows: batch }], ['O'], more)
  for (const way of [
    { cut: 1, restoring: true },
    { cut: 1, bounds: true },
    { cut: 3, restoring: true },
  ])
    expect(run(plan, [{ stream: 'IN', rows: batch }], ['O'], { ...more, ...way })).toEqual(straight)
  return straight
}

test('a window leaves with the row that moves the watermark to its end, and has that ROWTIME', () => {
  const { results: rows, errors } = results({}, [
    [100, 'a', 1],
    [101, 'a', 9.999],
    [102, 'b', 10],
    [103, 'a', 11.999],
    [104, 'a', 12],
    [105, 'a', 25],
  ])
  expect(errors).toEqual([])
  expect(rows.O).toEqual([
    // 12 s less the delay is 10 s, the end of the first window.
    '104000|0|10000|9999|a|2',
    '105000|10000|20000|19999|b|1',
    '105000|10000|20000|19999|a|2',
    '105000|20000|30000|29999|a|1',
  ])
})

test('a window that ends after its rows arrived has its end as ROWTIME', () => {
  const { results: rows } = results({}, [
    [1, 'a', 5],
    [2, 'a', 13],
    [3, 'a', 26],
  ])
  expect(rows.O).toEqual(['10000|0|10000|9999|a|1', '20000|10000|20000|19999|a|1', '30000|20000|30000|29999|a|1'])
})

test('windows of ROWTIME leave with their end as ROWTIME, as GROUP BY STEP does', () => {
  const from = "TUMBLE(TABLE S, DESCRIPTOR(ROWTIME), INTERVAL '10' SECOND)"
  const { results: rows } = results({ from }, [
    [1, 'a', 1],
    [9.999, 'b', 2],
    [10, 'a', 3],
    [47, 'a', 4],
  ])
  expect(rows.O).toEqual([
    '10000|0|10000|9999|a|1',
    '10000|0|10000|9999|b|1',
    '20000|10000|20000|19999|a|1',
    '50000|40000|50000|49999|a|1',
  ])
})

test('a row at the watermark counts, a row below it is an error row with its event time', () => {
  const { results: rows, errors } = results({}, [
    [100, 'a', 12],
    [101, 'a', 10],
    [102, 'late', 9.999],
    [103, 'none', null],
  ])
  expect(rows.O).toEqual(['100000|10000|20000|19999|a|2'].map(line => line.replace('100000', '101000')))
  expect(errors).toEqual([
    expect.stringMatching(
      /^LATE_ROW 102000 null late row: its event time 1970-01-01 00:00:09.999 is below 1970-01-01 00:00:10.000, to which stream "S" waits \{"K":"late"/,
    ),
    expect.stringMatching(/^NULL_NOT_ALLOWED 103000 null NULL for the event time of stream "S"/),
  ])
})

test('windows wait for the allowed lateness, and leave once', () => {
  const rows = [
    [100, 'a', 1],
    [101, 'a', 12],
    [102, 'a', 7],
    [103, 'a', 15],
    [104, 'a', 9.9],
  ] as const
  const strict = results({}, rows)
  expect(strict.errors).toHaveLength(2)
  const allowing = results({ options: "ALLOWED_LATENESS INTERVAL '5' SECOND" }, rows)
  expect(allowing.errors).toEqual([])
  expect(allowing.results.O).toEqual(['104000|0|10000|9999|a|3', '104000|10000|20000|19999|a|2'])
})

test('an event time that is too far ahead of its arrival does not move the watermark', () => {
  const rows = [
    [100, 'a', 100],
    [101, 'future', 3_702],
    [102, 'edge', 3_702],
    [103, 'a', 103],
  ] as const
  const { errors } = results({}, rows)
  expect(errors).toEqual([
    expect.stringMatching(
      /^CLOCK_SKEW 101000 null event time .* is 3601000 ms after its arrival, more than the MAX_AHEAD/,
    ),
    expect.stringMatching(/^LATE_ROW 103000/),
  ])
  expect(results({ options: "MAX_AHEAD INTERVAL '10' SECOND" }, rows).errors.map(line => line.slice(0, 17))).toEqual([
    'CLOCK_SKEW 101000',
    'CLOCK_SKEW 102000',
  ])
  expect(results({ options: 'MAX_AHEAD NULL' }, rows).errors).toEqual([expect.stringMatching(/^LATE_ROW 103000/)])
})

test('after the idle time the watermark goes on with ROWTIME, whatever bounds come in between', () => {
  const rows = [
    [100, 'a', 1],
    [101, 'a', 4],
    // 30 s of silence: event time 4 s less the delay goes on from 101 s.
    [131, 'late', 31],
    [132, 'a', 33],
  ] as const
  const silent = results({}, rows)
  expect(silent.errors).toEqual([])
  const idle = results({ options: "IDLE_TIMEOUT INTERVAL '5' SECOND" }, rows)
  // The watermark is 2 s at 101 s, so it is at 10 s at 109 s.
  expect(idle.results.O?.[0]).toBe('109000|0|10000|9999|a|2')
  expect(idle.errors).toEqual([expect.stringMatching(/^LATE_ROW 131000/)])
  const plan = planProgram(textOf({ options: "IDLE_TIMEOUT INTERVAL '5' SECOND" }), [{ name: 'IN', schema: IN }])
  const compiled = compileProgram(plan, { ...HOST, errors: { add: () => {} }, outputs: ['O'] })
  compiled.push('IN', batchOf(IN, [['a', 4_000]], [101_000]))
  const left: string[] = []
  for (const bound of [103_000, 105_999, 108_999, 109_000, 112_000]) {
    compiled.advance(bound)
    while (compiled.work()) left.push(...compiled.takeResults().flatMap(({ rows: batch }) => rowsText(batch)))
    expect(left).toEqual(bound < 109_000 ? [] : ['109000|0|10000|9999|a|1'])
  }
})

test.each([
  ['TUMBLE', "TUMBLE(TABLE S, DESCRIPTOR(ts), INTERVAL '1' SECOND)", 2],
  ['HOP', "HOP(TABLE S, DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '60' SECOND)", 120],
  ['CUMULATE', "CUMULATE(TABLE S, DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '60' SECOND)", 120],
  ['SESSION', "SESSION(TABLE S PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' SECOND)", 2],
])('a jump of 1,000 years makes %s count no empty windows', (_name, from, windows) => {
  const plan = planProgram(textOf({ from, options: 'MAX_AHEAD NULL' }), [{ name: 'IN', schema: IN }])
  const millennium = Date.UTC(3_000, 0, 1)
  const began = performance.now()
  const { results: rows, errors } = run(
    plan,
    [
      {
        stream: 'IN',
        rows: batchOf(
          IN,
          [
            ['a', 0],
            ['a', millennium],
          ],
          [0, 1],
        ),
      },
    ],
    ['O'],
  )
  expect(errors).toEqual([])
  expect(rows.O).toHaveLength(windows)
  // A walk over the seconds of 1,000 years would take minutes.
  expect(performance.now() - began).toBeLessThan(2_000)
})

test('a program over its limits stops and names the operator', () => {
  const plan = planProgram(textOf({}), [{ name: 'IN', schema: IN }])
  const rows = Array.from({ length: 12 }, (_, n) => [`k${n}`, 1_000] as const)
  const batch = batchOf(IN, rows)
  const options = { compile: { limits: { maxKeys: 10 } } }
  expect(() => run(plan, [{ stream: 'IN', rows: batch }], ['O'], options)).toThrow(
    /state of event-aggregate 1 of pump "Q" is over its limit maxKeys of 10/,
  )
})

const WIKIPEDIA = join(
  import.meta.dirname,
  '../../../../shared/data/wikipedia-edits-2015/wikiticker-2015-09-12-sampled.json.gz',
)
const isThere = existsSync(WIKIPEDIA)
if (!isThere) console.log(`skipped: ${WIKIPEDIA} is not here; the guard against sender clocks is tested on it`)

describe.runIf(isThere)('edits of Wikipedia whose first 45 rows carry wrong dates', () => {
  const EDITS = schemaOf({ channel: 'VARCHAR(64)', ts: 'TIMESTAMP' })
  const day = Date.UTC(2015, 8, 12)

  function* batches(): Generator<RowBatch> {
    const lines = gunzipSync(readFileSync(WIKIPEDIA)).toString().trimEnd().split('\n')
    let builder = new RowBuilder(EDITS)
    let records = new RecordBatchBuilder()
    for (const [index, line] of lines.entries()) {
      const { time, channel } = JSON.parse(line) as { time: string; channel: string }
      const ts = Date.parse(time)
      const arrivedAt = day + (((ts % 86_400_000) + 86_400_000) % 86_400_000)
      builder.add(arrivedAt, [channel, ts], records.length)
      const record = { data: new Uint8Array(0), arrivedAt, rowtime: arrivedAt, partitionKey: '', shardId: 'shard' }
      records.add({ ...record, sequenceNumber: String(index + 1), subsequenceNumber: 0 })
      if (!builder.full) continue
      yield builder.take(records.take())
      builder = new RowBuilder(EDITS)
      records = new RecordBatchBuilder()
    }
    yield builder.take(records.take())
  }

  function outcome(options: string): { rows: number; errors: ErrorRow[] } {
    const text = `CREATE STREAM E (channel VARCHAR(64), ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '10' SECOND) ${options};
      CREATE PUMP P AS INSERT INTO E SELECT STREAM "channel", "ts" FROM "IN";
      CREATE STREAM O (ws TIMESTAMP, channel VARCHAR(64), n BIGINT);
      CREATE PUMP Q AS INSERT INTO O SELECT STREAM window_start, channel, COUNT(*)
        FROM TABLE(TUMBLE(TABLE E, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, channel;`
    const errors: ErrorRow[] = []
    const program = compileProgram(planProgram(text, [{ name: 'IN', schema: EDITS }]), {
      ...HOST,
      errors: { add: row => void errors.push(row) },
      outputs: ['O'],
    })
    let rows = 0
    const drain = (): void => {
      while (program.work())
        for (const result of program.takeResults())
          for (const line of rowsText(result.rows)) rows += Number(line.split('|').at(-1))
    }
    for (const batch of batches()) {
      program.push('IN', batch)
      drain()
    }
    program.advance(Number.POSITIVE_INFINITY)
    drain()
    return { rows, errors }
  }

  const count = (errors: readonly ErrorRow[], name: string): number => errors.filter(row => row.name === name).length

  test('with the guard 41 rows are ahead, 3 are late and every good row counts', () => {
    const { rows, errors } = outcome('')
    expect(count(errors, 'CLOCK_SKEW')).toBe(41)
    expect(count(errors, 'LATE_ROW')).toBe(3)
    expect(errors.filter(row => row.name === 'LATE_ROW').map(row => row.position?.sequenceNumber)).toEqual([
      '2',
      '3',
      '4',
    ])
    // The good rows, and the first row, whose date is a day old and yet the first.
    expect(rows).toBe(39_199 + 1)
  })

  test('without the guard all 39,199 good rows are late, and none vanishes', () => {
    const { rows, errors } = outcome('OPTIONS (MAX_AHEAD NULL)')
    expect(count(errors, 'CLOCK_SKEW')).toBe(0)
    expect(errors.filter(row => row.name === 'LATE_ROW' && Number(row.position?.sequenceNumber) > 45)).toHaveLength(
      39_199,
    )
    expect(rows + errors.length).toBe(39_244)
  })
})
