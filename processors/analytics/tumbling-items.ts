/**
 * The two table functions over the items of a tumbling window: which came most, and how many different ones. Windows are
 * `[start, end)`, aligned to the epoch; a result has the window's end as its rowtime. Windows without items give nothing.
 */
import type { StateReader } from '../operators/state-reader.ts'
import type { StateWriter } from '../operators/state-writer.ts'
import { DistinctCounter } from './distinct-counter.ts'
import { type ItemCount, ItemCounts } from './item-counts.ts'

interface WindowState {
  add(item: string): void
  clear(): void
  snapshot(writer: StateWriter): Generator<void>
  restore(reader: StateReader): void
}

/** What a window gives when it closes, and the rowtime of that: epoch milliseconds. */
export interface WindowResult<Result> {
  readonly rowtime: number
  readonly result: Result
}

/** One window at a time, and what it will give. */
export interface TumblingItems<Result> {
  /**
   * Takes an item. Rowtimes never fall, and `advance` with the rowtime comes first, so that earlier windows are closed.
   * @param item null is skipped
   */
  add(rowtime: number, item: string | null): void
  /** No later item has a smaller rowtime. Gives what the window held when the bound has reached its end. */
  advance(bound: number): WindowResult<Result> | null
  snapshot(writer: StateWriter): Generator<void>
  restore(reader: StateReader): void
}

/** Items that a state collects until their window closes. */
class StateWindow<State extends WindowState, Result> implements TumblingItems<Result> {
  readonly #sizeMs: number
  readonly #state: State
  readonly #result: (state: State) => Result
  /** end of the window that has items; null when none has */
  #end: number | null = null

  constructor(sizeMs: number, state: State, result: (state: State) => Result) {
    this.#sizeMs = sizeMs
    this.#state = state
    this.#result = result
  }

  add(rowtime: number, item: string | null): void {
    if (item === null) return
    this.#end ??= (Math.floor(rowtime / this.#sizeMs) + 1) * this.#sizeMs
    this.#state.add(item)
  }

  advance(bound: number): WindowResult<Result> | null {
    if (this.#end === null || bound < this.#end) return null
    const closed = { rowtime: this.#end, result: this.#result(this.#state) }
    this.#end = null
    this.#state.clear()
    return closed
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.value(this.#end)
    yield* this.#state.snapshot(writer)
  }

  restore(reader: StateReader): void {
    const end = reader.value()
    this.#end = typeof end === 'number' ? end : null
    this.#state.restore(reader)
  }
}

/** What `tableFunctionPlan` makes of TOP_K_ITEMS_TUMBLING(cursor, 'column', k, seconds). */
export function topKItems(k: number, windowMs: number): TumblingItems<ItemCount[]> {
  return new StateWindow(windowMs, new ItemCounts(), items => items.top(k))
}

/**
 * What `tableFunctionPlan` makes of COUNT_DISTINCT_ITEMS_TUMBLING(cursor, 'column', seconds).
 * @param seed an unsigned 32-bit number, for the hash beyond 10,000 items
 */
export function countDistinctItems(windowMs: number, seed: number): TumblingItems<number> {
  return new StateWindow(windowMs, new DistinctCounter(seed), items => items.count())
}
