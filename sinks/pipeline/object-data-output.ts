/** Records into the objects of their partitions. */
import { type Clock, MillraceError } from '../../core/index.ts'
import type { S3Plan } from '../definition/s3-plan.ts'
import type { DataOutput } from './data-output.ts'
import type { ObjectMaker } from './object-maker.ts'
import type { Outputs, OverflowPolicy } from './outputs.ts'
import type { ReadyRecord } from './processing-chain.ts'
import type { FailedRecord } from './record.ts'
import type { StreamMetrics } from './stream-metrics.ts'
import type { Conversion, DeliveryStreamParts } from './stream-options.ts'

export interface ObjectDataOutputOptions {
  readonly plan: S3Plan
  readonly partitioned: boolean
  readonly partitionsMax: number
  readonly overflow: OverflowPolicy
  readonly conversion: Conversion | null
  readonly maker: ObjectMaker
  readonly clock: Clock
  readonly random: DeliveryStreamParts['random']
  readonly metrics: StreamMetrics
  readonly inTurn: (work: () => Promise<void>) => Promise<void>
}

export class ObjectDataOutput implements DataOutput {
  readonly #options: ObjectDataOutputOptions
  readonly #outputs: Outputs

  constructor(options: ObjectDataOutputOptions) {
    this.#options = options
    const { plan, maker, partitionsMax, overflow, inTurn } = options
    this.#outputs = maker.outputs({ plan, kind: 'data', partitionsMax, overflow, inTurn })
  }

  get partitions(): number {
    return this.#outputs.partitions
  }

  get oldestAt(): number | null {
    return this.#outputs.oldestAt
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

  /** Puts one record into its partition's object; returns what failed. */
  async #place({ record, queryKeys }: ReadyRecord): Promise<FailedRecord | null> {
    const { plan, partitioned, clock, random, metrics, conversion, maker } = this.#options
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
        prefix.evaluate({ oldestAt: record.arrivedAt, random, partition })
        return maker.buffer(plan, 'data', oldestAt => prefix.evaluate({ oldestAt, random, partition }))
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
