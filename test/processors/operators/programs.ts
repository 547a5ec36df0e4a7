/** Hand-made plans, and runs of them that write every row down as text. */
import { type RowBatch, typedValueAt, type Value } from '../../../core/rows.ts'
import type { Schema } from '../../../core/schema.ts'
import { type CompileOptions, compileProgram } from '../../../processors/compile.ts'
import { everyRow, sliceSelection } from '../../../processors/expressions/selection.ts'
import { gatherRows } from '../../../processors/operators/gather.ts'
import { StateReader } from '../../../processors/operators/state-reader.ts'
import { StateWriter } from '../../../processors/operators/state-writer.ts'
import type { Program } from '../../../processors/program.ts'
import type { Expression } from '../../../processors/sql/expression.ts'
import type {
  AggregateName,
  AggregatePlan,
  PlanNode,
  ProgramPlan,
  PumpPlan,
  StreamPlan,
  WindowEnd,
} from '../../../processors/sql/plan-node.ts'
import { call, column, ErrorList, HOST, literal, PLACE, ROWTIME, type } from '../expressions/builders.ts'

export function scan(stream: string, schema: Schema): PlanNode {
  return { kind: 'scan', stream, schema }
}

export function aggregateOf(name: AggregateName, argument: Expression | null, text: string): AggregatePlan {
  return { name, argument, type: type(text), span: PLACE }
}

export function grouped(
  input: PlanNode,
  keys: readonly (readonly [string, Expression])[],
  window: { key: number; end: WindowEnd },
  aggregates: readonly (readonly [string, AggregatePlan])[],
): PlanNode {
  const columns = [
    ...keys.map(([name, expression]) => ({ name, type: expression.type, nullable: true })),
    ...aggregates.map(([name, aggregate]) => ({ name, type: aggregate.type, nullable: true })),
  ]
  return {
    kind: 'aggregate',
    input,
    keys: keys.map(([name, expression]) => ({ name, expression })),
    window,
    aggregates: aggregates.map(([, aggregate]) => aggregate),
    schema: { columns },
  }
}

/** STEP(ROWTIME BY sizeMs) */
export function stepped(sizeMs: number): Expression {
  return call('STEP_DATETIME', [ROWTIME, literal(sizeMs, 'DAY TO SECOND')], 'TIMESTAMP')
}

export function pump(name: string, target: string, source: PlanNode, more: Partial<PumpPlan> = {}): PumpPlan {
  const values = source.schema.columns.map(({ name: each }) => column(source.schema, each))
  return { name, target, source, values, rowtime: null, running: true, span: PLACE, ...more }
}

export function program(streams: readonly StreamPlan[], pumps: readonly PumpPlan[]): ProgramPlan {
  return { streams, pumps, warnings: [] }
}

export interface RunOptions {
  /** rows of a batch */
  readonly cut?: number
  /** snapshot after every batch and go on in a new program */
  readonly restoring?: boolean
  readonly layout?: (batch: RowBatch) => RowBatch
  /** advance to the rowtime of the last row after each batch */
  readonly bounds?: boolean
  readonly compile?: Partial<CompileOptions>
}

export interface RunInput {
  readonly stream: string
  readonly rows: RowBatch
}

/** Result rows as text by output stream, then errors. */
export interface RunResult {
  readonly results: Readonly<Record<string, string[]>>
  readonly errors: string[]
}

function part(rows: RowBatch, from: number, to: number): RowBatch {
  return gatherRows(rows, sliceSelection(everyRow(rows.length), from, to))
}

export function show(value: Value): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
}

export function rowsText(rows: RowBatch): string[] {
  return Array.from({ length: rows.length }, (_, row) =>
    [
      rows.rowtimes[row],
      ...rows.columns.map((each, index) => show(typedValueAt(each, rows.schema.columns[index]!.type, row))),
    ].join('|'),
  )
}

/** Saves and restores into a new program. */
export function restored(saved: Program, fresh: Program): Program {
  const writer = new StateWriter()
  const chunks: Uint8Array[] = []
  const slices = saved.snapshot(writer)
  while (slices.next().done !== true) chunks.push(writer.take())
  chunks.push(writer.take())
  fresh.restore(new StateReader(Buffer.concat(chunks)))
  return fresh
}

/** Runs inputs one after the other to the end; all of them end together. */
export function run(
  plan: ProgramPlan,
  inputs: readonly RunInput[],
  outputs: readonly string[],
  options: RunOptions = {},
): RunResult {
  const errors = new ErrorList()
  const compile = (): Program => compileProgram(plan, { ...HOST, errors, outputs, ...options.compile })
  let running = compile()
  const results: Record<string, string[]> = Object.fromEntries(outputs.map(output => [output, []]))
  const drain = (): void => {
    while (running.work())
      for (const { stream, rows } of running.takeResults()) results[stream]!.push(...rowsText(rows))
  }
  const cut = options.cut ?? 1_024
  for (const { stream, rows } of inputs) {
    for (let from = 0; from < rows.length; from += cut) {
      const batch = part(rows, from, Math.min(rows.length, from + cut))
      running.push(stream, options.layout === undefined ? batch : options.layout(batch))
      if (options.bounds === true) running.advance(batch.rowtimes[batch.length - 1]!)
      drain()
      if (options.restoring === true) running = restored(running, compile())
    }
  }
  running.advance(Infinity)
  drain()
  return { results, errors: errors.lines }
}
