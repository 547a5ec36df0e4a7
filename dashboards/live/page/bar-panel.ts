/** Bars along an axis of labels: columns of the page's own layout, so that they need no drawing when the page changes its width. */
import type { BarData, PanelData, PanelShape } from '../protocol.ts'
import { dataText, el, resizeChildren, setAttribute, setText } from './dom.ts'
import { formatPercent, formatTime, formatValue } from './format.ts'
import { levelOf } from './levels.ts'
import { COLOURS, frame, type PanelView, spanText } from './panel.ts'
import { type TableContent, tableToggle } from './table-toggle.ts'

const AXIS_STEPS = [1, 2, 2.5, 5, 10]

export function barPanel(shape: PanelShape): PanelView {
  const parts = frame(shape)
  const { element, body, showEmpty, note } = parts
  const legend = el('ul', { class: 'legend', 'aria-label': 'parts' })
  const axis = el('div', { class: 'columns-axis number', 'aria-hidden': 'true' })
  const bars = el('ol', { class: 'columns-bars' })
  const chart = el('div', { class: 'columns', tabindex: '0', role: 'img' }, axis, bars)
  body.append(legend, chart)
  let data: BarData | null = null
  let isChanged = false
  const table = tableToggle(parts, [legend, chart], shape.title, content, () => {})

  function content(): TableContent {
    const names = data?.parts ?? []
    return {
      head: [shape.label, ...names, ...(names.length > 1 && data?.isStacked === true ? ['all'] : [])],
      rows: (data?.items ?? []).map(({ label, values }) => ({
        name: nameOf(label),
        title: label,
        cells: [
          ...values.map(value => formatValue(value, shape.unit)),
          ...(names.length > 1 && data?.isStacked === true ? [formatValue(sum(values), shape.unit)] : []),
        ],
      })),
    }
  }

  function update({ items, parts: names, isStacked, hasRest }: BarData): void {
    const lengths = items.flatMap(({ values }) => (isStacked ? [sum(values.map(positive))] : values.map(positive)))
    const top = roundTop(Math.max(0, ...lengths))
    resizeChildren(axis, 3, () => el('span'))
    for (const [index, share] of [1, 0.5, 0].entries())
      setText(axis.children[index] ?? axis, formatValue(top * share, shape.unit, true))
    drawLegend(names, hasRest)
    resizeChildren(bars, items.length, () =>
      el('li', { class: 'column' }, el('div', { class: 'column-parts' }), el('bdi', { class: 'column-label data' })),
    )
    setAttribute(bars, 'data-many', String(items.length > 12))
    items.forEach(({ label, values }, index) => {
      const bar = bars.children[index]
      const stack = bar?.firstElementChild
      if (bar === undefined || stack === null || stack === undefined) return
      setAttribute(stack, 'data-stacked', String(isStacked))
      resizeChildren(stack, values.length, () => el('span'))
      values.forEach((value, part) => {
        const box = stack.children[part]
        if (!(box instanceof HTMLElement)) return
        const isRest = hasRest && part === values.length - 1
        const level = values.length === 1 ? levelOf(value, shape.thresholds) : null
        const colour = isRest ? 'swatch-rest' : `swatch-${(part % COLOURS) + 1}`
        setAttribute(box, 'class', level === null ? `column-part ${colour}` : `column-part level-${level}`)
        box.style.height = `${(positive(value) / top) * 100}%`
        setAttribute(box, 'title', `${nameOf(label)}, ${names[part] ?? ''}: ${formatValue(value, shape.unit)}`)
      })
      const words = bar.lastElementChild
      if (words !== null) {
        setText(words, nameOf(label))
        setAttribute(words, 'title', label)
      }
    })
    setAttribute(chart, 'aria-label', summary(items, names))
    setAttribute(element, 'data-bars', String(items.length))
    table.refresh()
  }

  function drawLegend(names: readonly string[], hasRest: boolean): void {
    legend.hidden = names.length < 2 || table.isTable
    resizeChildren(legend, names.length, () =>
      el('li', { class: 'chip' }, el('span', { class: 'swatch' }), dataText('', 'chip-name')),
    )
    names.forEach((name, part) => {
      const [swatch, words] = legend.children[part]?.children ?? []
      const isRest = hasRest && part === names.length - 1
      if (swatch !== undefined)
        setAttribute(swatch, 'class', `swatch ${isRest ? 'swatch-rest' : `swatch-${(part % COLOURS) + 1}`}`)
      if (words !== undefined) setText(words, nameOf(name))
    })
  }

  function summary(items: BarData['items'], names: readonly string[]): string {
    const largest = items
      .slice(0, 5)
      .map(({ label, values }) => `${nameOf(label)} ${formatValue(sum(values), shape.unit)}`)
    const of = names.length > 1 ? ` of ${names.join(', ')}` : ''
    return `${shape.title}, ${items.length} bars${of}: ${largest.join('; ')}${items.length > 5 ? '; and more' : ''}`
  }

  return {
    element,
    reset(next: PanelData) {
      if (next.kind !== 'bars') return
      data = next
      isChanged = true
    },
    apply() {},
    draw(moment) {
      showEmpty(data === null || data.at === null, moment)
      if (data === null || data.at === null || !isChanged) return
      isChanged = false
      update(data)
      setAttribute(element, 'data-newest', String(data.at))
      const when = shape.over === 'span' ? spanText(shape.spanMs) : `window of ${formatTime(data.at)}`
      const shown = data.items.reduce((all, { values }) => all + sum(values), 0)
      const hidden =
        data.hidden > 0 ? `${data.hidden} more, ${formatPercent(data.total - shown, data.total)}, not shown` : ''
      note([shape.description, when, hidden].filter(words => words !== '').join(' · '))
    },
    recolour() {},
  }
}

function nameOf(label: string): string {
  return label === '' ? '(empty)' : label
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** A bar has no length below zero; its number is in the title and in the table. */
function positive(value: number): number {
  return Math.max(0, value)
}

/** The end of the axis: a round number at or above the longest bar. */
function roundTop(longest: number): number {
  if (longest <= 0) return 1
  const magnitude = 10 ** Math.floor(Math.log10(longest))
  return (AXIS_STEPS.find(step => step * magnitude >= longest) ?? 10) * magnitude
}
