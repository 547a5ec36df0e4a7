/** Values on their way into a column, and the seam of the writers that put them there. */
import type { ColumnVector } from '../rows.ts'

/** A number with the text that wrote it. */
export class ExactNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An array or object with the text that wrote it. */
export abstract class ExactContainer {
  readonly #document: string
  readonly #start: number
  #end = 0
  #text: string | null = null

  /** @param start index of the first bracket in the document */
  constructor(document: string, start: number) {
    this.#document = document
    this.#start = start
  }

  /** Says where the last bracket ends. */
  close(end: number): void {
    this.#end = end
  }

  /** The source text, from the first bracket to the last. */
  sourceText(): string {
    this.#text ??= this.#document.slice(this.#start, this.#end)
    return this.#text
  }
}

/**
 * `written`: the cell holds the value. `refused`: the value has no place in the type; the row goes to the error output.
 * `needs source`: the value must come again as ExactNumber or ExactContainer, because its text decides.
 */
export type Written = 'written' | 'refused' | 'needs source'

export interface ColumnWriter {
  /** Makes room for rows below `capacity`; what was written stays. */
  reserve(capacity: number): void
  /** Writes any value, null and undefined (missing) included, at a row below the capacity. */
  write(row: number, value: unknown): Written
  /** The column so far; the writer starts anew with the given capacity. */
  take(capacity: number): ColumnVector
}

/** Containers have no place in most types, but the error shows their text: so they come again with it. */
export function containerRefused(value: unknown): Written {
  return value instanceof ExactContainer ? 'refused' : 'needs source'
}
