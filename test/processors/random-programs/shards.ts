/** A random program as an application: its rows as records of JSON, spread over shards, merged by a task. */
import { createDecoder, schemaOf } from '../../../core/codecs/decoder.ts'
import { type InputSchema, parseInputSchema } from '../../../core/codecs/input-schema.ts'
import { type RowBatch, typedValueAt } from '../../../core/rows.ts'
import { sqlTypeText } from '../../../core/sql-type.ts'
import { compileApplication } from '../../../processors/application.ts'
import { ColumnArrivals } from '../../../processors/replay/arrivals.ts'
import { FileSource } from '../../../processors/replay/file-source.ts'
import type { LineBatch } from '../../../processors/replay/line-reader.ts'
import { runTask } from '../../../processors/task.ts'
import { memoryEnv } from '../../support/memory-env.ts'
import { rowsText } from '../operators/programs.ts'
import { type Data, INPUT_SCHEMA, type Outcome, TABLE_SCHEMA } from './ways.ts'

const column = (Name: string, SqlType: string) => ({ Name, SqlType, Mapping: `$.${Name}` })

function inputSchema(columns: typeof INPUT_SCHEMA.columns, more: readonly object[] = []): InputSchema {
  return parseInputSchema({
    RecordFormat: { RecordFormatType: 'JSON' },
    RecordColumns: [...columns.map(({ name, type }) => column(name, sqlTypeText(type))), ...more],
  })
}

const SCHEMA = inputSchema(INPUT_SCHEMA.columns, [column('ARRIVAL', 'TIMESTAMP')])
const TABLE = inputSchema(TABLE_SCHEMA.columns)

/** @param text a program over EVENTS_001 alone */
export async function runShards(
  text: string,
  outputs: readonly string[],
  data: Data,
  shards: number,
): Promise<Outcome> {
  const application = compileApplication({
    text,
    input: { schema: SCHEMA, namePrefix: 'EVENTS' },
    outputs,
    referenceTables: [{ name: 'LOOKUP', schema: TABLE }],
  })
  const arrivals = new ColumnArrivals(options => createDecoder(SCHEMA, options), schemaOf(SCHEMA), 'ARRIVAL')
  const startedAt = Date.UTC(2024, 0, 1)
  const references = new Map([['LOOKUP', Buffer.from(linesOf(data.table, false).join('\n'))]])
  const results: Record<string, string[]> = Object.fromEntries(outputs.map(output => [output, []]))
  const errors: string[] = []
  const sinks = application.outputs.map(output => {
    const lines = results[output] ?? errors
    const sink = {
      write: async (rows: RowBatch) => void lines.push(...rowsText(rows)),
      advance: () => {},
      close: async () => {},
    }
    return [output, sink] as const
  })
  await runTask({
    env: memoryEnv({ startAt: startedAt }),
    source: new FileSource({
      name: 'events.jsonl',
      lines: arrivals.stamped(batches(linesOf(data.inputs[0]!.rows, true))),
      shards,
    }),
    decoder: application.createDecoder(),
    inputStreams: application.inputStreams,
    program: to => application.start({ errors: to, startedAt, rowTimestamp: 'rowtime', references }),
    sinks: new Map(sinks),
    merge: { idleSlackMs: 0, recordsPerBatchMax: 9 },
    errorTime: 'rowtime',
    placeOf: ({ sequenceNumber }) => `line ${sequenceNumber}`,
  })
  return { results, errors }
}

/** Rows as JSON, numbers as they are written. */
function linesOf(rows: RowBatch, timed: boolean): string[] {
  return Array.from({ length: rows.length }, (_, row) => {
    const members = rows.schema.columns.map(({ name, type }, index) => {
      const value = typedValueAt(rows.columns[index]!, type, row)
      if (value === null) return `"${name}":null`
      if (type.kind === 'TIMESTAMP') return `"${name}":"${timeText(value as number)}"`
      if (type.kind === 'BOOLEAN') return `"${name}":${value === 1}`
      if (type.kind === 'DECIMAL') return `"${name}":${decimalText(value as bigint)}`
      return `"${name}":${typeof value === 'string' ? JSON.stringify(value) : String(value)}`
    })
    return `{${[...members, ...(timed ? [`"ARRIVAL":"${timeText(rows.rowtimes[row]!)}"`] : [])].join(',')}}`
  })
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
}

function decimalText(cents: bigint): string {
  const text = String(cents < 0n ? -cents : cents).padStart(3, '0')
  return `${cents < 0n ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`
}

async function* batches(lines: readonly string[]): AsyncGenerator<LineBatch> {
  const bytes = lines.map(line => Buffer.from(line))
  let end = 0
  const offsets = bytes.map(part => (end += part.length) - part.length)
  yield {
    length: lines.length,
    bytes: Buffer.concat(bytes),
    offsets: Int32Array.from(offsets),
    sizes: Int32Array.from(bytes, part => part.length),
    numbers: Float64Array.from(bytes, (_, index) => index + 1),
  }
}
