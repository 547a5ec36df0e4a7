/** One stream, several sinks: each gets every row; the slowest sets the pace. */
import type { RowBatch, Sink } from '../core/index.ts'

export class FanOutSink implements Sink {
  readonly #sinks: readonly Sink[]

  constructor(sinks: readonly Sink[]) {
    this.#sinks = sinks
  }

  async write(rows: RowBatch): Promise<void> {
    await Promise.all(this.#sinks.map(sink => sink.write(rows)))
  }

  advance(watermark: number): void {
    for (const sink of this.#sinks) sink.advance(watermark)
  }

  async close(): Promise<void> {
    await Promise.all(this.#sinks.map(sink => sink.close()))
  }
}
