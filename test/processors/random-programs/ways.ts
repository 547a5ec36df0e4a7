/** Random rows, and the ways in which a random program runs over them; all must give the same rows and the same errors. */
import type { RowBatch, Value } from '../../../core/rows.ts'
import type { Schema } from '../../../core/schema.ts'
import { compileProgram } from '../../../processors/compile.ts'
import { everyRow, sliceSelection } from '../../../processors/expressions/selection.ts'
import { gatherRows } from '../../../processors/operators/gather.ts'
import type { Program } from '../../../processors/program.ts'
import type { ProgramPlan } from '../../../processors/sql/plan-node.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import { asSpans, batchOf, ErrorList, HOST, schemaOf, withOtherIds } from '../expressions/builders.ts'
import { restored, rowsText } from '../operators/programs.ts'

export const INPUT_SCHEMA: Schema = schemaOf({
  K: 'VARCHAR(8)',
  J: 'INTEGER',
  V: 'INTEGER',
  D: 'DOUBLE',
  M: 'DECIMAL(8,2)',
  T: 'TIMESTAMP',
  F: 'BOOLEAN',
  B: 'BIGINT',
})
export const TABLE_SCHEMA: Schema = schemaOf({ K: 'VARCHAR(8)', W: 'INTEGER', NAME: 'VARCHAR(16)' })

/** Ten seconds before a leap day ends, so that the rows of a run cross a day and a month. */
const BEGIN = Date.UTC(2024, 1, 29, 23, 59, 50)

/** Rows with ties, edges of seconds and NULLs; event times are near arrival, and some far from it. */
export function randomRows(random: SeededRandom, count: number): RowBatch {
  const { below, pick } = random
  const maybe = (value: Value): Value => (below(9) === 0 ? null : value)
  let rowtime = BEGIN
  const rowtimes: number[] = []
  const rows = Array.from({ length: count }, () => {
    rowtime += pick([0, 0, 1, 250, 999, 1_000, 1_000, 2_500])
    // Exactly on the edge of a second, and of ten.
    if (below(5) === 0) rowtime = Math.ceil(rowtime / 1_000) * 1_000
    if (below(12) === 0) rowtime = Math.ceil(rowtime / 10_000) * 10_000
    rowtimes.push(rowtime)
    const behind = pick([0, 0, 500, 1_000, 2_000, 3_000, 5_000, 8_000, -1_500])
    return [
      maybe(pick(['a', 'b', 'ab', 'A', 'x y', '', '7', 'b'])),
      maybe(below(4)),
      maybe(below(26) - 5),
      maybe((below(200) - 60) / 4),
      maybe(BigInt(below(4_000) - 500)),
      maybe(below(40) === 0 ? rowtime + 86_400_000 : rowtime - behind),
      maybe(below(2)),
      maybe(BigInt(below(1_000))),
    ]
  })
  return batchOf(INPUT_SCHEMA, rows, rowtimes)
}

export function randomTable(random: SeededRandom): RowBatch {
  const { below, pick } = random
  const rows = Array.from({ length: below(7) }, (_, index) => [
    below(8) === 0 ? null : pick(['a', 'b', 'ab', '7', 'zz']),
    below(8) === 0 ? null : below(4),
    `n${index}`,
  ])
  return batchOf(TABLE_SCHEMA, rows)
}

export interface Data {
  readonly inputs: readonly { readonly stream: string; readonly rows: RowBatch }[]
  readonly table: RowBatch
}

export interface Way {
  readonly name: string
  /** rows of a batch at most; 0: each input whole, one after the other */
  readonly cut: number
  readonly restoring: boolean
  /** a bound after each batch */
  readonly bounds: boolean
  readonly layout: (batch: RowBatch) => RowBatch
  readonly codegen: 'auto' | 'off'
}

const PLAIN = { cut: 0, restoring: false, bounds: false, layout: (batch: RowBatch) => batch, codegen: 'auto' } as const

export const STRAIGHT: Way = { ...PLAIN, name: 'straight' }

export const OTHER_WAYS: readonly Way[] = [
  { ...PLAIN, name: 'interpreted', codegen: 'off' },
  { ...PLAIN, name: 'interpreted, from spans, in batches of 3', codegen: 'off', cut: 3, layout: asSpans },
  { ...PLAIN, name: 'row by row', cut: 1 },
  { ...PLAIN, name: 'of other dictionaries, in batches of 7 with bounds', cut: 7, bounds: true, layout: withOtherIds },
  { ...PLAIN, name: 'restored after every batch of 13, generated and interpreted in turn', cut: 13, restoring: true },
]

/** Takes as long as all others together, so only some programs run so. */
export const RESTORED_BY_ROW: Way = {
  ...PLAIN,
  name: 'interpreted, restored after every row, with bounds',
  cut: 1,
  restoring: true,
  bounds: true,
  codegen: 'off',
}

export interface Outcome {
  readonly results: Readonly<Record<string, readonly string[]>>
  readonly errors: readonly string[]
}

/** Runs to the end. Inputs are taken in rowtime order, an earlier input first on ties. */
export function runWay(plan: ProgramPlan, outputs: readonly string[], data: Data, way: Way): Outcome {
  const errors = new ErrorList()
  let starts = 0
  // A snapshot says nothing about how expressions run: one program may go on from the other's.
  const compile = (): Program =>
    compileProgram(plan, {
      ...HOST,
      errors,
      outputs,
      codegen: starts++ % 2 === 0 ? way.codegen : 'off',
      tables: new Map([['LOOKUP', [data.table]]]),
    })
  let running = compile()
  const results: Record<string, string[]> = Object.fromEntries(outputs.map(output => [output, []]))
  const drain = (): void => {
    while (running.work()) {
      for (const { stream, rows } of running.takeResults()) results[stream]!.push(...rowsText(rows))
    }
  }
  for (const { stream, rows } of way.cut === 0 ? data.inputs : slices(data, way.cut)) {
    running.push(stream, way.layout(rows))
    if (way.bounds) running.advance(rows.rowtimes[rows.length - 1]!)
    drain()
    if (way.restoring) running = restored(running, compile())
  }
  // Where time has passed on one input, it has for all: an idle one would not know before its end.
  running.advance(Math.max(...data.inputs.map(({ rows }) => rows.rowtimes[rows.length - 1]!)))
  drain()
  running.advance(Infinity)
  drain()
  return { results, errors: errors.lines.toSorted() }
}

/** Batches of at most so many rows of one input each, in rowtime order. */
function slices(data: Data, cut: number): { stream: string; rows: RowBatch }[] {
  const places = data.inputs.map(() => 0)
  const found: { stream: string; rows: RowBatch }[] = []
  for (;;) {
    const times = data.inputs.map(({ rows }, index) => {
      const place = places[index]!
      return place < rows.length ? rows.rowtimes[place]! : Infinity
    })
    const first = times.indexOf(Math.min(...times))
    const { stream, rows } = data.inputs[first]!
    const from = places[first]!
    if (from >= rows.length) return found
    const others = Math.min(...times.map((time, index) => (index === first ? Infinity : time)))
    let to = from + 1
    while (to < rows.length && to - from < cut && rows.rowtimes[to]! <= others) to++
    places[first] = to
    found.push({ stream, rows: gatherRows(rows, sliceSelection(everyRow(rows.length), from, to)) })
  }
}
