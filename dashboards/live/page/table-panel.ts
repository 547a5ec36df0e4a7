/** The newest rows of a stream. */
import type { CellMessage, PanelChange, PanelData, PanelShape, TableColumnMessage, TableData } from '../protocol.ts'
import { dataText, el } from './dom.ts'
import { formatTime, formatUtc, formatValue } from './format.ts'
import { frame, type PanelView } from './panel.ts'

export function tablePanel(shape: PanelShape): PanelView {
  const { element, body, showEmpty } = frame(shape)
  const scroll = el('div', { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': shape.title })
  const rows = el('tbody')
  body.append(scroll)
  let data: TableData | null = null

  function rowOf(cells: readonly CellMessage[]): HTMLElement {
    const row = el('tr')
    data?.columns.forEach((column, index) => row.append(cellOf(column, cells[index] ?? null, shape.unit)))
    return row
  }

  return {
    element,
    reset(next: PanelData) {
      if (next.kind !== 'table') return
      data = next
      const head = el('tr')
      for (const { name, format } of next.columns)
        head.append(el('th', { scope: 'col', class: format === 'number' ? 'end' : '', title: name }, dataText(name)))
      rows.replaceChildren(...next.rows.map(rowOf))
      scroll.replaceChildren(
        el('table', {}, el('caption', { class: 'unseen' }, shape.title), el('thead', {}, head), rows),
      )
    },
    apply(change: PanelChange) {
      if (data === null || change.rows === undefined) return
      rows.prepend(...change.rows.map(rowOf))
      while (rows.childElementCount > data.rowsMax) rows.lastElementChild?.remove()
    },
    draw(moment) {
      showEmpty(rows.childElementCount === 0, moment)
      element.setAttribute('data-points', String(rows.childElementCount))
    },
    recolour() {},
  }
}

function cellOf(column: TableColumnMessage, value: CellMessage, unit: string): HTMLElement {
  if (value === null) return el('td', { class: column.format === 'number' ? 'end muted' : 'muted' }, 'null')
  if (column.format === 'time' && typeof value === 'number')
    return el('td', { class: 'number', title: formatUtc(value) }, formatTime(value))
  // DECIMAL and large integers come as exact text and stay so.
  if (column.format === 'number')
    return el('td', { class: 'end number' }, typeof value === 'number' ? formatValue(value, unit) : String(value))
  return el('td', { title: String(value) }, dataText(String(value), 'cell-text'))
}
