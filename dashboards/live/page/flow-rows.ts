/** The last rows of the edge that was chosen, for whoever has the token. */
import type { FlowRowsMessage } from '../flow/flow-protocol.ts'
import { dataText, el, setText } from './dom.ts'
import type { PageContext } from './page.ts'
import { askServer } from './server.ts'
import { tokenForm } from './token-form.ts'

export class FlowRows {
  readonly #title = el('h2', { class: 'panel-title' }, 'Rows of an edge')
  readonly #note = el('p', { class: 'panel-note', role: 'status' }, 'choose an edge of the graph to see its last rows')
  readonly #body = el('div', { class: 'panel-body' })
  readonly element = el(
    'section',
    { id: 'flow-rows', class: 'panel flow-rows', 'aria-label': 'Rows of an edge' },
    el('header', { class: 'panel-head' }, el('div', { class: 'panel-words' }, this.#title, this.#note)),
    this.#body,
  )
  readonly #context: PageContext
  readonly #form: HTMLFormElement
  #edge: string | null = null
  #shown = ''

  constructor(context: PageContext) {
    this.#context = context
    this.#form = tokenForm('Rows hold data.', token => {
      context.setToken(token)
      void this.refresh()
    })
  }

  /** @param words how the edge is called */
  show(edge: string | null, words: string): void {
    if (edge === this.#edge) return
    this.#edge = edge
    this.#shown = ''
    setText(this.#title, edge === null ? 'Rows of an edge' : words)
    setText(this.#note, edge === null ? 'choose an edge of the graph to see its last rows' : 'asking')
    this.#body.replaceChildren()
    void this.refresh()
  }

  async refresh(): Promise<void> {
    const edge = this.#edge
    if (edge === null) return
    if (this.#context.token() === null) return this.#askForToken('')
    const answer = await askServer<FlowRowsMessage>(`/api/v1/flow/rows?edge=${encodeURIComponent(edge)}`, this.#context)
    if (edge !== this.#edge) return
    if (answer.kind === 'token') return this.#askForToken('This is not the token of this run.')
    if (answer.kind === 'refused') return setText(this.#note, answer.words)
    const json = JSON.stringify(answer.value)
    if (json === this.#shown) return
    this.#shown = json
    const { columns, rows } = answer.value
    const last = rows.length === 1 ? 'the last row' : `the last ${rows.length} rows`
    setText(this.#note, rows.length === 0 ? 'no row has passed yet' : `${last} that were sampled, newest first`)
    const head = el('tr', {}, ...columns.map(name => el('th', { scope: 'col', title: name }, dataText(name))))
    const body = rows.toReversed().map(row =>
      el(
        'tr',
        {},
        ...row.map(cell => {
          const text = cell === null ? 'null' : String(cell)
          const kind = cell === null ? 'muted' : typeof cell === 'number' ? 'number' : ''
          return el('td', { class: kind === '' ? null : kind, title: text }, dataText(text, 'cell-text'))
        }),
      ),
    )
    const table = el(
      'table',
      {},
      el('caption', { class: 'unseen' }, 'Last rows'),
      el('thead', {}, head),
      el('tbody', {}, ...body),
    )
    this.#body.replaceChildren(
      el('div', { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Last rows' }, table),
    )
  }

  #askForToken(words: string): void {
    setText(this.#note, words)
    this.#shown = ''
    if (this.#body.firstElementChild !== this.#form) this.#body.replaceChildren(this.#form)
  }
}
