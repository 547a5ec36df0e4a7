/** Expressions without operands: literals, columns, the rowtime, and what the record says beside its bytes. */

import { assert } from '../../core/assert.ts'
import { plainColumn } from '../../core/late-columns.ts'
import type { RecordBatch } from '../../core/record.ts'
import { type ColumnVector, ROWS_PER_BATCH_MAX, type Value } from '../../core/rows.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import type { MetadataName } from '../sql/expression.ts'
import type { Kernel } from './kernel.ts'
import { constantVector, numberVector, vectorWriter } from './vectors.ts'

/** The same value in every row: one column, made once. */
export function literalKernel(value: Value, type: SqlType): Kernel {
  let column: ColumnVector | null = null
  return () => (column ??= constantVector(storageOf(type), value, ROWS_PER_BATCH_MAX))
}

export function columnKernel(index: number): Kernel {
  return ({ batch }) => {
    const column = batch.columns[index]
    assert(column !== undefined, 'a column expression names a column of its input')
    return plainColumn(column)
  }
}

const NO_NULLS = new Uint8Array(ROWS_PER_BATCH_MAX)

export function rowtimeKernel(): Kernel {
  return ({ batch }) => ({ layout: 'number', values: batch.rowtimes, nulls: NO_NULLS })
}

/** NULL for rows that came from no record. */
export function metadataKernel(name: MetadataName): Kernel {
  return ({ batch }, selection) => {
    const { origin } = batch
    if (name === 'APPROXIMATE_ARRIVAL_TIME') {
      const column = numberVector(batch.length)
      for (let i = 0; i < selection.length; i++) {
        const row = selection.rows[i]!
        if (origin === null) column.nulls[row] = 1
        else column.values[row] = origin.batch.arrivedAt[origin.records[row]!]!
      }
      return column
    }
    const writer = vectorWriter('text', batch.length)
    if (origin === null) return writer.finish()
    const read = textReader(name, origin.batch)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      writer.set(row, read(origin.records[row]!))
    }
    return writer.finish()
  }
}

function textReader(
  name: Exclude<MetadataName, 'APPROXIMATE_ARRIVAL_TIME'>,
  records: RecordBatch,
): (index: number) => string {
  switch (name) {
    case 'PARTITION_KEY':
      return index => records.partitionKey(index)
    case 'SEQUENCE_NUMBER':
      return index => records.sequenceNumber(index)
    case 'SHARD_ID':
      return index => records.shardId(index)
  }
}
