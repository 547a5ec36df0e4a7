/** The closing report of the demo: every event that was put is a counted row or an error row, and every row is in a file. */
import type { TaskCounters } from '../processors/index.ts'
import type { PutCounts } from './demo.ts'
import type { OutputTotals } from './embedded-host.ts'
import { count, duration, size } from './terminal.ts'

export interface DemoReport {
  /** events that the stream accepted */
  readonly put: number
  /** events that the producer gave up */
  readonly failed: number
  /** bad events among those that the shop made */
  readonly malformed: number
  readonly recordsIn: number
  readonly rowsIn: number
  /** events counted in the rows of FUNNEL, which counts each good event once */
  readonly counted: number
  readonly errorRows: number
  /** put - counted - errorRows */
  readonly lost: number
  readonly outputs: Readonly<
    Record<string, { readonly rows: number; readonly objects: number; readonly sizeBytes: number }>
  >
  readonly elapsedMs: number
  /** what does not add up, a sentence each */
  readonly problems: readonly string[]
}

export interface ReportInput {
  readonly put: PutCounts
  readonly counters: TaskCounters
  readonly outputs: ReadonlyMap<string, OutputTotals>
  readonly counted: number
  readonly elapsedMs: number
}

export function closingReport({ put, counters, outputs, counted, elapsedMs }: ReportInput): DemoReport {
  const { recordsIn, rowsIn, errorRows } = counters
  const lost = put.stored - counted - errorRows
  const problems: string[] = []
  if (put.failed > 0) problems.push(`${count(put.failed)} events were not accepted: ${String(put.firstFailure)}`)
  if (recordsIn !== put.stored) problems.push(`${count(put.stored)} events were put and ${count(recordsIn)} were read`)
  if (lost !== 0)
    problems.push(
      `${count(put.stored)} events were put, ${count(counted)} were counted and ${count(errorRows)} are error rows`,
    )
  for (const [stream, { rows, deliveries }] of outputs)
    for (const delivery of deliveries)
      if (delivery.rows !== rows)
        problems.push(`${stream} gave ${count(rows)} rows and ${count(delivery.rows)} were delivered`)
  return {
    put: put.stored,
    failed: put.failed,
    malformed: put.malformed,
    recordsIn,
    rowsIn,
    counted,
    errorRows,
    lost,
    outputs: Object.fromEntries(
      [...outputs].map(([stream, { rows, deliveries }]) => [
        stream,
        {
          rows,
          objects: deliveries.reduce((sum, delivery) => sum + delivery.objects, 0),
          sizeBytes: deliveries.reduce((sum, delivery) => sum + delivery.sizeBytes, 0),
        },
      ]),
    ),
    elapsedMs,
    problems,
  }
}

/** The report for a person; the last line is the verdict. */
export function reportLines(report: DemoReport, out: string): readonly string[] {
  const widest = Math.max(...Object.keys(report.outputs).map(name => name.length))
  return [
    '',
    `delivered to ${out} in ${duration(report.elapsedMs)}:`,
    ...Object.entries(report.outputs).map(
      ([stream, { rows, objects, sizeBytes }]) =>
        `  ${stream.padEnd(widest)}  ${count(rows).padStart(9)} rows in ${count(objects)} ${objects === 1 ? 'file' : 'files'}, ${size(sizeBytes)}`,
    ),
    ...report.problems.map(problem => `PROBLEM: ${problem}`),
    `${count(report.put)} events put = ${count(report.counted)} counted + ${count(report.errorRows)} error rows: ${
      report.problems.length === 0 ? 'nothing was lost' : 'it does not add up'
    }`,
  ]
}
