/** Which error records are meant. */
import type { ErrorRecord } from './error-records.ts'

export interface ErrorFilter {
  /** error-output-type, with or without `-failed`, or the stage that our records tell */
  readonly stage?: string | undefined
  /** error code; `*` stands for any characters */
  readonly error?: string | undefined
  /** when it failed, else when it arrived; epoch milliseconds, from included, to excluded */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

export function errorFilter({ stage, error, since, until }: ErrorFilter): (record: ErrorRecord) => boolean {
  const pieces = error?.split('*')
  return record => {
    if (stage !== undefined && ![record.type, record.type.replace(/-failed$/, ''), record.stage].includes(stage))
      return false
    if (pieces !== undefined && !matches(record.code, pieces)) return false
    if (since === undefined && until === undefined) return true
    const at = record.failedAt ?? record.arrivedAt
    if (at === null) return false
    return at >= (since ?? Number.NEGATIVE_INFINITY) && at < (until ?? Number.POSITIVE_INFINITY)
  }
}

/** @param pieces a pattern, cut at its stars */
function matches(code: string, pieces: readonly string[]): boolean {
  const [first = '', ...rest] = pieces
  if (rest.length === 0) return code === first
  const last = rest.pop() ?? ''
  if (!code.startsWith(first) || !code.endsWith(last)) return false
  let at = first.length
  for (const piece of rest) {
    const found = code.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return at <= code.length - last.length
}
