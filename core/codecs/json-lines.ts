/**
 * Result rows as JSON lines: one object a row, keys in the order of the columns, each line ended by a line feed.
 * DECIMAL has all digits of its scale, BIGINT all its digits, binary is base64, dates and times are texts, NULL is null.
 */
import type { ByteWriter } from '../byte-writer.ts'
import type { Encoder } from '../codec.ts'
import type { RowBatch } from '../rows.ts'
import type { Schema } from '../schema.ts'
import { CellBytes } from './cell-bytes.ts'
import { DictionaryEntries, EntryTable } from './entry-table.ts'
import { cellWriterOf, type LineStyle } from './line-cells.ts'

const QUOTE = 34
const BACKSLASH = 92
const HEX = '0123456789abcdef'

export interface JsonLinesOptions {
  /** true: each object starts with ROWTIME, as `yyyy-MM-dd HH:mm:ss.SSS`. Default false, as Kinesis Data Analytics. */
  readonly rowtime?: boolean
}

/** Serves any schema; remembers the entries of dictionaries, so keep one for an output. */
export class JsonLinesEncoder implements Encoder {
  readonly #rowtime: boolean
  readonly #cells = new CellBytes()
  readonly #style: LineStyle = {
    nothing: 'null',
    quote: QUOTE,
    entries: new DictionaryEntries('null', text => JSON.stringify(text)),
    text: writeQuoted,
  }
  #schema: Schema | null = null
  /** what stands before each cell, and after the last one */
  #between = new EntryTable()

  constructor(options: JsonLinesOptions = {}) {
    this.#rowtime = options.rowtime ?? false
  }

  encode(rows: RowBatch, out: ByteWriter): void {
    if (rows.schema !== this.#schema) this.#learn(rows.schema)
    const cells = this.#cells
    const between = this.#between
    const { columns, rowtimes, length } = rows
    const types = rows.schema.columns
    const rowtime = this.#rowtime
    const writers = columns.map((column, i) => cellWriterOf(cells, column, types[i]!.type, this.#style))
    const first = rowtime ? 1 : 0
    for (let row = 0; row < length; row++) {
      if (rowtime) {
        cells.entry(between, 0)
        if (!cells.timestamp(rowtimes[row]!, QUOTE)) cells.ascii('null')
      }
      for (let i = 0; i < writers.length; i++) {
        cells.entry(between, first + i)
        writers[i]!(row)
      }
      cells.entry(between, first + writers.length)
    }
    cells.flush(out)
  }

  #learn(schema: Schema): void {
    this.#schema = schema
    const names = [...(this.#rowtime ? ['ROWTIME'] : []), ...schema.columns.map(({ name }) => name)]
    this.#between = new EntryTable([
      ...names.map((name, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`),
      names.length === 0 ? '{}\n' : '}\n',
    ])
  }
}

/** UTF-8 in quotes, with what JSON does not allow in a string escaped as JSON.stringify does. */
function writeQuoted(cells: CellBytes, bytes: DataView, from: number, to: number): void {
  cells.byte(QUOTE)
  for (let at = cells.plain(bytes, from, to, BACKSLASH); at < to; at = cells.plain(bytes, at + 1, to, BACKSLASH)) {
    const byte = bytes.getUint8(at)
    const short = byte === QUOTE ? '"' : byte === BACKSLASH ? '\\' : SHORT_ESCAPES.get(byte)
    cells.ascii(short === undefined ? `\\u00${HEX[byte >> 4]}${HEX[byte & 15]}` : `\\${short}`)
  }
  cells.byte(QUOTE)
}

const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [12, 'f'],
  [13, 'r'],
])
