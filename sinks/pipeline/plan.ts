/**
 * What a delivery stream would do with a sample: keys, partitions, sizes and failures, with nothing written. The sample runs
 * through the stream itself, into a store that keeps only what it counts.
 */
import { type Clock, MEBIBYTE, type Random } from '../../core/index.ts'
import type { RecordDestination } from '../destinations/destination.ts'
import type { DestinationFactory } from '../destinations/open-destination.ts'
import type { ObjectStore, ObjectWriter } from '../stores/store.ts'
import { DeliveryStream } from './delivery-stream.ts'
import type { Conversion, DeliveryStreamOptions, OutputKind, WriteRecord } from './stream-options.ts'
import type { Transform } from './transform.ts'

/** Failures of which a plan keeps code and message; all are counted. */
export const PLAN_FAILURES_MAX = 100
/** Bytes of error objects that are looked at for them. */
const ERROR_BYTES_MAX = 4 * MEBIBYTE

export interface PlannedObject {
  readonly kind: OutputKind
  readonly key: string
  readonly records: number
  /** as the buffering hints count */
  readonly bufferedBytes: number
  /** as stored */
  readonly sizeBytes: number
}

export interface PlannedCall {
  readonly records: number
  /** as the destination counts */
  readonly sizeBytes: number
}

export interface PlannedFailure {
  readonly code: string
  readonly message: string
  readonly recordId: string
}

export interface DeliveryForecast {
  readonly objects: readonly PlannedObject[]
  /** prefixes of data objects, times and random strings as they came */
  readonly partitions: number
  readonly failed: number
  /** the first `PLAN_FAILURES_MAX` */
  readonly failures: readonly PlannedFailure[]
  /** calls of a destination that is no store of objects */
  readonly calls: readonly PlannedCall[]
  /** of the first COPY into Redshift */
  readonly statements: readonly string[]
  readonly warnings: readonly string[]
}

/**
 * @param parts the transform is really called, once for each batch of the sample
 * @throws MillraceError `config` as the stream itself would
 */
export async function planDelivery(
  options: DeliveryStreamOptions,
  records: readonly WriteRecord[],
  parts: {
    readonly clock: Clock
    readonly random: Random
    readonly transform?: Transform
    readonly conversion?: Conversion
    /** what CustomDestinationConfiguration stands for; it is made and never called */
    readonly destination?: DestinationFactory
  },
): Promise<DeliveryForecast> {
  const { conversion = null, ...rest } = parts
  const store = new CountingStore()
  const objects: PlannedObject[] = []
  const calls: PlannedCall[] = []
  let statements: readonly string[] = []
  const stream = new DeliveryStream(
    options,
    {
      ...rest,
      store: () => store,
      // Destinations are made and never called.
      fetch: () => Promise.reject(new Error('a plan calls nothing')),
      readSecret: () => Promise.resolve('{}'),
      openSearch: { endpoint: 'https://planned.invalid' },
      rehearsal: (destination: RecordDestination) => rehearsed(destination, calls),
      redshiftData: {
        batchExecuteStatement: async ({ Sqls }) => {
          if (!statements.some(sql => sql.startsWith('COPY '))) statements = [...statements, ...Sqls]
          return { Id: 'planned' }
        },
        describeStatement: async () => ({ Status: 'FINISHED' }),
      },
      onDelivered: ({ key, rows, bufferedBytes, sizeBytes }, kind) => {
        objects.push({ kind, key, records: rows, bufferedBytes, sizeBytes })
        if (kind !== 'error') store.forget(key)
      },
    },
    conversion,
  )
  await stream.write(records)
  await stream.close()
  const folders = objects.filter(({ kind }) => kind === 'data').map(({ key }) => key.slice(0, key.lastIndexOf('/') + 1))
  return {
    objects,
    partitions: new Set(folders).size,
    failed: stream.metrics.get('ErrorOutput.Records'),
    failures: store.failures(),
    calls,
    statements,
    warnings: stream.warnings,
  }
}

/** The destination as it is, but for its calls: they are counted, and take everything. */
function rehearsed(destination: RecordDestination, calls: PlannedCall[]): RecordDestination {
  return {
    name: destination.name,
    errorType: destination.errorType,
    callsMax: destination.callsMax,
    recordsMax: destination.recordsMax,
    bytesMax: destination.bytesMax,
    retry: destination.retry,
    successOf: destination.successOf,
    ...(destination.recordBytesMax !== undefined && { recordBytesMax: destination.recordBytesMax }),
    sizeOf: record => destination.sizeOf(record),
    details: record => destination.details?.(record) ?? {},
    call: async ({ records }) => {
      const sizeBytes = records.reduce((sum, record) => sum + destination.sizeOf(record), 0)
      calls.push({ records: records.length, sizeBytes })
      return { outcomes: null }
    },
  }
}

/** Keeps the beginning of each object until it is told to forget it. */
class CountingStore implements ObjectStore {
  readonly #kept = new Map<string, Uint8Array[]>()
  #bytes = 0

  begin(key: string): Promise<ObjectWriter> {
    const parts: Uint8Array[] = []
    this.#kept.set(key, parts)
    return Promise.resolve({
      write: async bytes => {
        if (this.#bytes > ERROR_BYTES_MAX) return
        this.#bytes += bytes.length
        parts.push(new Uint8Array(bytes))
      },
      complete: async () => {},
      abort: async () => {},
    })
  }

  forget(key: string): void {
    for (const { length } of this.#kept.get(key) ?? []) this.#bytes -= length
    this.#kept.delete(key)
  }

  failures(): readonly PlannedFailure[] {
    const failures: PlannedFailure[] = []
    for (const parts of this.#kept.values())
      for (const line of Buffer.concat(parts).toString('utf8').split('\n')) {
        // The last line may be cut off where the bytes ended.
        if (!line.endsWith('}}') || failures.length >= PLAN_FAILURES_MAX) continue
        const error = JSON.parse(line) as Readonly<Record<string, string>> & {
          readonly millrace: { readonly recordId: string }
        }
        failures.push({
          code: error['errorCode'] ?? error['lastErrorCode'] ?? '',
          message: error['errorMessage'] ?? error['lastErrorMessage'] ?? '',
          recordId: error.millrace.recordId,
        })
      }
    return failures
  }
}
