/**
 * A delivery stream: records in, objects or deliveries out. This file joins the parts: the definition says what is wanted, the
 * chain runs the processors, outputs hold what is open, stores and destinations keep it.
 *
 *   put, write -> intake (bounded) -> unpack -> backup
 *                                        |-> transform stage (by size and interval) -> keys -> data output
 *                                        `-> failed ------------------------------------------> error objects
 *
 * Delivery is at-least-once without a journal: a record that was put and is not delivered dies with the process, so a source that
 * can repeat should wait for `flush` before it checkpoints. With staging it is exactly-once under an owner that commits:
 * staged/staging.ts.
 */
import { MEBIBYTE, MillraceError } from '../../core/index.ts'
import { Turns } from '../../core/turns.ts'
import { assertAvailable, type DefinitionPlan, definitionPlanOf } from '../definition/definition.ts'
import type { Manifest } from '../manifest.ts'
import type { Receipt } from '../receipt.ts'
import type { Segment, StagedObject, Staging } from '../staged/staging.ts'
import type { DataOutput } from './data-output.ts'
import { DeliveryBooks } from './delivery-books.ts'
import { errorLine } from './error-line.ts'
import { Intake } from './intake.ts'
import { ObjectDataOutput } from './object-data-output.ts'
import { ObjectMaker } from './object-maker.ts'
import { openDataOutput } from './open-data-output.ts'
import { ownBytes } from './own-bytes.ts'
import { ProcessingChain } from './processing-chain.ts'
import { checkBatch, type PutRecordBatchOutput } from './put-limits.ts'
import {
  changedRecord,
  type ErrorOutputType,
  type FailedRecord,
  type RecordSource,
  type StreamRecord,
  TakenRecord,
} from './record.ts'
import { SideOutput } from './side-output.ts'
import { type StreamGauge, StreamMetrics } from './stream-metrics.ts'
import {
  type Conversion,
  type DeliveryStreamOptions,
  type DeliveryStreamParts,
  HELD_BYTES_DEFAULT,
  INTAKE_BYTES_DEFAULT,
  type WriteRecord,
} from './stream-options.ts'
import { TransformStage } from './transform-stage.ts'
import { Troubles } from './troubles.ts'
import { StreamFailure, TurnsOfWork } from './turns-of-work.ts'

/** Bytes of records that wait in memory for a segment of a staged stream. */
const JOURNAL_BYTES_MAX = 64 * MEBIBYTE

export class DeliveryStream {
  readonly #plan: DefinitionPlan
  readonly #parts: DeliveryStreamParts
  readonly #metrics = new StreamMetrics()
  readonly #intake: Intake
  readonly #failure = new StreamFailure()
  readonly #turns = new TurnsOfWork(this.#failure)
  /** of the loop, between writes */
  readonly #loop: Turns
  readonly #chain: ProcessingChain
  /** null without a transform */
  readonly #stage: TransformStage | null
  readonly #data: DataOutput
  readonly #maker: ObjectMaker
  readonly #books: DeliveryBooks
  readonly #errors: SideOutput
  readonly #backup: SideOutput | null
  #prepared: Promise<void> | null = null
  #recordNumber = 0
  #closing: Promise<void> | null = null

