/**
 * Conversion to Parquet for result rows of a program: the records are the JSON lines of RowSink, and the columns are those of the
 * rows. They are decoded a batch at a time, by the decoder that inputs have, and go into typed columns; so DECIMAL and BIGINT keep
 * every digit, and an open object can be opened again from its records alone.
 */
import { JsonDecoder } from '../../core/codecs/json/json-decoder.ts'
import {
  assert,
  type Column,
  type ColumnVector,
  MEBIBYTE,
  MillraceError,
  type RecordBatch,
  ROWS_PER_BATCH_MAX,
  type RowBatch,
  type Schema,
  type SqlType,
  storageOf,
  textAt,
} from '../../core/index.ts'
import type { ConversionPlan } from '../definition/conversion.ts'
import { pageCompressorOf } from '../formats/parquet/codec.ts'
import { ParquetBody } from '../formats/parquet/parquet-body.ts'
import { type ParquetColumn, parquetColumnsOf } from '../formats/parquet/schema.ts'
import type { RecordBody } from '../pipeline/object-buffer.ts'
import type { StreamRecord } from '../pipeline/record.ts'
import type { Conversion } from '../pipeline/stream-options.ts'
import type { Problem } from '../problem.ts'

/** Bytes of records that are decoded at a time, with at most 1,024 records. */
const DECODED_BYTES_MAX = 4 * MEBIBYTE
/** Longer than any text that a row can hold, base64 of binary included. */
const TEXT_LENGTH = 1 * MEBIBYTE
/** Name of the rowtime column before it is put in lower case. */
const ROWTIME = 'ROWTIME'

export interface RowConversionOptions {
  /** of the rows; RowSink must write what it says, with the rowtime where this has it */
  readonly schema: Schema
  /** A first column with the rowtime of each row. Default true. */
  readonly rowtime?: boolean
  /** `lower` (default) as Glue and Athena name columns, or `stored` as the program does */
  readonly columnNames?: 'lower' | 'stored'
}

/** For one delivery stream whose records are rows as JSON. */
export class RowConversion implements Conversion {
  readonly #rows: Schema
  readonly #columns: readonly ParquetColumn[]
  readonly #plan: ConversionPlan

  /** @throws MillraceError `config` with every column that has no Parquet type, or a name that another one has */
  constructor({ schema, rowtime = true, columnNames = 'lower' }: RowConversionOptions, plan: ConversionPlan) {
    const problems: Problem[] = []
    this.#columns = parquetColumnsOf(schema, { rowtimeColumn: rowtime ? ROWTIME : null, columnNames }, problems)
    if (problems.length > 0)
      throw new MillraceError(
        'config',
        `rows cannot be written as Parquet:${problems.map(({ message }) => `\n  ${message}`).join('')}`,
      )
    const first: readonly Column[] = rowtime ? [{ name: ROWTIME, type: { kind: 'TIMESTAMP' }, nullable: true }] : []
    this.#rows = { columns: [...first, ...schema.columns] }
    this.#plan = plan
  }

  convert(record: StreamRecord): StreamRecord {
    return record
  }

  async newBody(): Promise<RecordBody> {
    const { parquet } = this.#plan
    const compress = await pageCompressorOf(parquet.compression)
    // The rowtime is a column like any other here.
    const body = new ParquetBody({ ...parquet, columns: this.#columns, rowtime: false, compress })
    return new RowsBody(this.#rows, body)
  }
}

class RowsBody implements RecordBody {
  readonly #schema: Schema
  readonly #body: ParquetBody
  readonly #decoder: JsonDecoder
  #waiting: Uint8Array[] = []
  #bytes = 0

  constructor(schema: Schema, body: ParquetBody) {
    this.#schema = schema
    this.#body = body
    this.#decoder = new JsonDecoder({
      schema: { columns: schema.columns.map(column => ({ ...column, type: decodedType(column.type) })) },
      plan: {
        rootNames: [],
        rootElements: false,
        listNames: null,
        columns: schema.columns.map(({ name }) => ({ fromElement: false, names: [name], wholeArray: false })),
      },
      needed: schema.columns.map(() => true),
      rowsLent: true,
    })
  }

  add({ data }: StreamRecord): number {
    this.#waiting.push(data)
    this.#bytes += data.length
    return data.length
  }

  get gatheredBytes(): number {
    return this.#bytes
  }

  get full(): boolean {
    return this.#waiting.length >= ROWS_PER_BATCH_MAX || this.#bytes >= DECODED_BYTES_MAX
  }

  *drain(): Iterable<Uint8Array> {
    if (!this.full) return
    this.#decode()
    yield* this.#body.drain()
  }

  *finish(): Iterable<Uint8Array> {
    this.#decode()
    yield* this.#body.finish()
  }

  #decode(): void {
    if (this.#waiting.length === 0) return
    const records = batchOf(this.#waiting, this.#bytes)
    this.#waiting = []
    this.#bytes = 0
    let rows = 0
    let problem = ''
    for (const batch of this.#decoder.decode(records, { add: row => void (problem ||= row.message) })) {
      rows += batch.length
      this.#body.add(this.#typed(batch))
    }
    assert(rows === records.length, `a row that was encoded can be decoded: ${problem}`)
  }

  /** The rows with binary as bytes. */
  #typed(rows: RowBatch): RowBatch {
    const columns = rows.columns.map((column, index) => {
      const type = this.#schema.columns[index]?.type
      return type !== undefined && storageOf(type) === 'binary' ? binaryOf(column, rows.length) : column
    })
    return { ...rows, schema: this.#schema, columns }
  }
}

/** Texts of any length are those of the program, and binary is base64 in JSON. */
function decodedType(type: SqlType): SqlType {
  const storage = storageOf(type)
  return storage === 'text' || storage === 'binary' ? { kind: 'VARCHAR', length: TEXT_LENGTH } : type
}

function binaryOf(column: ColumnVector, length: number): ColumnVector {
  const values = Array.from({ length }, (_, row) => {
    const text = textAt(column, row)
    return text === null ? null : Buffer.from(text, 'base64')
  })
  const sizes = Int32Array.from(values, value => value?.length ?? 0)
  const offsets = new Int32Array(length)
  for (let row = 1; row < length; row++) offsets[row] = (offsets[row - 1] ?? 0) + (sizes[row - 1] ?? 0)
  const nulls = Uint8Array.from(values, value => (value === null ? 1 : 0))
  const bytes = new Uint8Array(Buffer.concat(values.filter(value => value !== null)))
  return { layout: 'span', bytes, offsets, sizes, nulls }
}

function batchOf(records: readonly Uint8Array[], sizeBytes: number): RecordBatch {
  const bytes = new Uint8Array(sizeBytes)
  const offsets = new Int32Array(records.length)
  const sizes = new Int32Array(records.length)
  let at = 0
  records.forEach((data, index) => {
    bytes.set(data, at)
    offsets[index] = at
    sizes[index] = data.length
    at += data.length
  })
  const times = new Float64Array(records.length)
  const nothing = (): string => ''
  return {
    length: records.length,
    bytes,
    offsets,
    sizes,
    arrivedAt: times,
    rowtimes: times,
    sequenceNumber: nothing,
    subsequenceNumber: () => 0,
    partitionKey: nothing,
    shardId: nothing,
  }
}
