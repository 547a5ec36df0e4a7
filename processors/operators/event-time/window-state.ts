/** What the groups of event windows are kept in: the seam between the operator and its kinds of windows. */
import type { ColumnVector } from '../../../core/rows.ts'
import type { Groups } from '../group-results.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'

/** A window whose groups leave now, at least one. */
export interface LeavingWindow {
  readonly start: number
  readonly end: number
  readonly groups: Groups
}

export interface WindowState {
  /** groups held, over all windows */
  readonly groups: number
  /** windows, or panes that windows are made of, that hold rows */
  readonly windows: number
  /** bytes held, by estimate */
  readonly bytes: number
  /** the least end of a window that has not left, or Infinity where no row is held */
  readonly nextEnd: number
  /** `nextEnd` or less, and cheaper to ask for */
  readonly nextEndAtLeast: number
  /**
   * Adds rows `rows[0, length)` in their order. None has an event time below the bound of its time, so none reaches a window
   * that is complete.
   * @param times event times, by row
   */
  add(
    times: Float64Array,
    keys: readonly ColumnVector[],
    args: readonly (ColumnVector | null)[],
    rows: Int32Array,
    length: number,
  ): void
  /** The window that ends at `nextEnd`. It holds until `release`. */
  take(): LeavingWindow
  /** Forgets what only the window that was taken needed. */
  release(): void
  write(writer: StateWriter): Generator<void>
  /** Reads what `write` wrote into a state that has seen no row. */
  read(reader: StateReader): void
}

/** The start of the window of `size` that holds an instant; exact for any whole milliseconds, before 1970 too. */
export function startOf(instant: number, size: number): number {
  const into = instant % size
  return into < 0 ? instant - into - size : instant - into
}
