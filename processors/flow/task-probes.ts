/**
 * Where a task is measured: reading, pre-processing, writing to sinks, rounds. Everything else that the loop does (merging
 * shards, decoding) is the source's; the program switches to its pumps itself.
 */
import { ERROR_STREAM, type ErrorOutput } from '../../core/error-output.ts'
import type { RowBatch } from '../../core/rows.ts'
import { nodeIds } from './flow-graph.ts'
import { type FlowMeter, IDLE_ACCOUNT } from './flow-meter.ts'

/** Without a meter every call does nothing but what it is given. */
export class TaskProbes {
  readonly #meter: FlowMeter | null
  readonly #source: number

  constructor(meter: FlowMeter | null) {
    this.#meter = meter
    this.#source = meter?.accountOf(nodeIds.source) ?? IDLE_ACCOUNT
  }

  /** Waits for records; what `batch` did before it began to wait is the source's already. */
  read<T extends { readonly length: number } | null>(batch: Promise<T>): Promise<T> {
    const meter = this.#meter
    if (meter === null) return batch
    return this.idle(batch).then(read => {
      if (read !== null) meter.countIn(this.#source, read.length)
      return read
    })
  }

  /** The time until it settles is nobody's; from then on the source is at work. */
  idle<T>(wait: Promise<T>): Promise<T> {
    return this.#during(IDLE_ACCOUNT, wait)
  }

  preprocess<T>(records: number, work: Promise<T>): Promise<T> {
    const account = this.#meter?.accountOf(nodeIds.preprocessor) ?? IDLE_ACCOUNT
    this.#meter?.countIn(account, records)
    return this.#during(account, work)
  }

  round(work: Promise<void>): Promise<void> {
    return this.#during(this.#meter?.accountOf(nodeIds.rounds) ?? IDLE_ACCOUNT, work)
  }

  write(stream: string, rows: RowBatch, write: () => Promise<void>): Promise<void> {
    const meter = this.#meter
    if (meter === null) return write()
    const sink = nodeIds.sink(stream)
    const account = meter.accountOf(sink)
    meter.switchTo(account)
    meter.countIn(account, rows.length)
    meter.pass(`${nodeIds.stream(stream)}>${sink}`, rows)
    return this.#during(account, write()).then(() => meter.countOut(account, rows.length))
  }

  /** Rows of the error stream, on their way out of the task. */
  passErrors(rows: RowBatch): void {
    const stream = nodeIds.stream(ERROR_STREAM)
    this.#meter?.pass(`${nodeIds.source}>${stream}`, rows)
    this.#meter?.countIn(this.#meter.accountOf(stream), rows.length)
  }

  /** Counts error rows by the node that reported them. */
  errors(output: ErrorOutput): ErrorOutput {
    const meter = this.#meter
    if (meter === null) return output
    return {
      add: row => {
        meter.countError(row.pump === null ? this.#source : meter.accountOf(nodeIds.pump(row.pump)))
        output.add(row)
      },
    }
  }

  /** The time until `work` settles is charged to an account, then the source's turn goes on. */
  #during<T>(account: number, work: Promise<T>): Promise<T> {
    const meter = this.#meter
    if (meter === null) return work
    meter.switchTo(account)
    return work.finally(() => meter.switchTo(this.#source))
  }
}
