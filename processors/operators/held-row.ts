/** Rows that an operator holds one by one, as values of its own: a batch may go, the rows stay. */
import { type RowBatch, typedValueAt, type Value } from '../../core/rows.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

/** Bytes of a held row beside its values, and of one value beside its text, by estimate. */
const ROW_BYTES = 64
const VALUE_BYTES = 16

/** The values of one row, copied. */
export function heldValues(rows: RowBatch, row: number): Value[] {
  return rows.columns.map((column, index) => {
    const value = typedValueAt(column, rows.schema.columns[index]!.type, row)
    return value instanceof Uint8Array ? value.slice() : value
  })
}

/** What the values of a row cost, by estimate. */
export function heldBytes(values: readonly Value[]): number {
  let bytes = ROW_BYTES + VALUE_BYTES * values.length
  for (const value of values) {
    if (typeof value === 'string') bytes += value.length * 2
    else if (value instanceof Uint8Array) bytes += value.length
  }
  return bytes
}

export function writeHeld(writer: StateWriter, values: readonly Value[]): void {
  for (const value of values) writer.value(value)
}

/** Reads what `writeHeld` wrote. */
export function readHeld(reader: StateReader, width: number): Value[] {
  return Array.from({ length: width }, () => reader.value())
}
