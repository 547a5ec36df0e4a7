/** A 64-bit constant by its halves: a number literal of TypeScript holds only 53 bits. Folded when compiled. */
export function word(high: u32, low: u32): u64 {
  return ((<u64>high) << 32) | <u64>low
}
