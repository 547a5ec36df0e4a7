/** The newest marks of one annotation: rows of a stream as instants or regions with a few words. */
import { type RowBatch, typedValueAt } from '../../core/index.ts'
import type { ResolvedAnnotation } from '../resolve-dashboard.ts'
import { cellOf, cutText, numberAt } from './columns.ts'
import { columnOf, timeAt } from './panels/state.ts'
import type { AnnotationMessage, MarkMessage } from './protocol.ts'

/** Marks that are kept of each annotation; a chart has no room for more. */
export const MARKS_MAX = 100
const MARK_CHARACTERS_MAX = 160

export class AnnotationLog {
  readonly #resolved: ResolvedAnnotation
  /** ascending by begin */
  #marks: MarkMessage[] = []
  /** marks that no change has told of yet */
  #added: MarkMessage[] = []

  constructor(resolved: ResolvedAnnotation) {
    this.#resolved = resolved
  }

  add(batch: RowBatch): void {
    const { x, until, text, schema } = this.#resolved
    for (let row = Math.max(0, batch.length - MARKS_MAX); row < batch.length; row++) {
      const at = timeAt(this.#resolved, batch, x, row)
      if (at === null) continue
      const ending = until < 0 ? null : columnOf(this.#resolved, batch, until)
      // However far ahead: a region that goes on moves no axis.
      const end = ending === null ? null : numberAt(ending.vector, ending.definition.type, row)
      const words: string[] = []
      for (const index of text) {
        const column = schema.columns[index]
        const vector = batch.columns[index]
        if (column === undefined || vector === undefined) continue
        const cell = cellOf(typedValueAt(vector, column.type, row), column.type)
        if (cell !== null) words.push(String(cell))
      }
      this.#added.push([at, end !== null && end > at ? end : null, cutText(words.join(' · '), MARK_CHARACTERS_MAX)])
    }
    if (this.#added.length > MARKS_MAX) this.#added = this.#added.slice(-MARKS_MAX)
  }

  /** What came since the last call; empty when nothing did. */
  change(): readonly MarkMessage[] {
    const added = this.#added
    if (added.length === 0) return added
    this.#added = []
    this.#marks = [...this.#marks, ...added].sort((a, b) => a[0] - b[0]).slice(-MARKS_MAX)
    return added
  }

  /** Everything that changes have told of. */
  message(): AnnotationMessage {
    const { title, level } = this.#resolved.annotation
    return { title: cutText(title), level: level ?? 'info', marks: this.#marks }
  }
}
