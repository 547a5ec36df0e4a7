/** The buffer before the transform: records wait until its size or its interval is reached. */
import { type Clock, MEBIBYTE } from '../../core/index.ts'
import type { LambdaStage } from '../definition/processing.ts'
import type { StreamRecord } from './record.ts'

export interface TransformStageOptions {
  readonly clock: Clock
  readonly stage: LambdaStage
  /** runs after all that was asked before */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>
  /** takes the records of one invocation */
  readonly onSealed: (records: readonly StreamRecord[]) => Promise<void>
}

interface Open {
  readonly records: StreamRecord[]
  bytes: number
  readonly sealed: AbortController
}

export class TransformStage {
  readonly #options: TransformStageOptions
  #open: Open | null = null

  constructor(options: TransformStageOptions) {
    this.#options = options
  }

  async add(records: readonly StreamRecord[]): Promise<void> {
    for (const record of records) {
      const open = (this.#open ??= this.#begin())
      open.records.push(record)
      open.bytes += record.data.length
      if (open.bytes >= this.#options.stage.sizeMiB * MEBIBYTE) await this.seal()
    }
  }

  async seal(): Promise<void> {
    const open = this.#open
    if (open === null) return
    this.#open = null
    open.sealed.abort()
    await this.#options.onSealed(open.records)
  }

  /** Ends the wait for the interval. */
  abort(): void {
    this.#open?.sealed.abort()
  }

  #begin(): Open {
    const open: Open = { records: [], bytes: 0, sealed: new AbortController() }
    const { clock, stage, inTurn } = this.#options
    const wait = async (): Promise<void> => {
      await clock.sleep(Math.max(1, stage.intervalSeconds * 1_000), open.sealed.signal)
      if (open.sealed.signal.aborted) return
      await inTurn(async () => {
        if (this.#open === open) await this.seal()
      })
    }
    // The failure is kept and thrown by the next call.
    wait().catch(() => {})
    return open
  }
}
