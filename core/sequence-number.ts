/**
 * Sequence numbers are decimal strings of up to 128 digits, longer than a double; they are compared only here.
 * Source: Kinesis API reference, SequenceNumber, pattern `0|([1-9]\d{0,128})`.
 */

/** Below 0, 0 or above 0 as `a` stands before, at or after `b`. Both without leading zeros. */
export function compareSequenceNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

export function isSequenceNumber(text: string): boolean {
  return /^(?:0|[1-9]\d{0,128})$/.test(text)
}
