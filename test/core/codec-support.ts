/** What the tests of codecs share: record batches from texts, and rows as plain values. */

import type { Decoder } from '../../core/codec.ts'
import { createDecoder, type DecoderOptions } from '../../core/codecs/decoder.ts'
import { type InputSchema, parseInputSchema } from '../../core/codecs/input-schema.ts'
import type { ErrorRow } from '../../core/error-output.ts'
import { type RecordBatch, RecordBatchBuilder } from '../../core/record.ts'
import { type RowBatch, typedValueAt, type Value } from '../../core/rows.ts'

export function batchOf(records: readonly (string | Uint8Array)[]): RecordBatch {
  const builder = new RecordBatchBuilder()
  records.forEach((record, i) => {
    builder.add({
      data: typeof record === 'string' ? Buffer.from(record) : record,
      arrivedAt: 1_000 + i,
      rowtime: 2_000 + i,
      sequenceNumber: String(100 + i),
      subsequenceNumber: 0,
      partitionKey: 'p',
      shardId: 'shardId-000000000000',
    })
  })
  return builder.take()
}

/** Columns as name, SqlType and, for JSON, Mapping. */
export type ColumnText = readonly [string, string, string?]

export function jsonDecoder(
  columns: readonly ColumnText[],
  RecordRowPath = '$',
  options: DecoderOptions = {},
): Decoder {
  return createDecoder(jsonSchema(columns, RecordRowPath), options)
}

export function jsonSchema(columns: readonly ColumnText[], RecordRowPath = '$'): InputSchema {
  return parseInputSchema({
    RecordFormat: { RecordFormatType: 'JSON', MappingParameters: { JSONMappingParameters: { RecordRowPath } } },
    RecordColumns: columns.map(([Name, SqlType, Mapping]) => ({ Name, SqlType, Mapping: Mapping ?? `$.${Name}` })),
  })
}

export function csvDecoder(
  columns: readonly ColumnText[],
  RecordRowDelimiter = '\n',
  RecordColumnDelimiter = ',',
): Decoder {
  return createDecoder(
    parseInputSchema({
      RecordFormat: {
        RecordFormatType: 'CSV',
        MappingParameters: { CSVMappingParameters: { RecordRowDelimiter, RecordColumnDelimiter } },
      },
      RecordColumns: columns.map(([Name, SqlType]) => ({ Name, SqlType })),
    }),
  )
}

export interface Decoded {
  readonly rows: Value[][]
  readonly errors: ErrorRow[]
  readonly batches: readonly RowBatch[]
}

export function decode(decoder: Decoder, records: readonly (string | Uint8Array)[]): Decoded {
  const errors: ErrorRow[] = []
  const batches = decoder.decode(batchOf(records), { add: row => errors.push(row) })
  return { rows: batches.flatMap(valuesOf), errors, batches }
}

export function valuesOf(batch: RowBatch): Value[][] {
  return Array.from({ length: batch.length }, (_unused, row) =>
    batch.columns.map((column, i) => typedValueAt(column, batch.schema.columns[i]?.type ?? { kind: 'NULL' }, row)),
  )
}
