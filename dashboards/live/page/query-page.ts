/** Questions about the results in memory: read-only SQL, answered by the server. */
import type { FlowCell } from '../flow/flow-protocol.ts'
import { dataText, el, setText } from './dom.ts'
import type { Page, PageContext } from './page.ts'
import { askServer } from './server.ts'
import { tokenForm } from './token-form.ts'

type Answer =
  | {
      readonly columns: readonly string[]
      readonly rows: readonly (readonly FlowCell[])[]
      readonly isCut: boolean
    }
  | { readonly problem: string }

export class QueryPage implements Page {
  readonly id = 'query'
  readonly title = 'Query'
  readonly #sql = el('textarea', {
    id: 'question',
    class: 'query-sql data',
    rows: '5',
    spellcheck: 'false',
    autocomplete: 'off',
    placeholder: 'SELECT ... FROM an output stream',
  })
  readonly #words = el('p', { id: 'question-words', class: 'panel-note', role: 'status' })
  readonly #problem = el('pre', { class: 'query-problem data', hidden: '' })
  readonly #answer = el('div', { class: 'panel-body' })
  #isAsking = false

  mount(root: HTMLElement, context: PageContext): void {
    const button = el('button', { class: 'quiet', type: 'submit' }, 'ask')
    const form = el(
      'form',
      { class: 'query-form' },
      el('label', { for: 'question', class: 'panel-title' }, 'Question about results'),
      this.#sql,
      el(
        'p',
        {},
        button,
        el('span', { class: 'muted' }, ' or Ctrl+Enter; one SELECT over the newest rows of output streams'),
      ),
    )
    const needed = tokenForm('Results hold data.', token => {
      context.setToken(token)
      needed.hidden = context.token() !== null
    })
    needed.hidden = context.token() !== null
    const ask = (): void => void this.#ask(context, needed)
    form.addEventListener('submit', event => {
      event.preventDefault()
      ask()
    })
    this.#sql.addEventListener('keydown', event => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      ask()
    })
    const asked = el('section', { class: 'panel query', 'aria-label': 'Question' }, form, needed, this.#problem)
    const answered = el('section', { class: 'panel query', 'aria-label': 'Answer' }, this.#words, this.#answer)
    root.append(asked, answered)
  }

  unmount(): void {}

  async #ask(context: PageContext, needed: HTMLElement): Promise<void> {
    const sql = this.#sql.value.trim()
    if (this.#isAsking || sql === '') return
    this.#isAsking = true
    setText(this.#words, 'asking')
    const answer = await askServer<Answer>('/api/v1/sql', context, { body: { sql } })
    this.#isAsking = false
    needed.hidden = answer.kind !== 'token'
    const problem =
      answer.kind === 'refused'
        ? answer.words
        : answer.kind === 'value' && 'problem' in answer.value
          ? answer.value.problem
          : null
    this.#problem.hidden = problem === null
    if (answer.kind === 'token') return setText(this.#words, 'this needs the token that was printed at the start')
    if (problem !== null) {
      setText(this.#problem, problem)
      return setText(this.#words, 'the question was refused')
    }
    if (answer.kind !== 'value' || 'problem' in answer.value) return
    const { columns, rows, isCut } = answer.value
    setText(this.#words, `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}${isCut ? ', and there are more' : ''}`)
    const head = el('tr', {}, ...columns.map(name => el('th', { scope: 'col', title: name }, dataText(name))))
    const body = rows.map(row =>
      el(
        'tr',
        {},
        ...row.map(cell => {
          const text = cell === null ? 'null' : String(cell)
          const kind = cell === null ? 'muted' : typeof cell === 'number' ? 'number' : null
          return el('td', { class: kind, title: text }, dataText(text, 'cell-text'))
        }),
      ),
    )
    const table = el(
      'table',
      {},
      el('caption', { class: 'unseen' }, 'Answer'),
      el('thead', {}, head),
      el('tbody', {}, ...body),
    )
    this.#answer.replaceChildren(
      el('div', { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Answer' }, table),
    )
  }
}
