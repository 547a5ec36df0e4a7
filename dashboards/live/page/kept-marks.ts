/** Marks that the page keeps where a server was started again. */
import type { AnnotationMessage } from '../protocol.ts'

/** Marks of each annotation; as on the server. */
export const MARKS_MAX = 100

/**
 * What the server tells of, behind what the page had before: a server that was started again knows nothing of the time before, as
 * with lines.
 */
export function goneOn(before: readonly AnnotationMessage[], told: readonly AnnotationMessage[]): AnnotationMessage[] {
  return told.map((annotation, index) => {
    const old = before[index]
    if (old === undefined || old.title !== annotation.title || old.level !== annotation.level) return annotation
    const first = annotation.marks[0]?.[0] ?? Number.POSITIVE_INFINITY
    const marks = [...old.marks.filter(([from]) => from < first), ...annotation.marks].slice(-MARKS_MAX)
    return { ...annotation, marks }
  })
}
