/**
 * Texts of any dictionary by the ids of one. As long as all texts come from one dictionary, as those of a stream mostly do, that is
 * the one, and its ids are the codes. When another text comes, its entries are copied into a dictionary of one's own, where they
 * keep their ids; those of other dictionaries are translated by arrays from then on, so that a text is looked up once for each
 * dictionary it comes from and not once a row.
 */
import { Dictionary, NULL_ID } from '../../core/dictionary.ts'

/** Dictionaries whose translations are remembered. A stream has one at a time; joins and unions bring a few. */
const TRANSLATIONS_MAX = 8

interface Translation {
  readonly from: Dictionary
  /** own ids by theirs; 0 while one was not asked for */
  ids: Int32Array
}

export class TextCodes {
  /** one's own, or the adopted one: then nothing may be entered */
  #dictionary = new Dictionary()
  #adopted = false
  readonly #translations: Translation[] = []
  /** the translation that the next new one takes the place of */
  #oldest = 0

  get dictionary(): Dictionary {
    return this.#dictionary
  }

  /** The code of a text, entered if new; NULL_ID for null. */
  codeOf(text: string | null): number {
    if (text === null) return NULL_ID
    if (this.#adopted) {
      const known = this.#dictionary.find(text)
      if (known !== NULL_ID) return known
      this.#makeOwn()
    }
    return this.#dictionary.idOf(text)
  }

  /** True where the codes are those of somebody else's dictionary, so that to start anew costs nothing. */
  get adopted(): boolean {
    return this.#adopted
  }

  /** Codes of `ids[rows[from, to)]` into `into`, from place `at` on. */
  translate(
    ids: Int32Array,
    dictionary: Dictionary,
    rows: Int32Array,
    from: number,
    to: number,
    into: Int32Array,
    at: number,
  ): void {
    if (dictionary !== this.#dictionary && this.#dictionary.size === 1) {
      this.clear()
      this.#dictionary = dictionary
      this.#adopted = true
    }
    if (dictionary === this.#dictionary) {
      copyIds(ids, rows, from, to, into, at - from)
      return
    }
    if (this.#adopted) this.#makeOwn()
    const translation = this.#translationOf(dictionary)
    for (let i = from; ; ) {
      i = translateKnown(ids, rows, i, to, translation.ids, into, at - from)
      if (i === to) return
      const id = ids[rows[i]!]!
      translation.ids[id] = this.#dictionary.idOf(dictionary.textOf(id))
    }
  }

  /** Starts anew with an empty dictionary; columns that were made keep the old one. */
  clear(): void {
    this.#dictionary = new Dictionary()
    this.#adopted = false
    this.#translations.length = 0
    this.#oldest = 0
  }

  #makeOwn(): void {
    const adopted = this.#dictionary
    const own = new Dictionary()
    for (let id = 1; id < adopted.size; id++) own.idOf(adopted.textOf(id))
    this.#dictionary = own
    this.#adopted = false
  }

  #translationOf(from: Dictionary): Translation {
    let translation = this.#translations.find(each => each.from === from)
    if (translation === undefined) {
      translation = { from, ids: new Int32Array(Math.max(64, from.size * 2)) }
      if (this.#translations.length < TRANSLATIONS_MAX) this.#translations.push(translation)
      else {
        this.#translations[this.#oldest] = translation
        this.#oldest = (this.#oldest + 1) % TRANSLATIONS_MAX
      }
    } else if (translation.ids.length < from.size) {
      const grown = new Int32Array(from.size * 2)
      grown.set(translation.ids)
      translation.ids = grown
    }
    return translation
  }
}

/** `shift` lies between the places read and written. */
function copyIds(ids: Int32Array, rows: Int32Array, from: number, to: number, into: Int32Array, shift: number): void {
  for (let i = from; i < to; i++) into[i + shift] = ids[rows[i]!]!
}

/** Translates until an id is not known; returns its place, or `to`. `shift` lies between the places read and written. */
function translateKnown(
  ids: Int32Array,
  rows: Int32Array,
  from: number,
  to: number,
  known: Int32Array,
  into: Int32Array,
  shift: number,
): number {
  for (let i = from; i < to; i++) {
    const id = ids[rows[i]!]!
    const code = known[id]!
    // Code 0 is never the code of a text.
    if (code === 0 && id !== NULL_ID) return i
    into[i + shift] = code
  }
  return to
}
