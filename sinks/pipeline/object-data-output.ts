/** Records into the objects of their partitions. */
import { assert, type Clock, KIBIBYTE, MillraceError, ROWS_PER_BATCH_MAX } from '../../core/index.ts'
import { Turns } from '../../core/turns.ts'
import type { S3Plan } from '../definition/s3-plan.ts'
import type { PartitionValues } from '../prefix.ts'
import type { OpenedObject } from '../staged/segment.ts'
import type { DataOutput } from './data-output.ts'
import type { ObjectBuffer } from './object-buffer.ts'
import type { ObjectMaker, Opening } from './object-maker.ts'
import type { Outputs, OverflowPolicy } from './outputs.ts'
import type { FailedRecord, StreamRecord } from './record.ts'
import type { StreamMetrics } from './stream-metrics.ts'
import type { Conversion } from './stream-options.ts'

export interface ObjectDataOutputOptions {
  readonly plan: S3Plan
  readonly partitioned: boolean
  readonly partitionsMax: number
  readonly overflow: OverflowPolicy
  readonly conversion: Conversion | null
  readonly maker: ObjectMaker
  readonly clock: Clock
  readonly metrics: StreamMetrics
  readonly inTurn: (work: () => Promise<void>) => Promise<void>
}

/** Records, and their bytes but for the last one's, between two looks at the time since the event loop turned. */
const RECORDS_A_LOOK = 16
const BYTES_A_LOOK = 64 * KIBIBYTE
/** Records, and their bytes but for the last one's, that are converted together: a few milliseconds of work. */
const CONVERTED_RECORDS_MAX = ROWS_PER_BATCH_MAX
const CONVERTED_BYTES_MAX = 128 * KIBIBYTE

export class ObjectDataOutput implements DataOutput {
  readonly name = 'S3'
  readonly #options: ObjectDataOutputOptions
  readonly #outputs: Outputs
  readonly #turns: Turns
  /** of the records that are added now */
  #converted = 0
  #convertedBytes = 0
  #unfit = 0
  #unfitBytes = 0

  constructor(options: ObjectDataOutputOptions) {
    this.#options = options
    this.#turns = new Turns(options.clock)
    const { plan, maker, partitionsMax, overflow, inTurn } = options
    this.#outputs = maker.outputs({ plan, partitionsMax, overflow, inTurn })
  }

  get partitions(): number {
    return this.#outputs.partitions
  }

  get oldestAt(): number | null {
    return this.#outputs.oldestAt
  }

  /** Bytes a second into the busiest partition since it was opened. */
  get partitionThroughput(): number {
    return this.#outputs.throughput
  }

  get records(): number {
    return this.#outputs.records
  }

