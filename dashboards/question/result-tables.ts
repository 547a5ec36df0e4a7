/** The newest results of each output stream, in memory, for questions about them. Bounded in rows, in bytes and in values. */
import { type RowBatch, type Schema, type SqlType, typedValueAt, type Value } from '../../core/index.ts'
import { type FieldMask, MASKED } from '../live/field-mask.ts'

/** Rows that are kept of one stream. */
export const TABLE_ROWS_MAX = 10_000
/** Bytes that are kept of one stream, about: 8 for each cell and 2 for each character. */
export const TABLE_BYTES_MAX = 16_000_000
/** Characters of a text that are kept. */
export const TABLE_TEXT_MAX = 1_024

export type TableCell = string | number | boolean | null

/** Rows of a table, column by column: few objects, so that they are handed to another thread at once. */
export interface TableColumns {
  readonly length: number
  /** those that were asked for, in the order in which they were */
  readonly columns: readonly (readonly TableCell[])[]
}

interface Table {
  readonly schema: Schema
  rows: TableCell[][]
  /** of all rows, about */
  bytes: number
}

export class ResultTables {
  readonly #tables: ReadonlyMap<string, Table>
  readonly #mask: FieldMask

  /** @param mask what is masked is not even kept */
  constructor(outputs: ReadonlyMap<string, Schema>, mask: FieldMask) {
    this.#tables = new Map([...outputs].map(([name, schema]) => [name, { schema, rows: [], bytes: 0 }] as const))
    this.#mask = mask
  }

  get schemas(): readonly { readonly name: string; readonly schema: Schema }[] {
    return [...this.#tables].map(([name, { schema }]) => ({ name, schema }))
  }

  rows(stream: string, batch: RowBatch): void {
    const table = this.#tables.get(stream)
    if (table === undefined) return
    const { columns } = table.schema
    const hidden = columns.map(({ name }) => this.#mask.hides(stream, name))
    for (let row = Math.max(0, batch.length - TABLE_ROWS_MAX); row < batch.length; row++) {
      const cells: TableCell[] = [batch.rowtimes[row] ?? null]
      for (const [index, { type }] of columns.entries()) {
        const column = batch.columns[index]
        cells.push(
          hidden[index] === true ? MASKED : column === undefined ? null : cellOf(typedValueAt(column, type, row), type),
        )
      }
      table.rows.push(cells)
      table.bytes += bytesOf(cells)
    }
    // Half again as many, so that rows move once in a while and not at every batch.
    if (table.rows.length > TABLE_ROWS_MAX * 1.5 || table.bytes > TABLE_BYTES_MAX * 1.5) trim(table)
  }

  /**
   * The newest rows of a table, times as epoch milliseconds.
   * @param columns which ones: 0 is ROWTIME, then those of the schema
   */
  table(name: string, columns: readonly number[]): TableColumns {
    const table = this.#tables.get(name)
    if (table === undefined) return { length: 0, columns: columns.map(() => []) }
    trim(table)
    const { rows } = table
    return { length: rows.length, columns: columns.map(column => rows.map(row => row[column] ?? null)) }
  }
}

/** Lets the oldest rows go until the rest is within the limits. */
function trim(table: Table): void {
  const { rows } = table
  let from = Math.max(0, rows.length - TABLE_ROWS_MAX)
  let dropped = 0
  for (const row of rows.slice(0, from)) dropped += bytesOf(row)
  for (; table.bytes - dropped > TABLE_BYTES_MAX && from < rows.length; from++) dropped += bytesOf(rows[from] ?? [])
  if (from === 0) return
  table.rows = rows.slice(from)
  table.bytes -= dropped
}

function bytesOf(cells: readonly TableCell[]): number {
  let bytes = cells.length * 8
  for (const cell of cells) if (typeof cell === 'string') bytes += cell.length * 2
  return bytes
}

/** The engine counts in doubles: BIGINT and DECIMAL are the nearest one. */
function cellOf(value: Value, type: SqlType): TableCell {
  if (value === null) return null
  if (typeof value === 'bigint') return type.kind === 'DECIMAL' ? Number(value) / 10 ** type.scale : Number(value)
  if (value instanceof Uint8Array) return `0x${Buffer.from(value.subarray(0, TABLE_TEXT_MAX / 2)).toString('hex')}`
  if (typeof value === 'string') return value.slice(0, TABLE_TEXT_MAX)
  return type.kind === 'BOOLEAN' ? value !== 0 : value
}
