/** Records of delimited text (CSV): one row each, no quotes. */

import { BOOLEAN, KEPT, put, TEXT, TIMESTAMP, VALUE, writeDatetime, writeNull, writeNumber, writeText } from './cells'
import { number } from './number'
import { isUtf8 } from './text'
import { enterTexts } from './texts'

/**
 * Scans the records `[from, to)` as one row of delimited text each; a row delimiter at the end belongs to the row. What is quoted,
 * has several rows or is empty gets VALUE, as does any value that is not proven.
 * @param fields u32 a field: its column, or 0 when nobody reads it; there are no more columns than fields
 * @param rowDelimiter a byte of ASCII, as is `columnDelimiter`; neither is a carriage return or a quote
 */
export function scanDelimited(
  starts: usize,
  ends: usize,
  from: u32,
  to: u32,
  fields: usize,
  fieldCount: u32,
  rowDelimiter: u32,
  columnDelimiter: u32,
  status: usize,
): void {
  for (let row = from; row < to; row++) {
    const start: usize = load<u32>(starts + ((<usize>row) << 2))
    let end: usize = load<u32>(ends + ((<usize>row) << 2))
    if (end > start && load<u8>(end - 1) == rowDelimiter) end--
    if (rowDelimiter == 0x0a && end > start && load<u8>(end - 1) == 0x0d) end--
    let result = VALUE
    if (end > start) {
      // So that no number and no time reads on into the next record.
      const behind: u32 = load<u8>(end)
      store<u8>(end, 0)
      if (delimited(row, start, end, fields, fieldCount, rowDelimiter, columnDelimiter)) result = KEPT
      store<u8>(end, <u8>behind)
    }
    store<u8>(status + <usize>row, <u8>result)
  }
  enterTexts(starts, from, to, status)
}

function delimited(
  row: u32,
  start: usize,
  end: usize,
  fields: usize,
  fieldCount: u32,
  rowDelimiter: u32,
  columnDelimiter: u32,
): bool {
  const rows = i8x16.splat(<i8>rowDelimiter)
  const commas = i8x16.splat(<i8>columnDelimiter)
  const quotes = i8x16.splat(0x22)
  let field: u32 = 0
  let at = start
  let high: u32 = 0
  for (let block = start; block < end; block += 16) {
    const bytes = v128.load(block)
    const left = end - block
    const inside: u32 = left >= 16 ? 0xffff : (1 << (<u32>left)) - 1
    if ((i8x16.bitmask(v128.or(i8x16.eq(bytes, rows), i8x16.eq(bytes, quotes))) & inside) != 0) return false
    high |= i8x16.bitmask(bytes) & inside
    let found: u32 = i8x16.bitmask(i8x16.eq(bytes, commas)) & inside
    while (found != 0 && field < fieldCount) {
      const close = block + <usize>ctz(found)
      if (!writeField(load<u32>(fields + ((<usize>field) << 2)), row, start, at, close)) return false
      field++
      at = close + 1
      found &= found - 1
    }
  }
  if (high != 0 && !isUtf8(start, end)) return false
  if (field < fieldCount) {
    if (!writeField(load<u32>(fields + ((<usize>field) << 2)), row, start, at, end)) return false
    field++
  }
  for (; field < fieldCount; field++) {
    const column: usize = load<u32>(fields + ((<usize>field) << 2))
    if (column != 0) writeNull(column, row)
  }
  return true
}

/** Writes the text `[at, close)`, as the column writers take texts; an empty one is NULL unless the column is a text. */
function writeField(column: usize, row: u32, start: usize, at: usize, close: usize): bool {
  if (column == 0) return true
  const operation: u32 = load<u32>(column)
  if (operation == TEXT) return writeText(column, row, start, at, close)
  if (at == close) {
    writeNull(column, row)
    return true
  }
  if (operation >= TIMESTAMP) return writeDatetime(column, operation, row, at, close)
  if (operation == BOOLEAN) {
    const isTrue = close - at == 4 && (load<u32>(at) | 0x20202020) == 0x65757274
    put(column, row, isTrue ? 1 : 0)
    return true
  }
  return number(at) == close && writeNumber(column, operation, row)
}
