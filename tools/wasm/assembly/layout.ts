/** Sizes in bytes of the structures of layouts (scan.ts says what is in them), and what all records of one lack. */
import { writeNull } from './cells'

export const FIELD: usize = 64
export const LAYOUT: usize = 32

/** Writes NULL to the columns that a layout lacks. */
export function writeMissing(layout: usize, row: u32): void {
  let missing: usize = load<u32>(layout, 8)
  const missingEnd = missing + ((<usize>load<u32>(layout, 12)) << 2)
  for (; missing < missingEnd; missing += 4) writeNull(load<u32>(missing), row)
}
