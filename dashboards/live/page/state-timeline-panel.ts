/** Which state each label was in, as coloured stretches of time. */
import type { PanelData, PanelShape, StatesData } from '../protocol.ts'
import { dataText, el, setAttribute } from './dom.ts'
import { formatDuration, formatTime, formatUtc } from './format.ts'
import { levelProperty } from './levels.ts'
import { COLOURS, frame, type PanelView, spanText } from './panel.ts'
import { type TableContent, tableToggle } from './table-toggle.ts'
import { cssValue } from './theme.ts'
import { type GridCell, timeGrid } from './time-grid.ts'

const TABLE_ROWS_MAX = 50
/** Pixels that a state's name needs to be written into its stretch. */
const NAME_WIDTH_MIN = 34

/** A stretch of one state. */
interface Stretch {
  readonly from: number
  readonly to: number
  readonly state: string | null
}

export function stateTimelinePanel(shape: PanelShape): PanelView {
  const parts = frame(shape)
  const { element, body, showEmpty, note } = parts
  const legend = el('ul', { class: 'legend', 'aria-label': 'states' })
  const grid = timeGrid()
  body.append(legend, grid.element)
  let data: StatesData | null = null
  let end = 0
  /** states without a level in the order in which they appeared, each with its colour */
  const colours = new Map<string, number>()
  const table = tableToggle(parts, [legend, grid.element], shape.title, content, () => grid.redraw())

  function stretches(row: number): readonly Stretch[] {
    const changes = data?.rows[row]?.changes ?? []
    return changes.map(([from, state], index) => ({ from, to: changes[index + 1]?.[0] ?? end, state }))
  }

  function content(): TableContent {
    const all = (data?.rows ?? []).flatMap(({ name }, row) => stretches(row).map(stretch => ({ name, ...stretch })))
    all.sort((a, b) => b.from - a.from)
    return {
      head: ['since', shape.label, 'state', 'for'],
      rows: all.slice(0, TABLE_ROWS_MAX).map(({ name, from, to, state }) => ({
        name: formatTime(from),
        title: formatUtc(from),
        cells: [name, state ?? 'null', formatDuration(to - from)],
      })),
    }
  }

  function property(state: string): string {
    const level = shape.states.find(style => style.state === state)?.level
    if (level !== undefined) return levelProperty(level)
    let colour = colours.get(state)
    if (colour === undefined) {
      colour = colours.size % COLOURS
      // Without a bound a stream of ever new states would fill the page's memory.
      if (colours.size < 256) colours.set(state, colour)
    }
    return `--series-${colour + 1}`
  }

  function drawLegend(): void {
    const states = new Set(data?.rows.flatMap(({ changes }) => changes.map(([, state]) => state)) ?? [])
    const shown = [...states].filter((state): state is string => state !== null).slice(0, 12)
    const key = shown.map(state => `${state}\u0000${property(state)}`).join('\u0001')
    if (legend.dataset['key'] === key) return
    legend.dataset['key'] = key
    legend.replaceChildren(
      ...shown.map(state =>
        el(
          'li',
          { class: 'chip' },
          el('span', { class: `swatch ${swatchClass(property(state))}` }),
          dataText(state, 'chip-name'),
        ),
      ),
    )
  }

  return {
    element,
    reset(next: PanelData) {
      if (next.kind !== 'states') return
      data = next
      note([shape.description, next.hidden > 0 ? `${next.hidden} more not shown` : ''].filter(Boolean).join(' · '))
    },
    apply() {},
    draw(moment) {
      const isEmpty = data === null || data.newest === null
      showEmpty(isEmpty, moment)
      if (isEmpty || data === null || data.newest === null) return
      const isOld = moment.isReplay || data.newest < moment.now - shape.spanMs * 12
      end = isOld ? data.newest : Math.max(moment.now, data.newest)
      const current = data
      drawLegend()
      grid.draw({
        names: current.rows.map(({ name }) => name),
        start: end - shape.spanMs,
        end,
        marks: moment.annotations,
        drawRow(context, row, top, height, x) {
          for (const { from, to, state } of stretches(row)) {
            if (state === null) continue
            const left = Math.max(0, x(from))
            const width = Math.max(1, x(to) - left - 1)
            context.globalAlpha = 0.34
            context.fillStyle = cssValue(property(state))
            context.fillRect(left, top, width, height)
            context.globalAlpha = 1
            context.fillRect(left, top, Math.min(2, width), height)
            if (width < NAME_WIDTH_MIN || height < 12) continue
            context.fillStyle = cssValue('--text')
            context.textAlign = 'left'
            context.save()
            context.beginPath()
            context.rect(left, top, width - 3, height)
            context.clip()
            context.fillText(state, left + 6, top + height / 2 + 0.5)
            context.restore()
          }
        },
        cellAt(row, at) {
          const found = stretches(row).find(({ from, to }) => at >= from && at < to)
          return found === undefined ? null : { row, from: found.from, to: found.to }
        },
        neighbour(cell: GridCell, step: -1 | 1) {
          const all = stretches(cell.row)
          const found =
            step < 0 ? all.findLast(({ from }) => from < cell.from) : all.find(({ from }) => from > cell.from)
          return found === undefined ? null : { row: cell.row, from: found.from, to: found.to }
        },
        tip(cell) {
          const state = stretches(cell.row).find(({ from }) => from === cell.from)?.state ?? null
          return [
            el(
              'div',
              { class: 'tip-time' },
              formatTime(cell.from),
              el('span', { class: 'muted' }, ` for ${formatDuration(cell.to - cell.from)}`),
            ),
            el(
              'div',
              { class: 'tip-lines' },
              el('span', { class: `swatch ${state === null ? '' : swatchClass(property(state))}` }),
              dataText(current.rows[cell.row]?.name ?? '', 'tip-name'),
              dataText(state ?? 'null'),
            ),
          ]
        },
      })
      setAttribute(element, 'data-newest', String(data.newest))
      setAttribute(element, 'data-points', String(data.rows.reduce((sum, { changes }) => sum + changes.length, 0)))
      setAttribute(grid.element, 'aria-label', summary(shape, data))
      table.refresh()
    },
    recolour() {
      grid.redraw()
    },
  }
}

/** The class of a swatch in the colour of a custom property: `--series-3` as `swatch-3`, `--warn` as `level-warn`. */
function swatchClass(property: string): string {
  if (property === '--accent') return 'level-info'
  return property.startsWith('--series-')
    ? `swatch-${property.slice('--series-'.length)}`
    : `level-${property.slice(2)}`
}

function summary(shape: PanelShape, { rows }: StatesData): string {
  const now = rows.slice(0, 8).map(({ name, changes }) => `${name} ${changes.at(-1)?.[1] ?? 'null'}`)
  return `${shape.title}, ${spanText(shape.spanMs)}, ${rows.length} rows. States now: ${now.join('; ')}. Arrow keys read states.`
}
