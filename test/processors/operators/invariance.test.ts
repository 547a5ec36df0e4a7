/** Nothing depends on where batches are cut, on the layout of texts, or on a restart between two batches. */
import { expect, test } from 'vitest'
import { type RowBatch, type Value } from '../../../core/rows.ts'
import {
  all,
  arithmetic,
  asSpans,
  batchOf,
  call,
  cast,
  choose,
  column,
  comparison,
  literal,
  ROWTIME,
  schemaOf,
  withOtherIds,
} from '../expressions/builders.ts'
import { aggregateOf, grouped, program, pump, type RunOptions, run, scan, stepped } from './programs.ts'

const IN = schemaOf({
  k: 'VARCHAR(8)',
  j: 'INTEGER',
  v: 'INTEGER',
  d: 'DOUBLE',
  s: 'VARCHAR(20)',
  m: 'DECIMAL(10,2)',
  y: 'VARBINARY(4)',
})
const of = (name: string) => column(IN, name)

/** Repeats for ever; no clock, no Math.random. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

function randomRows(seed: number, count: number): RowBatch[] {
  const next = randomFrom(seed)
  const maybe = <T>(value: T): T | null => (next() < 0.1 ? null : value)
  let rowtime = -5_000
  const batches: RowBatch[] = []
  for (let from = 0; from < count; from += 1_024) {
    const rows: Value[][] = []
    const rowtimes: number[] = []
    for (let i = from; i < Math.min(count, from + 1_024); i++) {
      rowtime += Math.floor(next() * next() * 400)
      rowtimes.push(rowtime)
      rows.push([
        maybe(`k${Math.floor(next() * 9)}`),
        maybe(Math.floor(next() * 4)),
        maybe(Math.floor(next() * 200) - 100),
        maybe((next() - 0.5) * 1e6),
        maybe(next() < 0.5 ? String(Math.floor(next() * 100)) : `text ${Math.floor(next() * 50)}`),
        maybe(BigInt(Math.floor(next() * 1e6))),
        maybe(Buffer.from([Math.floor(next() * 3)])),
      ])
    }
    batches.push(batchOf(IN, rows, rowtimes))
  }
  return batches
}

/** Two pumps that filter, compute with errors, and meet in one stream; one windowed pump behind it; a re-timed one. */
function plan() {
  const condition = all(
    comparison('<>', of('v'), literal(0, 'INTEGER')),
    comparison('>', arithmetic('/', literal(100, 'INTEGER'), of('v'), 'INTEGER'), literal(-50, 'INTEGER')),
  )
  const MID = schemaOf({ k: 'VARCHAR(8)', j: 'INTEGER', n: 'INTEGER', s: 'VARCHAR(20)', y: 'VARBINARY(4)' }, ['j'])
  const first = pump(
    'FIRST',
    'MID',
    { kind: 'filter', input: scan('IN', IN), condition, schema: IN },
    {
      values: [of('k'), of('j'), of('v'), call('UPPER', [of('s')], 'VARCHAR(20)'), of('y')],
    },
  )
  const second = pump('SECOND', 'MID', scan('IN', IN), {
    values: [
      choose([[comparison('>', of('v'), literal(50, 'INTEGER')), literal('big', 'VARCHAR(8)')]], of('k'), 'VARCHAR(8)'),
      literal(7, 'INTEGER'),
      cast(of('s'), 'INTEGER'),
      of('s'),
      of('y'),
    ],
  })
  const mid = (name: string) => column(MID, name)
  const windowed = grouped(
    scan('MID', MID),
    [
      ['K', mid('k')],
      ['W', stepped(1_000)],
      ['J', mid('j')],
      ['Y', mid('y')],
    ],
    { key: 1, end: { kind: 'step', sizeMs: 1_000, offsetMs: 0 } },
    [
      ['N', aggregateOf('COUNT', null, 'BIGINT')],
      ['S', aggregateOf('SUM', mid('n'), 'INTEGER')],
      ['A', aggregateOf('AVG', mid('n'), 'INTEGER')],
      ['LO', aggregateOf('MIN', mid('s'), 'VARCHAR(20)')],
      ['HI', aggregateOf('MAX', mid('s'), 'VARCHAR(20)')],
      ['YS', aggregateOf('MAX', mid('y'), 'VARBINARY(4)')],
    ],
  )
  const sums = grouped(
    { kind: 'union', inputs: [scan('IN', IN), scan('IN', IN)], schema: IN },
    [['W', stepped(500)]],
    { key: 0, end: { kind: 'step', sizeMs: 500, offsetMs: 0 } },
    [
      ['D', aggregateOf('SUM', of('d'), 'DOUBLE')],
      ['M', aggregateOf('SUM', of('m'), 'DECIMAL(18,2)')],
      ['MA', aggregateOf('AVG', of('m'), 'DECIMAL(18,6)')],
      ['LO', aggregateOf('MIN', of('m'), 'DECIMAL(10,2)')],
      ['V', aggregateOf('MAX', of('v'), 'INTEGER')],
    ],
  )
  const late = pump('LATE', 'RETIMED', scan('IN', IN), {
    values: [of('k')],
    rowtime: arithmetic('-', ROWTIME, cast(literal(300, 'DAY TO SECOND'), 'DAY TO SECOND'), 'TIMESTAMP'),
  })
  const moved = pump('MOVED', 'RETIMED', scan('IN', IN), {
    values: [of('k')],
    rowtime: arithmetic(
      '+',
      ROWTIME,
      arithmetic('*', literal(1, 'DAY TO SECOND'), cast(of('v'), 'DOUBLE'), 'DAY TO SECOND'),
      'TIMESTAMP',
    ),
  })
  return program(
    [
      { name: 'IN', schema: IN, origin: 'input' },
      { name: 'MID', schema: MID, origin: 'program' },
      { name: 'OUT', schema: windowed.schema, origin: 'program' },
      { name: 'SUMS', schema: sums.schema, origin: 'program' },
      { name: 'RETIMED', schema: schemaOf({ k: 'VARCHAR(8)' }), origin: 'program' },
    ],
    [first, second, pump('WINDOWED', 'OUT', windowed), pump('SUMMED', 'SUMS', sums), late, moved],
  )
}

