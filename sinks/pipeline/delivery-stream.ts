/**
 * A delivery stream: records in, objects out. This file joins the parts: the definition says what is wanted, the chain runs the
 * processors, outputs hold the open objects, stores keep them.
 *
 *   put, write -> intake (bounded) -> unpack -> backup
 *                                        |-> transform stage (by size and interval) -> keys -> conversion -> data objects
 *                                        `-> failed ------------------------------------------------------> error objects
 *
 * Delivery is at-least-once without a journal: a record that was put and is in no visible object dies with the process, so a
 * source that can repeat should wait for `flush` before it checkpoints.
 */
import { type Clock, MEBIBYTE, MillraceError, type Random } from '../../core/index.ts'
import { CONTAINERS } from '../containers/container.ts'
import {
  ACTIVE_PARTITIONS_DEFAULT,
  assertAvailable,
  type DefinitionOptions,
  type DefinitionPlan,
  definitionPlanOf,
} from '../definition/definition.ts'
import type { DeliveryStreamDefinition } from '../definition/delivery-stream.ts'
import type { S3Plan } from '../definition/s3-plan.ts'
import { type DeliveredObject, Manifest } from '../manifest.ts'
import { objectName } from '../object-name.ts'
import { RETRY_FOR_MS_DEFAULT, withRetry } from '../retry.ts'
import type { ObjectStore } from '../stores/store.ts'
import { ConcatenatedBody, type RecordDelimiter } from './concatenated-body.ts'
import { errorLine } from './error-line.ts'
import { ObjectBuffer, type RecordBody } from './object-buffer.ts'
import { Outputs, type OverflowPolicy } from './outputs.ts'
import { ProcessingChain, type ReadyRecord } from './processing-chain.ts'
import { checkBatch, type PutRecordBatchOutput } from './put-limits.ts'
import type { ErrorOutputType, FailedRecord, RecordSource, StreamRecord } from './record.ts'
import { StreamMetrics } from './stream-metrics.ts'
import type { Transform } from './transform.ts'

/** Bytes of records that were taken over and not yet processed. Beyond it puts are throttled and writes wait. */
export const INTAKE_BYTES_DEFAULT = 64 * MEBIBYTE
/** Bytes that all open objects hold in memory before they are begun in the store. */
export const HELD_BYTES_DEFAULT = 64 * MEBIBYTE
/** Error objects are flushed by the hints of the store and at this many types at most. */
const ERROR_TYPES_MAX = 8

export interface DeliveryStreamOptions extends DefinitionOptions {
  /** the JSON of `create-delivery-stream` */
  readonly definition: DeliveryStreamDefinition
  /** 1 for the first configuration, one more for each change; part of object names. Default 1. */
  readonly version?: number
  /** Partitions that are open at a time. Default 500, the service's quota. */
  readonly activePartitionsMax?: number
  /** Default `seal-oldest`; the service's own rule is `error`. */
  readonly overflow?: OverflowPolicy
  /** Default as the definition says: `between` with AppendDelimiterToRecord, else `none`. */
  readonly delimiter?: RecordDelimiter
  /** what the transform is told */
  readonly deliveryStreamArn?: string
  readonly region?: string
  readonly sourceKinesisStreamArn?: string
  readonly intakeBytesMax?: number
  readonly heldBytesMax?: number
}

export interface DeliveryStreamParts {
  readonly clock: Clock
  readonly random: Random
  /** the store of a bucket, by its ARN; asked once for each */
  readonly store: (bucketArn: string) => ObjectStore
  /** serves the Lambda processor */
  readonly transform?: Transform
  /** called for each object after it became visible; must not throw */
  readonly onDelivered?: (object: DeliveredObject, kind: OutputKind) => void
  /** Default 24 hours. */
  readonly retryForMs?: number
}

export type OutputKind = 'data' | 'error' | 'backup'

/** A record to write, from a source that knows when it arrived. */
export interface WriteRecord {
  readonly data: Uint8Array
  /** epoch milliseconds; default now */
  readonly arrivedAt?: number
  readonly source?: RecordSource
}

