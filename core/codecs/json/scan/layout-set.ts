/** Which layouts a scanner knows: learns those of records that fit none, and forgets those that records no longer have. */
import type { RowPlan } from '../path.ts'
import { learnLayout, type NameOf, type PathNode, pathTree } from './layout.ts'
import { LAYOUTS_MAX, type Scanner } from './scanner.ts'

/** Records after which the layouts are judged, */
const PERIOD_RECORDS = 4_096
/** or fewer, when so many of at least MISSES_RECORDS_MIN had no known layout. */
const PERIOD_MISSES = 512
const MISSES_RECORDS_MIN = 1_024
/** Records that may be looked at for a layout in a period; learning one costs as much as reading some dozen records. */
const LESSONS_PER_PERIOD = 8
/** Share of misses in a period above which layouts are given up for new ones. */
const MISSES_MAX = 0.05
/** Share of records below which scanning pays for itself no more. */
const KEPT_MIN = 0.1
/** Records that are not scanned after such a period; twice as many after the next one, up to the limit. */
const REST_RECORDS = 16_384
const REST_RECORDS_MAX = 1_048_576

export class LayoutSet {
  readonly #scanner: Scanner
  readonly #tree: PathNode
  readonly #columns: readonly number[]
  readonly #nameOf: NameOf | undefined
  #count = 0
  #lessons = LESSONS_PER_PERIOD
  #records = 0
  #misses = 0
  /** numbers of layouts that are free to be replaced */
  #free: number[] = []
  #rest = 0
  #restNext = REST_RECORDS

  private constructor(scanner: Scanner, tree: PathNode, columns: readonly number[], nameOf: NameOf | undefined) {
    this.#scanner = scanner
    this.#tree = tree
    this.#columns = columns
    this.#nameOf = nameOf
  }

  /** Null for plans that are not scanned. @param nameOf default: a member is called as it is written */
  static create(scanner: Scanner, plan: RowPlan, nameOf?: NameOf): LayoutSet | null {
    const read = scanner.columns.map(column => column !== null)
    const tree = pathTree(plan, read)
    return tree === null
      ? null
      : new LayoutSet(
          scanner,
          tree,
          [...read.keys()].filter(column => read[column]),
          nameOf,
        )
  }

  /** Layouts that are in use: those below this number. */
  get count(): number {
    return this.#count
  }

  /** True when a record that fits no layout should be shown to `learn`. */
  get curious(): boolean {
    return this.#lessons > 0 && (this.#count < LAYOUTS_MAX || this.#free.length > 0)
  }

  /** Records to leave to the slow way from here on, at most `records`. */
  rest(records: number): number {
    const resting = Math.min(this.#rest, records)
    this.#rest -= resting
    return resting
  }

  /** Learns the layout of a record that fits none; true when the record would fit now. */
  learn(text: string | null): boolean {
    this.#lessons--
    const layout = text === null ? null : learnLayout(text, this.#tree, this.#columns, this.#nameOf)
    if (layout === null) return false
    const index = this.#free.pop() ?? this.#count++
    this.#scanner.setLayout(index, layout)
    this.#scanner.hits[index] = 0
    return true
  }

  /** Counts records that were scanned and how many of them had no known layout; judges the layouts now and then. */
  scanned(records: number, misses: number): void {
    this.#records += records
    this.#misses += misses
    if (this.#records >= (this.#misses >= PERIOD_MISSES ? MISSES_RECORDS_MIN : PERIOD_RECORDS)) this.#judge()
  }

  #judge(): void {
    const { hits } = this.#scanner
    const kept = hits.reduce((sum, count) => sum + count, 0)
    // New layouts may help as long as lessons are left, unless the layouts fit and the values do not.
    const hopeless = this.#lessons === 0 || this.#misses * 2 < this.#records
    if (kept < this.#records * KEPT_MIN && hopeless) {
      this.#rest = this.#restNext
      this.#restNext = Math.min(REST_RECORDS_MAX, this.#restNext * 2)
    } else this.#restNext = REST_RECORDS
    this.#free = []
    if (this.#misses > this.#records * MISSES_MAX && this.#count === LAYOUTS_MAX)
      // A layout that served less than its share of the misses is worth less than one that serves them.
      for (let i = 0; i < LAYOUTS_MAX; i++) if ((hits[i] ?? 0) < this.#misses / LAYOUTS_MAX) this.#free.push(i)
    hits.fill(0)
    this.#records = 0
    this.#misses = 0
    this.#lessons = LESSONS_PER_PERIOD
  }
}
