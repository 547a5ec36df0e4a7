/**
 * Other orders of arrival that a program over event time tolerates. Lines with an error (late rows among them) or without an
 * event time keep their places, and no line passes them: what they meet is then the same. Between them a line moves only so
 * far that nothing before it is more than the tolerance (delay and allowed lateness together) above it.
 */
import { createDecoder } from '../../core/codecs/decoder.ts'
import type { InputSchema } from '../../core/codecs/input-schema.ts'
import { valueAt } from '../../core/rows.ts'
import type { Application } from '../../processors/application.ts'
import type { StampedLines } from '../../processors/replay/arrivals.ts'
import { recordsOf } from '../../processors/replay/line-records.ts'
import { inputsOf, type PlanNode } from '../../processors/sql/plan-node.ts'
import { seededRandom } from '../support/seeded-random.ts'

/** How far below the greatest event time a row may come; null for a program that knows no event time. Milliseconds. */
export function toleranceOf({ plan }: Application): number | null {
  const tolerances = [
    ...plan.streams.flatMap(({ watermark }) =>
      watermark === undefined ? [] : watermark.delayMs + watermark.latenessMs,
    ),
    ...plan.pumps.flatMap(({ source }) => sortTolerances(source)),
  ]
  return tolerances.length === 0 ? null : Math.min(...tolerances)
}

function sortTolerances(node: PlanNode): readonly number[] {
  return [...(node.kind === 'time-sort' ? [node.withinMs] : []), ...inputsOf(node).flatMap(sortTolerances)]
}

export interface ShuffleOptions {
  readonly schema: InputSchema
  /** of the input: TIMESTAMP, or epoch milliseconds */
  readonly column: string
  readonly toleranceMs: number
  /** what the program says about its input in order, in which errors name their lines */
  readonly results: readonly string[]
  readonly seed: number
}

/** The lines in another order; each place keeps its arrival. */
export function shuffle(lines: StampedLines, options: ShuffleOptions): StampedLines {
  const random = seededRandom(options.seed)
  const fixed = new Set(options.results.flatMap(line => /^error_stream\t.*\(line (\d+)\)/.exec(line)?.[1] ?? []))
  const order: number[] = []
  let moving: { readonly line: number; readonly key: number }[] = []
  let greatest = Number.NEGATIVE_INFINITY
  const settle = (): void => {
    order.push(...moving.toSorted((a, b) => a.key - b.key).map(({ line }) => line))
    moving = []
  }
  eventTimes(lines, options).forEach((times, line) => {
    const [time, second] = times
    const mayMove = !fixed.has(String(lines.lines.numbers[line])) && time !== undefined && second === undefined
    if (mayMove && time >= greatest - options.toleranceMs) {
      greatest = Math.max(greatest, time)
      moving.push({ line, key: time + random.next() * options.toleranceMs })
      return
    }
    settle()
    order.push(line)
  })
  settle()
  const picked = (values: ArrayLike<number>): number[] => order.map(line => values[line] ?? 0)
  const { bytes, offsets, sizes, numbers } = lines.lines
  return {
    lines: {
      length: order.length,
      bytes,
      offsets: Int32Array.from(picked(offsets)),
      sizes: Int32Array.from(picked(sizes)),
      numbers: Float64Array.from(picked(numbers)),
    },
    arrivedAt: lines.arrivedAt,
  }
}

/** What each line says: a time for each of its rows that has one. */
function eventTimes(lines: StampedLines, { schema, column }: ShuffleOptions): readonly (readonly number[])[] {
  const times: number[][] = Array.from(lines.arrivedAt, () => [])
  const index = schema.columns.findIndex(({ name }) => name === column)
  if (index < 0) throw new Error(`the header names ${column} as event time, which is no column of the input`)
  const decoder = createDecoder(schema, { neededColumns: [column] })
  for (const rows of decoder.decode(recordsOf(lines.lines, lines.arrivedAt, 0), { add: () => {} }))
    for (let row = 0; row < rows.length; row++) {
      const value = valueAt(rows.columns[index]!, row)
      if (value !== null) times[rows.origin?.records[row] ?? -1]?.push(Number(value))
    }
  return times
}