  async add(records: readonly StreamRecord[]): Promise<readonly FailedRecord[]> {
    const { conversion, metrics } = this.#options
    const failed: FailedRecord[] = []
    let prepared = 0
    // At the first one too, as others may have added a few before.
    let [unseen, unseenBytes] = [RECORDS_A_LOOK, 0]
    for (let index = 0; index < records.length; index++) {
      if (conversion !== null && index === prepared) prepared = prepareNext(conversion, records, index)
      const placed = this.#place(records[index]!)
      const problem = placed instanceof Promise ? await placed : placed
      if (problem !== null) failed.push(problem)
      unseenBytes += records[index]!.data.length
      if (++unseen >= RECORDS_A_LOOK || unseenBytes >= BYTES_A_LOOK) {
        if (this.#turns.due) await this.#turns.take()
        unseen = 0
        unseenBytes = 0
      }
    }
    metrics.add('FailedConversion.Records', this.#unfit)
    metrics.add('FailedConversion.Bytes', this.#unfitBytes)
    metrics.add('SucceedConversion.Records', this.#converted)
    metrics.add('SucceedConversion.Bytes', this.#convertedBytes)
    this.#unfit = 0
    this.#unfitBytes = 0
    this.#converted = 0
    this.#convertedBytes = 0
    return failed
  }

  flush(reason: 'flush' | 'close'): Promise<void> {
    return this.#outputs.sealAll(reason)
  }

  abort(): Promise<void> {
    return this.#outputs.abort()
  }

  /** Opens an object again and puts its records back. */
  async restore({ id, group, context, openedAt }: OpenedObject, records: readonly StreamRecord[]): Promise<void> {
    const { conversion, clock } = this.#options
    for (const record of records) {
      const placed = conversion?.convert(record, clock.now()) ?? record
      assert(!('code' in placed), 'a record that was placed once can be placed again')
      await this.#outputs.restore(group, placed, () => this.#open(group, context as PartitionValues, { id, openedAt }))
      // Nothing is sealed here: the segments that carry the object would carry it twice.
      await this.#outputs.drain()
    }
  }

  #open(group: string, partition: PartitionValues, again: Opening['again']): Promise<ObjectBuffer> {
    const { plan, maker } = this.#options
    const opening = { kind: 'data' as const, group, context: partition, again }
    return maker.buffer(plan, opening, oldestAt =>
      plan.prefixes.prefix.evaluate({ oldestAt, random: maker.names, partition }),
    )
  }

  /** Puts one record into its partition's object; returns what failed. */
  #place(record: StreamRecord): FailedRecord | null | Promise<FailedRecord | null> {
    const { plan, partitioned, clock, conversion } = this.#options
    let group = ''
    try {
      if (partitioned) group = plan.prefixes.prefix.groupOf(partitionOf(record))
    } catch (error) {
      return this.#failure(record, 'PrefixEvaluationFailed', error instanceof Error ? error.message : String(error))
    }
    let placed = record
    if (conversion !== null) {
      const converted = conversion.convert(record, clock.now())
      if ('code' in converted) {
        this.#unfit++
        this.#unfitBytes += record.data.length
        return converted
      }
      this.#converted++
      this.#convertedBytes += record.data.length
      placed = converted
    }
    const taken = this.#outputs.take(group, placed)
    if (taken === 'taken') return null
    return taken === 'due' ? this.#outputs.settle(group).then(() => null) : this.#begin(group, placed)
  }

  /** Puts the first record of an object into it. */
  async #begin(group: string, record: StreamRecord): Promise<FailedRecord | null> {
    const { plan, maker, metrics, partitionsMax } = this.#options
    const { prefix } = plan.prefixes
    const partition = partitionOf(record)
    try {
      const taken = await this.#outputs.add(group, record, async () => {
        // A prefix that becomes too long fails its records, not the stream.
        prefix.evaluate({ oldestAt: record.arrivedAt, random: maker.names, partition })
        return this.#open(group, partition, null)
      })
      if (taken) return null
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'limit_exceeded')
        return this.#failure(record, 'PrefixEvaluationFailed', error.message)
      throw error
    }
    metrics.add('PartitionCountExceeded', 1)
    return this.#failure(record, 'ActivePartitionLimitExceeded', `${partitionsMax} partitions are active already`)
  }

  #failure(record: StreamRecord, code: string, message: string): FailedRecord {
    return {
      record,
      type: 'processing-failed',
      code: `DynamicPartitioning.${code}`,
      message,
      attempts: 1,
      endedAt: this.#options.clock.now(),
      stage: 'DynamicPartitioning',
    }
  }
}

function partitionOf({ queryKeys = {}, lambdaKeys }: StreamRecord): PartitionValues {
  return { query: queryKeys, lambda: lambdaKeys }
}

/** @returns the record after those that were shown to the conversion */
function prepareNext(conversion: Conversion, records: readonly StreamRecord[], from: number): number {
  const next: StreamRecord[] = []
  let sizeBytes = 0
  for (let i = from; i < records.length && next.length < CONVERTED_RECORDS_MAX; i++) {
    const record = records[i]!
    next.push(record)
    sizeBytes += record.data.length
    if (sizeBytes >= CONVERTED_BYTES_MAX) break
  }
  conversion.prepare?.(next)
  return from + next.length
}
