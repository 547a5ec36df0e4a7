/**
 * Result rows as CSV: comma-separated, each line ended by a line feed, no header. NULL is an empty field and the empty text a
 * pair of quotes; a field with a comma, quote or line break is quoted. Values print as in JSON lines.
 */
import type { ByteWriter } from '../byte-writer.ts'
import type { Encoder } from '../codec.ts'
import type { RowBatch } from '../rows.ts'
import { CellBytes } from './cell-bytes.ts'
import { DictionaryEntries } from './entry-table.ts'
import { cellWriterOf, type LineStyle } from './line-cells.ts'

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
  readonly #style: LineStyle = {
    nothing: '',
    quote: 0,
    entries: new DictionaryEntries('', quoted),
    text: writeField,
  }

  constructor(options: CsvLinesOptions = {}) {
    this.#rowtime = options.rowtime ?? false
  }

  encode(rows: RowBatch, out: ByteWriter): void {
    const cells = this.#cells
    const { columns, rowtimes, length } = rows
    const types = rows.schema.columns
    const writers = columns.map((column, i) => cellWriterOf(cells, column, types[i]!.type, this.#style))
    for (let row = 0; row < length; row++) {
      if (this.#rowtime) cells.timestamp(rowtimes[row]!, 0)
      for (let i = 0; i < writers.length; i++) {
        if (i > 0 || this.#rowtime) cells.byte(COMMA)
        writers[i]!(row)
      }
      cells.byte(LINE_FEED)
    }
    cells.flush(out)
  }
}

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
