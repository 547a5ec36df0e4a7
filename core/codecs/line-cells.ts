/** What writes the cells of one column of a batch: chosen once a batch by type and layout, then called for each row. */
import { unreachable } from '../assert.ts'
import type { BigintColumn, ColumnVector, NumberColumn, SpanColumn } from '../rows.ts'
import { spanBytes } from '../rows.ts'
import { type SqlType, storageOf } from '../sql-type.ts'
import type { CellBytes } from './cell-bytes.ts'
import { type DictionaryEntries, EntryTable } from './entry-table.ts'

/** Writes the cell of a row. */
export type CellWriter = (row: number) => void

/** How a kind of line has what is no number. */
export interface LineStyle {
  /** NULL, and what has no text */
  readonly nothing: string
  /** byte around dates, times and binary, or 0 */
  readonly quote: number
  /** the texts of dictionaries */
  readonly entries: DictionaryEntries
  /** writes a text from the UTF-8 of a span */
  readonly text: (cells: CellBytes, bytes: DataView, from: number, to: number) => void
}

const NOTHING = 0
const FALSE = 1
const TRUE = 2

/** What writes the cells of `column` to `cells` until the batch ends. */
export function cellWriterOf(cells: CellBytes, column: ColumnVector, type: SqlType, style: LineStyle): CellWriter {
  const words = new EntryTable([style.nothing, 'false', 'true'])
  switch (column.layout) {
    case 'number':
      return numberWriterOf(cells, column, type, style, words)
    case 'bigint':
      return bigintWriterOf(cells, column, type, words)
    case 'dictionary': {
      const table = style.entries.of(column.dictionary)
      const { ids } = column
      return row => cells.entry(table, ids[row]!)
    }
    case 'span':
      return storageOf(type) === 'binary'
        ? binaryWriterOf(cells, column, style, words)
        : textWriterOf(cells, column, style, words)
    default:
      return unreachable(column, 'cellWriterOf')
  }
}

function numberWriterOf(
  cells: CellBytes,
  { values, nulls }: NumberColumn,
  { kind }: SqlType,
  { quote }: LineStyle,
  words: EntryTable,
): CellWriter {
  // Infinity, NaN and years past 9999 cannot be stored, yet must not break the line.
  switch (kind) {
    case 'TIMESTAMP':
      return row => {
        if (nulls[row] === 1 || !cells.timestamp(values[row]!, quote)) cells.entry(words, NOTHING)
      }
    case 'DATE':
      return row => {
        if (nulls[row] === 1 || !cells.date(values[row]!, quote)) cells.entry(words, NOTHING)
      }
    case 'TIME':
      return row => {
        if (nulls[row] === 1 || !cells.time(values[row]!, quote)) cells.entry(words, NOTHING)
      }
    case 'BOOLEAN':
      return row => cells.entry(words, nulls[row] === 1 ? NOTHING : values[row] === 0 ? FALSE : TRUE)
    case 'REAL':
      return row => {
        const value = values[row]!
        if (nulls[row] === 1 || !Number.isFinite(value)) cells.entry(words, NOTHING)
        else cells.real(value)
      }
    default:
      return row => {
        const value = values[row]!
        if (nulls[row] === 1 || !Number.isFinite(value)) cells.entry(words, NOTHING)
        else cells.double(value)
      }
  }
}

/** Values are read by halves: reading them whole makes a bigint each. All hosts of Node are little-endian. */
function bigintWriterOf(
  cells: CellBytes,
  { values, nulls }: BigintColumn,
  type: SqlType,
  words: EntryTable,
): CellWriter {
  const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  const scale = type.kind === 'DECIMAL' ? type.scale : 0
  return row => {
    if (nulls[row] === 1) cells.entry(words, NOTHING)
    else cells.halves(halves[row * 2]!, halves[row * 2 + 1]!, scale)
  }
}

function textWriterOf(cells: CellBytes, column: SpanColumn, { text }: LineStyle, words: EntryTable): CellWriter {
  const { offsets, sizes, nulls } = column
  const bytes = new DataView(column.bytes.buffer, column.bytes.byteOffset, column.bytes.byteLength)
  return row => {
    const from = offsets[row]!
    if (nulls[row] === 1) cells.entry(words, NOTHING)
    else text(cells, bytes, from, from + sizes[row]!)
  }
}

function binaryWriterOf(cells: CellBytes, column: SpanColumn, { quote }: LineStyle, words: EntryTable): CellWriter {
  const { nulls } = column
  return row => {
    if (nulls[row] === 1) {
      cells.entry(words, NOTHING)
      return
    }
    if (quote !== 0) cells.byte(quote)
    cells.base64(spanBytes(column, row))
    if (quote !== 0) cells.byte(quote)
  }
}
