/** Every operator that holds rows, groups or windows stops at its limits, by name, before memory is gone. */
import { expect, test } from 'vitest'
import { hasCode } from '../../../core/errors.ts'
import { type RowBatch } from '../../../core/rows.ts'
import { STATE_LIMITS_DEFAULT, type StateLimits } from '../../../processors/operators/limits.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { inputsOf, type PlanNode } from '../../../processors/sql/plan-node.ts'
import { batchOf, schemaOf } from '../expressions/builders.ts'
import { run } from './programs.ts'

const IN = schemaOf({ ID: 'INTEGER', NAME: 'VARCHAR(64)', X: 'DOUBLE', T: 'TIMESTAMP' })
const BATCHES = 3
const ROWS = 1_000
/** Ids that are all different, a millisecond apart, with event times a second apart. */
const rowsOf = (rowtime: (index: number) => number): readonly RowBatch[] =>
  Array.from({ length: BATCHES }, (_, number) => {
    const ids = Array.from({ length: ROWS }, (_unused, i) => number * ROWS + i)
    return batchOf(
      IN,
      ids.map(id => [id, `name number ${id}`, id / 7, id * 1_000]),
      ids.map(rowtime),
    )
  })
const SPREAD = rowsOf(index => index)
const TOGETHER = rowsOf(() => 5)

const EVENTS = `CREATE STREAM E (ID INTEGER, T TIMESTAMP, WATERMARK FOR T AS T - INTERVAL '9' DAY) OPTIONS (MAX_AHEAD NULL);
  CREATE PUMP EP AS INSERT INTO E SELECT STREAM ID, T FROM S;`
const LARGE: StateLimits = STATE_LIMITS_DEFAULT

interface Case {
  readonly operator: string
  readonly limits: Partial<StateLimits>
  readonly query: string
  readonly before?: string
  readonly rows?: readonly RowBatch[]
  readonly columns?: string
}

const GROUP = "GROUP BY ID, STEP(S.ROWTIME BY INTERVAL '1' HOUR)"
const STAGGER = "WINDOWED BY STAGGER (PARTITION BY ID RANGE INTERVAL '1' HOUR)"
const HOP = (
  size: string,
  keys: string,
): string => `SELECT STREAM COUNT(*) FROM TABLE(TUMBLE(TABLE E, DESCRIPTOR(T), INTERVAL '${size}' SECOND))
  GROUP BY ${keys} WINDOW_START, WINDOW_END`
const SESSION = `SELECT STREAM COUNT(*) FROM TABLE(SESSION(TABLE E PARTITION BY ID, DESCRIPTOR(T), INTERVAL '9' SECOND))
  GROUP BY ID, WINDOW_START, WINDOW_END`
const JOIN =
  "SELECT STREAM a.ID FROM S OVER (RANGE INTERVAL '1' HOUR PRECEDING) AS a JOIN U OVER (RANGE INTERVAL '1' HOUR PRECEDING) AS b ON a.ID = b.ID"

