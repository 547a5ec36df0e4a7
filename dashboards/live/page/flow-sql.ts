/** The program with the statement of a node marked, and the other way round. */
import type { FlowMessage } from '../flow/flow-protocol.ts'
import { el } from './dom.ts'

export class FlowSql {
  readonly #code = el('code')
  readonly #pre = el('pre', { class: 'flow-sql data', tabindex: '0', 'aria-label': 'The SQL program' }, this.#code)
  readonly element = el(
    'section',
    { class: 'panel flow-program' },
    el(
      'header',
      { class: 'panel-head' },
      el(
        'div',
        { class: 'panel-words' },
        el('h2', { class: 'panel-title' }, 'Program'),
        el('p', { class: 'panel-note' }, 'point at a node or at a statement to see what belongs together'),
      ),
    ),
    this.#pre,
  )
  readonly #onHover: (nodes: ReadonlySet<string>) => void
  readonly #parts = new Map<string, HTMLElement>()
  #sql = ''

  constructor(onHover: (nodes: ReadonlySet<string>) => void) {
    this.#onHover = onHover
  }

  update({ sql, nodes }: FlowMessage): void {
    if (sql === this.#sql) return
    this.#sql = sql
    this.#parts.clear()
    const statements = nodes
      .flatMap(({ id, span }) => (span === null ? [] : [{ id, span }]))
      .sort((a, b) => a.span.start - b.span.start)
    const pieces: (string | Node)[] = []
    let at = 0
    for (const { id, span } of statements) {
      if (span.start < at) continue
      const part = el('span', { class: 'flow-statement' }, sql.slice(span.start, span.end))
      part.addEventListener('pointerenter', () => this.#onHover(new Set([id])))
      part.addEventListener('pointerleave', () => this.#onHover(new Set()))
      this.#parts.set(id, part)
      pieces.push(sql.slice(at, span.start), part)
      at = span.end
    }
    this.#code.replaceChildren(...pieces, sql.slice(at))
  }

  /** Marks the statement of a node and brings it into view; null: none. */
  mark(node: string | null): void {
    for (const [id, part] of this.#parts) part.toggleAttribute('data-marked', id === node)
    const part = node === null ? undefined : this.#parts.get(node)
    // Only the program scrolls: a page that moved under the pointer would point at something else.
    if (part !== undefined) this.#pre.scrollTop = part.offsetTop - this.#pre.clientHeight / 3
  }
}
