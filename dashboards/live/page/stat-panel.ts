/** One number, what it was before, and its course. */
import type { PanelChange, PanelData, PanelShape } from '../protocol.ts'
import { el, setAttribute, setText } from './dom.ts'
import { formatTime, formatUtc, formatValue } from './format.ts'
import { levelOf } from './levels.ts'
import { frame, type PanelView, spanText } from './panel.ts'
import { AlignedSeries } from './series-data.ts'
import { sparkline } from './sparkline.ts'

export function statPanel(shape: PanelShape): PanelView {
  const { element, body, showEmpty } = frame(shape)
  const value = el('strong', { class: 'stat-value number' })
  const change = el('span', { class: 'stat-change', hidden: '' })
  const when = el('span', { class: 'muted' })
  const course = sparkline('stat-spark')
  body.append(el('div', { class: 'stat' }, value, el('p', { class: 'stat-words' }, change, when)), course.element)
  let data: AlignedSeries | null = null

  return {
    element,
    reset(next: PanelData) {
      if (next.kind === 'series') data = new AlignedSeries(next, shape.spanMs, data)
    },
    apply(next: PanelChange) {
      for (const [line, time, point] of next.points ?? []) data?.set(line, time, point)
    },
    draw(moment) {
      const isEmpty = data === null || data.times.length === 0
      showEmpty(isEmpty, moment)
      if (isEmpty || data === null) return
      const newest = data.times.at(-1) ?? 0
      const end = moment.isReplay ? newest : Math.max(newest, moment.now)
      data.prune(end - shape.spanMs)
      const points = data.times.map((time, index) => [time, data?.values[0]?.[index] ?? null] as const)
      course.draw(points, end - shape.spanMs, end)
      setAttribute(element, 'data-points', String(points.length))
      if (shape.over === 'span') {
        // The line enters at the edge with a point that lies before the span.
        const total = data.totalFrom(0, end - shape.spanMs, shape.combine)
        setText(value, formatValue(total, shape.unit))
        setAttribute(element, 'data-level', levelOf(total, shape.thresholds) ?? 'none')
        setText(when, spanText(shape.spanMs))
        return
      }
      const last = points.at(-1)?.[1] ?? null
      const before = points.at(-2)?.[1] ?? null
      setText(value, formatValue(last, shape.unit))
      setAttribute(element, 'data-level', levelOf(last, shape.thresholds) ?? 'none')
      setText(when, `at ${formatTime(newest)}`)
      setAttribute(when, 'title', formatUtc(newest))
      setText(change, changeText(last, before))
      change.hidden = change.textContent === ''
    },
    recolour() {},
  }
}

function changeText(last: number | null, before: number | null): string {
  if (last === null || before === null || before === 0) return ''
  const percent = ((last - before) / Math.abs(before)) * 100
  if (Math.abs(percent) < 0.05) return '± 0 %'
  const digits = Math.abs(percent) < 10 ? 1 : 0
  return `${percent > 0 ? '▲' : '▼'} ${Math.abs(percent).toFixed(digits)} %`
}
