/** The answer of a pre-processing function, judged: every record once, a known result, data that can be read. */
import type { PreprocessorRecord } from '../preprocessor.ts'

/** Lambda quotas: payload of an answer. */
const ANSWER_BYTES_MAX = 6 * 1_024 * 1_024
/** Record ids that an error names. */
const NAMED_MAX = 3

export type RecordAnswer =
  | { readonly result: 'Ok'; readonly data: Uint8Array }
  | { readonly result: 'Dropped' }
  | { readonly result: 'ProcessingFailed' }

/**
 * One answer for each record, in the order of the records.
 * @throws Error that says what is wrong with the answer
 */
export function readAnswer(answer: unknown, records: readonly PreprocessorRecord[]): readonly RecordAnswer[] {
  const given = typeof answer === 'object' && answer !== null ? (answer as { records?: unknown }).records : undefined
  if (!Array.isArray(given)) throw new Error('the answer has no array "records"')
  const wanted = new Set(records.map(({ recordId }) => recordId))
  const found = new Map<string, RecordAnswer>()
  const unknown: string[] = []
  const twice: string[] = []
  let bytes = 0
  for (const [index, each] of (given as readonly unknown[]).entries()) {
    const { recordId, result, data } = (typeof each === 'object' && each !== null ? each : {}) as Record<
      string,
      unknown
    >
    if (typeof recordId !== 'string') throw new Error(`records[${index}] of the answer has no recordId`)
    if (!wanted.has(recordId)) unknown.push(recordId)
    else if (found.has(recordId)) twice.push(recordId)
    else {
      if (typeof data === 'string') bytes += data.length
      found.set(recordId, recordAnswer(recordId, result, data))
    }
  }
  if (unknown.length > 0) throw new Error(`the answer has recordIds that were not sent: ${list(unknown)}`)
  if (twice.length > 0) throw new Error(`the answer has recordIds more than once: ${list(twice)}`)
  if (bytes > ANSWER_BYTES_MAX)
    throw new Error(`the answer has ${bytes} bytes of data, and a function may answer ${ANSWER_BYTES_MAX}`)
  const missing = [...wanted].filter(recordId => !found.has(recordId))
  if (missing.length > 0)
    throw new Error(`the answer lacks ${missing.length} of ${records.length} recordIds: ${list(missing)}`)
  return records.map(({ recordId }) => found.get(recordId) ?? { result: 'Dropped' })
}

function recordAnswer(recordId: string, result: unknown, data: unknown): RecordAnswer {
  if (result === 'Dropped' || result === 'ProcessingFailed') return { result }
  if (result !== 'Ok')
    throw new Error(
      `result of ${recordId} is ${JSON.stringify(result) ?? 'missing'}; it must be "Ok", "Dropped" or "ProcessingFailed"`,
    )
  if (typeof data !== 'string') throw new Error(`result of ${recordId} is Ok without data, a base64 text`)
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data))
    throw new Error(`data of ${recordId} is no base64; write Buffer.from(text).toString('base64')`)
  return { result, data: Buffer.from(data, 'base64') }
}

function list(ids: readonly string[]): string {
  const rest = ids.length - NAMED_MAX
  return `${ids.slice(0, NAMED_MAX).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
