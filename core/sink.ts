/** Where result rows go. */
import type { RowBatch } from './rows.ts'

/** Takes the rows of one stream. Calls never overlap. */
export interface Sink {
  /** Resolves when the rows are taken over; waiting here is the back-pressure. */
  write(rows: RowBatch): Promise<void>
  /** No later row has a smaller rowtime. Epoch milliseconds. */
  advance(watermark: number): void
  /** Delivers everything that was written, then lets go of files and connections. Nothing may follow. */
  close(): Promise<void>
}