const OUTPUTS = ['MID', 'OUT', 'SUMS', 'RETIMED']
const INPUTS = randomRows(7, 3_000).map(rows => ({ stream: 'IN', rows }))
const STRAIGHT = run(plan(), INPUTS, OUTPUTS)

test('the program under test has rows in every stream and errors of several kinds', () => {
  for (const output of OUTPUTS) expect(STRAIGHT.results[output]!.length).toBeGreaterThan(100)
  expect(new Set(STRAIGHT.errors.map(line => line.split(' ')[0]))).toEqual(
    new Set(['CAST_ERROR', 'LATE_ROW', 'NULL_NOT_ALLOWED']),
  )
})

const WAYS: readonly (readonly [string, RunOptions])[] = [
  ['batches of 1 row', { cut: 1 }],
  ['batches of 7 rows', { cut: 7 }],
  ['batches of 7 rows with a bound after each', { cut: 7, bounds: true }],
  ['texts as spans', { layout: asSpans }],
  ['a new dictionary for every batch', { cut: 100, layout: withOtherIds }],
  [
    'spans and dictionaries in turn',
    { cut: 33, layout: batch => (batch.rowtimes[0]! % 2 === 0 ? asSpans(batch) : batch) },
  ],
  ['a restart after every batch', { restoring: true }],
  ['a restart after every 50 rows, with bounds', { cut: 50, restoring: true, bounds: true }],
]

test.each(WAYS)('%s give the same rows in the same order, and the same errors', (_, options) => {
  const { results, errors } = run(plan(), INPUTS, OUTPUTS, options)
  expect(results).toEqual(STRAIGHT.results)
  expect(errors.toSorted()).toEqual(STRAIGHT.errors.toSorted())
})
