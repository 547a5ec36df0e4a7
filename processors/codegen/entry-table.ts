/**
 * Expressions of one text, answered once for each dictionary entry in use: comparisons with constants, LIKE, functions of
 * texts, CASE over them. The interpreter computes the entries that are new in a batch, all at once; generated code looks
 * them up by id. Tables live as long as their dictionary, whose size is bounded, and no longer.
 */
import { assert } from '../../core/assert.ts'
import { Dictionary, NULL_ID } from '../../core/dictionary.ts'
import { type DictionaryColumn, isNullAt, textAt } from '../../core/rows.ts'
import type { Storage } from '../../core/sql-type.ts'
import { type RowFailure, RowFailures } from '../expressions/failures.ts'
import type { Kernel } from '../expressions/kernel.ts'
import { everyRow } from '../expressions/selection.ts'
import type { Run } from './code-writer.ts'

/** States of an entry. */
export const UNKNOWN = 0
export const VALUE = 1
export const NULL = 2
export const FAILED = 3

type EntryStorage = Exclude<Storage, 'binary'>

/** Answers by id of one dictionary. */
class Entries {
  readonly storage: EntryStorage
  states = new Uint8Array(0)
  numbers = new Float64Array(0)
  bigints = new BigInt64Array(0)
  ids = new Int32Array(0)
  readonly output = new Dictionary()
  readonly failures = new Map<number, RowFailure>()
  known = 0

  constructor(storage: EntryStorage) {
    this.storage = storage
  }

  reserve(size: number): void {
    if (this.states.length >= size) return
    const length = size * 2
    const moved = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from)
      return to
    }
    this.states = moved(new Uint8Array(length), this.states)
    if (this.storage === 'number') this.numbers = moved(new Float64Array(length), this.numbers)
    else if (this.storage === 'bigint') this.bigints = moved(new BigInt64Array(length), this.bigints)
    else this.ids = moved(new Int32Array(length), this.ids)
  }
}

export class EntryTable {
  readonly #kernel: Kernel
  readonly #column: number
  readonly #storage: EntryStorage
  readonly #tables = new WeakMap<Dictionary, Entries>()
  #entries: Entries | null = null
  #run: Run | null = null

  /** @param column index of the text column that the expression reads */
  constructor(kernel: Kernel, column: number, storage: EntryStorage) {
    this.#kernel = kernel
    this.#column = column
    this.#storage = storage
  }

  states(run: Run): Uint8Array {
    return this.#of(run).states
  }

  numbers(run: Run): Float64Array {
    return this.#of(run).numbers
  }

  bigints(run: Run): BigInt64Array {
    return this.#of(run).bigints
  }

  ids(run: Run): Int32Array {
    return this.#of(run).ids
  }

  /** What the ids are of. */
  dictionary(run: Run): Dictionary {
    return this.#of(run).output
  }

  /** Lets go of the batch. */
  release(): void {
    this.#run = null
  }

  failure(id: number): RowFailure {
    const failure = this.#entries?.failures.get(id)
    assert(failure !== undefined, 'an entry that failed has its failure')
    return failure
  }

  /** The entries of the run's dictionary, those of its rows known. */
  #of(run: Run): Entries {
    if (this.#run === run && this.#entries !== null) return this.#entries
    const column = run.evaluation.batch.columns[this.#column]
    assert(column?.layout === 'dictionary', 'a table by id is for a dictionary column')
    let entries = this.#tables.get(column.dictionary)
    if (entries === undefined) {
      this.#tables.set(column.dictionary, (entries = new Entries(this.#storage)))
      entries.reserve(column.dictionary.size)
      this.#answer(entries, Int32Array.of(NULL_ID), 1, column.dictionary)
    }
    if (entries.known < column.dictionary.size) this.#learn(entries, column, run)
    this.#run = run
    this.#entries = entries
    return entries
  }

  #learn(entries: Entries, { ids, dictionary }: DictionaryColumn, { selection }: Run): void {
    entries.reserve(dictionary.size)
    const { states } = entries
    const fresh = new Int32Array(selection.length)
    let length = 0
    for (let i = 0; i < selection.length; i++) {
      const id = ids[selection.rows[i]!]!
      if (states[id] !== UNKNOWN) continue
      states[id] = NULL
      fresh[length++] = id
    }
    if (length > 0) this.#answer(entries, fresh, length, dictionary)
  }

  #answer(entries: Entries, fresh: Int32Array, length: number, dictionary: Dictionary): void {
    const { states } = entries
    entries.known += length
    const failures = new RowFailures()
    const columns: DictionaryColumn[] = []
    columns[this.#column] = { layout: 'dictionary', ids: fresh, dictionary }
    const batch = { schema: { columns: [] }, length, rowtimes: new Float64Array(length), columns, origin: null }
    const answers = this.#kernel({ batch, failures }, everyRow(length))
    for (let i = 0; i < length; i++) {
      const id = fresh[i]!
      const failure = failures.get(i)
      states[id] = NULL
      if (failure !== undefined) {
        states[id] = FAILED
        entries.failures.set(id, failure)
      } else if (!isNullAt(answers, i)) {
        states[id] = VALUE
        if (answers.layout === 'number') entries.numbers[id] = answers.values[i]!
        else if (answers.layout === 'bigint') entries.bigints[id] = answers.values[i]!
        else entries.ids[id] = entries.output.idOf(textAt(answers, i) ?? '')
      }
    }
  }
}
