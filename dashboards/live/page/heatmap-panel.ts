/** The strength of a value by label and time, as cells. */
import type { PanelChange, PanelData, PanelShape } from '../protocol.ts'
import { dataText, el, setAttribute } from './dom.ts'
import { formatTime, formatUtc, formatValue } from './format.ts'
import { frame, type PanelView, spanText } from './panel.ts'
import { AlignedSeries } from './series-data.ts'
import { type TableContent, tableToggle } from './table-toggle.ts'
import { cssValue } from './theme.ts'
import { type GridCell, timeGrid } from './time-grid.ts'

const TABLE_ROWS_MAX = 30
/** A chart whose rows are all at one instant still needs cells that can be seen. */
const CELL_MS_DEFAULT = 5_000

export function heatmapPanel(shape: PanelShape): PanelView {
  const parts = frame(shape)
  const { element, body, showEmpty, note } = parts
  const grid = timeGrid()
  body.append(grid.element)
  let data: AlignedSeries | null = null
  /** indexes of lines, in the order of the rows from the top */
  let order: readonly number[] = []
  let largest = 0
  let cellMs = CELL_MS_DEFAULT
  const table = tableToggle(parts, [grid.element], shape.title, content, () => grid.redraw())

  function content(): TableContent {
    const names = order.map(line => nameOf(data?.names[line] ?? ''))
    const times = data?.times ?? []
    const rows: { name: string; title: string; cells: string[] }[] = []
    for (let index = times.length - 1; index >= Math.max(0, times.length - TABLE_ROWS_MAX); index--) {
      const time = times[index] ?? 0
      rows.push({
        name: formatTime(time),
        title: formatUtc(time),
        cells: order.map(line => formatValue(data?.values[line]?.[index], shape.unit)),
      })
    }
    return { head: ['time', ...names], rows }
  }

  function cellAtIndex(row: number, index: number): GridCell | null {
    const from = data?.times[index]
    const value = data?.values[order[row] ?? -1]?.[index]
    return from === undefined || value === undefined || value === null ? null : { row, from, to: from + cellMs }
  }

  function neighbour(cell: GridCell, step: -1 | 1): GridCell | null {
    const times = data?.times ?? []
    let index = step < 0 ? times.length - 1 : 0
    for (; index >= 0 && index < times.length; index += step) {
      const time = times[index] ?? 0
      if (step < 0 ? time >= cell.from : time <= cell.from) continue
      const found = cellAtIndex(cell.row, index)
      if (found !== null) return found
    }
    return null
  }

  return {
    element,
    reset(next: PanelData) {
      if (next.kind !== 'series') return
      data = new AlignedSeries(next, shape.spanMs, data)
      note([shape.description, next.hidden > 0 ? `${next.hidden} more not shown` : ''].filter(Boolean).join(' · '))
    },
    apply(change: PanelChange) {
      for (const [line, time, value] of change.points ?? []) data?.set(line, time, value)
    },
    draw(moment) {
      const isEmpty = data === null || data.times.length === 0
      showEmpty(isEmpty, moment)
      if (isEmpty || data === null) return
      const newest = data.times.at(-1) ?? 0
      cellMs = stepOf(data.times)
      const isOld = moment.isReplay || newest < moment.now - shape.spanMs * 12
      const end = isOld ? newest + cellMs : Math.max(moment.now, newest + cellMs)
      const start = end - shape.spanMs
      data.prune(start)
      order = rowOrder(data, shape)
      largest = 0
      for (const values of data.values) for (const value of values) largest = Math.max(largest, value ?? 0)
      const current = data
      grid.draw({
        names: order.map(line => nameOf(current.names[line] ?? '')),
        start,
        end,
        marks: moment.annotations,
        drawRow(context, row, top, height, x) {
          context.fillStyle = cssValue('--accent')
          const values = current.values[order[row] ?? -1] ?? []
          current.times.forEach((time, index) => {
            const value = values[index]
            if (value === undefined || value === null || value <= 0) return
            // The eye sees differences of small areas badly; the root makes the middle of the scale visible.
            context.globalAlpha = 0.1 + 0.9 * Math.sqrt(value / largest)
            context.fillRect(x(time) + 0.5, top, Math.max(1, x(time + cellMs) - x(time) - 1), height)
          })
        },
        cellAt(row, at) {
          const index = current.times.findLastIndex(time => time <= at)
          return index < 0 || at >= (current.times[index] ?? 0) + cellMs ? null : cellAtIndex(row, index)
        },
        neighbour,
        tip: cell => [
          el(
            'div',
            { class: 'tip-time' },
            formatTime(cell.from),
            el('span', { class: 'muted' }, ` ${formatUtc(cell.from)}`),
          ),
          el(
            'div',
            { class: 'tip-lines' },
            el('span', { class: 'swatch swatch-1' }),
            dataText(nameOf(current.names[order[cell.row] ?? -1] ?? ''), 'tip-name'),
            el(
              'span',
              { class: 'number' },
              formatValue(current.values[order[cell.row] ?? -1]?.[current.times.indexOf(cell.from)], shape.unit),
            ),
          ),
        ],
      })
      setAttribute(element, 'data-points', String(data.pointCount))
      setAttribute(element, 'data-newest', String(newest))
      setAttribute(grid.element, 'aria-label', summary(shape, data, order))
      table.refresh()
    },
    recolour() {
      grid.redraw()
    },
  }
}

function nameOf(name: string): string {
  return name === '' ? '(empty)' : name
}

/** The width of a cell: the smallest distance between neighbours, as windows have one length. */
function stepOf(times: readonly number[]): number {
  let step = Number.POSITIVE_INFINITY
  for (let index = 1; index < times.length; index++)
    step = Math.min(step, (times[index] ?? 0) - (times[index - 1] ?? 0))
  return Number.isFinite(step) && step > 0 ? step : CELL_MS_DEFAULT
}

/** Lines from the top: the largest first, or labels ascending from below, as on an axis. */
export function rowOrder(
  data: Pick<AlignedSeries, 'names' | 'values'>,
  { order, areLabelsNumbers }: Pick<PanelShape, 'order' | 'areLabelsNumbers'>,
): readonly number[] {
  const lines = data.names.map((_, line) => line)
  const name = (line: number): string => data.names[line] ?? ''
  const byName = (a: number, b: number): number => {
    const difference = areLabelsNumbers ? Number(name(b)) - Number(name(a)) : Number.NaN
    if (Number.isFinite(difference)) return difference
    return name(a) < name(b) ? 1 : -1
  }
  if (order === 'label') return lines.sort(byName)
  const total = data.values.map(values => values.reduce<number>((sum, value) => sum + (value ?? 0), 0))
  return lines.sort((a, b) => (total[b] ?? 0) - (total[a] ?? 0) || -byName(a, b))
}

function summary(shape: PanelShape, data: AlignedSeries, order: readonly number[]): string {
  const rows = order
    .slice(0, 5)
    .map(line => `${nameOf(data.names[line] ?? '')} ${formatValue(data.last(line), shape.unit)}`)
  return `${shape.title}, ${spanText(shape.spanMs)}, ${order.length} rows. Newest values: ${rows.join('; ')}. Arrow keys read cells.`
}
