/**
 * Objects into Redshift: what has gathered goes into the table by one COPY, and the next COPY waits for the former and takes what
 * has gathered since. (Firehose guide, "Amazon Redshift destination": a failed COPY is repeated every five minutes; after the retry
 * duration, which counts from the first attempt, its objects are skipped and listed in a manifest below `errors/`. Objects are
 * never deleted.)
 */
import { type Clock, hasCode, MillraceError } from '../../core/index.ts'
import type { DeliveredObject } from '../manifest.ts'
import type { StreamMetrics } from '../pipeline/stream-metrics.ts'
import type { Troubles } from '../pipeline/troubles.ts'
import type { StreamFailure } from '../pipeline/turns-of-work.ts'
import { type ObjectStore, putWhole } from '../stores/store.ts'
import {
  type CopyPlan,
  copyManifest,
  copyStatements,
  deliveryId,
  LEDGER_TABLE,
  ledgerStatement,
} from './copy-statements.ts'
import { type RedshiftDatabase, type RedshiftDataLike, runStatements } from './redshift-data.ts'

/** Objects that may wait for their COPY; beyond it records wait. A manifest of so many is about a megabyte. */
export const COPY_OBJECTS_MAX = 5_000
const COPY_WAIT_MS = 300_000

export interface RedshiftCopierOptions {
  readonly streamName: string
  readonly copy: CopyPlan
  readonly database: RedshiftDatabase
  readonly client: RedshiftDataLike
  readonly bucket: string
  readonly store: ObjectStore
  readonly retryDurationSeconds: number
  readonly clock: Clock
  /** a UUID of this process and stream */
  readonly incarnation: string
  readonly metrics: StreamMetrics
  readonly troubles: Troubles
  /** repeats a call of the store */
  readonly retrying: <T>(operation: () => Promise<T>) => Promise<T>
  readonly failure: StreamFailure
}

export class RedshiftCopier {
  readonly #options: RedshiftCopierOptions
  readonly #ended = new AbortController()
  #waiting: DeliveredObject[] = []
  #copying: readonly DeliveredObject[] = []
  #running: Promise<void> | null = null
  /** `made`, or why it could not be */
  #ledger = ''

  constructor(options: RedshiftCopierOptions) {
    this.#options = options
  }

  /** Arrival of the oldest record that is in no table; null when there is none. */
  get oldestAt(): number | null {
    const all = [...this.#waiting, ...this.#copying]
    return all.length === 0 ? null : all.reduce((oldest, object) => Math.min(oldest, object.firstRowtime), Infinity)
  }

  /**
   * Takes objects that are visible in their bucket. Those of one call share a COPY where no other one runs, so that a round that is
   * published again gives the same COPY, which the ledger knows.
   */
  add(objects: readonly DeliveredObject[]): void {
    // After a failure nothing is copied.
    if (this.#ended.signal.aborted || objects.length === 0) return
    this.#waiting.push(...objects)
    this.#running ??= this.#run()
  }

  /** Resolves when objects may be added. */
  async room(): Promise<void> {
    while (this.#waiting.length >= COPY_OBJECTS_MAX && this.#running !== null) await this.#running
  }

  /** Resolves when everything that was added is in the table, or was given up. */
  async flush(): Promise<void> {
    while (this.#running !== null) await this.#running
    this.#options.failure.check()
  }

  abort(): void {
    this.#ended.abort()
  }

  /** Never rejects: a failure is kept, and thrown by the next call. */
  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && !this.#ended.signal.aborted) {
        this.#copying = this.#waiting.splice(0, COPY_OBJECTS_MAX)
        await this.#copyAll(this.#copying)
        this.#copying = []
      }
    } catch (error) {
      await this.#options.failure.keep(error)
    } finally {
      this.#running = null
    }
  }

  async #copyAll(objects: readonly DeliveredObject[]): Promise<void> {
    const { clock, metrics, troubles, copy, bucket, retryDurationSeconds, streamName } = this.#options
    const keys = objects.map(({ key }) => key)
    const id = deliveryId(
      streamName,
      keys.map(key => `s3://${bucket}/${key}`),
    )
    const manifestKey = await this.#write('manifests/', id, copyManifest(bucket, keys))
    const sqls = copyStatements(copy, `s3://${bucket}/${manifestKey}`, id)
    const endsMs = clock.monotonicMs() + retryDurationSeconds * 1_000
    for (let attempt = 1; ; attempt++) {
      const problem = await this.#attempt(id, attempt, sqls)
      if (this.#ended.signal.aborted) return
      metrics.add('DeliveryToRedshift.Attempts', 1)
      if (problem === null) {
        metrics.add('DeliveryToRedshift.Success', 1)
        metrics.add(
          'DeliveryToRedshift.Records',
          objects.reduce((sum, { rows }) => sum + rows, 0),
        )
        metrics.add(
          'DeliveryToRedshift.Bytes',
          objects.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0),
        )
        return
      }
      if (retryDurationSeconds === 0 || clock.monotonicMs() + COPY_WAIT_MS > endsMs) {
        const skipped = {
          ...(JSON.parse(copyManifest(bucket, keys)) as object),
          millrace: { ...problem, attempts: attempt },
        }
        await this.#write('errors/manifests/', id, JSON.stringify(skipped))
        metrics.add('DeliveryToRedshift.SkippedObjects', objects.length)
        return
      }
      metrics.add('DeliveryToRedshift.Retries', 1)
      troubles.happened(
        new MillraceError('connection_lost', `COPY into ${copy.table}: ${problem.code}: ${problem.message}`, {
          retry: 'backoff',
        }),
      )
      await clock.sleep(COPY_WAIT_MS, this.#ended.signal)
    }
  }

  /** The ledger is made once for a process; where that is not allowed it may be there all the same, which the COPY tells. */
  async #attempt(id: string, attempt: number, sqls: readonly string[]): ReturnType<typeof runStatements> {
    const { client, clock, database, copy, streamName, incarnation } = this.#options
    const run = { client, clock, database, name: `${streamName}-${id}`, signal: this.#ended.signal }
    // The service answers a token that it knows with the statement of before, whose id may be the same in another process.
    const clientToken = `${id}-${incarnation.slice(0, 8)}-${attempt}`
    if (this.#ledger !== 'made') {
      const sqlsOfLedger = [ledgerStatement(copy)]
      const problem = await runStatements({ ...run, sqls: sqlsOfLedger, clientToken: `${clientToken}-ledger` })
      this.#ledger = problem === null ? 'made' : `; ${LEDGER_TABLE} could not be made: ${problem.message}`
    }
    const problem = await runStatements({ ...run, sqls, clientToken })
    return problem === null || this.#ledger === 'made'
      ? problem
      : { ...problem, message: `${problem.message}${this.#ledger}` }
  }

  /** @returns the key */
  async #write(folder: string, id: string, text: string): Promise<string> {
    const { clock, store, streamName, retrying } = this.#options
    const [date = '', time = ''] = new Date(clock.now()).toISOString().split('T')
    const key = `${folder}${date.replaceAll('-', '/')}/${time.slice(0, 2)}/${streamName}-${id}`
    try {
      await retrying(() => putWhole(store, key, Buffer.from(text), { contentType: 'application/json' }))
    } catch (error) {
      // The id tells what it holds.
      if (!hasCode(error, 'already_exists')) throw error
    }
    return key
  }
}
