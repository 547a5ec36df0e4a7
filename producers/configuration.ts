/** The producer's settings. Names, defaults and ranges are KPL's where KPL has the setting; milliseconds and bytes. */
import {
  MEBIBYTE,
  MillraceError,
  PARTITION_KEY_CHARACTERS_MAX,
  PUT_RECORDS_BYTES_MAX,
  PUT_RECORDS_ENTRIES_MAX,
  RECORD_BYTES_DEFAULT,
  RECORD_BYTES_MAX,
} from '../core/index.ts'
import type { MetricsGranularity, MetricsLevel } from './metrics/metric-names.ts'

export type AggregateCompression = 'none' | 'gzip'

export interface ProducerConfiguration {
  /** user records of one predicted shard share a record; default true. Needs a target that lists its shards. */
  readonly AggregationEnabled: boolean
  /** user records in one aggregate, 1 or more; default 4,294,967,295 */
  readonly AggregationMaxCount: number
  /** bytes of one aggregate, 64 to 10 MiB; default 51,200. A larger user record travels alone. */
  readonly AggregationMaxSize: number
  /** entries in one call, 1 to 500; default 500 */
  readonly CollectionMaxCount: number
  /** bytes of one call, partition keys included, 52,224 to 10 MiB; default 5 MiB. A larger record travels alone. */
  readonly CollectionMaxSize: number
  /** a throttled user record fails at once instead of being repeated; default false */
  readonly FailIfThrottled: boolean
  /** calls under way at one time, 1 to 256; default 24 */
  readonly MaxConnections: number
  /** bytes of one user record, 64 to 10 MiB; default 1 MiB. What the stream itself takes holds as well, once it has said it */
  readonly MaxUserRecordSize: number
  /** how deep metrics go: `global`, `stream`, `shard`; default shard */
  readonly MetricsGranularity: MetricsGranularity
  /** which metrics are kept: `none`, `summary`, `detailed`; default detailed */
  readonly MetricsLevel: MetricsLevel
  /** how often `onMetrics` is called, 1 to 60,000; default 60,000 */
  readonly MetricsUploadDelay: number
  /** percent of the shard's write limit that this producer may use, 1 or more; default 150, which leaves the judgement to the service */
  readonly RateLimit: number
  /** how long a user record may wait for company, 0 or more; default 100. A target for leaving, not a bound on delivery. */
  readonly RecordMaxBufferedTime: number
  /** how long a user record is tried, from its put, 100 or more; default 30,000. May be Infinity. */
  readonly RecordTtl: number
  /** how long one call may take, 100 to 600,000; default 6,000 */
  readonly RequestTimeout: number
  /** a `PutError` carries the user record that failed; default false */
  readonly ReturnUserRecordOnFailure: boolean
  /**
   * a put is rejected (`timeout`) after this time wherever its record is, and the record may be stored all the same; 0, the
   * default, is off
   */
  readonly UserRecordTimeoutInMillis: number
  /**
   * Aggregates are stored compressed where that makes them smaller: `none` (default) or `gzip`. Readers of this project unpack
   * them; KCL and other decoders cannot. Not in KPL.
   */
  readonly AggregateCompression: AggregateCompression
  /** the rate of a shard falls when it throttles and recovers later; default true. Not in KPL. */
  readonly AdaptiveRateLimit: boolean
  /**
   * User records of one partition key (and explicit hash key) are stored in the order of their puts, retries included: at most
   * one record with them is under way. Default false. Not in KPL, which promises no order.
   */
  readonly KeyOrder: boolean
  /** user records inside the producer, 1 or more; default 50,000. Past it, put waits. Not in KPL. */
  readonly MaxOutstandingRecords: number
  /** bytes of them, keys included, at least one largest record; default 64 MiB. Past it, put waits. Not in KPL. */
  readonly MaxOutstandingBytes: number
  /**
   * KPL repeats a record until RecordTtl whatever the error says. The default false gives up at once where a repeat cannot
   * help (access denied, no such stream, wrong credentials, a record that the service refuses), and after three attempts where the
   * credentials have expired. Not in KPL.
   */
  readonly RetryPermanentErrors: boolean
}

