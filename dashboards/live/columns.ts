/** Reads what panels need out of columns: numbers, bounded labels, and cells for a table. */
import { type ColumnVector, type SqlType, storageOf, typedValueAt, type Value, valueAt } from '../../core/index.ts'
import type { CellMessage, TableColumnMessage } from './protocol.ts'

/** Characters of a text that reach the page; longer texts end in an ellipsis. */
export const TEXT_CHARACTERS_MAX = 256
/** What a NULL label is called. */
export const NULL_LABEL = '(null)'

/** The number in one row, DECIMAL with its scale applied; null for NULL and for what is not finite. */
export function numberAt(column: ColumnVector, type: SqlType, row: number): number | null {
  if (column.layout === 'number') {
    const value = column.values[row] ?? 0
    return column.nulls[row] === 1 || !Number.isFinite(value) ? null : value
  }
  const value = valueAt(column, row)
  if (typeof value !== 'bigint') return null
  return type.kind === 'DECIMAL' ? Number(value) / 10 ** type.scale : Number(value)
}

/** The text under which a row counts. */
export function labelAt(column: ColumnVector, type: SqlType, row: number): string {
  const cell = cellOf(typedValueAt(column, type, row), type)
  return cell === null ? NULL_LABEL : cutText(String(cell))
}

/** One value as the page shows it: exact text for DECIMAL and for integers that a double cannot hold. */
export function cellOf(value: Value, type: SqlType): CellMessage {
  if (value === null) return null
  if (value instanceof Uint8Array)
    return cutText(`0x${Buffer.from(value.buffer, value.byteOffset, Math.min(value.length, 64)).toString('hex')}`)
  if (typeof value === 'string') return cutText(value)
  if (typeof value === 'bigint') {
    if (type.kind === 'DECIMAL') return decimalText(value, type.scale)
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  }
  if (type.kind === 'BOOLEAN') return value !== 0
  if (type.kind === 'DATE') return new Date(value).toISOString().slice(0, 10)
  if (type.kind === 'TIME') return new Date(value).toISOString().slice(11, 23)
  return Number.isFinite(value) ? value : String(value)
}

/** How the page formats the cells of a column. */
export function cellFormat(type: SqlType): TableColumnMessage['format'] {
  if (type.kind === 'TIMESTAMP') return 'time'
  if (type.kind === 'BOOLEAN') return 'boolean'
  if (type.kind === 'DATE' || type.kind === 'TIME') return 'text'
  const storage = storageOf(type)
  return storage === 'number' || storage === 'bigint' ? 'number' : 'text'
}

export function cutText(text: string, charactersMax = TEXT_CHARACTERS_MAX): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1)}…`
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${unscaled < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`}`
}
