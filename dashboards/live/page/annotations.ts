/** The annotations of a dashboard: marks for the charts, and the same as a list that opens. */
import type { AnnotationMessage, LiveMessage } from '../protocol.ts'
import { dataText, el, setText } from './dom.ts'
import { formatTime, formatUtc } from './format.ts'
import { goneOn, MARKS_MAX } from './kept-marks.ts'

const LISTED_MAX = 20

export class Annotations {
  readonly #words = el('summary')
  readonly #list = el('ol', { class: 'mark-list' })
  readonly element = el('details', { class: 'marks', hidden: '' }, this.#words, this.#list)
  #all: AnnotationMessage[] = []
  #isChanged = true
  /** what is chosen; marks of another choice do not go on */
  #key = ''

  get all(): readonly AnnotationMessage[] {
    return this.#all
  }

  take(message: LiveMessage): void {
    if (message.type === 'snapshot') {
      const key = JSON.stringify(message.variables.map(({ chosen }) => chosen))
      this.#all = key === this.#key ? goneOn(this.#all, message.annotations) : [...message.annotations]
      this.#key = key
    } else
      for (const { annotation, marks } of message.marks) {
        const before = this.#all[annotation]
        if (before === undefined) continue
        const joined = [...before.marks, ...marks].sort((a, b) => a[0] - b[0]).slice(-MARKS_MAX)
        this.#all[annotation] = { ...before, marks: joined }
      }
    if (message.type === 'snapshot' || message.marks.length > 0) this.#isChanged = true
  }

  draw(): void {
    if (!this.#isChanged) return
    this.#isChanged = false
    const all = this.#all.flatMap(({ title, level, marks }) => marks.map(mark => ({ title, level, mark })))
    all.sort((a, b) => b.mark[0] - a.mark[0])
    this.element.hidden = all.length === 0
    setText(this.#words, `${all.length} ${all.length === 1 ? 'mark' : 'marks'} on the charts`)
    this.#list.replaceChildren(
      ...all
        .slice(0, LISTED_MAX)
        .map(({ title, level, mark: [from, until, text] }) =>
          el(
            'li',
            {},
            el('span', { class: `swatch level-${level}` }),
            el(
              'time',
              { class: 'number muted', title: formatUtc(from) },
              until === null ? formatTime(from) : `${formatTime(from)} to ${formatTime(until)}`,
            ),
            dataText(title),
            text === '' ? null : dataText(text, 'muted'),
          ),
        ),
    )
  }
}
