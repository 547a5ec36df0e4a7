/** A decoder that lends its rows, and spoils what it lent before it decodes the next batch: who keeps rows without a copy is found out. */
import type { Decoder } from '../../core/codec.ts'
import type { ErrorOutput } from '../../core/error-output.ts'
import { plainColumn } from '../../core/late-columns.ts'
import { isLent } from '../../core/lent-arrays.ts'
import type { RecordBatch } from '../../core/record.ts'
import type { ColumnVector, RowBatch } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'

export class SpoilingDecoder implements Decoder {
  readonly schema: Schema
  readonly #decoder: Decoder
  #spoil: (() => void)[] = []
  /** arrays that were lent so far */
  lent = 0

  constructor(decoder: Decoder) {
    this.schema = decoder.schema
    this.#decoder = decoder
  }

  decode(batch: RecordBatch, errors: ErrorOutput): readonly RowBatch[] {
    for (const spoil of this.#spoil) spoil()
    const decoded = this.#decoder.decode(batch, errors)
    this.#spoil = decoded.flatMap(rows => {
      const { rowtimes, columns, origin } = rows
      return [
        ...this.#spoiler(rowtimes, Number.NaN),
        ...(origin === null ? [] : this.#spoiler(origin.records, -1)),
        ...columns.flatMap(column => this.#column(column)),
      ]
    })
    return decoded
  }

  #column(column: ColumnVector): (() => void)[] {
    // A column that nobody reads is made of arrays that are never lent, and making it would read the batch again.
    if (Object.getPrototypeOf(column) !== Object.prototype) return []
    const plain = plainColumn(column)
    switch (plain.layout) {
      case 'number':
        return [...this.#spoiler(plain.values, -7.77e77), ...this.#spoiler(plain.nulls, 0)]
      case 'bigint':
        return [...this.#spoiler(plain.values, -7n), ...this.#spoiler(plain.nulls, 0)]
      case 'dictionary':
        return this.#spoiler(plain.ids, 1)
      case 'span':
        return [...this.#spoiler(plain.offsets, 0), ...this.#spoiler(plain.sizes, 0), ...this.#spoiler(plain.nulls, 0)]
    }
  }

  #spoiler(array: Float64Array | Int32Array | Uint8Array, filler: number): (() => void)[]
  #spoiler(array: BigInt64Array, filler: bigint): (() => void)[]
  #spoiler(array: Float64Array | Int32Array | Uint8Array | BigInt64Array, filler: number | bigint): (() => void)[] {
    if (!isLent(array)) return []
    this.lent++
    return [() => void (array.fill as (filler: number | bigint) => unknown).call(array, filler)]
  }
}
