/**
 * Result rows as JSON lines: one object a row, keys in the order of the columns, each line ended by a line feed.
 * DECIMAL has all digits of its scale, BIGINT all its digits, binary is base64, dates and times are texts, NULL is null.
 */
import type { ByteWriter } from '../byte-writer.ts'
import type { Encoder } from '../codec.ts'
import type { RowBatch } from '../rows.ts'
import type { CellBytes } from './cell-bytes.ts'
import type { LineStyle } from './line-cells.ts'
import { type LineFrame, LineWriter } from './line-writer.ts'

const QUOTE = 34
const BACKSLASH = 92
const HEX = '0123456789abcdef'

export interface JsonLinesOptions {
  /** true: each object starts with ROWTIME, as `yyyy-MM-dd HH:mm:ss.SSS`. Default false, as Kinesis Data Analytics. */
  readonly rowtime?: boolean
}

/** Serves any schema; remembers the entries of dictionaries, so keep one for an output. */
export class JsonLinesEncoder implements Encoder {
  readonly #lines: LineWriter

  constructor({ rowtime = false }: JsonLinesOptions = {}) {
    this.#lines = new LineWriter(STYLE, FRAME, rowtime)
  }

  encode(rows: RowBatch, out: ByteWriter): void {
    this.#lines.write(rows, out)
  }
}

const STYLE: LineStyle = { nothing: 'null', quote: QUOTE, entry: text => JSON.stringify(text), text: writeQuoted }
const FRAME: LineFrame = {
  before: names => names.map((name, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`),
  end: cells => (cells === 0 ? '{}\n' : '}\n'),
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
