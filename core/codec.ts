/** Bytes of records to columns and back. */
import type { ByteWriter } from './byte-writer.ts'
import type { ErrorOutput } from './error-output.ts'
import type { RecordBatch } from './record.ts'
import type { RowBatch } from './rows.ts'
import type { Schema } from './schema.ts'

export interface Decoder {
  readonly schema: Schema
  /**
   * The rows of a record batch, in record order, as one or more row batches (a record may hold several rows).
   * A record that cannot be used goes to `errors` and the rest go on; nothing is thrown for what data does.
   */
  decode(batch: RecordBatch, errors: ErrorOutput): readonly RowBatch[]
}

export interface Encoder {
  /** Appends all rows, each with its delimiter. */
  encode(rows: RowBatch, out: ByteWriter): void
}
