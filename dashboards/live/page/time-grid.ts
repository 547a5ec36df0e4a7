/**
 * A canvas of rows over time, for heatmaps and state timelines: names at the left, time below, a cursor that pointer and arrow
 * keys move from cell to cell. What a cell is, the panel says.
 */
import type { AnnotationMessage } from '../protocol.ts'
import { el, setAttribute } from './dom.ts'
import { formatTick } from './format.ts'
import { drawMarks } from './marks.ts'
import { cssValue } from './theme.ts'
import { tickStep } from './time-axis.ts'

const ROW_HEIGHT_MIN = 14
const ROW_HEIGHT_MAX = 30
const AXIS_HEIGHT = 22
const NAME_SHARE_MAX = 0.3
const NAME_WIDTH_MAX = 150
const RIGHT_EDGE = 4

/** A cell under the cursor: its row and the span of time that it covers. */
export interface GridCell {
  readonly row: number
  readonly from: number
  readonly to: number
}

export interface GridContent {
  readonly names: readonly string[]
  readonly start: number
  readonly end: number
  readonly marks: readonly AnnotationMessage[]
  /** Draws all cells of a row into its box; `x` gives the pixel of an instant. */
  drawRow(context: CanvasRenderingContext2D, row: number, top: number, height: number, x: (at: number) => number): void
  /** the cell of a row at an instant, or null */
  cellAt(row: number, at: number): GridCell | null
  /** the next cell of a row before (-1) or after (1) another one */
  neighbour(cell: GridCell, step: -1 | 1): GridCell | null
  /** what the cursor says about a cell */
  tip(cell: GridCell): readonly Node[]
}

export interface TimeGrid {
  readonly element: HTMLElement
  draw(content: GridContent): void
  redraw(): void
}

export function timeGrid(): TimeGrid {
  const canvas = el('canvas', { class: 'grid-canvas', 'aria-hidden': 'true' })
  const tip = el('div', { class: 'tip', hidden: '' })
  const element = el('div', { class: 'grid', tabindex: '0', role: 'img' }, canvas, tip)
  let content: GridContent | null = null
  let cursor: GridCell | null = null
  let left = 0

  new ResizeObserver(() => paint()).observe(element)
  element.addEventListener('pointermove', event => {
    const box = element.getBoundingClientRect()
    cursor = cellUnder(event.clientX - box.left, event.clientY - box.top)
    paint()
  })
  const leave = (): void => {
    cursor = null
    paint()
  }
  element.addEventListener('pointerleave', leave)
  element.addEventListener('blur', leave)
  element.addEventListener('keydown', event => {
    if (content === null || content.names.length === 0) return
    if (event.key === 'Escape') return leave()
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const [sideways = 0, down = 0] = step
    if (cursor === null) cursor = newestCell(0)
    else if (down !== 0) {
      const row = Math.max(0, Math.min(content.names.length - 1, cursor.row + down))
      cursor = content.cellAt(row, (cursor.from + cursor.to) / 2) ?? newestCell(row) ?? cursor
    } else cursor = content.neighbour(cursor, sideways < 0 ? -1 : 1) ?? cursor
    paint()
  })

  function newestCell(row: number): GridCell | null {
    if (content === null) return null
    return content.neighbour({ row, from: content.end + 1, to: content.end + 1 }, -1)
  }

  function rowHeight(): number {
    const rows = Math.max(1, content?.names.length ?? 1)
    return Math.max(ROW_HEIGHT_MIN, Math.min(ROW_HEIGHT_MAX, Math.floor((element.clientHeight - AXIS_HEIGHT) / rows)))
  }

  function cellUnder(x: number, y: number): GridCell | null {
    if (content === null) return null
    const row = Math.floor(y / rowHeight())
    const width = element.clientWidth - left - RIGHT_EDGE
    const at = content.start + ((x - left) / width) * (content.end - content.start)
    return row < 0 || row >= content.names.length || x < left ? null : content.cellAt(row, at)
  }

  function paint(): void {
    const context = canvas.getContext('2d')
    const width = element.clientWidth
    if (content === null || context === null || width === 0) return
    const { names, start, end } = content
    const height = rowHeight() * Math.max(1, names.length) + AXIS_HEIGHT
    setAttribute(element, 'data-rows', String(names.length))
    const ratio = devicePixelRatio
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio)
      canvas.height = Math.round(height * ratio)
      canvas.style.width = `${width}px`
      canvas.style.height = `${height}px`
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, width, height)
    context.font = cssValue('--chart-font')
    context.textBaseline = 'middle'
    const longest = Math.max(0, ...names.map(name => context.measureText(name).width))
    left = Math.ceil(Math.min(longest + 10, width * NAME_SHARE_MAX, NAME_WIDTH_MAX))
    const right = width - RIGHT_EDGE
    const x = (at: number): number => left + ((at - start) / Math.max(1, end - start)) * (right - left)
    const muted = cssValue('--muted')
    names.forEach((name, row) => {
      const top = row * rowHeight()
      context.fillStyle = muted
      context.textAlign = 'left'
      context.fillText(cut(context, name, left - 8), 0, top + rowHeight() / 2)
      context.save()
      context.beginPath()
      context.rect(left, top, right - left, rowHeight())
      context.clip()
      content?.drawRow(context, row, top + 1, rowHeight() - 2, x)
      context.restore()
    })
    const bottom = height - AXIS_HEIGHT
    drawMarks(context, content.marks, { left, right, top: 0, bottom, start, end })
    context.fillStyle = muted
    context.textAlign = 'center'
    const step = tickStep(end - start, right - left)
    for (let at = Math.ceil(start / step) * step; at <= end; at += step) {
      if (x(at) < left + 20 || x(at) > right - 20) continue
      context.fillText(formatTick(at, step), x(at), bottom + AXIS_HEIGHT / 2 + 2)
    }
    if (cursor !== null && cursor.row < names.length) {
      context.strokeStyle = cssValue('--text')
      context.lineWidth = 1.5
      const from = Math.max(left, x(cursor.from))
      context.strokeRect(
        from,
        cursor.row * rowHeight() + 0.75,
        Math.max(2, Math.min(right, x(cursor.to)) - from),
        rowHeight() - 1.5,
      )
    }
    showTip(x, width)
  }

  function showTip(x: (at: number) => number, width: number): void {
    tip.hidden = cursor === null || content === null
    if (cursor === null || content === null) return
    tip.replaceChildren(...content.tip(cursor))
    const middle = x((Math.max(cursor.from, content.start) + Math.min(cursor.to, content.end)) / 2)
    const isRight = middle > width / 2
    tip.style.left = isRight ? 'auto' : `${middle + 14}px`
    tip.style.right = isRight ? `${width - middle + 14}px` : 'auto'
  }

  return {
    element,
    draw(next) {
      content = next
      paint()
    },
    redraw: paint,
  }
}

/** A name that fits, with an ellipsis where it was cut. */
function cut(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text
  let end = text.length
  while (end > 0 && context.measureText(`${text.slice(0, end)}…`).width > width) end--
  return `${text.slice(0, end)}…`
}
