/**
 * Arrays that a decoder fills again. New ones for every batch cost as much as a third of a query: memory to clear, and a collector
 * that is called for what lies outside its heap. So a decoder that is told to lend hands the same arrays out again and again, and
 * whoever keeps its rows beyond the push that brought them keeps a copy.
 *
 *     decode ──► lent arrays ──► program: reads them, passes them on ──► outputs, joins, merges: `ownedRows`
 *        └─◄── the next decode takes them back
 */
import { plainColumn } from './late-columns.ts'
import { type ColumnVector, ROWS_PER_BATCH_MAX, type RowBatch } from './rows.ts'

/** Arrays of a kind that are lent at once; further ones are new, and nobody's after the batch. Bounds what is kept for later. */
export const LENT_ARRAYS_MAX = 256

type Lendable = Float64Array | BigInt64Array | Int32Array | Uint8Array

const LENT = new WeakSet<Lendable>()

/** Makes arrays of one kind, or takes one that has come back. */
class Shelf<T extends Lendable> {
  readonly #make: (length: number) => T
  readonly #lends: boolean
  readonly #free: T[] = []
  readonly #out: T[] = []

  constructor(make: (length: number) => T, lends: boolean) {
    this.#make = make
    this.#lends = lends
  }

  /** An array of zeros; where arrays are lent, one of any content that may be longer than asked for. */
  take(length: number): T {
    if (!this.#lends || length === 0 || length > ROWS_PER_BATCH_MAX) return this.#make(length)
    const known = this.#free.pop()
    if (known !== undefined) return known
    const made = this.#make(ROWS_PER_BATCH_MAX)
    LENT.add(made)
    return made
  }

  /** Says that an array leaves with a batch. */
  leave(array: T): void {
    if (this.#lends && this.#out.length < LENT_ARRAYS_MAX && LENT.has(array)) this.#out.push(array)
  }

  /** Takes back what has left. */
  return(): void {
    for (let array = this.#out.pop(); array !== undefined; array = this.#out.pop()) this.#free.push(array)
  }
}

/** The arrays of one decoder's columns. */
export class ColumnArrays {
  readonly lends: boolean
  readonly numbers: Shelf<Float64Array<ArrayBuffer>>
  readonly bigints: Shelf<BigInt64Array<ArrayBuffer>>
  readonly ints: Shelf<Int32Array<ArrayBuffer>>
  readonly bytes: Shelf<Uint8Array<ArrayBuffer>>

  /** @param lends false: every array is new, and whoever gets it may keep it */
  constructor(lends: boolean) {
    this.lends = lends
    this.numbers = new Shelf(length => new Float64Array(length), lends)
    this.bigints = new Shelf(length => new BigInt64Array(length), lends)
    this.ints = new Shelf(length => new Int32Array(length), lends)
    this.bytes = new Shelf(length => new Uint8Array(length), lends)
  }

  /** Begins with a batch: the arrays of the last one are free again. */
  begin(): void {
    if (!this.lends) return
    for (const shelf of [this.numbers, this.bigints, this.ints, this.bytes]) shelf.return()
  }
}

/** The rows for one who keeps them: what a decoder will fill again is copied, the rest is the same. */
export function ownedRows(rows: RowBatch): RowBatch {
  const { length, rowtimes, columns, origin } = rows
  return {
    schema: rows.schema,
    length,
    rowtimes: owned(rowtimes, length),
    columns: columns.map(column => ownedColumn(column, length)),
    origin: origin === null ? null : { batch: origin.batch, records: owned(origin.records, length) },
  }
}

function ownedColumn(given: ColumnVector, length: number): ColumnVector {
  // A column that is made later would be made of arrays that hold other rows by then.
  const column = plainColumn(given)
  switch (column.layout) {
    case 'number': {
      const { values, nulls } = column
      return isLent(values) ? { layout: 'number', values: owned(values, length), nulls: owned(nulls, length) } : column
    }
    case 'bigint': {
      const { values, nulls } = column
      return isLent(values) ? { layout: 'bigint', values: owned(values, length), nulls: owned(nulls, length) } : column
    }
    case 'dictionary': {
      const { ids, dictionary } = column
      return isLent(ids) ? { layout: 'dictionary', ids: owned(ids, length), dictionary } : column
    }
    case 'span': {
      const { bytes, offsets, sizes, nulls } = column
      if (!isLent(offsets)) return column
      return {
        layout: 'span',
        bytes,
        offsets: owned(offsets, length),
        sizes: owned(sizes, length),
        nulls: owned(nulls, length),
      }
    }
  }
}

function owned<T extends Lendable>(array: T, length: number): T {
  return isLent(array) ? (array.slice(0, length) as T) : array
}

/** Whether a decoder will fill an array again. */
export function isLent(array: Lendable): boolean {
  return LENT.has(array)
}
