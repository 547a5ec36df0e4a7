/** Values of one operation's metrics, under the KCL's names. */
import type { Clock } from '../../../core/index.ts'
import type { LeaseListener } from './lease-coordinator.ts'

export interface OperationMetricsOptions {
  readonly listener: LeaseListener
  readonly clock: Clock
  /** the dimension Operation, such as `TakeLeases` */
  readonly operation: string
}

export class OperationMetrics {
  readonly #options: OperationMetricsOptions

  constructor(options: OperationMetricsOptions) {
    this.#options = options
  }

  count(name: string, value: number): void {
    const { listener, operation } = this.#options
    listener.metric?.({ operation, name, value, unit: 'Count' })
  }

  /** Told as `NAME.Time`. */
  duration(name: string, value: number): void {
    const { listener, operation } = this.#options
    listener.metric?.({ operation, name: `${name}.Time`, value, unit: 'Milliseconds' })
  }

  /** Work, told as `NAME.Success` (1 or 0) and `NAME.Time`; what it throws goes on. An empty name: the operation itself. */
  async timed<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { listener, clock, operation } = this.#options
    const prefix = name === '' ? '' : `${name}.`
    const beganAt = clock.monotonicMs()
    let isSuccess = false
    try {
      const result = await work()
      isSuccess = true
      return result
    } finally {
      this.count(`${prefix}Success`, isSuccess ? 1 : 0)
      const value = clock.monotonicMs() - beganAt
      listener.metric?.({ operation, name: `${prefix}Time`, value, unit: 'Milliseconds' })
    }
  }
}
