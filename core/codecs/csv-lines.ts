/**
 * Result rows as CSV: comma-separated, each line ended by a line feed, no header. NULL is an empty field and the empty text a
 * pair of quotes; a field with a comma, quote or line break is quoted. Values print as in JSON lines.
 */
import type { ByteWriter } from '../byte-writer.ts'
import type { Encoder } from '../codec.ts'
import { NULL_ID } from '../dictionary.ts'
import { type ColumnVector, type RowBatch, spanBytes } from '../rows.ts'
import { type SqlType, storageOf } from '../sql-type.ts'
import { CellBytes, EntryCache } from './cell-bytes.ts'

const COMMA = 44
const LINE_FEED = 10

export interface CsvLinesOptions {
  /** true: each line starts with ROWTIME, as `yyyy-MM-dd HH:mm:ss.SSS`. Default false, as Kinesis Data Analytics. */
  readonly rowtime?: boolean
}

/** Serves any schema; remembers the entries of dictionaries, so keep one for an output. */
export class CsvLinesEncoder implements Encoder {
  readonly #rowtime: boolean
  readonly #cells = new CellBytes()
  readonly #entries = new EntryCache(text => Buffer.from(quoted(text)))

  constructor(options: CsvLinesOptions = {}) {
    this.#rowtime = options.rowtime ?? false
  }

  encode(rows: RowBatch, out: ByteWriter): void {
    const cells = this.#cells
    const entries = rows.columns.map(column =>
      column.layout === 'dictionary' ? this.#entries.of(column.dictionary) : [],
    )
    for (let row = 0; row < rows.length; row++) {
      if (this.#rowtime) cells.number('TIMESTAMP', rows.rowtimes[row] ?? 0, 0)
      for (let i = 0; i < rows.columns.length; i++) {
        const column = rows.columns[i]
        const type = rows.schema.columns[i]?.type
        if (column === undefined || type === undefined) continue
        if (i > 0 || this.#rowtime) cells.byte(COMMA)
        this.#cell(column, type, row, entries[i] ?? [])
      }
      cells.byte(LINE_FEED)
    }
    cells.flush(out)
  }

  #cell(column: ColumnVector, type: SqlType, row: number, entries: Uint8Array[]): void {
    const cells = this.#cells
    if (column.layout === 'dictionary') {
      const id = column.ids[row] ?? NULL_ID
      if (id !== NULL_ID) cells.bytes(this.#entries.at(entries, column.dictionary, id))
    } else if (column.nulls[row] === 1) return
    else if (column.layout === 'number') cells.number(type.kind, column.values[row] ?? 0, 0)
    else if (column.layout === 'bigint') cells.bigint(type, column.values[row] ?? 0n)
    else if (storageOf(type) === 'binary') cells.base64(spanBytes(column, row))
    else {
      const bytes = spanBytes(column, row)
      cells.bytes(bytes.length > 0 && !needsQuotes(bytes) ? bytes : Buffer.from(quoted(Buffer.from(bytes).toString())))
    }
  }
}

function quoted(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function needsQuotes(bytes: Uint8Array): boolean {
  return bytes.some(byte => byte === 34 || byte === COMMA || byte === 13 || byte === LINE_FEED)
}
