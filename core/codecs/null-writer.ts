/** Columns that nobody reads: all NULL, and the same few arrays for all of them. */
import { unreachable } from '../assert.ts'
import { Dictionary } from '../dictionary.ts'
import { type ColumnVector, ROWS_PER_BATCH_MAX } from '../rows.ts'
import { type SqlType, storageOf } from '../sql-type.ts'
import type { Written } from './cell.ts'
import type { ScanTarget } from './scanned.ts'

/** What a row batch holds is never written again, so batches may share it. */
const NULLS = new Uint8Array(ROWS_PER_BATCH_MAX).fill(1)
const NUMBERS = new Float64Array(ROWS_PER_BATCH_MAX)
const BIGINTS = new BigInt64Array(ROWS_PER_BATCH_MAX)
const ZEROS = new Int32Array(ROWS_PER_BATCH_MAX)

/** Writes nothing, whatever the value. */
export class NullWriter implements ScanTarget {
  readonly wantsSpans = false
  readonly #column: ColumnVector

  constructor(type: SqlType) {
    this.#column = allNull(type)
  }

  reserve(): void {}

  write(): Written {
    return 'written'
  }

  copy(): void {}

  clear(): void {}

  take(): ColumnVector {
    return this.#column
  }
}

function allNull(type: SqlType): ColumnVector {
  const storage = storageOf(type)
  switch (storage) {
    case 'number':
      return { layout: 'number', values: NUMBERS, nulls: NULLS }
    case 'bigint':
      return { layout: 'bigint', values: BIGINTS, nulls: NULLS }
    case 'text':
      return { layout: 'dictionary', ids: ZEROS, dictionary: new Dictionary() }
    case 'binary':
      return { layout: 'span', bytes: new Uint8Array(0), offsets: ZEROS, sizes: ZEROS, nulls: NULLS }
    default:
      return unreachable(storage, 'allNull')
  }
}
