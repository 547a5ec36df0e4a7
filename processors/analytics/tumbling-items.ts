/**
 * The two table functions over the items of a tumbling window: which came most, and how many different ones. Windows are
 * `[start, end)`, aligned to the epoch; a result has the window's end as its rowtime. Windows without items give nothing.
 */
import type { StateReader } from '../operators/state-reader.ts'
import type { StateWriter } from '../operators/state-writer.ts'
import { wholeArgument } from './arguments.ts'
import { DistinctCounter } from './distinct-counter.ts'
import { type ItemCount, ItemCounts } from './item-counts.ts'

interface WindowState {
  clear(): void
  snapshot(writer: StateWriter): Generator<void>
  restore(reader: StateReader): void
}

/** What a window gives when it closes, and the rowtime of that: epoch milliseconds. */
export interface WindowResult<Result> {
  readonly rowtime: number
  readonly result: Result
}

/** Items that a state collects until their window closes. */
class TumblingItems<State extends WindowState & { add(item: string): void }, Result> {
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

  /**
   * Takes an item. Rowtimes never fall, and `advance` with the rowtime comes first, so that earlier windows are closed.
   * @param item null is skipped
   */
  add(rowtime: number, item: string | null): void {
    if (item === null) return
    this.#end ??= (Math.floor(rowtime / this.#sizeMs) + 1) * this.#sizeMs
    this.#state.add(item)
  }

  /** No later item has a smaller rowtime. Gives what the window held when the bound has reached its end. */
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

export type TopKItems = TumblingItems<ItemCounts, ItemCount[]>
export type CountDistinctItems = TumblingItems<DistinctCounter, number>

/**
 * TOP_K_ITEMS_TUMBLING(cursor, 'column', k, seconds).
 * @param k 1 to 100,000
 * @param seconds 1 to 3,600
 * @throws MillraceError `invalid_argument`
 */
export function topKItems(k: number, seconds: number): TopKItems {
  wholeArgument('k of TOP_K_ITEMS_TUMBLING', k, 1, 100_000)
  wholeArgument('window of TOP_K_ITEMS_TUMBLING in seconds', seconds, 1, 3_600)
  return new TumblingItems(seconds * 1_000, new ItemCounts(), items => items.top(k))
}

/**
 * COUNT_DISTINCT_ITEMS_TUMBLING(cursor, 'column', seconds).
 * @param seconds 1 to 3,600
 * @throws MillraceError `invalid_argument`
 */
export function countDistinctItems(seconds: number, seed: number): CountDistinctItems {
  wholeArgument('window of COUNT_DISTINCT_ITEMS_TUMBLING in seconds', seconds, 1, 3_600)
  return new TumblingItems(seconds * 1_000, new DistinctCounter(seed), items => items.count())
}
