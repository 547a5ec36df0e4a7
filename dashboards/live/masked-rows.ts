/** Rows as pages, metrics and questions may have them: values of masked columns are gone before anything remembers them. */
import {
  type ColumnVector,
  Dictionary,
  ERROR_STREAM,
  type RowBatch,
  type SqlType,
  storageOf,
  textAt,
} from '../../core/index.ts'
import { type FieldMask, MASKED } from './field-mask.ts'

/**
 * The batch itself where nothing of it is masked. Masked texts become `***`, values of other types NULL. Rows of the error stream
 * have values of other columns in their message and their raw data: these are masked with the first mask there is.
 */
export function maskedRows(mask: FieldMask, stream: string, batch: RowBatch): RowBatch {
  if (mask.isEmpty) return batch
  let isMasked = false
  const columns = batch.columns.map((vector, index) => {
    const column = batch.schema.columns[index]
    if (column === undefined) return vector
    const isError = stream === ERROR_STREAM
    if (mask.hides(stream, column.name) || (isError && column.name === 'DATA_ROW')) {
      isMasked = true
      return hidden(column.type, batch.length)
    }
    if (!isError || column.name !== 'MESSAGE') return vector
    isMasked = true
    return texts(batch.length, row => {
      const text = textAt(vector, row)
      return text === null ? null : mask.message(text)
    })
  })
  return isMasked ? { ...batch, columns, origin: null } : batch
}

function hidden(type: SqlType, length: number): ColumnVector {
  const nulls = new Uint8Array(length).fill(1)
  switch (storageOf(type)) {
    case 'text':
      return texts(length, () => MASKED)
    case 'number':
      return { layout: 'number', values: new Float64Array(length), nulls }
    case 'bigint':
      return { layout: 'bigint', values: new BigInt64Array(length), nulls }
    default: {
      const none = new Int32Array(length)
      return { layout: 'span', bytes: new Uint8Array(), offsets: none, sizes: none, nulls }
    }
  }
}

function texts(length: number, textOf: (row: number) => string | null): ColumnVector {
  const dictionary = new Dictionary()
  const ids = new Int32Array(length)
  for (let row = 0; row < length; row++) {
    const text = textOf(row)
    if (text !== null) ids[row] = dictionary.idOf(text)
  }
  return { layout: 'dictionary', ids, dictionary }
}
