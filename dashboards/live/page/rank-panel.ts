/** Rankings and funnels: labelled bars. Rows are kept from update to update, so that bars grow instead of blinking. */
import type { PanelData, PanelShape, RankData } from '../protocol.ts'
import { el, resizeChildren, setAttribute, setText } from './dom.ts'
import { formatPercent, formatTime, formatValue } from './format.ts'
import { frame, type PanelView, spanText } from './panel.ts'

/** The labels with the largest values; a bar's length is relative to the largest, its percentage to all. */
export function topPanel(shape: PanelShape): PanelView {
  const list = el('ol', { class: 'bars' })
  return rankPanel(shape, list, data => {
    const largest = Math.max(1e-9, ...data.items.map(item => item.value))
    // Where some values are below zero, a share of the sum says nothing.
    const shown = data.items.reduce((sum, { value }) => sum + value, 0)
    const isWhole = data.items.every(({ value }) => value >= 0) && data.total >= shown
    resizeChildren(list, data.items.length, barRow)
    data.items.forEach(({ label, value }, index) => {
      const row = list.children[index]
      if (row === undefined) return
      fill(row, label, formatValue(value, shape.unit), isWhole ? formatPercent(value, data.total) : '')
      setWidth(row, value / largest)
    })
  })
}

/** Steps in order; each percentage is of the first step, and between two steps stands how many went on. */
export function funnelPanel(shape: PanelShape): PanelView {
  const list = el('ol', { class: 'bars funnel' })
  return rankPanel(shape, list, data => {
    const first = data.items[0]?.value ?? 0
    const largest = Math.max(1e-9, ...data.items.map(item => item.value))
    resizeChildren(list, data.items.length, barRow)
    data.items.forEach(({ label, value }, index) => {
      const row = list.children[index]
      if (row === undefined) return
      const before = data.items[index - 1]?.value
      fill(row, label, formatValue(value, shape.unit), formatPercent(value, first))
      setWidth(row, value / largest)
      const step = row.querySelector('.bar-step')
      if (step === null) return
      setText(step, before === undefined ? '' : stepText(before, value, shape.unit))
      step.toggleAttribute('hidden', before === undefined)
    })
  })
}

/** How many went on from one step to the next, and how many were lost. */
function stepText(before: number, after: number, unit: string): string {
  const lost = before - after
  const words = `${formatPercent(after, before)} go on`
  return lost > 0 ? `${words}, ${formatValue(lost, unit)} lost (−${formatPercent(lost, before)})` : words
}

function rankPanel(shape: PanelShape, list: HTMLElement, update: (data: RankData) => void): PanelView {
  const { element, body, showEmpty, note } = frame(shape)
  body.append(list)
  let data: RankData | null = null
  let isChanged = false
  return {
    element,
    reset(next: PanelData) {
      if (next.kind !== 'rank') return
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
      const hidden = data.hidden > 0 ? `${data.hidden} more not shown` : ''
      note([shape.description, when, hidden].filter(words => words !== '').join(' · '))
    },
    recolour() {},
  }
}

function barRow(): Element {
  return el(
    'li',
    { class: 'bar' },
    el('span', { class: 'bar-step', hidden: '' }),
    el(
      'span',
      { class: 'bar-track' },
      el('span', { class: 'bar-fill' }),
      el('bdi', { class: 'bar-label data' }),
      el('span', { class: 'bar-value number' }),
      el('span', { class: 'bar-share number' }),
    ),
  )
}

function fill(row: Element, label: string, value: string, share: string): void {
  const name = row.querySelector('.bar-label')
  if (name === null) return
  setText(name, label === '' ? '(empty)' : label)
  setAttribute(name, 'title', label)
  const number = row.querySelector('.bar-value')
  if (number !== null) setText(number, value)
  const part = row.querySelector('.bar-share')
  if (part !== null) setText(part, share)
}

function setWidth(row: Element, share: number): void {
  const bar = row.querySelector<HTMLElement>('.bar-fill')
  if (bar !== null) bar.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`
}
