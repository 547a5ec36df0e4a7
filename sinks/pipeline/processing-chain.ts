/**
 * The processors of a stream in their fixed order: decompression, extraction, de-aggregation, transform, partition keys. The
 * delimiter and the compression belong to the object.
 */
import { assert, MillraceError } from '../../core/index.ts'
import type { ProcessingPlan } from '../definition/processing.ts'
import { deAggregated } from './de-aggregate.ts'
import { decompressed, logMessages } from './decompress.ts'
import { jqQuery, type KeyQuery } from './key-query.ts'
import type { FailedRecord, StreamRecord } from './record.ts'
import type { StreamMetrics } from './stream-metrics.ts'
import { type Transform, type TransformParts, transformed } from './transform.ts'

export class ProcessingChain {
  readonly #plan: ProcessingPlan
  readonly #parts: TransformParts
  readonly #transform: Transform | undefined
  readonly #metrics: StreamMetrics
  #query: KeyQuery | null = null

  /** @throws MillraceError `config` when the plan has a Lambda stage and nothing serves it */
  constructor(plan: ProcessingPlan, parts: TransformParts, transform: Transform | undefined, metrics: StreamMetrics) {
    if (plan.lambda !== null && transform === undefined)
      throw new MillraceError(
        'config',
        `the Lambda processor ${plan.lambda.lambdaArn} needs something that serves it: give a transform`,
      )
    this.#plan = plan
    this.#parts = parts
    this.#transform = transform
    this.#metrics = metrics
  }

  /** Loads what the plan needs. @throws MillraceError `config` */
  async prepare(): Promise<void> {
    const { query } = this.#plan
    if (query !== null) this.#query ??= await jqQuery(query.text, query.keys)
  }

  /** What comes before the transform: these are the records that a source backup keeps. */
  unpack(records: readonly StreamRecord[]): {
    readonly records: readonly StreamRecord[]
    readonly failed: readonly FailedRecord[]
  } {
    const { decompress, extractLogMessages, deAggregation } = this.#plan
    const now = this.#parts.clock.now()
    const failed: FailedRecord[] = []
    let current = records
    const step = (result: {
      readonly records: readonly StreamRecord[]
      readonly failed: readonly FailedRecord[]
    }): void => {
      current = result.records
      failed.push(...result.failed)
    }
    if (decompress) step(decompressed(current, now))
    if (extractLogMessages) step(logMessages(current, now))
    if (deAggregation !== null) step(deAggregated(current, deAggregation, now))
    return { records: current, failed }
  }

  /** The transform and the keys. */
  async finish(
    records: readonly StreamRecord[],
  ): Promise<{ readonly ready: readonly StreamRecord[]; readonly failed: readonly FailedRecord[] }> {
    const { lambda, query } = this.#plan
    const failed: FailedRecord[] = []
    let current = records
    if (lambda !== null && this.#transform !== undefined && current.length > 0) {
      const startMs = this.#parts.clock.monotonicMs()
      const result = await transformed(current, this.#transform, lambda, this.#parts)
      this.#metrics.add('ExecuteProcessing.Duration', this.#parts.clock.monotonicMs() - startMs)
      this.#metrics.add('ExecuteProcessing.Attempts', result.attempts)
      if (result.succeeded) this.#metrics.add('ExecuteProcessing.Success', 1)
      this.#metrics.add('SucceedProcessing.Records', result.records.length)
      this.#metrics.add(
        'SucceedProcessing.Bytes',
        result.records.reduce((sum, { data }) => sum + data.length, 0),
      )
      current = result.records
      failed.push(...result.failed)
    }
    if (query === null) return { ready: current, failed }
    assert(this.#query !== null, 'prepare comes before finish')
    const ready: StreamRecord[] = []
    const startMs = this.#parts.clock.monotonicMs()
    for (const outcome of this.#query.keys(current, this.#parts.clock.now()))
      if ('code' in outcome) failed.push(outcome)
      else ready.push(outcome)
    this.#metrics.add('JQProcessing.Duration', this.#parts.clock.monotonicMs() - startMs)
    return { ready, failed }
  }
}
