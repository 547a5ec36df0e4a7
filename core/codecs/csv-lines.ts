/**
 * Result rows as CSV: comma-separated, each line ended by a line feed, no header. NULL is an empty field and the empty text a
 * pair of quotes; a field with a comma, quote or line break is quoted. Values print as in JSON lines.
 */
import type { ByteWriter } from '../byte-writer.ts'
import type { Encoder } from '../codec.ts'
import type { RowBatch } from '../rows.ts'
import type { CellBytes } from './cell-bytes.ts'
import type { LineStyle } from './line-cells.ts'
import { type LineFrame, LineWriter } from './line-writer.ts'

const COMMA = 44

export interface CsvLinesOptions {
  /** true: each line starts with ROWTIME, as `yyyy-MM-dd HH:mm:ss.SSS`. Default false, as Kinesis Data Analytics. */
  readonly rowtime?: boolean
}

/** Serves any schema; remembers the entries of dictionaries, so keep one for an output. */
export class CsvLinesEncoder implements Encoder {
  readonly #lines: LineWriter

  constructor({ rowtime = false }: CsvLinesOptions = {}) {
    this.#lines = new LineWriter(STYLE, FRAME, rowtime)
  }

  encode(rows: RowBatch, out: ByteWriter): void {
    this.#lines.write(rows, out)
  }
}

const STYLE: LineStyle = { nothing: '', quote: 0, entry: quoted, text: writeField }
const FRAME: LineFrame = { before: names => names.map((_name, i) => (i === 0 ? '' : ',')), end: () => '\n' }

function quoted(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function writeField(cells: CellBytes, bytes: DataView, from: number, to: number): void {
  const start = cells.end
  if (to > from && cells.plain(bytes, from, to, COMMA) === to) return
  cells.back(start)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
  // Each byte a character and back: only what is ASCII has a meaning here.
  cells.ascii(quoted(text))
}
