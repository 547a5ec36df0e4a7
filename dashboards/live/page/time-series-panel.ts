/** Lines over time, drawn by uPlot into one canvas that lives as long as its set of lines. */
import type { AnnotationMessage, PanelChange, PanelData, PanelShape, ThresholdMessage } from '../protocol.ts'
import { dataText, el, resizeChildren, setAttribute, setText } from './dom.ts'
import { formatTick, formatTime, formatUtc, formatValue } from './format.ts'
import { levelProperty } from './levels.ts'
import { drawMarks, markLine, marksNear } from './marks.ts'
import { COLOURS, frame, type PanelView, spanText } from './panel.ts'
import { AlignedSeries } from './series-data.ts'
import { type TableContent, tableToggle } from './table-toggle.ts'
import { cssValue } from './theme.ts'
import { TICK_SPACE, TICK_STEPS_MS } from './time-axis.ts'
import uPlot from './uPlot.esm.js'

const HEIGHT_MIN = 210
const TABLE_ROWS_MAX = 30
/** The cursor tells of annotations that are this near. */
const MARK_PIXELS = 8
/** A watermark that is further back than this gets a mark in the chart. */
const WATERMARK_MARK_MS = 3_000

export function timeSeriesPanel(shape: PanelShape): PanelView {
  const parts = frame(shape)
  const { element, body, showEmpty, note } = parts
  const legend = el('ul', { class: 'legend', 'aria-label': 'lines' })
  const tip = el('div', { class: 'tip', hidden: '' })
  const plot = el('div', { class: 'plot', tabindex: '0', role: 'img' }, tip)
  body.append(legend, plot)

  let data: AlignedSeries | null = null
  let chart: uPlot | null = null
  let hiddenNames = new Set<string>()
  let range: [number, number] = [0, shape.spanMs]
  let watermarkMs: number | null = null
  let annotations: readonly AnnotationMessage[] = []
  const table = tableToggle(parts, [plot], shape.title, content, () => fit())

  new ResizeObserver(() => fit()).observe(plot)

  // Arrow keys walk over the points, as the pointer does.
  plot.addEventListener('keydown', event => {
    if (chart === null || data === null || data.times.length === 0) return
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (event.key === 'Escape') return chart.setCursor({ left: -10, top: -10 })
    if (step === 0) return
    event.preventDefault()
    const from = chart.cursor.idx ?? data.times.length
    const index = Math.max(0, Math.min(data.times.length - 1, from + step))
    chart.setCursor({ left: chart.valToPos(data.times[index] ?? 0, 'x'), top: 10 })
  })
  plot.addEventListener('blur', () => chart?.setCursor({ left: -10, top: -10 }))

  function fit(): void {
    const size = sizeOf()
    if (chart !== null && plot.clientWidth > 0 && (chart.width !== size.width || chart.height !== size.height))
      chart.setSize(size)
  }

  /** The chart fills what the panel's row leaves it; it lies on the plot and so cannot widen it. */
  function sizeOf(): { readonly width: number; readonly height: number } {
    return { width: Math.max(120, plot.clientWidth), height: Math.max(HEIGHT_MIN, plot.clientHeight) }
  }

  function colourOf(line: number): string {
    if (data?.isRest[line] === true) return cssValue('--series-rest')
    return cssValue(`--series-${(line % COLOURS) + 1}`)
  }

  function build(): void {
    chart?.destroy()
    chart = null
    if (data === null) return
    const names = data.names
    const single = names.length === 1
    const axis = { stroke: () => cssValue('--muted'), font: cssValue('--chart-font'), ticks: { show: false } }
    const grid = { stroke: () => cssValue('--grid'), width: 1 }
    chart = new uPlot(
      {
        ...sizeOf(),
        ms: 1,
        padding: [10, 22, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7, width: 2 } },
        scales: {
          x: { time: true, range: () => range },
          y: { range: (_chart, low, high) => niceRange(low, high, shape.thresholds) },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 26,
            gap: 6,
            space: TICK_SPACE,
            incrs: TICK_STEPS_MS,
            values: (_chart, splits, _axis, _space, step) => splits.map(at => formatTick(at, step)),
          },
          {
            ...axis,
            grid,
            size: (_chart, values) => 14 + 6.6 * Math.max(3, ...(values ?? []).map(value => value.length)),
            gap: 6,
            space: 38,
            values: (_chart, splits) => splits.map(value => formatValue(value, shape.unit, true)),
          },
        ],
        series: [
          {},
          ...names.map(
            (name, line): uPlot.Series => ({
              label: name,
              show: !hiddenNames.has(name),
              stroke: () => colourOf(line),
              width: 1.75,
              ...(data?.isRest[line] === true ? { dash: [4, 3] } : {}),
              ...(single ? { fill: (target: uPlot) => areaFill(target, colourOf(line)) } : {}),
              points: { size: 4, width: 0, fill: () => colourOf(line), space: 26 },
            }),
          ),
        ],
        hooks: { drawClear: [drawWatermark], draw: [drawThresholds, drawAnnotations], setCursor: [showTip] },
      },
      aligned(),
      plot,
    )
    drawLegend(true)
  }

  function aligned(): uPlot.AlignedData {
    return [data?.times ?? [], ...(data?.values ?? [])] as uPlot.AlignedData
  }

  /** What lies right of the watermark may still change; it is shaded when there is enough of it to see. */
  function drawWatermark(target: uPlot): void {
    if (watermarkMs === null || range[1] - watermarkMs < WATERMARK_MARK_MS || watermarkMs < range[0]) return
    const { ctx, bbox } = target
    const x = target.valToPos(watermarkMs, 'x', true)
    ctx.save()
    ctx.fillStyle = cssValue('--pending')
    ctx.fillRect(x, bbox.top, bbox.left + bbox.width - x, bbox.height)
    ctx.restore()
  }

  /** A line where a level begins, dashed so that nobody takes it for data. */
  function drawThresholds(target: uPlot): void {
    const { ctx, bbox } = target
    for (const { from, level } of shape.thresholds) {
      const y = Math.round(target.valToPos(from, 'y', true))
      if (y < bbox.top || y > bbox.top + bbox.height) continue
      ctx.save()
      ctx.strokeStyle = cssValue(levelProperty(level))
      ctx.globalAlpha = 0.8
      ctx.lineWidth = devicePixelRatio
      ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio])
      ctx.beginPath()
      ctx.moveTo(bbox.left, y)
      ctx.lineTo(bbox.left + bbox.width, y)
      ctx.stroke()
      ctx.restore()
    }
  }

  function drawAnnotations(target: uPlot): void {
    const { left, top, width, height } = target.bbox
    const [start, end] = range
    drawMarks(target.ctx, annotations, { left, right: left + width, top, bottom: top + height, start, end })
  }

  function showTip(target: uPlot): void {
    const index = target.cursor.idx
    const left = target.cursor.left ?? -1
    const time = index === null || index === undefined ? undefined : data?.times[index]
    if (data === null || time === undefined || index === null || index === undefined || left < 0 || time < range[0]) {
      tip.hidden = true
      return
    }
    const lines = el('div', { class: 'tip-lines' })
    data.names.forEach((name, line) => {
      const value = data?.values[line]?.[index]
      if (value === undefined || hiddenNames.has(name)) return
      lines.append(
        swatch(line),
        dataText(name, 'tip-name'),
        el('span', { class: 'number' }, formatValue(value, shape.unit)),
      )
    })
    const near = ((range[1] - range[0]) / Math.max(1, target.over.clientWidth)) * MARK_PIXELS
    tip.replaceChildren(
      el('div', { class: 'tip-time' }, formatTime(time), el('span', { class: 'muted' }, ` ${formatUtc(time)}`)),
      lines,
      ...marksNear(annotations, time, near).map(({ title, mark }) => markLine(title, mark)),
    )
    tip.hidden = false
    const plotLeft = target.over.offsetLeft + left
    const isRight = plotLeft > plot.clientWidth / 2
    tip.style.left = isRight ? 'auto' : `${plotLeft + 14}px`
    tip.style.right = isRight ? `${plot.clientWidth - plotLeft + 14}px` : 'auto'
  }

  function swatch(line: number): HTMLElement {
    const isRest = data?.isRest[line] === true
    return el('span', { class: `swatch ${isRest ? 'swatch-rest' : `swatch-${(line % COLOURS) + 1}`}` })
  }

  function drawLegend(isNew: boolean): void {
    if (data === null) return
    if (isNew) {
      resizeChildren(legend, 0, () => el('li'))
      data.names.forEach((name, line) => {
        const button = el(
          'button',
          { class: 'chip', type: 'button', title: name, 'aria-pressed': String(!hiddenNames.has(name)) },
          swatch(line),
          dataText(name === '' ? '(empty)' : name, 'chip-name'),
          el('span', { class: 'number chip-value' }),
        )
        button.addEventListener('click', () => {
          if (hiddenNames.has(name)) hiddenNames.delete(name)
          else hiddenNames.add(name)
          const isShown = !hiddenNames.has(name)
          button.setAttribute('aria-pressed', String(isShown))
          chart?.setSeries(line + 1, { show: isShown })
        })
        legend.append(el('li', {}, button))
      })
    }
    legend.querySelectorAll('.chip-value').forEach((value, line) => {
      setText(value, formatValue(data?.last(line), shape.unit))
    })
  }

  function content(): TableContent {
    const rows: { name: string; title: string; cells: string[] }[] = []
    if (data === null) return { head: ['time'], rows }
    for (let index = data.times.length - 1; index >= Math.max(0, data.times.length - TABLE_ROWS_MAX); index--) {
      const time = data.times[index] ?? 0
      rows.push({
        name: formatTime(time),
        title: formatUtc(time),
        cells: data.values.map(values => formatValue(values[index], shape.unit)),
      })
    }
    return { head: ['time', ...data.names], rows }
  }

  return {
    element,
    reset(next: PanelData) {
      if (next.kind !== 'series') return
      const before = data
      data = new AlignedSeries(next, shape.spanMs, data)
      hiddenNames = new Set([...hiddenNames].filter(name => data?.names.includes(name)))
      const isSame =
        chart !== null &&
        before !== null &&
        before.names.length === data.names.length &&
        before.names.every((name, line) => name === data?.names[line] && before.isRest[line] === data.isRest[line])
      if (!isSame) build()
      const hidden = next.hidden > 0 ? `${next.hidden} more in “other”` : ''
      note([shape.description, hidden].filter(words => words !== '').join(' · '))
    },
    apply(change: PanelChange) {
      for (const [line, time, value] of change.points ?? []) data?.set(line, time, value)
    },
    draw(moment) {
      const isEmpty = data === null || data.times.length === 0
      showEmpty(isEmpty, moment)
      if (isEmpty || data === null) return
      const newest = data.times.at(-1) ?? 0
      // A live chart ends at the clock, unless the data is of another day: then at its newest point.
      const isOld = moment.isReplay || newest < moment.now - shape.spanMs * 12
      const end = isOld ? newest : Math.max(moment.now, newest)
      range = [end - shape.spanMs, end]
      watermarkMs = moment.watermarkMs
      annotations = moment.annotations
      data.prune(range[0])
      if (chart === null) build()
      if (plot.clientWidth > 0) fit()
      chart?.setData(aligned())
      setAttribute(plot, 'data-points', String(data.pointCount))
      setAttribute(plot, 'data-newest', String(newest))
      setAttribute(plot, 'aria-label', summary(shape, data))
      drawLegend(false)
      table.refresh()
    },
    recolour() {
      chart?.redraw(true)
    },
  }
}

