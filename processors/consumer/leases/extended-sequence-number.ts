/**
 * Positions as a lease table stores them: a sequence number or one of four sentinels, and the place inside an aggregated record.
 * Reading and comparing them is all done here. Source: KCL 3.x, `ExtendedSequenceNumber` and `SentinelCheckpoint`.
 */
import { compareSequenceNumbers, MillraceError } from '../../../core/index.ts'

export const SENTINELS = ['AT_TIMESTAMP', 'TRIM_HORIZON', 'LATEST', 'SHARD_END'] as const
/** A position without a number. All but SHARD_END stand before every number, in this order; SHARD_END stands after every number. */
export type Sentinel = (typeof SENTINELS)[number]

/** A position in a shard. As a checkpoint it says that everything up to it, itself included, is finished. */
export interface ExtendedSequenceNumber {
  /** decimal digits, or a sentinel */
  readonly sequenceNumber: string
  /** index inside an aggregated record, from 0; 0 for anything else */
  readonly subsequenceNumber: number
}

/** start at a configured time, which the position itself does not hold */
export const AT_TIMESTAMP: ExtendedSequenceNumber = { sequenceNumber: 'AT_TIMESTAMP', subsequenceNumber: 0 }
/** start at the oldest record that is still kept */
export const TRIM_HORIZON: ExtendedSequenceNumber = { sequenceNumber: 'TRIM_HORIZON', subsequenceNumber: 0 }
/** start at what comes after now */
export const LATEST: ExtendedSequenceNumber = { sequenceNumber: 'LATEST', subsequenceNumber: 0 }
/** the shard is completely processed */
export const SHARD_END: ExtendedSequenceNumber = { sequenceNumber: 'SHARD_END', subsequenceNumber: 0 }

const DIGITS = /^\d+$/
/** below, among and above the digits */
const RANKS: ReadonlyMap<string, number> = new Map([
  ['AT_TIMESTAMP', -3],
  ['TRIM_HORIZON', -2],
  ['LATEST', -1],
  ['SHARD_END', 1],
])

export function isSentinel(sequenceNumber: string): sequenceNumber is Sentinel {
  return RANKS.has(sequenceNumber)
}

/**
 * A position from the two values of a row or a call.
 * @throws MillraceError `invalid_argument` for anything but digits and sentinels, and for a subsequence number that is not a
 *   whole number from 0 to 2^53-1
 */
export function extendedSequenceNumber(sequenceNumber: string, subsequenceNumber = 0): ExtendedSequenceNumber {
  if (!DIGITS.test(sequenceNumber) && !isSentinel(sequenceNumber))
    throw new MillraceError(
      'invalid_argument',
      `"${sequenceNumber.slice(0, 200)}" is no sequence number; give decimal digits or one of ${SENTINELS.join(', ')}`,
    )
  if (!Number.isSafeInteger(subsequenceNumber) || subsequenceNumber < 0)
    throw new MillraceError(
      'invalid_argument',
      `subsequence number ${subsequenceNumber} is not a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
    )
  return { sequenceNumber, subsequenceNumber }
}

/** Below 0, 0 or above 0 as `a` stands before, at or after `b`: by sequence number, then by subsequence number. */
export function compareExtended(a: ExtendedSequenceNumber, b: ExtendedSequenceNumber): number {
  return compareSequences(a.sequenceNumber, b.sequenceNumber) || a.subsequenceNumber - b.subsequenceNumber
}

export function equalExtended(a: ExtendedSequenceNumber | null, b: ExtendedSequenceNumber | null): boolean {
  return a === null || b === null ? a === b : compareExtended(a, b) === 0
}

function compareSequences(a: string, b: string): number {
  const [rankA, rankB] = [RANKS.get(a) ?? 0, RANKS.get(b) ?? 0]
  if (rankA !== rankB) return rankA - rankB
  if (rankA !== 0) return 0
  // Nearly all numbers have no leading zero, and texts compare faster than numbers.
  if (!a.startsWith('0') && !b.startsWith('0')) return compareSequenceNumbers(a, b)
  const difference = BigInt(a) - BigInt(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** For logs and commands: `TRIM_HORIZON`, `495...7`, or `495...7:3` inside an aggregated record. */
export function formatExtended({ sequenceNumber, subsequenceNumber }: ExtendedSequenceNumber): string {
  return subsequenceNumber === 0 ? sequenceNumber : `${sequenceNumber}:${subsequenceNumber}`
}

/**
 * Reads what `formatExtended` writes.
 * @throws MillraceError `invalid_argument`
 */
export function parseExtended(text: string): ExtendedSequenceNumber {
  const [sequenceNumber = '', sub, ...more] = text.split(':')
  if (more.length > 0 || (sub !== undefined && !DIGITS.test(sub)))
    throw new MillraceError(
      'invalid_argument',
      `"${text.slice(0, 200)}" is no position; write SEQUENCE or SEQUENCE:SUBSEQUENCE`,
    )
  return extendedSequenceNumber(sequenceNumber, sub === undefined ? 0 : Number(sub))
}
