/** Rows, encoders and judges for tests of sinks. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import {
  type ByteWriter,
  type Encoder,
  type RowBatch,
  RowBuilder,
  type Schema,
  typedValueAt,
  type Value,
} from '../../../core/index.ts'

/** One batch, or several when there are more rows than a batch holds. */
export function batchesOf(schema: Schema, rows: Iterable<readonly [number, readonly Value[]]>): readonly RowBatch[] {
  const batches: RowBatch[] = []
  const builder = new RowBuilder(schema)
  for (const [rowtime, values] of rows) {
    if (builder.full) batches.push(builder.take())
    builder.add(rowtime, values)
  }
  if (builder.length > 0) batches.push(builder.take())
  return batches
}

/** JSON lines by JSON.stringify, row by row: slow and plainly right. */
export const plainEncoder: Encoder = {
  encode(rows: RowBatch, out: ByteWriter): void {
    for (let row = 0; row < rows.length; row++) {
      const object: Record<string, unknown> = { ROWTIME: rows.rowtimes[row] }
      rows.schema.columns.forEach((column, index) => {
        const vector = rows.columns[index]
        const value = vector === undefined ? null : typedValueAt(vector, column.type, row)
        object[column.name] = typeof value === 'bigint' ? Number(value) : value
      })
      out.text(`${JSON.stringify(object)}\n`)
    }
  },
}

let connection: Promise<DuckDBConnection> | null = null

async function connect(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:')
  const made = await instance.connect()
  await made.run("SET TimeZone = 'UTC'")
  return made
}

/** The rows that DuckDB gives, every value as its text. */
export async function duckdb(sql: string): Promise<readonly Record<string, string | null>[]> {
  connection ??= connect()
  const reader = await (await connection).runAndReadAll(sql)
  return reader
    .getRowObjects()
    .map(row =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
    )
}
