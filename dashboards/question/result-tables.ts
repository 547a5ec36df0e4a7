/** The newest results of each output stream, in memory, for questions about them. Bounded in rows and in values. */
import { type RowBatch, type Schema, type SqlType, typedValueAt, type Value } from '../../core/index.ts'
import { type FieldMask, MASKED } from '../live/field-mask.ts'

/** Rows that are kept of one stream. */
export const TABLE_ROWS_MAX = 10_000
/** Characters of a text that are kept. */
export const TABLE_TEXT_MAX = 1_024

export type TableCell = string | number | boolean | null

export class ResultTables {
  readonly #tables: ReadonlyMap<string, { readonly schema: Schema; rows: TableCell[][]; dropped: number }>
  readonly #mask: FieldMask

  /** @param mask what is masked is not even kept */
  constructor(outputs: ReadonlyMap<string, Schema>, mask: FieldMask) {
    this.#tables = new Map([...outputs].map(([name, schema]) => [name, { schema, rows: [], dropped: 0 }] as const))
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
    }
    // Half again as many, so that rows move once in a while and not at every batch.
    if (table.rows.length > TABLE_ROWS_MAX * 1.5) table.rows = table.rows.slice(-TABLE_ROWS_MAX)
  }

  /** The newest rows of a table: ROWTIME as epoch milliseconds, then its columns; times are epoch milliseconds too. */
  table(name: string): readonly (readonly TableCell[])[] {
    return this.#tables.get(name)?.rows.slice(-TABLE_ROWS_MAX) ?? []
  }
}

/** The engine counts in doubles: BIGINT and DECIMAL are the nearest one. */
function cellOf(value: Value, type: SqlType): TableCell {
  if (value === null) return null
  if (typeof value === 'bigint') return type.kind === 'DECIMAL' ? Number(value) / 10 ** type.scale : Number(value)
  if (value instanceof Uint8Array) return `0x${Buffer.from(value.subarray(0, TABLE_TEXT_MAX / 2)).toString('hex')}`
  if (typeof value === 'string') return value.slice(0, TABLE_TEXT_MAX)
  return type.kind === 'BOOLEAN' ? value !== 0 : value
}
