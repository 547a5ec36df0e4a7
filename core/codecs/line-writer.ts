/** Rows as lines: what the encoders of JSON lines and CSV share. They say what stands between cells, and how texts do. */
import type { ByteWriter } from '../byte-writer.ts'
import { ROWS_PER_BATCH_MAX, type RowBatch } from '../rows.ts'
import type { Schema } from '../schema.ts'
import type { SqlType } from '../sql-type.ts'
import { CellBytes } from './cell-bytes.ts'
import { EntryTable } from './entry-table.ts'
import { LineColumn, type LineStyle } from './line-cells.ts'

const TIMESTAMP: SqlType = { kind: 'TIMESTAMP' }
const NO_NULLS = new Uint8Array(ROWS_PER_BATCH_MAX)

export interface LineFrame {
  /** what stands before each cell of a line, by the names of its columns */
  readonly before: (names: readonly string[]) => readonly string[]
  /** the end of a line of so many cells */
  readonly end: (cells: number) => string
}

/** The lines of one schema. */
interface Line {
  readonly columns: readonly LineColumn[]
  /** its only entry ends a line */
  readonly end: EntryTable
}

/** Serves any schema. */
export class LineWriter {
  readonly #style: LineStyle
  readonly #frame: LineFrame
  readonly #rowtime: boolean
  readonly #cells = new CellBytes()
  readonly #lines = new WeakMap<Schema, Line>()

  /** @param rowtime true: the first cell of a line is ROWTIME */
  constructor(style: LineStyle, frame: LineFrame, rowtime: boolean) {
    this.#style = style
    this.#frame = frame
    this.#rowtime = rowtime
  }

  write(rows: RowBatch, out: ByteWriter): void {
    const { columns, end } = this.#lines.get(rows.schema) ?? this.#learn(rows.schema)
    const { rowtimes, length } = rows
    const cells = this.#cells
    const first = this.#rowtime ? 1 : 0
    columns.forEach((column, i) => {
      column.begin(i < first ? { layout: 'number', values: rowtimes, nulls: NO_NULLS } : rows.columns[i - first]!)
    })
    for (let row = 0; row < length; row++) {
      for (let i = 0; i < columns.length; i++) columns[i]!.write(row)
      cells.entry(end, 0)
    }
    cells.flush(out)
    for (const column of columns) column.end()
  }

  #learn(schema: Schema): Line {
    const cells: [name: string, type: SqlType][] = schema.columns.map(({ name, type }) => [name, type])
    if (this.#rowtime) cells.unshift(['ROWTIME', TIMESTAMP])
    const before = this.#frame.before(cells.map(([name]) => name))
    const line: Line = {
      columns: cells.map(([, type], i) => new LineColumn(this.#cells, type, this.#style, before[i]!)),
      end: new EntryTable([this.#frame.end(cells.length)]),
    }
    this.#lines.set(schema, line)
    return line
  }
}
