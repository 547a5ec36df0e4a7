/**
 * Records beside the data: those that failed, or a copy of all. It has turns of its own, so that neither it nor the data waits
 * for the intervals and the repeats of the other; only room in memory is waited for.
 */
import type { S3Plan } from '../definition/s3-plan.ts'
import type { ObjectMaker } from './object-maker.ts'
import type { Outputs } from './outputs.ts'
import type { ErrorOutputType, StreamRecord } from './record.ts'
import type { DeliveryStreamParts } from './stream-options.ts'
import { type StreamFailure, TurnsOfWork } from './turns-of-work.ts'

/** Error objects are flushed by the hints of the store and at this many types at most. */
const ERROR_TYPES_MAX = 8

export interface SideOutputOptions {
  readonly kind: 'error' | 'backup'
  readonly plan: S3Plan
  readonly maker: ObjectMaker
  readonly random: DeliveryStreamParts['random']
  readonly failure: StreamFailure
}

export class SideOutput {
  readonly #options: SideOutputOptions
  readonly #turns: TurnsOfWork
  readonly #outputs: Outputs

  constructor(options: SideOutputOptions) {
    this.#options = options
    const { kind, plan, maker, failure } = options
    this.#turns = new TurnsOfWork(failure)
    this.#outputs = maker.outputs({
      plan,
      kind,
      partitionsMax: kind === 'error' ? ERROR_TYPES_MAX : 1,
      overflow: 'seal-oldest',
      inTurn: work => this.#turns.run(work),
    })
    failure.onFailure(() => this.#outputs.abort())
  }

  /** Resolves when the records are in open objects. @param type of the errors; ignored for a copy */
  add(type: ErrorOutputType | 'backup', records: readonly StreamRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve()
    const { kind, plan, maker, random } = this.#options
    const { prefix, errorPrefix } = plan.prefixes
    const prefixOf = (oldestAt: number): string =>
      type === 'backup'
        ? prefix.evaluate({ oldestAt, random })
        : errorPrefix.evaluate({ oldestAt, random, errorOutputType: type })
    return this.#turns.run(async () => {
      for (const record of records) await this.#outputs.add(type, record, () => maker.buffer(plan, kind, prefixOf))
    })
  }

  flush(reason: 'flush' | 'close'): Promise<void> {
    return this.#turns.run(() => this.#outputs.sealAll(reason))
  }
}
