/** The cells of one column of lines. It lives as long as its schema, so that the host optimises it once and not for each batch. */
import { unreachable } from '../assert.ts'
import { plainColumn } from '../late-columns.ts'
import { type ColumnVector, spanBytes } from '../rows.ts'
import { type SqlType, storageOf } from '../sql-type.ts'
import type { CellBytes } from './cell-bytes.ts'
import { DictionaryEntries, EntryTable } from './entry-table.ts'

/** How a kind of line has what is no number. */
export interface LineStyle {
  /** NULL, and what has no text */
  readonly nothing: string
  /** byte around dates, times and binary, or 0 */
  readonly quote: number
  /** a text of a dictionary as it stands in a line */
  readonly entry: (text: string) => string
  /** writes a text from the UTF-8 of a span */
  readonly text: (cells: CellBytes, bytes: DataView, from: number, to: number) => void
}

/** What can stand in a cell, each a table entry together with what stands before it. */
const NOTHING = 0
const FALSE = 1
const TRUE = 2
/** What stands before a cell alone. */
const BEFORE = 3

/** How a cell is written. */
type CellKind = 'entry' | 'double' | 'real' | 'boolean' | 'timestamp' | 'date' | 'time' | 'halves' | 'text' | 'binary'

const NO_NUMBERS: Float64Array = new Float64Array(0)
const NO_INTS: Int32Array = new Int32Array(0)
const NO_BYTES: Uint8Array = new Uint8Array(0)
const NO_VIEW: DataView = new DataView(new ArrayBuffer(0))

export class LineColumn {
  readonly #cells: CellBytes
  readonly #type: SqlType
  readonly #style: LineStyle
  readonly #words: EntryTable
  readonly #entries: DictionaryEntries
  readonly #scale: number
  /** how the cells of the column at hand are written, and its arrays: those of other layouts are empty */
  #kind: CellKind = 'entry'
  #table: EntryTable
  #column: ColumnVector | null = null
  #numbers = NO_NUMBERS
  /** BIGINT and DECIMAL by halves: reading them whole makes a bigint each. All hosts of Node are little-endian. */
  #ints = NO_INTS
  #sizes = NO_INTS
  #nulls = NO_BYTES
  #view = NO_VIEW

  /** @param before what stands before each cell */
  constructor(cells: CellBytes, type: SqlType, style: LineStyle, before: string) {
    this.#cells = cells
    this.#type = type
    this.#style = style
    this.#words = new EntryTable([...[style.nothing, 'false', 'true'].map(word => before + word), before])
    this.#entries = new DictionaryEntries(before + style.nothing, text => before + style.entry(text))
    this.#scale = type.kind === 'DECIMAL' ? type.scale : 0
    this.#table = this.#words
  }

  /** Takes the column of a batch; `end` lets it go. */
  begin(given: ColumnVector): void {
    const column = plainColumn(given)
    switch (column.layout) {
      case 'dictionary':
        this.#kind = 'entry'
        this.#table = this.#entries.of(column.dictionary)
        this.#ints = column.ids
        return
      case 'number':
        this.#kind = numberKind(this.#type)
        this.#numbers = column.values
        this.#nulls = column.nulls
        return
      case 'bigint': {
        const { values } = column
        this.#kind = 'halves'
        this.#ints = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
        this.#nulls = column.nulls
        return
      }
      case 'span':
        this.#kind = storageOf(this.#type) === 'binary' ? 'binary' : 'text'
        this.#column = column
        this.#view = new DataView(column.bytes.buffer, column.bytes.byteOffset, column.bytes.byteLength)
        this.#ints = column.offsets
        this.#sizes = column.sizes
        this.#nulls = column.nulls
        return
      default:
        unreachable(column, 'LineColumn.begin')
    }
  }

  end(): void {
    this.#table = this.#words
    this.#column = null
    this.#numbers = NO_NUMBERS
    this.#ints = NO_INTS
    this.#sizes = NO_INTS
    this.#nulls = NO_BYTES
    this.#view = NO_VIEW
  }

  /** Writes the cell of a row, and what stands before it. */
  write(row: number): void {
    const cells = this.#cells
    const kind = this.#kind
    if (kind === 'entry') {
      cells.entry(this.#table, this.#ints[row]!)
      return
    }
    if (this.#nulls[row] === 1) {
      cells.entry(this.#words, NOTHING)
      return
    }
    if (kind === 'boolean') {
      cells.entry(this.#words, this.#numbers[row] === 0 ? FALSE : TRUE)
      return
    }
    const start = cells.end
    cells.entry(this.#words, BEFORE)
    if (this.#value(kind, row)) return
    // Infinity, NaN and years past 9999 cannot be stored, yet must not break the line.
    cells.back(start)
    cells.entry(this.#words, NOTHING)
  }

  /** False where the value has no text. */
  #value(kind: CellKind, row: number): boolean {
    const cells = this.#cells
    switch (kind) {
      case 'double': {
        const value = this.#numbers[row]!
        if (!Number.isFinite(value)) return false
        cells.double(value)
        return true
      }
      case 'halves':
        cells.halves(this.#ints[row * 2]!, this.#ints[row * 2 + 1]!, this.#scale)
        return true
      case 'timestamp':
        return cells.timestamp(this.#numbers[row]!, this.#style.quote)
      case 'text': {
        const from = this.#ints[row]!
        this.#style.text(cells, this.#view, from, from + this.#sizes[row]!)
        return true
      }
      case 'real': {
        const value = this.#numbers[row]!
        if (!Number.isFinite(value)) return false
        cells.real(value)
        return true
      }
      case 'date':
        return cells.date(this.#numbers[row]!, this.#style.quote)
      case 'time':
        return cells.time(this.#numbers[row]!, this.#style.quote)
      case 'binary':
        this.#binary(row)
        return true
      case 'entry':
      case 'boolean':
        return false
    }
  }

  #binary(row: number): void {
    const { quote } = this.#style
    if (this.#column?.layout !== 'span') return
    if (quote !== 0) this.#cells.byte(quote)
    this.#cells.base64(spanBytes(this.#column, row))
    if (quote !== 0) this.#cells.byte(quote)
  }
}

function numberKind({ kind }: SqlType): CellKind {
  switch (kind) {
    case 'TIMESTAMP':
      return 'timestamp'
    case 'DATE':
      return 'date'
    case 'TIME':
      return 'time'
    case 'BOOLEAN':
      return 'boolean'
    case 'REAL':
      return 'real'
    default:
      return 'double'
  }
}
