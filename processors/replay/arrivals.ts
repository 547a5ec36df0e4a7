/**
 * When the records of a file arrived, as far as a replay is concerned: one millisecond after another from a fixed start, or as a
 * column of the records says. Arrivals never fall: what a column says is raised to the greatest before it, over the whole file
 * and before records are spread over shards, so that the number of shards cannot show.
 */
import type { Decoder } from '../../core/codec.ts'
import type { DecoderOptions } from '../../core/codecs/decoder.ts'
import { MillraceError } from '../../core/errors.ts'
import { MEBIBYTE } from '../../core/limits.ts'
import { type RowBatch, valueAt } from '../../core/rows.ts'
import { columnIndex, type Schema } from '../../core/schema.ts'
import { storageOf } from '../../core/sql-type.ts'
import type { LineBatch } from './line-reader.ts'
import { recordsOf } from './line-records.ts'

/** Arrival of the first record where no column says it: 2020-01-01T00:00:00Z. */
export const REPLAY_START = Date.UTC(2020, 0, 1)
/** Lines that may wait at the head of a file for the first one whose column can be read. Bytes. */
export const UNREADABLE_HEAD_BYTES_MAX = 64 * MEBIBYTE

export interface StampedLines {
  readonly lines: LineBatch
  /** epoch milliseconds, never falling */
  readonly arrivedAt: Float64Array
}

export interface Arrivals {
  /** the batches with their arrivals */
  stamped(batches: AsyncIterable<LineBatch>): AsyncGenerator<StampedLines>
  /** records whose column says an earlier time than that of a record before */
  readonly raised: number
  /** records whose column holds no time */
  readonly unreadable: number
}

/** One record a millisecond. */
export class SteadyArrivals implements Arrivals {
  readonly raised = 0
  readonly unreadable = 0
  #next: number

  /** @param startAt arrival of the first record, epoch milliseconds */
  constructor(startAt = REPLAY_START) {
    this.#next = startAt
  }

  async *stamped(batches: AsyncIterable<LineBatch>): AsyncGenerator<StampedLines> {
    for await (const lines of batches) {
      const first = this.#next
      this.#next += lines.length
      yield { lines, arrivedAt: Float64Array.from({ length: lines.length }, (_, i) => first + i) }
    }
  }
}

const TIME_KINDS: readonly string[] = ['TIMESTAMP', 'DATE', 'BIGINT', 'INTEGER', 'DOUBLE']

/** As a decoded column says. A record whose column cannot be read arrives together with the greatest before it, or with the first that can be read. */
export class ColumnArrivals implements Arrivals {
  readonly #decoder: Decoder
  readonly #column: string
  readonly #index: number
  readonly #startAt: number
  #greatest = Number.NEGATIVE_INFINITY
  #raised = 0
  #unreadable = 0

  /**
   * @param createDecoder makes a decoder of the input; of a record whose other columns are bad, the arrival can still be read
   * @param schema of the input
   * @param column a column of type TIMESTAMP, or one that holds epoch milliseconds as a number; case counts only where two names
   * differ in nothing else
   * @param startAt arrival of all records of a file in which the column can nowhere be read
   * @throws MillraceError `config` when the column is missing or holds no times
   */
  constructor(
    createDecoder: (options: DecoderOptions) => Decoder,
    schema: Schema,
    column: string,
    startAt = REPLAY_START,
  ) {
    const folded = schema.columns.filter(({ name }) => name.toUpperCase() === column.toUpperCase())
    const found = schema.columns.find(({ name }) => name === column) ?? (folded.length === 1 ? folded[0] : undefined)
    if (found === undefined)
      throw new MillraceError(
        'config',
        `arrival column "${column}" is not in the schema; its columns are ${schema.columns.map(({ name }) => name).join(', ')}`,
      )
    if (!TIME_KINDS.includes(found.type.kind))
      throw new MillraceError(
        'config',
        `arrival column "${column}" is a ${found.type.kind}; give it the type TIMESTAMP, or BIGINT for epoch milliseconds`,
      )
    this.#decoder = createDecoder({ neededColumns: [found.name] })
    this.#column = found.name
    this.#index = columnIndex(schema, found.name)
    this.#startAt = startAt
  }

  get raised(): number {
    return this.#raised
  }

  get unreadable(): number {
    return this.#unreadable
  }

  async *stamped(batches: AsyncIterable<LineBatch>): AsyncGenerator<StampedLines> {
    let head: { readonly lines: LineBatch; readonly times: Float64Array }[] = []
    let headBytes = 0
    for await (const lines of batches) {
      const times = this.#timesOf(lines)
      if (this.#greatest === Number.NEGATIVE_INFINITY) {
        const first = times.find(time => !Number.isNaN(time))
        if (first === undefined) {
          head.push({ lines, times })
          headBytes += lines.bytes.length
          if (headBytes <= UNREADABLE_HEAD_BYTES_MAX) continue
          throw new MillraceError(
            'config',
            `arrival column "${this.#column}" can be read in none of the first ${lines.numbers[lines.length - 1]} lines; name another column, or leave it out`,
          )
        }
        this.#greatest = first
      }
      for (const waiting of head) yield this.#stamp(waiting.lines, waiting.times)
      head = []
      yield this.#stamp(lines, times)
    }
    if (head.length > 0) this.#greatest = this.#startAt
    for (const waiting of head) yield this.#stamp(waiting.lines, waiting.times)
  }

  #stamp(lines: LineBatch, times: Float64Array): StampedLines {
    for (let i = 0; i < lines.length; i++) {
      const time = times[i] ?? Number.NaN
      if (time >= this.#greatest) this.#greatest = time
      else if (Number.isNaN(time)) this.#unreadable++
      else this.#raised++
      times[i] = this.#greatest
    }
    return { lines, arrivedAt: times }
  }

  /** What the column says of each line: of its first row, NaN where there is none. */
  #timesOf(lines: LineBatch): Float64Array {
    const times = new Float64Array(lines.length).fill(Number.NaN)
    const seen = new Uint8Array(lines.length)
    // The task decodes the records again and reports what is wrong with them.
    const rowBatches: readonly RowBatch[] = this.#decoder.decode(recordsOf(lines, times, 0), { add: () => {} })
    for (const rows of rowBatches) {
      const column = rows.columns[this.#index]
      if (column === undefined) continue
      const isBig = storageOf(rows.schema.columns[this.#index]?.type ?? { kind: 'NULL' }) === 'bigint'
      for (let row = 0; row < rows.length; row++) {
        const record = rows.origin?.records[row]
        if (record === undefined || seen[record] === 1) continue
        seen[record] = 1
        const value = valueAt(column, row)
        if (value !== null) times[record] = isBig ? Number(value) : (value as number)
      }
    }
    return times
  }
}
