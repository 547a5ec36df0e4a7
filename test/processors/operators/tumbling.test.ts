import { expect, test } from 'vitest'
import { compileProgram } from '../../../processors/compile.ts'
import { batchOf, call, column, ErrorList, HOST, literal, ROWTIME, schemaOf } from '../expressions/builders.ts'
import { aggregateOf, grouped, program, pump, rowsText, run, scan, stepped } from './programs.ts'

const IN = schemaOf({ k: 'VARCHAR(8)', v: 'INTEGER' })
const at = (text: string): number => Date.parse(`2024-01-01T${text}Z`)
const MINUTE = 60_000

function sumByMinute(
  key = stepped(MINUTE),
  end: Parameters<typeof grouped>[2]['end'] = { kind: 'step', sizeMs: MINUTE, offsetMs: 0 },
) {
  const node = grouped(
    scan('IN', IN),
    [
      ['K', column(IN, 'k')],
      ['W', key],
    ],
    { key: 1, end },
    [
      ['S', aggregateOf('SUM', column(IN, 'v'), 'INTEGER')],
      ['N', aggregateOf('COUNT', null, 'BIGINT')],
    ],
  )
  const streams = [
    { name: 'IN', schema: IN, origin: 'input' as const },
    { name: 'OUT', schema: node.schema, origin: 'program' as const },
  ]
  return program(streams, [pump('P', 'OUT', node)])
}

const WORKED = batchOf(
  IN,
  [
    ['a', 3],
    ['b', 1],
    ['a', 5],
    ['a', 7],
  ],
  [at('09:00:05'), at('09:00:20'), at('09:00:59.999'), at('09:01:00')],
)

test('the worked example of tumbling windows gives its table, rows and bound', () => {
  const errors = new ErrorList()
  const running = compileProgram(sumByMinute(), { ...HOST, errors, outputs: ['OUT'] })
  const drain = (): string[] => {
    const rows: string[] = []
    while (running.work()) for (const result of running.takeResults()) rows.push(...rowsText(result.rows))
    return rows
  }
  running.push('IN', WORKED)
  expect(drain()).toEqual([`${at('09:01:00')}|a|${at('09:00:00')}|8|2`, `${at('09:01:00')}|b|${at('09:00:00')}|1|1`])
  running.advance(at('09:01:59.999'))
  expect(drain()).toEqual([])
  running.advance(at('09:02:00'))
  expect(drain()).toEqual([`${at('09:02:00')}|a|${at('09:01:00')}|7|1`])
  running.advance(Infinity)
  expect(drain()).toEqual([])
})

test('a CEIL window holds the row at its end and not the one at its start', () => {
  const rows = batchOf(
    IN,
    [
      ['a', 1],
      ['a', 2],
      ['a', 4],
      ['a', 8],
    ],
    [at('09:00:00'), at('09:00:00.001'), at('09:01:00'), at('09:01:00.001')],
  )
  const plan = sumByMinute(call('CEIL_TO', [ROWTIME, literal('MINUTE', 'VARCHAR(6)')], 'TIMESTAMP'), {
    kind: 'ceil',
    unit: 'MINUTE',
    offsetMs: 0,
  })
  for (const cut of [1, 2, 4])
    for (const bounds of [true, false])
      expect(run(plan, [{ stream: 'IN', rows }], ['OUT'], { cut, bounds }).results.OUT).toEqual([
        `${at('09:00:00')}|a|${at('09:00:00')}|1|1`,
        `${at('09:01:00')}|a|${at('09:01:00')}|6|2`,
        `${at('09:02:00')}|a|${at('09:02:00')}|8|1`,
      ])
})

test('a FLOOR window to months ends at the first of the next month, before 1970 too', () => {
  const rows = batchOf(
    IN,
    [
      ['a', 1],
      ['a', 2],
      ['a', 4],
    ],
    [Date.UTC(1968, 1, 1), Date.UTC(1968, 1, 29, 23, 59, 59, 999), Date.UTC(1968, 2, 1)],
  )
  const plan = sumByMinute(call('FLOOR_TO', [ROWTIME, literal('MONTH', 'VARCHAR(6)')], 'TIMESTAMP'), {
    kind: 'floor',
    unit: 'MONTH',
    offsetMs: 0,
  })
  expect(run(plan, [{ stream: 'IN', rows }], ['OUT']).results.OUT).toEqual([
    `${Date.UTC(1968, 2, 1)}|a|${Date.UTC(1968, 1, 1)}|3|2`,
    `${Date.UTC(1968, 3, 1)}|a|${Date.UTC(1968, 2, 1)}|4|1`,
  ])
})

