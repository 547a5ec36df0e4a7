/** Records into the objects of their partitions. */
import { assert, type Clock, MillraceError } from '../../core/index.ts'
import type { S3Plan } from '../definition/s3-plan.ts'
import type { PartitionValues } from '../prefix.ts'
import type { OpenedObject } from '../staged/segment.ts'
import type { DataOutput } from './data-output.ts'
import type { ObjectBuffer } from './object-buffer.ts'
import type { ObjectMaker, Opening } from './object-maker.ts'
import type { Outputs, OverflowPolicy } from './outputs.ts'
import type { ReadyRecord } from './processing-chain.ts'
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

export class ObjectDataOutput implements DataOutput {
  readonly #options: ObjectDataOutputOptions
  readonly #outputs: Outputs

  constructor(options: ObjectDataOutputOptions) {
    this.#options = options
    const { plan, maker, partitionsMax, overflow, inTurn } = options
    this.#outputs = maker.outputs({ plan, partitionsMax, overflow, inTurn })
  }

  get partitions(): number {
    return this.#outputs.partitions
  }

  get oldestAt(): number | null {
    return this.#outputs.oldestAt
  }

  get records(): number {
    return this.#outputs.records
  }

  async add(records: readonly ReadyRecord[]): Promise<readonly FailedRecord[]> {
    const failed: FailedRecord[] = []
    for (const one of records) {
      const problem = await this.#place(one)
      if (problem !== null) failed.push(problem)
    }
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
  async #place({ record, queryKeys }: ReadyRecord): Promise<FailedRecord | null> {
    const { plan, partitioned, clock, metrics, conversion, maker } = this.#options
    const { prefix } = plan.prefixes
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
      if (partitioned) group = prefix.groupOf(partition)
    } catch (error) {
      return failure('PrefixEvaluationFailed', error instanceof Error ? error.message : String(error))
    }
    let placed = record
    if (conversion !== null) {
      const converted = conversion.convert(record, clock.now())
      metrics.add('code' in converted ? 'FailedConversion.Records' : 'SucceedConversion.Records', 1)
      if ('code' in converted) return converted
      placed = converted
    }
    try {
      const taken = await this.#outputs.add(group, placed, async () => {
        // A prefix that becomes too long fails its records, not the stream.
        prefix.evaluate({ oldestAt: record.arrivedAt, random: maker.names, partition })
        return this.#open(group, partition, null)
      })
      if (taken) return null
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'limit_exceeded')
        return failure('PrefixEvaluationFailed', error.message)
      throw error
    }
    metrics.add('PartitionCountExceeded', 1)
    return failure('ActivePartitionLimitExceeded', `${this.#options.partitionsMax} partitions are active already`)
  }
}
