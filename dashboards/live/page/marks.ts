/** Annotations on an axis of time: a line for an instant, a tinted region for a span, with the words in a list for readers. */
import type { AnnotationMessage, MarkMessage } from '../protocol.ts'
import { dataText, el } from './dom.ts'
import { formatTime } from './format.ts'
import { levelProperty } from './levels.ts'
import { cssValue } from './theme.ts'

export interface MarkArea {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly start: number
  readonly end: number
}

/** Draws all marks that lie within the axis. */
export function drawMarks(
  context: CanvasRenderingContext2D,
  annotations: readonly AnnotationMessage[],
  { left, right, top, bottom, start, end }: MarkArea,
): void {
  const x = (at: number): number => left + ((at - start) / Math.max(1, end - start)) * (right - left)
  for (const { level, marks } of annotations) {
    const colour = cssValue(levelProperty(level))
    for (const [from, until] of marks) {
      if (from > end || (until ?? from) < start) continue
      context.save()
      if (until !== null) {
        context.globalAlpha = 0.14
        context.fillStyle = colour
        const begin = Math.max(left, x(from))
        context.fillRect(begin, top, Math.min(right, x(until)) - begin, bottom - top)
      }
      if (from >= start) {
        context.globalAlpha = 0.9
        context.strokeStyle = colour
        context.fillStyle = colour
        context.lineWidth = context.getTransform().a
        context.setLineDash([4, 3])
        context.beginPath()
        context.moveTo(x(from), top)
        context.lineTo(x(from), bottom)
        context.stroke()
        context.beginPath()
        context.arc(x(from), top + 3, 3, 0, 2 * Math.PI)
        context.fill()
      }
      context.restore()
    }
  }
}

/** The marks near an instant, as lines of a tip. @param near milliseconds to either side */
export function marksNear(
  annotations: readonly AnnotationMessage[],
  at: number,
  near: number,
): readonly { readonly title: string; readonly mark: MarkMessage }[] {
  return annotations.flatMap(({ title, marks }) =>
    marks
      .filter(([from, until]) =>
        until === null ? Math.abs(from - at) <= near : at >= from - near && at <= until + near,
      )
      .map(mark => ({ title, mark })),
  )
}

export function markLine(title: string, [from, , text]: MarkMessage): HTMLElement {
  return el(
    'div',
    { class: 'tip-mark' },
    el('span', { class: 'number' }, formatTime(from)),
    dataText(text === '' ? title : `${title}: ${text}`),
  )
}