test('grouping by ROWTIME alone gives one group for each instant, whatever bounds come between', () => {
  const rows = batchOf(
    IN,
    [
      ['a', 1],
      ['b', 2],
      ['a', 4],
      ['a', 8],
    ],
    [10, 10, 10, 11],
  )
  const plan = sumByMinute(ROWTIME, { kind: 'instant' })
  for (const bounds of [true, false])
    expect(run(plan, [{ stream: 'IN', rows }], ['OUT'], { cut: 1, bounds }).results.OUT).toEqual([
      '10|a|10|5|2',
      '10|b|10|2|1',
      '11|a|11|8|1',
    ])
})

test('a change of a promised key closes its group in either direction, at the time of the row that changed it', () => {
  const rows = batchOf(
    IN,
    [
      ['a', 1],
      ['a', 1],
      ['a', 2],
      ['a', 1],
      ['a', null],
    ],
    [10, 20, 30, 40, 50],
  )
  const node = grouped(scan('IN', IN), [['V', column(IN, 'v')]], { key: 0, end: { kind: 'change' } }, [
    ['N', aggregateOf('COUNT', null, 'BIGINT')],
  ])
  const plan = program(
    [
      { name: 'IN', schema: IN, origin: 'input' },
      { name: 'OUT', schema: node.schema, origin: 'program' },
    ],
    [pump('P', 'OUT', node)],
  )
  for (const cut of [1, 2, 5]) {
    const { results, errors } = run(plan, [{ stream: 'IN', rows }], ['OUT'], { cut })
    // The end comes after the last row, also where that is in no group.
    expect(results.OUT).toEqual(['30|1|2', '40|2|1', '50|1|1'])
    expect(errors).toEqual(['NULL_NOT_ALLOWED 50 P 3:14 NULL for the term that ends the window {"k":"a","v":null}'])
  }
})

test('NULL keys are one group, and aggregates skip NULL', () => {
  const rows = batchOf(
    IN,
    [
      [null, null],
      ['a', null],
      [null, 4],
    ],
    [1, 2, 3],
  )
  expect(run(sumByMinute(), [{ stream: 'IN', rows }], ['OUT']).results.OUT).toEqual([
    '60000|null|0|4|2',
    '60000|a|0|null|1',
  ])
})

test('a jump of the clock over a thousand years of one-second windows costs nothing', () => {
  const rows = batchOf(
    IN,
    [
      ['a', 1],
      ['a', 2],
    ],
    [0, 1_000 * 366 * 86_400_000],
  )
  const plan = sumByMinute(stepped(1_000), { kind: 'step', sizeMs: 1_000, offsetMs: 0 })
  expect(run(plan, [{ stream: 'IN', rows }], ['OUT']).results.OUT).toHaveLength(2)
})

test('a SUM that leaves its type is a row error with the group, and the other groups leave', () => {
  const rows = batchOf(
    IN,
    [
      ['a', 2_147_483_647],
      ['b', 1],
      ['a', 1],
      ['c', 2_147_483_647],
      ['c', 1],
      ['c', -1],
    ],
    [1, 2, 3, 4, 5, 6],
  )
  const { results, errors } = run(sumByMinute(), [{ stream: 'IN', rows }], ['OUT'])
  expect(results.OUT).toEqual(['60000|b|0|1|1', '60000|c|0|2147483647|3'])
  expect(errors).toEqual([
    'NUMERIC_OVERFLOW 60000 P 3:14 2147483648 does not fit INTEGER {"K":"a","W":"1970-01-01 00:00:00.000"}',
  ])
})

test('an aggregate over its key limit stops with state_limit, the operator and the limit', () => {
  const rows = batchOf(
    IN,
    [
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ],
    [1, 2, 3],
  )
  const push = (limits: { maxKeys?: number; maxBytes?: number }) => (): void => {
    const running = compileProgram(sumByMinute(), { ...HOST, errors: new ErrorList(), outputs: [], limits })
    running.push('IN', rows)
  }
  expect(push({ maxKeys: 2 })).toThrow(/^state of aggregate 1 of pump "P" is over its limit maxKeys of 2 keys/)
  expect(push({ maxBytes: 100 })).toThrow(/over its limit maxBytes of 100 bytes/)
  expect(push({ maxKeys: 3 })).not.toThrow()
})
