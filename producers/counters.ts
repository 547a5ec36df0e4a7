/** What a producer has counted since its start. Names in comments are KPL's metric of the same meaning. */
import type { ShardMapState } from './shard-map.ts'

/** Error codes that are counted one by one; the rest share `other`, since a target may make codes up. */
export const ERROR_CODES_MAX = 64

export interface ProducerMetrics {
  /** user records accepted by put (UserRecordsReceived) */
  readonly recordsReceived: number
  /** user records stored (UserRecordsPut); metric `records_put_total` */
  readonly recordsPut: number
  /** bytes of them without keys (UserRecordsDataPut) */
  readonly bytesPut: number
  /** user records given up, for whatever reason */
  readonly recordsFailed: number
  /** those among them that expired (UserRecordExpired) */
  readonly recordsExpired: number
  /** calls made */
  readonly calls: number
  /** calls that failed as a whole */
  readonly callsFailed: number
  /** entries sent, repeats included; fewer than user records where they were aggregated */
  readonly entries: number
  /** user records sent again; metric `put_retries_total` */
  readonly retries: number
  /** milliseconds from put to first leaving, over all records that left (BufferingTime) */
  readonly bufferingMs: number
  /** milliseconds of all calls that ended (RequestTime) */
  readonly requestMs: number
  /** failed attempts by code (ErrorsByCode) */
  readonly errorsByCode: ReadonlyMap<string, number>
  /** user records inside the producer now, those in line not counted (UserRecordsPending) */
  readonly outstandingRecords: number
  readonly outstandingBytes: number
  /** puts that wait for room now */
  readonly waitingRecords: number
  /** calls under way now */
  readonly callsInFlight: number
  /** bundles that wait for the rate limit of their shard now */
  readonly limitedRecords: number
  /** successful reads of the list of shards */
  readonly shardMapRefreshes: number
  /** `none`: the target cannot list shards, or aggregation is off */
  readonly shardMap: ShardMapState | 'none'
  /** age of the oldest put that has not settled, milliseconds; 0 when there is none */
  readonly oldestRecordMs: number
}

/** The counting part of `ProducerMetrics`. */
export class Counters {
  recordsReceived = 0
  recordsPut = 0
  bytesPut = 0
  recordsFailed = 0
  recordsExpired = 0
  calls = 0
  callsFailed = 0
  entries = 0
  retries = 0
  bufferingMs = 0
  requestMs = 0
  readonly errorsByCode = new Map<string, number>()

  /** Counts a failed attempt; returns the name under which it was counted. */
  error(code: string): string {
    const known = this.errorsByCode.get(code)
    const name = known !== undefined || this.errorsByCode.size < ERROR_CODES_MAX ? code : 'other'
    this.errorsByCode.set(name, (this.errorsByCode.get(name) ?? 0) + 1)
    return name
  }

  /** A copy, for whoever asks. */
  read(): Omit<Counters, 'error' | 'read'> {
    const { recordsReceived, recordsPut, bytesPut, recordsFailed, recordsExpired } = this
    const { calls, callsFailed, entries, retries, bufferingMs, requestMs } = this
    return {
      recordsReceived,
      recordsPut,
      bytesPut,
      recordsFailed,
      recordsExpired,
      calls,
      callsFailed,
      entries,
      retries,
      bufferingMs,
      requestMs,
      errorsByCode: new Map(this.errorsByCode),
    }
  }
}
