/** What could not be used: counts for everybody, the rows themselves for whoever has the token. */
import type { ErrorSample, ErrorSummary } from '../protocol.ts'
import { dataText, el, setText } from './dom.ts'
import { formatTime, formatUtc, formatValue } from './format.ts'
import { currentToken, setToken } from './token.ts'

/** Rows are asked for at most this often. */
const SAMPLES_INTERVAL_MS = 2_000

export class ErrorsSection {
  readonly #none = el('p', { class: 'panel-empty' }, 'every event could be used so far')
  readonly #counts = el('tbody', { id: 'error-counts' })
  readonly #samples = el('ol', { id: 'error-samples', class: 'sample-list' })
  readonly #words = el('p', { id: 'error-words', class: 'panel-note' })
  readonly #input = el('input', { id: 'token-input', type: 'password', autocomplete: 'off', spellcheck: 'false' })
  readonly #form = el(
    'form',
    { id: 'token-form', class: 'token' },
    el(
      'label',
      { for: 'token-input' },
      'Rows hold raw data. To see them, enter the token that was printed at the start:',
    ),
    el('span', { class: 'token-line' }, this.#input, el('button', { class: 'quiet', type: 'submit' }, 'show rows')),
  )
  readonly #body = el(
    'div',
    { class: 'errors-body', hidden: '' },
    el(
      'table',
      { class: 'error-table' },
      el('caption', { class: 'unseen' }, 'Error rows by reason'),
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          el('th', { scope: 'col' }, 'reason'),
          el('th', { scope: 'col', class: 'end' }, 'rows'),
          el('th', { scope: 'col', class: 'end' }, 'last'),
        ),
      ),
      this.#counts,
    ),
    el('div', { class: 'samples' }, this.#form, this.#words, this.#samples),
  )
  readonly element = el(
    'section',
    { id: 'errors', class: 'panel errors', 'aria-labelledby': 'errors-title' },
    el(
      'header',
      { class: 'panel-head' },
      el(
        'div',
        { class: 'panel-words' },
        el('h2', { id: 'errors-title', class: 'panel-title' }, 'Error rows'),
        el('p', { class: 'panel-note' }, 'what could not be used, by reason; the pipeline goes on'),
      ),
    ),
    this.#none,
    this.#body,
  )
  #total = 0
  #shownTotal = -1
  #askedAt = 0
  #isAsking = false

  constructor() {
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      setToken(this.#input.value.trim())
      this.#input.value = ''
      this.#shownTotal = -1
      void this.#ask()
    })
    this.#showForm('')
  }

  update(errors: ErrorSummary): void {
    this.#total = errors.total
    this.#none.hidden = errors.total > 0
    this.#body.hidden = errors.total === 0
    const rows = errors.byName.map(({ name, count, lastAt }) =>
      el(
        'tr',
        {},
        el('th', { scope: 'row' }, dataText(name, 'cell-text')),
        el('td', { class: 'end number' }, formatValue(count, 'count')),
        el('td', { class: 'end number muted', title: formatUtc(lastAt) }, formatTime(lastAt)),
      ),
    )
    this.#counts.replaceChildren(...rows)
  }

  /** Called some times a second. */
  draw(): void {
    if (this.#total === this.#shownTotal || currentToken() === null || this.#total === 0) return
    if (Date.now() - this.#askedAt >= SAMPLES_INTERVAL_MS) void this.#ask()
  }

  async #ask(): Promise<void> {
    const token = currentToken()
    if (this.#isAsking || token === null) return this.#showForm('')
    this.#isAsking = true
    this.#askedAt = Date.now()
    const total = this.#total
    try {
      const response = await fetch('/api/v1/errors', {
        headers: { authorization: `Bearer ${token}` },
        cache: 'no-store',
      })
      if (response.status === 401) {
        setToken(null)
        this.#showForm('This is not the token of this run.')
      } else if (response.ok) {
        const { errors } = (await response.json()) as { readonly errors: readonly ErrorSample[] }
        this.#shownTotal = total
        this.#form.hidden = true
        setText(this.#words, `newest ${errors.length} of ${formatValue(total, 'count')}`)
        this.#samples.replaceChildren(...errors.map(sampleRow))
      }
    } catch {
      // The connection itself says when the server is gone.
    } finally {
      this.#isAsking = false
    }
  }

  #showForm(problem: string): void {
    const isLocked = currentToken() === null
    this.#form.hidden = !isLocked
    if (isLocked) setText(this.#words, problem)
  }
}

function sampleRow(sample: ErrorSample): HTMLElement {
  const place = [sample.pump === null ? '' : `pump ${sample.pump}`, sample.position ?? ''].filter(text => text !== '')
  return el(
    'li',
    { class: 'sample' },
    el(
      'p',
      { class: 'sample-head' },
      el('time', { class: 'number muted', title: formatUtc(sample.at) }, formatTime(sample.at)),
      dataText(sample.name, 'sample-name'),
      dataText(sample.message, 'sample-message'),
      place.length === 0 ? null : dataText(place.join(' · '), 'muted sample-place'),
    ),
    sample.data === '' ? null : el('pre', { class: 'data', dir: 'auto', tabindex: '0' }, sample.data),
  )
}
