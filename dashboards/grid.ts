/** Where panels are on a dashboard of 24 columns, which is what Grafana and CloudWatch have: in the rows of the live page. */
import { layout } from './live/page/layout.ts'
import type { PanelWidth } from './view-model.ts'

/** The live page has 12 columns. */
const COLUMNS_FACTOR = 2
const COLUMNS = 24

/** Columns 0 to 23, and rows of whatever height the tool has. */
export interface GridPosition {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

/** Rows from left to right without a hole, as high as their highest panel. */
export function gridOf(panels: readonly (readonly [PanelWidth, number])[]): GridPosition[] {
  const spans = layout(
    panels.map(([width]) => width),
    'wide',
  )
  const places: GridPosition[] = []
  let [x, y, from] = [0, 0, 0]
  const heightOf = (start: number, end: number): number =>
    Math.max(...panels.slice(start, end).map(([, height]) => height))
  for (let index = 0; index <= spans.length; index++) {
    const w = (spans[index] ?? 0) * COLUMNS_FACTOR
    if (index < spans.length && x + w <= COLUMNS) {
      places.push({ x, y, w, h: 0 })
      x += w
      continue
    }
    const h = heightOf(from, index)
    for (let at = from; at < index; at++) places[at] = { ...(places[at] as GridPosition), h }
    if (index === spans.length) break
    ;[x, y, from] = [0, y + h, index]
    places.push({ x, y, w, h: 0 })
    x = w
  }
  return places
}
