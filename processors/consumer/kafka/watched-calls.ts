/** Calls of record processors that run now, so that one that does not come back is seen. */
import type { Clock } from '../../../core/index.ts'
import type { RecordProcessor, RecordProcessorFactory } from '../record-processor.ts'

export interface RunningCall {
  readonly shardId: string
  readonly call: string
  /** by the monotonic clock */
  readonly startedMs: number
}

export class WatchedCalls {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #running = new Set<RunningCall>()
  #onIdle: (() => void)[] = []

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** The one that runs longest. */
  get oldest(): RunningCall | null {
    return this.#running.values().next().value ?? null
  }

  /** Resolves when none that runs now is left. */
  async ended(): Promise<void> {
    const running = new Set(this.#running)
    for (const call of running)
      while (this.#running.has(call)) await new Promise<void>(resolve => this.#onIdle.push(resolve))
  }

  /** A factory whose processors are watched. */
  watch(factory: RecordProcessorFactory): RecordProcessorFactory {
    return async info => {
      const processor = await factory(info)
      const { shardId } = info
      const watched: RecordProcessor = {
        initialize: input => this.#run(shardId, 'initialize', async () => processor.initialize?.(input)),
        processRecords: input => this.#run(shardId, 'processRecords', () => processor.processRecords(input)),
        shutdownRequested: input =>
          this.#run(shardId, 'shutdownRequested', async () => processor.shutdownRequested?.(input)),
        leaseLost: input => this.#run(shardId, 'leaseLost', async () => processor.leaseLost?.(input)),
      }
      return watched
    }
  }

  async #run(shardId: string, call: string, work: () => Promise<void>): Promise<void> {
    const running = { shardId, call, startedMs: this.#clock.monotonicMs() }
    this.#running.add(running)
    try {
      await work()
    } finally {
      this.#running.delete(running)
      for (const wake of this.#onIdle.splice(0)) wake()
    }
  }
}