const CASES: readonly Case[] = [
  { operator: 'aggregate 1', limits: { maxKeys: 1_000 }, query: `SELECT STREAM ID FROM S ${GROUP}` },
  { operator: 'aggregate 1', limits: { maxBytes: 50_000 }, query: `SELECT STREAM ID FROM S ${GROUP}` },
  { operator: 'stagger 1', limits: { maxKeys: 1_000 }, query: `SELECT STREAM ID FROM S ${STAGGER}` },
  { operator: 'stagger 1', limits: { maxBytes: 50_000 }, query: `SELECT STREAM ID FROM S ${STAGGER}` },
  { operator: 'stagger 1', limits: { maxOpenWindows: 1_000 }, query: `SELECT STREAM ID FROM S ${STAGGER}` },
  {
    operator: 'event-aggregate 1',
    limits: { maxKeys: 1_000 },
    query: HOP('9', 'ID,'),
    before: EVENTS,
    columns: 'N BIGINT',
  },
  {
    operator: 'event-aggregate 1',
    limits: { maxBytes: 50_000 },
    query: HOP('9', 'ID,'),
    before: EVENTS,
    columns: 'N BIGINT',
  },
  {
    operator: 'event-aggregate 1',
    limits: { maxOpenWindows: 100 },
    query: HOP('9', ''),
    before: EVENTS,
    columns: 'N BIGINT',
  },
  { operator: 'event-aggregate 1', limits: { maxKeys: 1_000 }, query: SESSION, before: EVENTS, columns: 'N BIGINT' },
  { operator: 'event-aggregate 1', limits: { maxBytes: 50_000 }, query: SESSION, before: EVENTS, columns: 'N BIGINT' },
  {
    operator: 'event-aggregate 1',
    limits: { maxOpenWindows: 100 },
    query: SESSION,
    before: EVENTS,
    columns: 'N BIGINT',
  },
  {
    operator: 'distinct 1',
    limits: { maxKeys: 1_000 },
    query: 'SELECT STREAM DISTINCT ID, FLOOR(S.ROWTIME TO HOUR) FROM S',
    columns: 'ID INTEGER, H TIMESTAMP',
  },
  {
    operator: 'distinct 1',
    limits: { maxBytes: 50_000 },
    query: 'SELECT STREAM DISTINCT ID, FLOOR(S.ROWTIME TO HOUR) FROM S',
    columns: 'ID INTEGER, H TIMESTAMP',
  },
  {
    operator: 'sort 1',
    limits: { maxBytes: 50_000 },
    query: 'SELECT STREAM ID FROM S ORDER BY FLOOR(S.ROWTIME TO HOUR), X',
  },
  {
    operator: 'sort 2',
    limits: { maxBytes: 50_000 },
    query: "SELECT STREAM ROW_NUMBER() OVER (PARTITION BY STEP(S.ROWTIME BY INTERVAL '1' HOUR) ORDER BY X) FROM S",
    columns: 'N BIGINT',
  },
  {
    operator: 'time-sort 1',
    limits: { maxBytes: 50_000 },
    query: "SELECT STREAM S.T AS ROWTIME, ID FROM S ORDER BY S.T WITHIN INTERVAL '9' DAY",
  },
  {
    operator: 'slide 1',
    limits: { maxKeys: 1_000 },
    query: "SELECT STREAM SUM(ID) OVER (PARTITION BY ID RANGE INTERVAL '1' HOUR PRECEDING) FROM S",
    columns: 'N BIGINT',
  },
  {
    operator: 'slide 1',
    limits: { maxBytes: 50_000 },
    query: "SELECT STREAM SUM(ID) OVER (RANGE INTERVAL '1' HOUR PRECEDING) FROM S",
    columns: 'N BIGINT',
  },
  { operator: 'join 1', limits: { maxKeys: 1_000 }, query: JOIN },
  { operator: 'join 1', limits: { maxBytes: 20_000 }, query: JOIN },
  {
    // The second stream is silent, so that nothing of the first one may leave.
    operator: 'union 1',
    limits: { maxBytes: 20_000 },
    query: 'SELECT STREAM ID FROM S UNION ALL SELECT STREAM ID FROM U',
  },
  {
    operator: 'merge into "O"',
    limits: { maxBytes: 20_000 },
    query: 'SELECT STREAM ID FROM S',
    before: 'CREATE PUMP OTHER AS INSERT INTO O SELECT STREAM ID FROM U;',
  },
  {
    operator: 'set 1',
    limits: { maxBytes: 100 },
    query: 'VALUES (1), (2), (3) UNION VALUES (4), (5), (6), (7)',
  },
  {
    operator: 'table-function 1',
    limits: { maxBytes: 50_000 },
    query: `SELECT STREAM ID FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM ID FROM S), 'ID', 'place', 'asc', 'asc', 0, 0))`,
    rows: TOGETHER,
  },
]

function go({ before = '', columns = 'ID INTEGER', limits, query, rows = SPREAD }: Case): unknown {
  const create = `CREATE STREAM O (${columns}); ${before}`
  const text = `${create} CREATE PUMP P AS INSERT INTO O ${query};`
  const inputs = ['S', 'U'].map(name => ({ name, schema: IN }))
  try {
    run(
      planProgram(text, inputs),
      rows.map(batch => ({ stream: 'S', rows: batch })),
      ['O'],
      { cut: 100, compile: { limits } },
    )
  } catch (error) {
    return error
  }
  return null
}

test.each(
  CASES.map(each => [each.operator, Object.keys(each.limits)[0] as keyof StateLimits, each] as const),
)('state of %s is bounded by %s', (operator, limit, each) => {
  const error = go(each)
  expect(String(error)).toContain(`${operator} of pump "P"`.replace(/^merge.*$/, 'merge into "O"'))
  expect(String(error)).toContain(`is over its limit ${limit} of ${each.limits[limit]}`)
  expect(hasCode(error, 'state_limit')).toBe(true)
  expect(go({ ...each, limits: LARGE })).toBe(null)
})

test('every kind of node that holds something is among them', () => {
  const held = new Set(CASES.map(({ operator }) => operator.replace(/ .*$/, '')))
  const stateless: readonly PlanNode['kind'][] = [
    'scan',
    'filter',
    'project',
    'values',
    'table',
    'event-windows',
    'rank',
  ]
  // A lookup holds its table, which is bounded where it is read; item counts and forests are bounded by their parameters.
  const kinds: readonly PlanNode['kind'][] = [...stateless, 'lookup']
  const all = new Set<string>([...held, ...kinds])
  const seen = new Set<string>()
  const visit = (node: PlanNode): void => {
    seen.add(node.kind)
    inputsOf(node).forEach(visit)
  }
  const inputs = ['S', 'U'].map(name => ({ name, schema: IN }))
  for (const { before = '', columns = 'ID INTEGER', query } of CASES)
    planProgram(
      `CREATE STREAM O (${columns}); ${before} CREATE PUMP P AS INSERT INTO O ${query}`,
      inputs,
    ).pumps.forEach(({ source }) => visit(source))
  expect([...seen].filter(kind => !all.has(kind))).toEqual([])
})
