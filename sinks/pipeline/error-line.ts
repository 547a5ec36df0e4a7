/**
 * Error records as Firehose writes them: one JSON object a line, with the fields and the order that probes of the service saw.
 * Ours stand apart under `millrace`.
 */
import type { FailedRecord } from './record.ts'

/** The Glue table that a record did not fit, for conversion failures. */
export interface CatalogTable {
  readonly catalogId: string | null
  readonly databaseName: string
  readonly tableName: string
  readonly region: string | null
  readonly versionId: string
}

export function errorLine(failed: FailedRecord, table: CatalogTable | null): Uint8Array {
  const { record, type, code, message, attempts, endedAt } = failed
  const rawData = Buffer.from(record.rawData).toString('base64')
  const times = {
    attemptsMade: attempts,
    arrivalTimestamp: record.arrivedAt,
  }
  const fields =
    type === 'format-conversion-failed'
      ? {
          ...times,
          lastErrorCode: code,
          lastErrorMessage: message,
          attemptEndingTimestamp: endedAt,
          rawData,
          sequenceNumber: record.source?.sequenceNumber ?? record.recordId,
          subSequenceNumber: record.source?.subsequenceNumber ?? null,
          dataCatalogTable: table === null ? null : { ...table, catalogArn: null },
        }
      : {
          rawData,
          errorCode: code,
          errorMessage: message,
          ...times,
          attemptEndingTimestamp: endedAt,
          ...(failed.lambdaArn !== undefined && { lambdaARN: failed.lambdaArn }),
          ...failed.details,
        }
  return Buffer.from(`${JSON.stringify({ ...fields, millrace: { recordId: record.recordId, stage: failed.stage } })}\n`)
}
