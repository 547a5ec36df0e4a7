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

/** An object that is complete and that nobody sees before it is published. Plain JSON, as a commit keeps it. */
export interface StagedPart {
  /** where it lies */
  readonly staged: string
  /** where it will lie */
  readonly key: string
}

/** Rows of objects that are open yet, carried from round to round. Plain JSON, as a commit keeps it. */
export interface SegmentRef {
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
}

/**
 * A sink whose owner works in rounds and commits: what was written becomes visible only by `publish`, after the owner's commit.
 *
 *   write ... -> stage(n) -> the owner commits parts and carried with its position -> publish(parts)
 *   after a crash: publish the parts of the commit, restore(n, carried), go on with round n + 1
 */
export interface StagedSink<Part extends StagedPart = StagedPart, Segment extends SegmentRef = SegmentRef>
  extends Sink {
  /** Ends a round: everything that was written is durable and invisible when it resolves. Rounds count from 1 without a gap. */
  stage(round: number): Promise<{ readonly parts: readonly Part[]; readonly carried: readonly Segment[] }>
  /** Ends all open objects, whatever their hints: the next round has everything that was written. */
  flush(): Promise<void>
  /** Bytes that were written since the last round. */
  readonly stagedBytes: number
  /** How long rows may wait for their round, milliseconds; left out, as long as the owner likes. */
  readonly roundMs?: number
  /** Goes on after a committed round. Comes before any write. */
  restore(round: number, carried: readonly Segment[]): Promise<void>
  /** Makes the parts of a committed round visible; may be repeated without harm. */
  publish(parts: readonly Part[]): Promise<void>
}
