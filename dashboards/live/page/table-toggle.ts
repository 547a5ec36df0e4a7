/** The same numbers as a table: a button in the head of a chart's panel, for those who cannot or will not read the drawing. */
import { dataText, el } from './dom.ts'
import type { Frame } from './panel.ts'

export interface TableToggle {
  readonly isTable: boolean
  /** Draws the table anew where it is shown. */
  refresh(): void
}

export interface TableContent {
  /** head of the first column, then of each further one */
  readonly head: readonly string[]
  /** a row's own head, its title (or empty), and its cells */
  readonly rows: readonly { readonly name: string; readonly title: string; readonly cells: readonly string[] }[]
}

/** @param shown called when the chart comes back */
export function tableToggle(
  { body, actions }: Pick<Frame, 'body' | 'actions'>,
  chart: readonly HTMLElement[],
  title: string,
  content: () => TableContent,
  shown: () => void,
): TableToggle {
  let isTable = false
  const table = el('div', { class: 'table-scroll', hidden: '', tabindex: '0', role: 'region', 'aria-label': title })
  const button = el(
    'button',
    { class: 'quiet', type: 'button', 'aria-pressed': 'false', 'aria-label': `${title} as a table` },
    'table',
  )
  actions.append(button)
  body.append(table)
  const refresh = (): void => {
    if (!isTable) return
    const { head, rows } = content()
    const headRow = el('tr')
    head.forEach((name, index) => {
      headRow.append(el('th', { scope: 'col', class: index === 0 ? '' : 'end' }, dataText(name)))
    })
    const tbody = el('tbody')
    for (const { name, title: words, cells } of rows) {
      const row = el('tr', {}, el('th', { scope: 'row', title: words }, dataText(name)))
      for (const cell of cells) row.append(el('td', { class: 'end number' }, dataText(cell)))
      tbody.append(row)
    }
    table.replaceChildren(el('table', {}, el('caption', { class: 'unseen' }, title), el('thead', {}, headRow), tbody))
  }
  button.addEventListener('click', () => {
    isTable = !isTable
    button.setAttribute('aria-pressed', String(isTable))
    for (const element of chart) element.hidden = isTable
    table.hidden = !isTable
    if (isTable) refresh()
    else shown()
  })
  return {
    get isTable() {
      return isTable
    },
    refresh,
  }
}
