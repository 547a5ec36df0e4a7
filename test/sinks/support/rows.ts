/** Rows, encoders and judges for tests of sinks. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { type RowBatch, RowBuilder, type Schema, type Value } from '../../../core/index.ts'

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
