/**
 * Records beside the data: those that failed, or a copy of all. It has turns of its own, so that neither it nor the data waits
 * for the intervals and the repeats of the other; only room in memory is waited for.
 */
import type { S3Plan } from '../definition/s3-plan.ts'
import type { OpenedObject } from '../staged/segment.ts'
import type { ObjectBuffer } from './object-buffer.ts'
import type { ObjectMaker, Opening } from './object-maker.ts'
import type { Outputs } from './outputs.ts'
import type { ErrorOutputType, StreamRecord } from './record.ts'
import { type StreamFailure, TurnsOfWork } from './turns-of-work.ts'

/** Error objects are flushed by the hints of the store and at this many types at most. */
const ERROR_TYPES_MAX = 8

export interface SideOutputOptions {
  readonly kind: 'error' | 'backup'
  readonly plan: S3Plan
  readonly maker: ObjectMaker
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
      partitionsMax: kind === 'error' ? ERROR_TYPES_MAX : 1,
      overflow: 'seal-oldest',
      inTurn: work => this.#turns.run(work),
    })
    failure.onFailure(() => this.#outputs.abort())
  }

  /** Records in open objects. */
  get records(): number {
    return this.#outputs.records
  }

  /** Arrival of the oldest record that is in no visible object; null when there is none. */
  get oldestAt(): number | null {
    return this.#outputs.oldestAt
  }

  /** Resolves when the records are in open objects. @param type of the errors; ignored for a copy */
  add(type: ErrorOutputType | 'backup', records: readonly StreamRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve()
    return this.#turns.run(async () => {
      for (const record of records) await this.#outputs.add(type, record, () => this.#open(type, null))
    })
  }

  /** Opens an object again and puts its records back. */
  restore({ id, group, openedAt }: OpenedObject, records: readonly StreamRecord[]): Promise<void> {
    const type = group as ErrorOutputType | 'backup'
    return this.#turns.run(async () => {
      for (const record of records) {
        await this.#outputs.restore(type, record, () => this.#open(type, { id, openedAt }))
        await this.#outputs.drain()
      }
    })
  }

  abort(): Promise<void> {
    return this.#outputs.abort()
  }

  flush(reason: 'flush' | 'close'): Promise<void> {
    return this.#turns.run(() => this.#outputs.sealAll(reason))
  }

  #open(type: ErrorOutputType | 'backup', again: Opening['again']): Promise<ObjectBuffer> {
    const { kind, plan, maker } = this.#options
    const { prefix, errorPrefix } = plan.prefixes
    return maker.buffer(plan, { kind, group: type, context: null, again }, oldestAt =>
      type === 'backup'
        ? prefix.evaluate({ oldestAt, random: maker.names })
        : errorPrefix.evaluate({ oldestAt, random: maker.names, errorOutputType: type }),
    )
  }
}
