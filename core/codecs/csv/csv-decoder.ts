/** CSV records to columns, by order. A header line is a row like any other, or an error row where its names are no values. */
import type { Decoder } from '../../codec.ts'
import type { ErrorOutput } from '../../error-output.ts'
import type { RecordBatch } from '../../record.ts'
import type { RowBatch } from '../../rows.ts'
import type { Schema } from '../../schema.ts'
import { storageOf } from '../../sql-type.ts'
import { BatchWriter } from '../batch-writer.ts'
import { RecordTexts } from '../record-texts.ts'
import { type CsvDelimiters, type CsvRow, readRow } from './fields.ts'

export interface CsvDecoderOptions {
  readonly schema: Schema
  readonly delimiters: CsvDelimiters
  /** by column: false leaves the column NULL, neither read nor judged */
  readonly needed: readonly boolean[]
}

export class CsvDecoder implements Decoder {
  readonly schema: Schema
  readonly #delimiters: CsvDelimiters
  readonly #needed: readonly boolean[]
  readonly #texts: readonly boolean[]
  readonly #writer: BatchWriter
  readonly #row: CsvRow = { fields: [], unclosedAt: -1 }

  constructor(options: CsvDecoderOptions) {
    this.schema = options.schema
    this.#delimiters = options.delimiters
    this.#needed = options.needed
    this.#texts = options.schema.columns.map(column => storageOf(column.type) === 'text')
    this.#writer = new BatchWriter(options.schema)
  }

  decode(batch: RecordBatch, errors: ErrorOutput): readonly RowBatch[] {
    const { bytes, offsets, sizes, length } = batch
    const texts = new RecordTexts(bytes)
    this.#writer.begin(batch, errors)
    for (let record = 0; record < length; record++) {
      const start = offsets[record] ?? 0
      const refusal = batch.refusal?.(record) ?? null
      const text = refusal === null ? texts.at(start, start + (sizes[record] ?? 0)) : null
      if (refusal !== null) this.#writer.refuse(record, 'PARSE_ERROR', refusal)
      else if (text === null)
        this.#writer.refuse(record, 'PARSE_ERROR', 'the record is not valid UTF-8; send CSV as UTF-8')
      else this.#record(text, record)
    }
    return this.#writer.finish()
  }

  #record(text: string, record: number): void {
    const row = this.#row
    let rows = 0
    for (let at = 0; at < text.length; ) {
      const next = readRow(text, at, this.#delimiters, this.schema.columns.length, row)
      const { fields, unclosedAt } = row
      at = next
      if (unclosedAt < 0 && fields.length === 1 && fields[0] === '') continue
      rows++
      if (unclosedAt < 0) this.#fields(fields, record)
      else
        this.#writer.refuse(
          record,
          'PARSE_ERROR',
          `the quote at character ${unclosedAt + 1} never closes; the row is not read`,
        )
    }
    if (rows === 0) this.#writer.refuse(record, 'PARSE_ERROR', 'the record is empty; it holds no CSV row')
  }

  #fields(fields: readonly string[], record: number): void {
    const writer = this.#writer
    for (let i = 0; i < writer.writers.length; i++) {
      const field = this.#needed[i] === true ? fields[i] : undefined
      const value = field === '' && this.#texts[i] !== true ? null : field
      if (writer.writers[i]?.write(writer.row, value) === 'written') continue
      writer.refuseValue(record, this.schema.columns[i], value)
      return
    }
    writer.keep(record)
  }
}