function summary(shape: PanelShape, data: AlignedSeries): string {
  const lines = data.names.map((name, line) => `${name} ${formatValue(data.last(line), shape.unit)}`)
  return `${shape.title}, ${spanText(shape.spanMs)}. Newest values: ${lines.join('; ')}. Arrow keys read points.`
}

/**
 * From zero, with a little air above, for what counts; around the values when some are negative. A threshold that the values come
 * near to is within.
 */
function niceRange(low: number | null, high: number | null, thresholds: readonly ThresholdMessage[]): [number, number] {
  const highest = high ?? 1
  const near = thresholds.map(({ from }) => from).filter(from => from > highest && from <= highest * 1.5)
  const top = Math.max(highest, ...near)
  const bottom = low ?? 0
  if (bottom >= 0) return [0, top > 0 ? top * 1.08 : 1]
  const air = (top - bottom) * 0.08 || 1
  return [bottom - air, Math.max(0, top) + air]
}

function areaFill(target: uPlot, colour: string): CanvasGradient | string {
  const { top, height } = target.bbox
  if (!Number.isFinite(top + height) || height <= 0) return 'transparent'
  const gradient = target.ctx.createLinearGradient(0, top, 0, top + height)
  gradient.addColorStop(0, `${colour}3d`)
  gradient.addColorStop(1, `${colour}05`)
  return gradient
}
