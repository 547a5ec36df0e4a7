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

export interface ProducerConfiguration {
  /** entries in one call, 1 to 500; default 500 */
  readonly CollectionMaxCount: number
  /** bytes of one call, partition keys included, 52,224 to 10 MiB; default 5 MiB. A larger record travels alone. */
  readonly CollectionMaxSize: number
  /** a throttled user record fails at once instead of being repeated; default false */
  readonly FailIfThrottled: boolean
  /** calls under way at one time, 1 to 256; default 24 */
  readonly MaxConnections: number
  /** bytes of one user record, 64 to 10 MiB; default 1 MiB, as the stream's own limit */
  readonly MaxUserRecordSize: number
  /** how long a user record may wait for company, 0 or more; default 100. A target for leaving, not a bound on delivery. */
  readonly RecordMaxBufferedTime: number
  /** how long a user record is tried, from its put, 100 or more; default 30,000. May be Infinity. */
  readonly RecordTtl: number
  /** how long one call may take, 100 to 600,000; default 6,000 */
  readonly RequestTimeout: number
  /** user records inside the producer, 1 or more; default 50,000. Past it, put waits. Not in KPL. */
  readonly MaxOutstandingRecords: number
  /** bytes of them, keys included, at least one largest record; default 64 MiB. Past it, put waits. Not in KPL. */
  readonly MaxOutstandingBytes: number
  /**
   * KPL repeats a record until RecordTtl whatever the error says. The default false gives up at once where a repeat cannot
   * help (access denied, no such stream, a record that the service refuses). Not in KPL.
   */
  readonly RetryPermanentErrors: boolean
}

const DEFAULTS: ProducerConfiguration = {
  CollectionMaxCount: PUT_RECORDS_ENTRIES_MAX,
  CollectionMaxSize: 5 * MEBIBYTE,
  FailIfThrottled: false,
  MaxConnections: 24,
  MaxUserRecordSize: RECORD_BYTES_DEFAULT,
  RecordMaxBufferedTime: 100,
  RecordTtl: 30_000,
  RequestTimeout: 6_000,
  MaxOutstandingRecords: 50_000,
  MaxOutstandingBytes: 64 * MEBIBYTE,
  RetryPermanentErrors: false,
}

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
        `producer setting ${name} is not known; the settings are ${Object.keys(DEFAULTS).join(', ')}`,
      )
  const settings = { ...DEFAULTS, ...given }
  whole(settings, 'CollectionMaxCount', 1, PUT_RECORDS_ENTRIES_MAX)
  whole(settings, 'CollectionMaxSize', 52_224, PUT_RECORDS_BYTES_MAX)
  whole(settings, 'MaxConnections', 1, 256)
  whole(settings, 'MaxUserRecordSize', 64, RECORD_BYTES_MAX)
  whole(settings, 'RecordMaxBufferedTime', 0, Number.MAX_SAFE_INTEGER)
  if (settings.RecordTtl !== Number.POSITIVE_INFINITY) whole(settings, 'RecordTtl', 100, Number.MAX_SAFE_INTEGER)
  whole(settings, 'RequestTimeout', 100, 600_000)
  whole(settings, 'MaxOutstandingRecords', 1, Number.MAX_SAFE_INTEGER)
  whole(settings, 'MaxOutstandingBytes', settings.MaxUserRecordSize + PARTITION_KEY_BYTES_MAX, Number.MAX_SAFE_INTEGER)
  return settings
}

function whole(
  settings: ProducerConfiguration,
  name: Exclude<keyof ProducerConfiguration, 'FailIfThrottled' | 'RetryPermanentErrors'>,
  min: number,
  max: number,
): void {
  const value = settings[name]
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw new MillraceError(
      'config',
      `producer setting ${name} is ${value}; give a whole number ${max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`}`,
    )
}
