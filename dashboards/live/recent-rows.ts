/** The newest rows of the streams that a choice can restrict, so that a new choice has a past to show. */
import { ROWS_PER_BATCH_MAX, type RowBatch, RowBuilder, type Schema } from '../../core/index.ts'
import { valuesOf } from './choices.ts'

/** Rows that are kept of each stream; with more in a span, a new choice begins later than the span. */
export const RECENT_ROWS_MAX = 20_000

interface Kept {
  readonly builder: RowBuilder
  batches: RowBatch[]
  /** rows in the batches */
  rows: number
}

export class RecentRows {
  readonly #spanMs: number
  readonly #streams = new Map<string, Kept>()

  /** @param streams whose rows are kept; others are of no interest */
  constructor(streams: ReadonlyMap<string, Schema>, spanMs: number) {
    this.#spanMs = spanMs
    for (const [stream, schema] of streams)
      this.#streams.set(stream, { builder: new RowBuilder(schema), batches: [], rows: 0 })
  }

  add(stream: string, batch: RowBatch): void {
    const kept = this.#streams.get(stream)
    if (kept === undefined) return
    for (let row = Math.max(0, batch.length - RECENT_ROWS_MAX); row < batch.length; row++) {
      kept.builder.add(batch.rowtimes[row] ?? 0, valuesOf(batch, row))
      if (kept.builder.length >= ROWS_PER_BATCH_MAX) this.#close(kept)
    }
  }

  /** Gives everything that is kept, each stream in its order. */
  replay(take: (stream: string, batch: RowBatch) => void): void {
    for (const [stream, kept] of this.#streams) {
      if (kept.builder.length > 0) this.#close(kept)
      for (const batch of kept.batches) take(stream, batch)
    }
  }

  #close(kept: Kept): void {
    const batch = kept.builder.take()
    kept.batches.push(batch)
    kept.rows += batch.length
    const oldest = (batch.rowtimes[batch.length - 1] ?? 0) - this.#spanMs
    for (;;) {
      const eldest = kept.batches[0]
      if (eldest === undefined || kept.batches.length === 1) return
      if (kept.rows <= RECENT_ROWS_MAX && (eldest.rowtimes[eldest.length - 1] ?? 0) >= oldest) return
      kept.rows -= eldest.length
      kept.batches.shift()
    }
  }
}