const DEFAULTS: ProducerConfiguration = {
  AggregationEnabled: true,
  AggregationMaxCount: 4_294_967_295,
  AggregationMaxSize: 51_200,
  CollectionMaxCount: PUT_RECORDS_ENTRIES_MAX,
  CollectionMaxSize: 5 * MEBIBYTE,
  FailIfThrottled: false,
  MaxConnections: 24,
  MaxUserRecordSize: RECORD_BYTES_DEFAULT,
  MetricsGranularity: 'shard',
  MetricsLevel: 'detailed',
  MetricsUploadDelay: 60_000,
  RateLimit: 150,
  RecordMaxBufferedTime: 100,
  RecordTtl: 30_000,
  RequestTimeout: 6_000,
  ReturnUserRecordOnFailure: false,
  UserRecordTimeoutInMillis: 0,
  AggregateCompression: 'none',
  AdaptiveRateLimit: true,
  KeyOrder: false,
  MaxOutstandingRecords: 50_000,
  MaxOutstandingBytes: 64 * MEBIBYTE,
  RetryPermanentErrors: false,
}

const ANY = Number.MAX_SAFE_INTEGER

/** Whole numbers and their ranges, both ends included. Source: KPL's configuration reference. */
const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  AggregationMaxCount: [1, ANY],
  AggregationMaxSize: [64, RECORD_BYTES_MAX],
  CollectionMaxCount: [1, PUT_RECORDS_ENTRIES_MAX],
  CollectionMaxSize: [52_224, PUT_RECORDS_BYTES_MAX],
  MaxConnections: [1, 256],
  MaxUserRecordSize: [64, RECORD_BYTES_MAX],
  MetricsUploadDelay: [1, 60_000],
  RateLimit: [1, ANY],
  RecordMaxBufferedTime: [0, ANY],
  RecordTtl: [100, ANY],
  RequestTimeout: [100, 600_000],
  UserRecordTimeoutInMillis: [0, ANY],
  MaxOutstandingRecords: [1, ANY],
  MaxOutstandingBytes: [1, ANY],
}

/** Settings that are one of a few words. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  MetricsGranularity: ['global', 'stream', 'shard'],
  MetricsLevel: ['none', 'summary', 'detailed'],
  AggregateCompression: ['none', 'gzip'],
}

/** Names of all settings of the producer. */
export const PRODUCER_SETTINGS: readonly string[] = Object.keys(DEFAULTS)

/** UTF-8 bytes of the longest partition key. */
const PARTITION_KEY_BYTES_MAX = PARTITION_KEY_CHARACTERS_MAX * 4

/**
 * Settings with defaults filled in.
 * @throws MillraceError `config` naming the setting, its value and its range; also for a name that is no setting
 */
export function completeConfiguration(given: Partial<ProducerConfiguration> = {}): ProducerConfiguration {
  for (const name of Object.keys(given))
    if (!(name in DEFAULTS))
      throw new MillraceError(
        'config',
        `producer setting ${name} is not known; the settings are ${PRODUCER_SETTINGS.join(', ')}`,
      )
  const settings: ProducerConfiguration = { ...DEFAULTS, ...given }
  for (const [name, value] of Object.entries(settings)) checkSetting(name, value, DEFAULTS)
  const leastBytes = settings.MaxUserRecordSize + PARTITION_KEY_BYTES_MAX
  if (settings.MaxOutstandingBytes < leastBytes)
    throw new MillraceError(
      'config',
      `producer setting MaxOutstandingBytes is ${settings.MaxOutstandingBytes}; give at least ${leastBytes}, the bytes of one largest user record and its key`,
    )
  return settings
}

function checkSetting(name: string, value: unknown, defaults: ProducerConfiguration): void {
  const range = RANGES[name]
  const choices = CHOICES[name]
  if (range !== undefined) {
    const [min, max] = range
    const whole = typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
    if (whole || (name === 'RecordTtl' && value === Number.POSITIVE_INFINITY)) return
    throw refused(name, value, `a whole number ${max === ANY ? `of at least ${min}` : `from ${min} to ${max}`}`)
  }
  if (choices !== undefined) {
    if (typeof value !== 'string' || !choices.includes(value)) throw refused(name, value, choices.join(', '))
  } else if (typeof value !== typeof defaults[name as keyof ProducerConfiguration])
    throw refused(name, value, 'true or false')
}

function refused(name: string, value: unknown, allowed: string): MillraceError {
  return new MillraceError('config', `producer setting ${name} is ${String(value)}; give ${allowed}`)
}
