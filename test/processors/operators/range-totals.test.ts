/** The loop over arrays for COUNT, SUM and AVG over a RANGE gives what one object for each function gives, to the last bit. */
import { expect, test } from 'vitest'
import { Dictionary } from '../../../core/dictionary.ts'
import { type ColumnVector, valueAt } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import { RowFailure } from '../../../processors/expressions/failures.ts'
import { everyRow } from '../../../processors/expressions/selection.ts'
import { FrameWindow } from '../../../processors/operators/sliding/frame-window.ts'
import { isRangeTotals, RangeTotals } from '../../../processors/operators/sliding/range-totals.ts'
import type { SlidingWindow, SlidingWindowOptions } from '../../../processors/operators/sliding/sliding-window.ts'
import { StateReader } from '../../../processors/operators/state-reader.ts'
import { StateWriter } from '../../../processors/operators/state-writer.ts'
import { randomOf } from '../../core/scanner-support.ts'

const DOUBLE: SqlType = { kind: 'DOUBLE' }
const REAL: SqlType = { kind: 'REAL' }
const shared = { distinct: false, ignoreNulls: false, parameter: 0, fromLast: false }

const OPTIONS: SlidingWindowOptions = {
  partition: [{ kind: 'VARCHAR', length: 9 }, { kind: 'INTEGER' }],
  frame: { unit: 'RANGE', preceding: 500 },
  arguments: [DOUBLE, { kind: 'INTEGER' }, REAL],
  functions: [
    { ...shared, index: 0, name: 'COUNT', argument: null, type: { kind: 'BIGINT' } },
    { ...shared, index: 1, name: 'SUM', argument: 0, type: DOUBLE },
    { ...shared, index: 2, name: 'AVG', argument: 0, type: DOUBLE },
    { ...shared, index: 3, name: 'COUNT', argument: 1, type: { kind: 'BIGINT' } },
    { ...shared, index: 4, name: 'SUM', argument: 2, type: REAL },
  ],
}

function push(
  window: SlidingWindow,
  rowtimes: Float64Array,
  partition: ColumnVector[],
  args: ColumnVector[],
  rows: number[],
) {
  const selection = { rows: Int32Array.from(rows), length: rows.length }
  const batch = { schema: { columns: [] }, length: rowtimes.length, rowtimes, columns: [], origin: null }
  const results = new Map<string, unknown>()
  const columns: [number, ColumnVector][] = []
  window.push(
    batch,
    selection,
    partition,
    args,
    (index, row, value) => {
      results.set(`${index}/${row}`, value instanceof RowFailure ? value.message : value)
    },
    (index, column) => columns.push([index, column]),
  )
  for (const [index, column] of columns)
    for (const row of rows) if (!results.has(`${index}/${row}`)) results.set(`${index}/${row}`, valueAt(column, row))
  return results
}

function moved(from: SlidingWindow, to: SlidingWindow): SlidingWindow {
  const writer = new StateWriter()
  for (const _ of from.write(writer));
  to.read(new StateReader(writer.take()))
  return to
}

test.each([1, 2, 3])('random rows, seed %i, with restarts from each other', seed => {
  expect(isRangeTotals(OPTIONS)).toBe(true)
  const random = randomOf(seed)
  const range = () => new RangeTotals(OPTIONS, 500)
  const frame = () => new FrameWindow(OPTIONS, 500)
  let [a, b]: [SlidingWindow, SlidingWindow] = [range(), frame()]
  let clock = 0
  const dictionary = new Dictionary()
  for (let round = 0; round < 30; round++) {
    const length = 1 + random(1_024)
    const rowtimes = Float64Array.from({ length }, () => (clock += random(5) === 0 ? random(seed * 4) : 0))
    const number = (give: () => number): ColumnVector => ({
      layout: 'number',
      values: Float64Array.from({ length }, give),
      nulls: Uint8Array.from({ length }, () => (random(7) === 0 ? 1 : 0)),
    })
    // Keys that come and go: what is dead is forgotten on the way.
    const ids = Int32Array.from({ length }, () =>
      random(20) === 0 ? 0 : dictionary.idOf(`k${round * 40 + random(90)}`),
    )
    const partition: ColumnVector[] = [{ layout: 'dictionary', ids, dictionary }, number(() => random(4))]
    const big = () => (random(300) === 0 ? 1e308 : random(1_000) / 7)
    const args = [number(big), number(() => random(9)), number(() => Math.fround(random(99) / 3))]
    const rows = [...everyRow(length).rows.subarray(0, length)].filter(() => round % 3 === 0 || random(5) > 0)
    expect(push(a, rowtimes, partition, args, rows)).toEqual(push(b, rowtimes, partition, args, rows))
    expect(a.keys).toBe(b.keys)
    if (random(6) === 0) {
      clock += random(700)
      a.advance(clock)
      b.advance(clock)
    }
    if (random(8) === 0) [a, b] = [moved(b, range()), moved(a, frame())]
  }
  a.advance(Infinity)
  expect(a.keys).toBe(0)
})

test('other functions, frames and arguments go the general way', () => {
  const one = (change: Partial<SlidingWindowOptions['functions'][number]>) => ({
    ...OPTIONS,
    functions: [{ ...OPTIONS.functions[1]!, ...change }],
  })
  expect(isRangeTotals(one({}))).toBe(true)
  expect(isRangeTotals(one({ argument: 1 }))).toBe(false)
  expect(isRangeTotals(one({ name: 'MIN' }))).toBe(false)
  expect(isRangeTotals(one({ distinct: true }))).toBe(false)
  expect(isRangeTotals({ ...OPTIONS, frame: { unit: 'ROWS', preceding: 5 } })).toBe(false)
  expect(isRangeTotals({ ...OPTIONS, frame: { unit: 'RANGE', preceding: null } })).toBe(false)
})
