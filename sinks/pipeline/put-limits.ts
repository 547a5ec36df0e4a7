/** What PutRecord and PutRecordBatch take (Firehose API reference and quotas). */
import { MEBIBYTE, MillraceError } from '../../core/index.ts'

export const PUT_BATCH_RECORDS_MAX = 500
/** of raw bytes; exactly so many are taken (probes) */
export const PUT_BATCH_BYTES_MAX = 4 * MEBIBYTE
export const PUT_RECORD_BYTES_MAX = 1_024_000

export interface PutRecordBatchEntry {
  readonly RecordId?: string
  readonly ErrorCode?: 'ServiceUnavailableException'
  readonly ErrorMessage?: string
}

export interface PutRecordBatchOutput {
  readonly FailedPutCount: number
  /** in the order of the request */
  readonly RequestResponses: readonly PutRecordBatchEntry[]
}

/** @throws MillraceError `invalid_argument` in the words of the service */
export function checkBatch(records: readonly { readonly Data: Uint8Array }[]): void {
  const fail = (constraint: string): never => {
    throw new MillraceError('invalid_argument', `ValidationException: 1 validation error detected: ${constraint}`)
  }
  if (records.length < 1)
    fail("Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1")
  if (records.length > PUT_BATCH_RECORDS_MAX)
    fail(
      `Value of ${records.length} items at 'records' failed to satisfy constraint: Member must have length less than or equal to ${PUT_BATCH_RECORDS_MAX}`,
    )
  let sizeBytes = 0
  records.forEach(({ Data }, index) => {
    if (Data.length > PUT_RECORD_BYTES_MAX)
      fail(
        `Value of ${Data.length} bytes at 'records.${index + 1}.member.data' failed to satisfy constraint: Member must have length less than or equal to ${PUT_RECORD_BYTES_MAX}`,
      )
    sizeBytes += Data.length
  })
  if (sizeBytes > PUT_BATCH_BYTES_MAX)
    throw new MillraceError(
      'invalid_argument',
      `InvalidArgumentException: the batch has ${sizeBytes} bytes and may have ${PUT_BATCH_BYTES_MAX}; split it`,
    )
}
