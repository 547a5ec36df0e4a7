/** A hand-built program: rows of the inputs counted by key in tumbling windows of rowtime, as the compiler would run it. */

import { createDecoder, schemaOf } from '../../core/codecs/decoder.ts'
import { type InputSchema, parseInputSchema } from '../../core/codecs/input-schema.ts'
import { ERROR_STREAM, type ErrorOutput } from '../../core/error-output.ts'
import { positionAt } from '../../core/record.ts'
import { RowBuilder } from '../../core/row-builder.ts'
import { type RowBatch, textAt, valueAt } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import type { Application } from '../../processors/application.ts'
import type { TaskProgram, TaskResult } from '../../processors/task.ts'

export const COUNTS: Schema = {
  columns: [
    { name: 'KEY', type: { kind: 'VARCHAR', length: 16 }, nullable: true },
    { name: 'N', type: { kind: 'INTEGER' }, nullable: true },
  ],
}

export const KEYED: InputSchema = parseInputSchema({
  RecordFormat: { RecordFormatType: 'JSON' },
  RecordColumns: [
    { Name: 'key', SqlType: 'VARCHAR(16)', Mapping: '$.key' },
    { Name: 'at', SqlType: 'TIMESTAMP', Mapping: '$.at' },
  ],
})

/** Counts rows by their first column; the key `bad` is an error. Windows of `windowMs` leave with their end as rowtime. */
export class CountProgram implements TaskProgram {
  readonly #errors: ErrorOutput
  readonly #windowMs: number
  readonly #windows = new Map<number, Map<string, number>>()
  #due: TaskResult[] = []
  #bound = Number.NEGATIVE_INFINITY
  readonly pushedTo: string[] = []

  constructor(errors: ErrorOutput, windowMs = 1_000) {
    this.#errors = errors
    this.#windowMs = windowMs
  }

  push(stream: string, rows: RowBatch): void {
    this.pushedTo.push(stream)
    for (let row = 0; row < rows.length; row++) {
      const column = rows.columns[0]
      const key = column === undefined ? null : textAt(column, row)
      const rowtime = rows.rowtimes[row] ?? 0
      if (rowtime < this.#bound) throw new Error('a row came below the bound')
      const record = rows.origin?.records[row] ?? 0
      if (key === 'bad')
        this.#errors.add({
          name: 'DIVISION_BY_ZERO',
          message: '1:8 division by zero',
          rowtime,
          data: new TextEncoder().encode('{"key":"bad"}'),
          position: rows.origin === null ? null : positionAt(rows.origin.batch, record),
          pump: 'COUNTER',
        })
      const end = (Math.floor(rowtime / this.#windowMs) + 1) * this.#windowMs
      let window = this.#windows.get(end)
      if (window === undefined) this.#windows.set(end, (window = new Map()))
      window.set(key ?? 'null', (window.get(key ?? 'null') ?? 0) + 1)
    }
  }

  advance(bound: number): void {
    this.#bound = bound
  }

  work(): boolean {
    const end = Math.min(...this.#windows.keys())
    const window = this.#windows.get(end)
    if (window === undefined || end > this.#bound) return false
    this.#windows.delete(end)
    const builder = new RowBuilder(COUNTS)
    for (const key of [...window.keys()].sort()) builder.add(end, [key, window.get(key) ?? 0])
    this.#due.push({ stream: 'COUNTS', rows: builder.take() })
    return true
  }

  takeResults(): readonly TaskResult[] {
    const due = this.#due
    this.#due = []
    return due
  }
}

/** The program as an application, for hosts that take one. */
export function countApplication(): Application {
  return {
    text: '',
    plan: { streams: [], pumps: [], warnings: [] },
    inputStreams: ['SOURCE_SQL_STREAM_001'],
    inputSchema: KEYED,
    referenceTables: [],
    preprocessor: null,
    formatOf: () => 'JSON',
    readTable: () => [],
    outputs: ['COUNTS', ERROR_STREAM],
    warnings: [],
    schemaOf: name => (name === 'COUNTS' ? COUNTS : schemaOf(KEYED)),
    createDecoder: options => createDecoder(KEYED, options),
    start: ({ errors }) => new CountProgram(errors) as unknown as ReturnType<Application['start']>,
  }
}

/** Rows as objects, with ROWTIME as a number. */
export function rowObjects(rows: RowBatch): Record<string, unknown>[] {
  return Array.from({ length: rows.length }, (_, row) => ({
    ROWTIME: rows.rowtimes[row],
    ...Object.fromEntries(
      rows.schema.columns.map(({ name }, i) => {
        const column = rows.columns[i]
        return [name, column === undefined ? null : valueAt(column, row)]
      }),
    ),
  }))
}