  /**
   * @throws MillraceError `config` with every problem of the definition, for a destination that cannot run here, and when a
   * processor has nothing to serve it
   */
  constructor(options: DeliveryStreamOptions, parts: DeliveryStreamParts, conversion: Conversion | null = null) {
    const plan = checkedPlan(options, conversion)
    this.#plan = plan
    this.#parts = parts
    this.#intake = new Intake(options.intakeBytesMax ?? INTAKE_BYTES_DEFAULT)
    const { clock, random } = parts
    this.#loop = new Turns(clock)
    const transformParts = {
      clock,
      random,
      deliveryStreamArn: options.deliveryStreamArn ?? `arn:aws:firehose:local:000000000000:deliverystream/${plan.name}`,
      region: options.region ?? 'local',
      sourceKinesisStreamArn: options.sourceKinesisStreamArn,
    }
    this.#chain = new ProcessingChain(plan.processing, transformParts, parts.transform, this.#metrics)
    const inTurn = (work: () => Promise<void>): Promise<void> => this.#turns.run(work)
    const { lambda } = plan.processing
    const onSealed = (records: readonly StreamRecord[]): Promise<void> => this.#deliver(records)
    this.#stage = lambda === null ? null : new TransformStage({ clock, stage: lambda, inTurn, onSealed })
    this.#failure.onFailure(() => this.#stage?.abort())
    const used = plan.conversion === null ? null : conversion
    this.#books = new DeliveryBooks({
      plan,
      clock,
      random,
      metrics: this.#metrics,
      staging: options.staging,
      manifests: options.manifests ?? false,
      store: bucketArn => this.#maker.store(bucketArn),
      retrying: operation => this.#maker.retrying(operation),
      openRecords: () => this.#data.records + this.#errors.records,
      onDelivered: receipt => parts.onDelivered?.(receipt, receipt.kind),
    })
    const troubles = new Troubles(clock, parts.onRetry)
    const maker = new ObjectMaker({
      parts,
      streamName: plan.name,
      version: options.version ?? 1,
      delimiter: options.delimiter ?? (plan.processing.appendDelimiter ? 'between' : 'none'),
      conversion: used,
      heldBytesMax: options.heldBytesMax ?? HELD_BYTES_DEFAULT,
      intake: this.#intake,
      metrics: this.#metrics,
      troubles,
      staging: this.#books.staging,
      onDelivered: receipt => this.#delivered(receipt),
    })
    this.#maker = maker
    const side = { maker, failure: this.#failure }
    this.#errors = new SideOutput({ ...side, kind: 'error', plan: plan.s3 })
    this.#backup = plan.backup === null ? null : new SideOutput({ ...side, kind: 'backup', plan: plan.backup })
    this.#data = openDataOutput({
      plan,
      options,
      parts,
      conversion: used,
      maker,
      metrics: this.#metrics,
      troubles,
      failure: this.#failure,
      deliveryStreamArn: transformParts.deliveryStreamArn,
      incarnation: random.uuid(),
      inTurn,
      fail: failed => this.#fail(failed),
    })
    this.#failure.onFailure(() => this.#data.abort())
  }

  get name(): string {
    return this.#plan.name
  }

  /** What was delivered so far: data, errors and backup. */
  get manifest(): Manifest {
    return this.#books.manifest
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

  /** DataFreshness of the destination: age in seconds of the oldest record that is not delivered; 0 when there is none. */
  get dataFreshness(): number {
    return this.#age(this.#data.oldestAt)
  }

  /** Firehose's gauges, as they are now. */
  get gauges(): Readonly<Partial<Record<StreamGauge, number>>> {
    return {
      [`DeliveryTo${this.#data.name}.DataFreshness`]: this.dataFreshness,
      ...(this.#plan.partitioned && { PartitionCount: this.partitionCount }),
      ...(this.#plan.partitioned &&
        this.#data instanceof ObjectDataOutput && { PerPartitionThroughput: this.#data.partitionThroughput }),
      ...(this.#backup !== null && { 'BackupToS3.DataFreshness': this.#age(this.#backup.oldestAt) }),
    }
  }

  /** Bytes that wait for processing. */
  get intakeBytes(): number {
    return this.#intake.bytes
  }

  /**
   * PutRecord.
   * @throws MillraceError `invalid_argument` as the service refuses, `throttled` while the intake is full, `closed`, or what
   * delivery failed with
   */
  async putRecord(record: {
    readonly Data: Uint8Array
  }): Promise<{ readonly RecordId: string; readonly Encrypted: false }> {
    const startMs = this.#parts.clock.monotonicMs()
    const { RequestResponses } = this.#put([record])
    this.#metrics.add('PutRecord.Requests', 1)
    this.#metrics.add('PutRecord.Bytes', record.Data.length)
    this.#metrics.add('PutRecord.Latency', this.#parts.clock.monotonicMs() - startMs)
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
    const startMs = this.#parts.clock.monotonicMs()
    const output = this.#put(records)
    this.#metrics.add('PutRecordBatch.Requests', 1)
    this.#metrics.add('PutRecordBatch.Records', records.length)
    this.#metrics.add(
      'PutRecordBatch.Bytes',
      records.reduce((sum, { Data }) => sum + Data.length, 0),
    )
    this.#metrics.add('PutRecordBatch.Latency', this.#parts.clock.monotonicMs() - startMs)
    return output
  }

  #put(records: readonly { readonly Data: Uint8Array }[]): PutRecordBatchOutput {
    this.#assertOpen()
    checkBatch(records)
    this.#metrics.add('IncomingPutRequests', 1)
    const taken: StreamRecord[] = []
    let bytes = 0
    const RequestResponses = records.map(({ Data }) => {
      if (this.#intake.bytes + bytes + Data.length > this.#intake.bytesMax) {
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
   * Takes records of a source that can wait: resolves when the intake has room again, which is the back-pressure. The bytes are not
   * copied, unless they are a small part of their buffer, and must stay as they are from here on.
   * @throws MillraceError `closed`, or what delivery failed with
   */
  async write(records: readonly WriteRecord[]): Promise<void> {
    this.#assertOpen()
    if (records.length === 0) return
    const now = this.#parts.clock.now()
    let sizeBytes = 0
    const taken = ownBytes(records).map(({ data, arrivedAt = now, source = null }) => {
      sizeBytes += data.length
      return this.#newRecord(data, arrivedAt, source)
    })
    this.#countRead(records)
    this.#take(taken, sizeBytes)
    // A source that writes without a wait of its own leaves the thread to what is processed.
    await this.#loop.take()
    await this.#intake.room(() => this.#failure.happened)
    this.#assertOpen()
  }

  /**
   * Delivers everything that was taken, whatever the hints. It waits for errors and copies too, as who checkpoints must; a bucket of
   * theirs that refuses holds up no later data.
   */
  flush(): Promise<void> {
    return this.#flushAll('flush')
  }

  /** Delivers everything that was taken; a staged stream lets go of what is in no round. Nothing may follow. */
  close(): Promise<void> {
    // The first caller is told of a failure.
    if (this.#closing !== null) return this.#closing.catch(() => {})
    this.#closing = this.#books.staging === null ? this.#flushAll('close') : this.#turns.run(() => this.#letGo())
    return this.#closing
  }

  /**
   * Ends a round: everything that was written is in the store then, invisible. The owner commits the answer together with its
   * position and publishes it. Rounds count from 1, or go on after the one that was restored.
   * @throws MillraceError `invalid_argument` for another round, `config` without staging
   */
  async stage(
    round: number,
  ): Promise<{ readonly parts: readonly StagedObject[]; readonly carried: readonly Segment[] }> {
    const staging = this.#books.staged()
    let ended: Awaited<ReturnType<Staging['cut']>> = { parts: [], carried: [] }
    await this.#turns.run(async () => {
      await this.#stage?.seal()
      ended = await staging.cut(round, () => this.#books.counts(round + 1))
    })
    return ended
  }

  /** Goes on after a committed round, with what it carried. Comes before any write. */
  async restore(round: number, carried: readonly Segment[]): Promise<void> {
    const staging = this.#books.staged()
    await this.#turns.run(async () => {
      for await (const { opened, records } of staging.restore(round, carried)) {
        if (opened.kind === 'error') await this.#errors.restore(opened, records)
        else if (opened.kind === 'backup') await this.#backup?.restore(opened, records)
        else await this.#data.restore?.(opened, records)
      }
      staging.restored()
      this.#books.taken.end(round + 1)
      await staging.sweep()
    })
  }

  /** Makes the objects of a committed round visible, and brings them where they go from there; repeatable. */
  async publish(parts: readonly StagedObject[]): Promise<void> {
    const receipts = await this.#books.staged().publish(parts)
    this.#data.onObjects?.(receipts.filter(({ kind }) => kind === 'data'))
    for (const receipt of receipts) this.#books.delivered(receipt)
    await this.#data.settled?.()
  }

  /** seconds */
  #age(oldestAt: number | null): number {
    return oldestAt === null ? 0 : Math.max(0, (this.#parts.clock.now() - oldestAt) / 1_000)
  }

  async #letGo(): Promise<void> {
    this.#stage?.abort()
    await this.#data.abort()
    await this.#errors.abort()
    await this.#backup?.abort()
  }

  #delivered(receipt: Receipt): void {
    if (receipt.kind === 'data') this.#data.onObjects?.([receipt])
    if (!this.#books.delivered(receipt)) return
    // The failure is kept and thrown by the next call.
    this.#turns.run(() => this.#books.writeManifest(false)).catch(() => {})
  }

  /** Records whose place in a stream was told. */
  #countRead(records: readonly WriteRecord[]): void {
    let [count, bytes] = [0, 0]
    for (const { source, data } of records)
      if (source !== undefined) {
        count++
        bytes += data.length
      }
    this.#metrics.add('DataReadFromKinesisStream.Records', count)
    this.#metrics.add('DataReadFromKinesisStream.Bytes', bytes)
  }

  #assertOpen(): void {
    this.#failure.check()
    if (this.#closing !== null)
      throw new MillraceError('closed', `delivery stream ${this.name}: it is closed; nothing may be put`)
  }

  #newRecord(data: Uint8Array, arrivedAt: number, source: RecordSource | null): StreamRecord {
    return new TakenRecord(this.#recordNumber++, this.#books.staging?.round ?? null, data, arrivedAt, source)
  }

  /** The intake counts until the records have left for the outputs or the stage before the transform. */
  #take(records: readonly StreamRecord[], bytes: number): void {
    this.#intake.enter(bytes)
    this.#metrics.add('IncomingRecords', records.length)
    this.#metrics.add('IncomingBytes', bytes)
    const leave = (): void => this.#intake.leave(bytes)
    // A failure is kept and thrown by the next call.
    this.#turns.run(() => this.#process(records, bytes)).then(leave, leave)
  }

  async #process(records: readonly StreamRecord[], bytes: number): Promise<void> {
    this.#intake.begin(bytes)
    await (this.#prepared ??= this.#chain.prepare())
    const { records: unpacked, failed } = this.#chain.unpack(records)
    const { taken } = this.#books
    // They are this stream's own objects, and a copy of each costs more than its number.
    for (const record of unpacked) record.number = taken.take()
    for (const { record } of failed) record.number = taken.take()
    await this.#beside(this.#copy([...unpacked, ...failed.map(({ record }) => record)]))
    await this.#beside(this.#fail(failed))
    if (this.#stage === null) await this.#deliver(unpacked)
    else await this.#stage.add(unpacked)
  }

  /** A round has its copies and errors with its data; else data goes on while they wait for their bucket. */
  async #beside(work: Promise<void>): Promise<void> {
    if (this.#books.staging === null) return
    await work
    this.#failure.check()
  }

  #copy(records: readonly StreamRecord[]): Promise<void> {
    return this.#backup === null ? Promise.resolve() : this.#addBeside(this.#backup, 'backup', records)
  }

  /** What waits for its bucket fills the intake, and holds up nothing that is open. Never rejects: a failure is kept. */
  async #addBeside(
    output: SideOutput,
    type: ErrorOutputType | 'backup',
    records: readonly StreamRecord[],
  ): Promise<void> {
    const bytes = records.reduce((sum, { data }) => sum + data.length, 0)
    this.#intake.copy(bytes)
    try {
      await output.add(type, records)
    } catch {
      // Thrown by the next call.
    } finally {
      this.#intake.copied(bytes)
    }
  }

  async #deliver(records: readonly StreamRecord[]): Promise<void> {
    const { ready, failed } = await this.#chain.finish(records)
    if (ready.length + failed.length < records.length) {
      const left = new Set(records.map(({ number }) => number))
      for (const { number } of ready) left.delete(number)
      for (const { record } of failed) left.delete(record.number)
      this.#books.taken.dropped(left)
    }
    await this.#beside(this.#fail(failed))
    await this.#beside(this.#fail(await this.#data.add(ready)))
    const { staging } = this.#books
    if (staging !== null && staging.journalBytes > JOURNAL_BYTES_MAX) await staging.keep()
  }

  /** Resolves when the error records are in open objects. Never rejects. */
  async #fail(failed: readonly FailedRecord[]): Promise<void> {
    const table = this.#plan.conversion?.table ?? null
    const byType = new Map<ErrorOutputType, StreamRecord[]>()
    for (const one of failed) {
      const lines = byType.get(one.type) ?? []
      byType.set(one.type, lines)
      lines.push(changedRecord(one.record, { data: errorLine(one, table) }))
    }
    this.#metrics.add('ErrorOutput.Records', failed.length)
    await Promise.all([...byType].map(([type, lines]) => this.#addBeside(this.#errors, type, lines)))
  }

  async #flushAll(reason: 'flush' | 'close'): Promise<void> {
    await this.#turns.run(async () => {
      await this.#stage?.seal()
      await this.#data.flush(reason)
    })
    await Promise.all([this.#errors.flush(reason), this.#backup?.flush(reason)])
    await this.#turns.run(() => this.#books.writeManifest(reason === 'close'))
  }
}

/** @throws MillraceError `config` */
function checkedPlan(options: DeliveryStreamOptions, conversion: Conversion | null): DefinitionPlan {
  const plan = definitionPlanOf(options.definition, options)
  assertAvailable(plan)
  if (plan.conversion !== null && conversion === null)
    throw new MillraceError(
      'config',
      `delivery stream ${plan.name}: record format conversion needs the schema of table ${plan.conversion.table.tableName}; give a conversion`,
    )
  return plan
}
