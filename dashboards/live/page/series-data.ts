/** The points of a chart as aligned arrays, which is what uPlot draws: one ascending array of times, one of values a line. */
import type { PanelShape, SeriesData } from '../protocol.ts'

/** Undefined: the line has no point at that time and goes on; null: the data says NULL and the line breaks. */
export type Cell = number | null | undefined

export class AlignedSeries {
  readonly names: readonly string[]
  readonly isRest: readonly boolean[]
  readonly hidden: number
  readonly times: number[]
  readonly values: readonly Cell[][]
  readonly #spanMs: number

  /**
   * @param spanMs how far back lines reach: what is further from the newest time is forgotten, also while nobody draws
   * @param before what the page had of the same panel: a server that was started again knows nothing of the time before, so its
   * lines go on with the points that are older than everything it tells of; what it tells of counts anew, so that nothing is double
   */
  constructor(data: SeriesData, spanMs: number, before: AlignedSeries | null = null) {
    this.#spanMs = spanMs
    if (before !== null && data.series.length === 0) {
      // It has no rows yet; the lines stay until it has.
      this.names = before.names
      this.isRest = before.isRest
      this.hidden = before.hidden
      this.times = [...before.times]
      this.values = before.values.map(values => [...values])
      return
    }
    this.names = data.series.map(series => series.name)
    this.isRest = data.series.map(series => series.isRest)
    this.hidden = data.hidden
    this.values = data.series.map(() => [])
    const times = new Set<number>()
    for (const series of data.series) for (const [time] of series.points) times.add(time)
    const first = [...times].reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    const older = before?.times.filter(time => time < first) ?? []
    this.times = [...older, ...[...times].sort((a, b) => a - b)]
    const indexes = new Map(this.times.map((time, index) => [time, index]))
    data.series.forEach((series, line) => {
      const values = this.values[line]
      if (values === undefined) return
      values.length = this.times.length
      for (const [time, value] of series.points) values[indexes.get(time) ?? 0] = value
      const oldLine = before?.names.findIndex(
        (name, other) => name === series.name && before.isRest[other] === series.isRest,
      )
      const kept = before?.values[oldLine ?? -1]
      if (kept !== undefined) for (let index = 0; index < older.length; index++) values[index] = kept[index]
    })
    this.#forget()
  }

  /** Sets one point; times mostly come at the end, where this costs nothing. */
  set(line: number, time: number, value: number | null): void {
    const values = this.values[line]
    if (values === undefined) return
    let index = this.times.length
    while (index > 0 && (this.times[index - 1] ?? 0) > time) index--
    if (index > 0 && this.times[index - 1] === time) {
      values[index - 1] = value
      return
    }
    const isNewest = index === this.times.length
    this.times.splice(index, 0, time)
    for (const other of this.values) other.splice(index, 0, undefined)
    values[index] = value
    if (isNewest) this.#forget()
  }

  #forget(): void {
    this.prune((this.times.at(-1) ?? 0) - this.#spanMs)
  }

  /** Forgets times before `oldest`, but keeps the last one so that lines still enter at the edge. */
  prune(oldest: number): void {
    let count = 0
    while (count + 1 < this.times.length && (this.times[count + 1] ?? 0) < oldest) count++
    if (count === 0) return
    this.times.splice(0, count)
    for (const values of this.values) values.splice(0, count)
  }

  /** The newest value of a line, or null. */
  last(line: number): number | null {
    const values = this.values[line] ?? []
    for (let index = values.length - 1; index >= 0; index--) {
      const value = values[index]
      if (value !== undefined && value !== null) return value
    }
    return null
  }

  /** Everything of a line from an instant on, which is included, as one value; a sum of nothing is 0. */
  totalFrom(line: number, from: number, combine: PanelShape['combine']): number | null {
    const first = this.times.findIndex(time => time >= from)
    const total = first < 0 ? null : combined((this.values[line] ?? []).slice(first), combine)
    return total ?? (combine === 'sum' ? 0 : null)
  }

  get pointCount(): number {
    let count = 0
    for (const values of this.values) for (const value of values) if (value !== undefined && value !== null) count++
    return count
  }
}

/** What is not NULL as one value: the sum, the largest or the last of it; null where there is none. */
export function combined(cells: readonly Cell[], combine: PanelShape['combine']): number | null {
  let result: number | null = null
  for (const cell of cells) {
    if (cell === undefined || cell === null) continue
    if (result === null || combine === 'last') result = cell
    else result = combine === 'sum' ? result + cell : Math.max(result, cell)
  }
  return result
}

/** Whether the lines are all that their stream has. */
export function isWhole({ kind }: Pick<PanelShape, 'kind'>, { series, hidden }: SeriesData): boolean {
  return kind !== 'heatmap' && (hidden === 0 || series.some(({ isRest }) => isRest))
}