/** What conversion, such as to Parquet, puts in place of joined bytes. */
export interface Conversion {
  /** the record as it goes into the body, or why it cannot */
  convert(record: StreamRecord, now: number): StreamRecord | FailedRecord
  newBody(): Promise<RecordBody>
}

export class DeliveryStream {
  readonly #plan: DefinitionPlan
  readonly #options: DeliveryStreamOptions
  readonly #parts: DeliveryStreamParts
  readonly #metrics = new StreamMetrics()
  readonly #manifest = new Manifest()
  readonly #chain: ProcessingChain
  readonly #conversion: Conversion | null
  readonly #data: Outputs
  readonly #errors: Outputs
  readonly #backup: Outputs | null
  readonly #intakeBytesMax: number
  readonly #stores = new Map<string, ObjectStore>()
  #prepared: Promise<void> | null = null
  #recordNumber = 0
  #intakeBytes = 0
  /** of them, those that are being processed now */
  #currentBytes = 0
  #room: (() => void)[] = []
  /** records before the transform, with their bytes and a stop for the wait */
  #stage: { records: StreamRecord[]; bytes: number; sealed: AbortController } | null = null
  #turn: Promise<void> = Promise.resolve()
  #failure: { readonly error: unknown } | null = null
  #closed = false

  /**
   * @throws MillraceError `config` with every problem of the definition, for a destination that cannot run here, and when a
   * processor has nothing to serve it
   */
  constructor(options: DeliveryStreamOptions, parts: DeliveryStreamParts, conversion: Conversion | null = null) {
    this.#plan = definitionPlanOf(options.definition, options)
    assertAvailable(this.#plan)
    if (!['ExtendedS3DestinationConfiguration', 'S3DestinationConfiguration'].includes(this.#plan.destination))
      throw new MillraceError(
        'config',
        `delivery stream ${this.#plan.name}: ${this.#plan.destination} has no delivery yet; use ExtendedS3DestinationConfiguration`,
      )
    if (this.#plan.conversion !== null && conversion === null)
      throw new MillraceError(
        'config',
        `delivery stream ${this.#plan.name}: record format conversion needs the schema of table ${this.#plan.conversion.table.tableName}; give a conversion`,
      )
    this.#options = options
    this.#parts = parts
    this.#conversion = this.#plan.conversion === null ? null : conversion
    this.#intakeBytesMax = options.intakeBytesMax ?? INTAKE_BYTES_DEFAULT
    const { clock, random } = parts
    this.#chain = new ProcessingChain(
      this.#plan.processing,
      {
        clock,
        random,
        deliveryStreamArn:
          options.deliveryStreamArn ?? `arn:aws:firehose:local:000000000000:deliverystream/${this.#plan.name}`,
        region: options.region ?? 'local',
        sourceKinesisStreamArn: options.sourceKinesisStreamArn,
      },
      parts.transform,
      this.#metrics,
    )
    const partitions = options.activePartitionsMax ?? ACTIVE_PARTITIONS_DEFAULT
    this.#data = this.#outputs(this.#plan.s3, 'data', partitions, options.overflow ?? 'seal-oldest')
    this.#errors = this.#outputs(this.#plan.s3, 'error', ERROR_TYPES_MAX, 'seal-oldest')
    this.#backup = this.#plan.backup === null ? null : this.#outputs(this.#plan.backup, 'backup', 1, 'seal-oldest')
  }

  get name(): string {
    return this.#plan.name
  }

  /** What was delivered so far: data, errors and backup. */
  get manifest(): Manifest {
    return this.#manifest
  }

  get metrics(): StreamMetrics {
    return this.#metrics
  }

  get warnings(): readonly string[] {
    return this.#plan.warnings
  }

  /** Partitions that are open now. */
  get partitionCount(): number {
    return this.#data.partitions
  }

  /** DeliveryToS3.DataFreshness: age in seconds of the oldest record that is in no visible object; 0 when there is none. */
  get dataFreshness(): number {
    const oldest = this.#data.oldestAt
    return oldest === null ? 0 : Math.max(0, (this.#parts.clock.now() - oldest) / 1_000)
  }

  /** Bytes that wait for processing. */
  get intakeBytes(): number {
    return this.#intakeBytes
  }

  /**
   * PutRecord.
   * @throws MillraceError `invalid_argument` as the service refuses, `throttled` while the intake is full, `closed`, or what
   * delivery failed with
   */
  async putRecord(record: {
    readonly Data: Uint8Array
  }): Promise<{ readonly RecordId: string; readonly Encrypted: false }> {
    const { RequestResponses } = await this.putRecordBatch([record])
    const [entry] = RequestResponses
    if (entry?.RecordId === undefined)
      throw new MillraceError('throttled', entry?.ErrorMessage ?? 'slow down', { retry: 'backoff' })
    return { RecordId: entry.RecordId, Encrypted: false }
  }

  /**
   * PutRecordBatch: each record is taken or refused by itself, in order; refused ones may be put again.
   * @throws MillraceError `invalid_argument` past the limits of a batch, `closed`, or what delivery failed with
   */
  async putRecordBatch(records: readonly { readonly Data: Uint8Array }[]): Promise<PutRecordBatchOutput> {
    this.#assertOpen()
    checkBatch(records)
    this.#metrics.add('IncomingPutRequests', 1)
    const taken: StreamRecord[] = []
    let bytes = 0
    const RequestResponses = records.map(({ Data }) => {
      if (this.#intakeBytes + bytes + Data.length > this.#intakeBytesMax) {
        this.#metrics.add('ThrottledRecords', 1)
        return { ErrorCode: 'ServiceUnavailableException' as const, ErrorMessage: 'Slow down.' }
      }
      bytes += Data.length
      // The caller may use its buffer again; a Buffer's own slice would be a view.
      taken.push(this.#newRecord(new Uint8Array(Data), this.#parts.clock.now(), null))
      return { RecordId: Buffer.from(this.#parts.random.bytes(24)).toString('base64url') }
    })
    if (taken.length > 0) this.#take(taken, bytes)
    return { FailedPutCount: RequestResponses.filter(entry => 'ErrorCode' in entry).length, RequestResponses }
  }

  /**
   * Takes records of a source that can wait: resolves when the intake has room again, which is the back-pressure.
   * @throws MillraceError `closed`, or what delivery failed with
   */
  async write(records: readonly WriteRecord[]): Promise<void> {
    this.#assertOpen()
    if (records.length === 0) return
    const now = this.#parts.clock.now()
    const taken = records.map(({ data, arrivedAt = now, source = null }) =>
      this.#newRecord(new Uint8Array(data), arrivedAt, source),
    )
    this.#take(
      taken,
      taken.reduce((sum, { data }) => sum + data.length, 0),
    )
    while (this.#intakeBytes >= this.#intakeBytesMax && this.#failure === null)
      await new Promise<void>(resolve => void this.#room.push(resolve))
    this.#assertOpen()
  }

  /** Delivers everything that was taken, whatever the hints. */
  flush(): Promise<void> {
    return this.#inTurn(() => this.#flushAll('flush'))
  }

  /** Delivers everything that was taken. Nothing may follow. */
  close(): Promise<void> {
    if (this.#closed) return this.#turn
    this.#closed = true
    return this.#inTurn(() => this.#flushAll('close'))
  }

  #assertOpen(): void {
    if (this.#failure !== null) throw this.#failure.error
    if (this.#closed)
      throw new MillraceError('closed', `delivery stream ${this.name}: it is closed; nothing may be put`)
  }

  #newRecord(data: Uint8Array, arrivedAt: number, source: RecordSource | null): StreamRecord {
    const recordId = `${String(this.#recordNumber++).padStart(20, '0')}`
    return { recordId, data, rawData: data, arrivedAt, source, lambdaKeys: {} }
  }

  /** The intake counts until the records have left for the outputs or the stage before the transform. */
  #take(records: readonly StreamRecord[], bytes: number): void {
    this.#intakeBytes += bytes
    this.#metrics.add('IncomingRecords', records.length)
    this.#metrics.add('IncomingBytes', bytes)
    this.#inTurn(() => this.#process(records, bytes)).then(
      () => this.#leave(bytes),
      // The failure is kept and thrown by the next call.
      () => this.#leave(bytes),
    )
  }

  #leave(bytes: number): void {
    this.#intakeBytes -= bytes
    this.#currentBytes = 0
    const waiting = this.#room
    this.#room = []
    for (const wake of waiting) wake()
  }

  /** Runs after all that was asked before; a failure stays. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (this.#failure !== null) throw this.#failure.error
      try {
        await work()
      } catch (error) {
        this.#failure = { error }
        this.#stage?.sealed.abort()
        for (const outputs of [this.#data, this.#errors, this.#backup]) await outputs?.abort()
        throw error
      }
    })
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #process(records: readonly StreamRecord[], bytes: number): Promise<void> {
    this.#currentBytes = bytes
    await (this.#prepared ??= this.#chain.prepare())
    const { records: unpacked, failed } = this.#chain.unpack(records)
    if (this.#backup !== null) {
      for (const record of unpacked) await this.#keep(this.#backup, 'backup', 'backup', record)
      for (const { record } of failed) await this.#keep(this.#backup, 'backup', 'backup', record)
    }
    await this.#fail(failed)
    const { lambda } = this.#plan.processing
    if (lambda === null) return this.#deliver(unpacked)
    for (const record of unpacked) {
      const stage = (this.#stage ??= this.#openStage(lambda.intervalSeconds))
      stage.records.push(record)
      stage.bytes += record.data.length
      if (stage.bytes >= lambda.sizeMiB * MEBIBYTE) await this.#sealStage()
    }
  }

  #openStage(intervalSeconds: number): { records: StreamRecord[]; bytes: number; sealed: AbortController } {
    const stage = { records: [], bytes: 0, sealed: new AbortController() }
    const wait = async (): Promise<void> => {
      await this.#parts.clock.sleep(Math.max(1, intervalSeconds * 1_000), stage.sealed.signal)
      if (stage.sealed.signal.aborted) return
      await this.#inTurn(async () => {
        if (this.#stage === stage) await this.#sealStage()
      })
    }
    wait().catch(() => {})
    return stage
  }

  async #sealStage(): Promise<void> {
    const stage = this.#stage
    if (stage === null) return
    this.#stage = null
    stage.sealed.abort()
    await this.#deliver(stage.records)
  }

  async #deliver(records: readonly StreamRecord[]): Promise<void> {
    const { ready, failed } = await this.#chain.finish(records)
    await this.#fail(failed)
    for (const one of ready) {
      const problem = await this.#place(one)
      if (problem !== null) await this.#fail([problem])
    }
  }

  /** Puts one record into its partition's object; returns what failed. */
  async #place({ record, queryKeys }: ReadyRecord): Promise<FailedRecord | null> {
    const { clock, random } = this.#parts
    const { prefix } = this.#plan.s3.prefixes
    const failure = (code: string, message: string): FailedRecord => ({
      record,
      type: 'processing-failed',
      code: `DynamicPartitioning.${code}`,
      message,
      attempts: 1,
      endedAt: clock.now(),
      stage: 'DynamicPartitioning',
    })
    const partition = { query: queryKeys, lambda: record.lambdaKeys }
    let group = ''
    try {
      if (this.#plan.partitioned) group = prefix.groupOf(partition)
    } catch (error) {
      return failure('PrefixEvaluationFailed', error instanceof Error ? error.message : String(error))
    }
    let placed = record
    if (this.#conversion !== null) {
      const converted = this.#conversion.convert(record, clock.now())
      this.#metrics.add('code' in converted ? 'FailedConversion.Records' : 'SucceedConversion.Records', 1)
      if ('code' in converted) return converted
      placed = converted
    }
    try {
      const taken = await this.#data.add(group, placed, async () => {
        // A prefix that becomes too long fails its records, not the stream.
        prefix.evaluate({ oldestAt: record.arrivedAt, random, partition })
        return this.#newBuffer(this.#plan.s3, 'data', oldestAt => prefix.evaluate({ oldestAt, random, partition }))
      })
      if (taken) return null
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'limit_exceeded')
        return failure('PrefixEvaluationFailed', error.message)
      throw error
    }
    this.#metrics.add('PartitionCountExceeded', 1)
    const most = this.#options.activePartitionsMax ?? ACTIVE_PARTITIONS_DEFAULT
    return failure('ActivePartitionLimitExceeded', `${most} partitions are active already`)
  }

  async #fail(failed: readonly FailedRecord[]): Promise<void> {
    const table = this.#plan.conversion?.table ?? null
    for (const one of failed) {
      this.#metrics.add('ErrorOutput.Records', 1)
      const line = errorLine(one, table)
      await this.#keep(this.#errors, 'error', one.type, { ...one.record, data: line })
    }
  }

  async #keep(outputs: Outputs, kind: 'error' | 'backup', type: string, record: StreamRecord): Promise<void> {
    const plan = kind === 'backup' ? (this.#plan.backup ?? this.#plan.s3) : this.#plan.s3
    const { random } = this.#parts
    const { prefix, errorPrefix } = plan.prefixes
    await outputs.add(type, record, () =>
      this.#newBuffer(plan, kind, oldestAt =>
        kind === 'backup'
          ? prefix.evaluate({ oldestAt, random })
          : errorPrefix.evaluate({ oldestAt, random, errorOutputType: type as ErrorOutputType }),
      ),
    )
  }

  #outputs(plan: S3Plan, kind: OutputKind, partitionsMax: number, overflow: OverflowPolicy): Outputs {
    const metric = kind === 'backup' ? 'BackupToS3' : 'DeliveryToS3'
    return new Outputs({
      clock: this.#parts.clock,
      hints: plan.hints,
      partitionsMax,
      overflow,
      heldBytesMax: this.#options.heldBytesMax ?? HELD_BYTES_DEFAULT,
      behind: () => {
        const waiting = this.#intakeBytes - this.#currentBytes
        return waiting >= Math.min(plan.hints.SizeInMBs * MEBIBYTE, this.#intakeBytesMax / 2)
      },
      inTurn: work => this.#inTurn(work),
      onDelivered: object => {
        this.#metrics.add(`${metric}.Records`, object.rows)
        this.#metrics.add(`${metric}.Bytes`, object.bufferedBytes)
        this.#metrics.add(`${metric}.ObjectCount`, 1)
        this.#manifest.add(object)
        this.#parts.onDelivered?.(object, kind)
      },
    })
  }

  async #newBuffer(plan: S3Plan, kind: OutputKind, prefixOf: (oldestAt: number) => string): Promise<ObjectBuffer> {
    const { clock, random, retryForMs = RETRY_FOR_MS_DEFAULT } = this.#parts
    const store = this.#stores.get(plan.bucketArn) ?? this.#parts.store(plan.bucketArn)
    this.#stores.set(plan.bucketArn, store)
    const conversion = kind === 'data' ? this.#conversion : null
    // Error objects are never compressed and have no extension.
    const container = CONTAINERS[kind === 'error' ? 'UNCOMPRESSED' : plan.compression]
    const usual = kind === 'error' ? '' : conversion === null ? container.extension : '.parquet'
    const extension = kind === 'error' ? '' : (plan.fileExtension ?? usual)
    const delimiter = this.#options.delimiter ?? (this.#plan.processing.appendDelimiter ? 'between' : 'none')
    const body =
      conversion === null
        ? new ConcatenatedBody(await container.create(random), kind === 'data' ? delimiter : 'none')
        : await conversion.newBody()
    return new ObjectBuffer({
      body,
      store,
      attributes: {
        contentType: 'application/octet-stream',
        ...(container.contentEncoding !== null && { contentEncoding: container.contentEncoding }),
        ...(plan.kmsKeyArn !== null && { kmsKeyArn: plan.kmsKeyArn }),
      },
      keyOf: oldestAt =>
        prefixOf(oldestAt) +
        objectName(
          this.#plan.name,
          this.#options.version ?? 1,
          plan.prefixes.clock(oldestAt),
          random.uuid(),
          extension,
        ),
      retrying: operation => {
        const onRetry = (): void => this.#metrics.add('DeliveryToS3.Retries', 1)
        return withRetry({ clock, random, retryForMs, onRetry }, operation)
      },
      firstMs: clock.monotonicMs(),
    })
  }

  async #flushAll(reason: 'flush' | 'close'): Promise<void> {
    await this.#sealStage()
    await this.#data.sealAll(reason)
    await this.#errors.sealAll(reason)
    await this.#backup?.sealAll(reason)
  }
}
