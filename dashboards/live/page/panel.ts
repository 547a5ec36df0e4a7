/** What every panel of a page has: a frame with a title, a place for what it draws, and words for when there is nothing. */
import type { AnnotationMessage, PanelChange, PanelData, PanelShape } from '../protocol.ts'
import { dataText, el, setText } from './dom.ts'
import { formatDuration, formatTime } from './format.ts'

/** What all parts of a page share at one moment. */
export interface Moment {
  /** the server's clock, or the newest row in a replay */
  readonly now: number
  readonly watermarkMs: number | null
  readonly nextCloseAt: Readonly<Record<string, number>>
  readonly isReplay: boolean
  readonly annotations: readonly AnnotationMessage[]
}

export interface PanelView {
  readonly element: HTMLElement
  /** everything anew */
  reset(data: PanelData): void
  /** points or rows that came in */
  apply(change: PanelChange): void
  /** Called some times a second, and after changes; draws. */
  draw(moment: Moment): void
  /** The colours have changed. */
  recolour(): void
}

/** Lines have eight colours; the sum of the rest has its own. */
export const COLOURS = 8

export interface Frame {
  readonly element: HTMLElement
  readonly body: HTMLElement
  readonly actions: HTMLElement
  /** Shows words in the place of the body while there is nothing to draw. */
  readonly showEmpty: (isEmpty: boolean, moment: Moment) => void
  readonly note: (text: string) => void
}

export function frame(shape: PanelShape): Frame {
  const headingId = `${shape.id}-title`
  const note = el('p', { class: 'panel-note' })
  const empty = el('p', { class: 'panel-empty' })
  const body = el('div', { class: 'panel-body' })
  const actions = el('div', { class: 'panel-actions' })
  const heading = el('h2', { id: headingId, class: 'panel-title', title: `output stream ${shape.stream}` })
  heading.append(dataText(shape.title))
  const element = el(
    'section',
    {
      class: `panel panel-${shape.kind}`,
      'aria-labelledby': headingId,
      'data-testid': 'panel',
      'data-panel': shape.id,
    },
    el('header', { class: 'panel-head' }, el('div', { class: 'panel-words' }, heading, note), actions),
    body,
    empty,
  )
  setText(note, shape.description)
  note.hidden = shape.description === ''
  return {
    element,
    body,
    actions,
    showEmpty(isEmpty, moment) {
      body.hidden = isEmpty
      empty.hidden = !isEmpty
      if (isEmpty) setText(empty, emptyText(shape.stream, moment))
    },
    note(text) {
      setText(note, text)
      note.hidden = text === ''
    },
  }
}

function emptyText(stream: string, moment: Moment): string {
  const closeAt = moment.nextCloseAt[stream]
  if (closeAt === undefined) return 'no rows yet'
  const left = closeAt - moment.now
  if (moment.isReplay || left <= 0) return `first window closes at ${formatTime(closeAt)}`
  return `first window closes at ${formatTime(closeAt)}, in ${formatDuration(left)}`
}

/** `last 5 min` for a span. */
export function spanText(spanMs: number): string {
  return `last ${formatDuration(spanMs)}`
}
