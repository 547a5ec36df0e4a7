/**
 * Sequence numbers of the embedded stream: a fixed beginning and one counter a stream, drawn in put order, so that neither
 * the number of shards nor the routing can be seen in them. They have the 56 digits of Kinesis's, always, so that clients
 * that compare them as texts are right as well.
 */

/** Chosen to look like a number of the service; it means nothing. */
const BEGINNING = '4957100000000000000000000000000000000000'
/** Counters have 16 digits from the first to the last, so that texts and numbers have one order. */
export const COUNTER_MIN = 1_000_000_000_000_000
/** Of the first record of a stream: the number before it names the place where nothing was read yet. */
export const FIRST_COUNTER = COUNTER_MIN + 1
/** Skipped after an unclean end, so that no number is given out twice though its record may be lost. */
export const COUNTER_GAP = 1_000_000_000
const NUMBER = new RegExp(`^${BEGINNING}([1-9]\\d{15})$`)

export function sequenceNumberOf(counter: number): string {
  return BEGINNING + counter
}

/** The counter in a sequence number; null when it is none of an embedded stream. */
export function counterOf(sequenceNumber: string): number | null {
  const digits = NUMBER.exec(sequenceNumber)?.[1]
  const counter = digits === undefined ? null : Number(digits)
  return counter !== null && Number.isSafeInteger(counter) ? counter : null
}
