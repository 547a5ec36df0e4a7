/**
 * Columns that are made when somebody asks for them. A decoder that reads only what a program needs puts them in the places of
 * the others, so that an error row still shows the whole row, and nobody has to know who reads what.
 */
import type { BigintColumn, ColumnVector, DictionaryColumn, NumberColumn, SpanColumn } from './rows.ts'

/** Every array that a column may have, each behind the first question for it. */
class LateColumn {
  #make: (() => ColumnVector) | null
  #column: ColumnVector | null = null

  constructor(make: () => ColumnVector) {
    this.#make = make
  }

  get column(): ColumnVector {
    if (this.#column === null) {
      this.#column = plainColumn(this.#make!())
      this.#make = null
    }
    return this.#column
  }

  get isMade(): boolean {
    return this.#column !== null
  }

  get layout(): ColumnVector['layout'] {
    return this.column.layout
  }

  get values(): Float64Array | BigInt64Array {
    return (this.column as NumberColumn | BigintColumn).values
  }

  get nulls(): Uint8Array {
    return (this.column as NumberColumn | BigintColumn | SpanColumn).nulls
  }

  get ids(): Int32Array {
    return (this.column as DictionaryColumn).ids
  }

  get dictionary(): DictionaryColumn['dictionary'] {
    return (this.column as DictionaryColumn).dictionary
  }

  get bytes(): Uint8Array {
    return (this.column as SpanColumn).bytes
  }

  get offsets(): Int32Array {
    return (this.column as SpanColumn).offsets
  }

  get sizes(): Int32Array {
    return (this.column as SpanColumn).sizes
  }
}

/** A column that `make` gives at the first look at it. */
export function lateColumn(make: () => ColumnVector): ColumnVector {
  return new LateColumn(make) as unknown as ColumnVector
}

/** A column made of another one: late where that one has not been looked at, so that passing it on costs nothing. */
export function derivedColumn(from: ColumnVector, derive: (column: ColumnVector) => ColumnVector): ColumnVector {
  const late = from as unknown
  if (!(late instanceof LateColumn)) return derive(from)
  return late.isMade ? derive(late.column) : lateColumn(() => derive(late.column))
}

/** The column itself, made now: for those who will read it, because arrays behind getters are slow to reach. */
export function plainColumn(column: ColumnVector): ColumnVector {
  const late = column as unknown
  return late instanceof LateColumn ? late.column : column
}
