/** What could not be used: counts for everybody, the rows themselves for whoever has the token. */
import type { ErrorSample, ErrorSummary } from '../protocol.ts'
import { byId, dataText, el, setText } from './dom.ts'
import { formatTime, formatUtc, formatValue } from './format.ts'
import { currentToken, setToken } from './token.ts'

/** Rows are asked for at most this often. */
const SAMPLES_INTERVAL_MS = 2_000

export class ErrorsSection {
  readonly #section = byId('errors')
  readonly #counts = byId('error-counts')
  readonly #samples = byId('error-samples')
  readonly #words = byId('error-words')
  readonly #form = byId('token-form')
  #total = 0
  #shownTotal = -1
  #askedAt = 0
  #isAsking = false

  constructor() {
    const input = byId('token-input')
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      if (!(input instanceof HTMLInputElement)) return
      setToken(input.value.trim())
      input.value = ''
      this.#shownTotal = -1
      void this.#ask()
    })
    this.#showForm('')
  }

  update(errors: ErrorSummary): void {
    this.#total = errors.total
    this.#section.hidden = errors.total === 0
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
