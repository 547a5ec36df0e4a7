/**
 * A decoder that reads the columns that are needed, and the others of a record batch only when somebody looks at one of them
 * (an error row does). Both ways judge every column, so they keep the same rows.
 */
import { assert } from '../assert.ts'
import type { Decoder } from '../codec.ts'
import type { ErrorOutput } from '../error-output.ts'
import { lateColumn } from '../late-columns.ts'
import type { RecordBatch } from '../record.ts'
import type { RowBatch } from '../rows.ts'
import type { Schema } from '../schema.ts'

/** What the first reading said is not said again. */
const SILENT: ErrorOutput = { add: () => {} }

export class SparingDecoder implements Decoder {
  readonly schema: Schema
  readonly #needed: readonly boolean[]
  readonly #first: Decoder
  readonly #makeWhole: () => Decoder
  #whole: Decoder | null = null

  /**
   * @param needed by column
   * @param first reads the needed columns and judges the others
   * @param makeWhole a decoder of all columns; asked for once, if at all
   */
  constructor(needed: readonly boolean[], first: Decoder, makeWhole: () => Decoder) {
    this.schema = first.schema
    this.#needed = needed
    this.#first = first
    this.#makeWhole = makeWhole
  }

  decode(batch: RecordBatch, errors: ErrorOutput): readonly RowBatch[] {
    let whole: readonly RowBatch[] | null = null
    return this.#first.decode(batch, errors).map((rows, index) => ({
      ...rows,
      columns: rows.columns.map((column, i) => {
        if (this.#needed[i] === true) return column
        return lateColumn(() => {
          whole ??= (this.#whole ??= this.#makeWhole()).decode(batch, SILENT)
          const same = whole[index]
          assert(same?.length === rows.length, 'both readings of a record batch keep the same rows')
          return same.columns[i]!
        })
      }),
    }))
  }
}
