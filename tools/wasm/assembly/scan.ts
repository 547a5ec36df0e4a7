/**
 * Reads records of JSON along learnt layouts into columns. A record is accepted only as a proof that JSON.parse and the
 * column writers would have given the same cells: every literal byte for byte, every scalar by its grammar, the exact end.
 * Whatever cannot be proven gets a status, and the caller reads that record the slow way.
 *
 * All memory belongs to the caller, who lays it out (wasm-scanner.ts beside the generated module) and keeps 64 bytes that are
 * zero behind the input, because loads run over the end. Structures, with offsets in bytes:
 *
 *   LAYOUT (32)  0 fields  4 number of fields  8 missing columns  12 their number  16 tail  20 its length
 *   FIELD (64)   0 literal before the value (padded to 16)  4 its length  8 column, 0 when the value is only judged
 *                12 what the value most likely is (blocks.ts)  16 first 16 bytes of the opening: the literal, and the quote of a
 *                likely string  32 which of them count  48 length of the opening
 *                52 1: texts of 16 bytes and more are many
 *   COLUMN (96)  see cells.ts
 */

import { layoutOf, scanBlock, whole } from './blocks'
import { KEPT, MISMATCH, NO_SCALAR, same, step, VALUE } from './cells'
import { FIELD, LAYOUT, writeMissing } from './layout'
import { enterTexts } from './texts'

/** Records that are read field by field together. */
const BLOCK: u32 = 64

/** The layout that matched last: records of one producer come in runs. */
let likely: u32 = 0

/**
 * Scans the records `[from, to)`.
 * @param starts addresses of the first bytes, u32 a record
 * @param ends addresses after the last bytes
 * @param hits u32 a layout, counted up
 * @param status a byte a record: KEPT, VALUE or MISMATCH
 * @param stop 1: return at the first record that is of no layout
 * @returns the record where it stopped, or `to`
 */
export function scan(
  starts: usize,
  ends: usize,
  from: u32,
  to: u32,
  layouts: usize,
  layoutCount: u32,
  hits: usize,
  status: usize,
  stop: u32,
): u32 {
  if (likely >= layoutCount) likely = 0
  let row = from
  while (row < to) {
    const first = row
    const blockEnd = min(row + BLOCK, to)
    if (layoutCount > 0) likely = scanBlock(starts, ends, first, blockEnd, layouts, layoutCount, likely, status)
    if (layoutCount > 0 && whole) {
      const at = hits + ((<usize>likely) << 2)
      store<u32>(at, load<u32>(at) + blockEnd - first)
      row = blockEnd
      continue
    }
    for (; row < blockEnd; row++) {
      let layout = likely
      let result = layoutCount > 0 ? <u32>load<u8>(status + <usize>row) : MISMATCH
      if (result == KEPT) layout = layoutOf(row - first)
      else if (layoutCount > 0) {
        // What is not as likely as it was gets one layout after the other, from its first byte on.
        const start = load<u32>(starts + ((<usize>row) << 2))
        const end = load<u32>(ends + ((<usize>row) << 2))
        result = attempt(layouts + <usize>layout * LAYOUT, row, start, end)
        for (let i: u32 = 0; i < layoutCount && result == MISMATCH; i++) {
          if (i == likely) continue
          layout = i
          result = attempt(layouts + <usize>i * LAYOUT, row, start, end)
        }
      }
      if (result == KEPT) {
        const at = hits + ((<usize>layout) << 2)
        store<u32>(at, load<u32>(at) + 1)
      } else if (result == MISMATCH && stop != 0) {
        enterTexts(starts, from, row, status)
        return row
      }
      store<u8>(status + <usize>row, <u8>result)
    }
  }
  enterTexts(starts, from, to, status)
  return to
}

function attempt(layout: usize, row: u32, start: usize, end: usize): u32 {
  let at = start
  let field: usize = load<u32>(layout)
  const fieldsEnd = field + <usize>load<u32>(layout, 4) * FIELD
  for (; field < fieldsEnd; field += FIELD) {
    const size: usize = load<u32>(field, 4)
    if (!same(at, load<u32>(field), size)) return MISMATCH
    at = step(load<u32>(field, 8), row, start, at + size, end)
    if (at <= NO_SCALAR) return at == 0 ? VALUE : MISMATCH
  }
  const tailSize: usize = load<u32>(layout, 20)
  if (at + tailSize != end || !same(at, load<u32>(layout, 16), tailSize)) return MISMATCH
  writeMissing(layout, row)
  return KEPT
}

export { scanDelimited } from './delimited'
export { entries, setTable, used } from './intern'
export { forget, setTexts } from './texts'
