/**
 * Result rows as JSON lines: one object a row, keys in the order of the columns, each line ended by a line feed.
 * DECIMAL has all digits of its scale, BIGINT all its digits, binary is base64, dates and times are texts, NULL is null.
 */
import type { ByteWriter } from '../byte-writer.ts'
import type { Encoder } from '../codec.ts'
import { NULL_ID } from '../dictionary.ts'
import { type ColumnVector, type RowBatch, spanBytes } from '../rows.ts'
import type { Schema } from '../schema.ts'
import { type SqlType, storageOf } from '../sql-type.ts'
import { CellBytes, EntryCache } from './cell-bytes.ts'

const QUOTE = 34
const NULL = Buffer.from('null')
const HEX = '0123456789abcdef'

export interface JsonLinesOptions {
  /** true: each object starts with ROWTIME, as `yyyy-MM-dd HH:mm:ss.SSS`. Default false, as Kinesis Data Analytics. */
  readonly rowtime?: boolean
}

/** Serves any schema; remembers the entries of dictionaries, so keep one for an output. */
export class JsonLinesEncoder implements Encoder {
  readonly #rowtime: boolean
  readonly #cells = new CellBytes()
  readonly #entries = new EntryCache(text => Buffer.from(JSON.stringify(text)))
  #schema: Schema | null = null
  #keys: readonly Uint8Array[] = []
  #empty: Uint8Array = NULL

  constructor(options: JsonLinesOptions = {}) {
    this.#rowtime = options.rowtime ?? false
  }

  encode(rows: RowBatch, out: ByteWriter): void {
    if (rows.schema !== this.#schema) this.#learn(rows.schema)
    const cells = this.#cells
    const entries = rows.columns.map(column =>
      column.layout === 'dictionary' ? this.#entries.of(column.dictionary) : [],
    )
    for (let row = 0; row < rows.length; row++) {
      if (this.#rowtime) {
        cells.ascii('{"ROWTIME":')
        this.#number({ kind: 'TIMESTAMP' }, rows.rowtimes[row] ?? 0)
      }
      for (let i = 0; i < rows.columns.length; i++) {
        const column = rows.columns[i]
        const type = rows.schema.columns[i]?.type
        if (column === undefined || type === undefined) continue
        cells.bytes(this.#keys[i] ?? NULL)
        this.#cell(column, type, row, entries[i] ?? [])
      }
      cells.bytes(this.#empty)
    }
    cells.flush(out)
  }

  #learn(schema: Schema): void {
    this.#schema = schema
    this.#keys = schema.columns.map(({ name }, i) =>
      Buffer.from(`${i === 0 && !this.#rowtime ? '{' : ','}${JSON.stringify(name)}:`),
    )
    this.#empty = Buffer.from(schema.columns.length === 0 && !this.#rowtime ? '{}\n' : '}\n')
  }

  #cell(column: ColumnVector, type: SqlType, row: number, entries: Uint8Array[]): void {
    const cells = this.#cells
    if (column.layout === 'dictionary') {
      const id = column.ids[row] ?? NULL_ID
      cells.bytes(id === NULL_ID ? NULL : this.#entries.at(entries, column.dictionary, id))
    } else if (column.nulls[row] === 1) cells.bytes(NULL)
    else if (column.layout === 'number') this.#number(type, column.values[row] ?? 0)
    else if (column.layout === 'bigint') cells.bigint(type, column.values[row] ?? 0n)
    else {
      cells.byte(QUOTE)
      if (storageOf(type) === 'binary') cells.base64(spanBytes(column, row))
      else this.#escaped(spanBytes(column, row))
      cells.byte(QUOTE)
    }
  }

  #number(type: SqlType, value: number): void {
    const quoted = type.kind === 'TIMESTAMP' || type.kind === 'DATE' || type.kind === 'TIME'
    const written = this.#cells.number(type.kind, value, quoted ? QUOTE : 0)
    // Infinity, NaN and years past 9999 cannot be stored, yet must not break the line.
    if (!written) this.#cells.bytes(NULL)
  }

  /** UTF-8 with what JSON does not allow in a string escaped as JSON.stringify does. */
  #escaped(bytes: Uint8Array): void {
    const cells = this.#cells
    let from = 0
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0
      if (byte >= 32 && byte !== QUOTE && byte !== 92) continue
      if (i > from) cells.bytes(bytes.subarray(from, i))
      from = i + 1
      const short = byte === QUOTE ? '"' : byte === 92 ? '\\' : SHORT_ESCAPES.get(byte)
      cells.ascii(short === undefined ? `\\u00${HEX[byte >> 4]}${HEX[byte & 15]}` : `\\${short}`)
    }
    cells.bytes(from === 0 ? bytes : bytes.subarray(from))
  }
}

const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [12, 'f'],
  [13, 'r'],
])
