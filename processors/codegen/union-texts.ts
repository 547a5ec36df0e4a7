/**
 * Texts of several sources in one dictionary: what CASE and COALESCE choose from columns, constants and functions of texts.
 * Each source is translated by id, once an entry, so that choosing is choosing a number. The dictionary lives on from batch
 * to batch, which keeps the groups of what follows; a full one is given up for a new one.
 */
import { Dictionary, NULL_ID } from '../../core/dictionary.ts'
import { type ColumnVector, textAt } from '../../core/rows.ts'
import type { Run } from './code-writer.ts'

/** Ids of one source in the dictionary; -1 where an entry was not met yet. */
interface Translation {
  ids: Int32Array
  known: number
}

const UNKNOWN = -1

export class UnionTexts {
  #dictionary = new Dictionary()
  #translations = new WeakMap<Dictionary, Translation>()
  readonly #constants: (string | null)[] = []
  #constantIds = new Int32Array(0)
  #run: Run | null = null

  /** What the ids are of, in a run. */
  dictionary(run: Run): Dictionary {
    this.#begin(run)
    return this.#dictionary
  }

  /** The place of a constant in `constantIds`. */
  constant(text: string | null): number {
    const known = this.#constants.indexOf(text)
    if (known >= 0) return known
    this.#constantIds = new Int32Array(0)
    return this.#constants.push(text) - 1
  }

  constantIds(run: Run): Int32Array {
    this.#begin(run)
    if (this.#constantIds.length < this.#constants.length)
      this.#constantIds = Int32Array.from(this.#constants, text => this.#idOf(text))
    return this.#constantIds
  }

  /** Ids by id of a source, for the ids that the selected rows have. `ids` gives the id of a row. */
  translation(run: Run, source: Dictionary, idOfRow: (row: number) => number): Int32Array {
    this.#begin(run)
    let translation = this.#translations.get(source)
    if (translation === undefined) {
      translation = { ids: new Int32Array(0), known: 1 }
      this.#translations.set(source, translation)
    }
    if (translation.ids.length < source.size) {
      const grown = new Int32Array(source.size * 2).fill(UNKNOWN)
      grown.set(translation.ids)
      grown[NULL_ID] = NULL_ID
      translation.ids = grown
    }
    if (translation.known === source.size) return translation.ids
    const { ids } = translation
    const { rows, length } = run.selection
    for (let i = 0; i < length; i++) {
      const id = idOfRow(rows[i]!)
      if (ids[id] !== UNKNOWN) continue
      ids[id] = this.#idOf(source.textOf(id))
      translation.known++
    }
    return ids
  }

  /** Ids by row of a text column of any layout, for the selected rows. */
  rowIds(run: Run, column: ColumnVector): Int32Array {
    this.#begin(run)
    const ids = new Int32Array(run.evaluation.batch.length)
    const { rows, length } = run.selection
    for (let i = 0; i < length; i++) ids[rows[i]!] = this.#idOf(textAt(column, rows[i]!))
    return ids
  }

  /** Lets go of the batch. */
  release(): void {
    this.#run = null
  }

  #begin(run: Run): void {
    if (this.#run === run) return
    this.#run = run
    if (!this.#dictionary.full) return
    this.#dictionary = new Dictionary()
    this.#translations = new WeakMap()
    this.#constantIds = new Int32Array(0)
  }

  #idOf(text: string | null): number {
    return text === null ? NULL_ID : this.#dictionary.idOf(text)
  }
}
