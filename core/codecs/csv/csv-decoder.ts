/** CSV records to columns, by order. A header line is a row like any other, or an error row where its names are no values. */
import type { Decoder } from '../../codec.ts'
import type { ErrorOutput } from '../../error-output.ts'
import type { RecordBatch } from '../../record.ts'
import type { RowBatch } from '../../rows.ts'
import type { Schema } from '../../schema.ts'
import { storageOf } from '../../sql-type.ts'
import { BatchWriter } from '../batch-writer.ts'
import type { ScanCounts, SlowPath } from '../json/scan/run-writer.ts'
import { RecordTexts } from '../record-texts.ts'
import { CsvScan } from './csv-scan.ts'
import { type CsvDelimiters, type CsvRow, readRow } from './fields.ts'

export interface CsvDecoderOptions {
  readonly schema: Schema
  readonly delimiters: CsvDelimiters
  /** by column: false leaves the column NULL, neither read nor judged */
  readonly needed: readonly boolean[]
  /** false reads everything the slow way. Default true */
  readonly scanned?: boolean
  /** see DecoderOptions.rowsLent */
  readonly rowsLent?: boolean
}

export class CsvDecoder implements Decoder, SlowPath {
  readonly schema: Schema
  readonly #delimiters: CsvDelimiters
  readonly #needed: readonly boolean[]
  readonly #texts: readonly boolean[]
  readonly #writer: BatchWriter
  readonly #scan: CsvScan | null
  readonly #row: CsvRow = { fields: [], unclosedAt: -1 }
  #batch: RecordBatch | null = null
  /** texts of the batch; null until one is asked for */
  #recordTexts: RecordTexts | null = null

  constructor(options: CsvDecoderOptions) {
    this.schema = options.schema
    this.#delimiters = options.delimiters
    this.#needed = options.needed
    this.#texts = options.schema.columns.map(column => storageOf(column.type) === 'text')
    this.#writer = new BatchWriter(options.schema, options.needed, options.rowsLent)
    this.#scan =
      options.scanned === false
        ? null
        : CsvScan.create(options.schema, options.delimiters, options.needed, this.#writer)
  }

  /** Null where nothing is scanned. */
  get scanCounts(): Readonly<ScanCounts> | null {
    return this.#scan?.counts ?? null
  }

  decode(batch: RecordBatch, errors: ErrorOutput): readonly RowBatch[] {
    this.#writer.begin(batch, errors)
    this.#batch = batch
    if (this.#scan === null) for (let record = 0; record < batch.length; record++) this.decodeRecord(record)
    else this.#scan.decode(batch, this)
    this.#batch = null
    this.#recordTexts = null
    return this.#writer.finish()
  }

  /** Writes the rows of a record of the batch that is being decoded, or its errors. */
  decodeRecord(record: number): void {
    const batch = this.#batch
    if (batch === null) return
    const refusal = batch.refusal?.(record) ?? null
    if (refusal !== null) {
      this.#writer.refuse(record, 'PARSE_ERROR', refusal)
      return
    }
    this.#recordTexts ??= new RecordTexts(batch.bytes)
    const start = batch.offsets[record] ?? 0
    const text = this.#recordTexts.at(start, start + (batch.sizes[record] ?? 0))
    if (text === null) this.#writer.refuse(record, 'PARSE_ERROR', 'the record is not valid UTF-8; send CSV as UTF-8')
    else this.#record(text, record)
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
