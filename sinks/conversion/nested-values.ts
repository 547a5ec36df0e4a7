/**
 * A column whose values nest, of records that are scanned: the lists and objects that were cut out of them, parsed and converted one by
 * one by the code that converts a whole record.
 */
import type { ScannedTexts } from '../../core/codecs/scanned.ts'
import { ROWS_PER_BATCH_MAX } from '../../core/index.ts'
import type { ContainerCuts } from './container-cuts.ts'
import type { HiveColumn } from './hive-type.ts'
import type { JsonConverter } from './json-converter.ts'

export class NestedValues {
  readonly #column: HiveColumn
  readonly #converter: JsonConverter
  readonly #values: unknown[] = Array.from({ length: ROWS_PER_BATCH_MAX }, () => null)

  constructor(column: HiveColumn, converter: JsonConverter) {
    this.#column = column
    this.#converter = converter
  }

  /**
   * Makes the value of a record.
   * @param record where it is kept, below ROWS_PER_BATCH_MAX
   * @param cell where the scanner has what is left of it
   * @returns false when there is no list and no object, or it does not fit; who converts the record alone knows why
   */
  take(record: number, texts: ScannedTexts, cell: number, cuts: ContainerCuts): boolean {
    this.#values[record] = null
    if (texts.entries[cell] === 0) return true
    const text = cuts.take(record, texts.offsets[cell]!)
    if (text === null) return false
    try {
      this.#values[record] = this.#converter.memberValue(text, this.#column)
      return true
    } catch {
      return false
    }
  }

  /** The values of records, in the order of rows. @param records which record each row is */
  rows(records: Int32Array, length: number): readonly unknown[] {
    return Array.from({ length }, (_, row) => this.#values[records[row]!])
  }
}
