/** Result rows into a delivery stream: each row is one record, a JSON object or a line of CSV without its line feed. */
import { CsvLinesEncoder } from '../../core/codecs/csv-lines.ts'
import { JsonLinesEncoder } from '../../core/codecs/json-lines.ts'
import { ByteWriter, type Encoder, type RowBatch, type StagedSink } from '../../core/index.ts'
import type { Segment, StagedObject } from '../staged/staging.ts'
import type { DeliveryStream } from './delivery-stream.ts'
import type { WriteRecord } from './stream-options.ts'

const LINE_FEED = 10
const QUOTE = 34

export interface RowSinkOptions {
  /** What the records are. Default JSON. */
  readonly format?: 'JSON' | 'CSV'
  /** Whether each record begins with the rowtime. Default true. */
  readonly rowtime?: boolean
}

/** Makes records of rows. */
export class RowRecords {
  readonly #encoder: Encoder
  /** where a record that begins at `from` ends, at its line feed */
  readonly #endOf: (lines: Uint8Array, from: number) => number
  readonly #out = new ByteWriter(65_536)

  constructor({ format = 'JSON', rowtime = true }: RowSinkOptions = {}) {
    this.#encoder = format === 'CSV' ? new CsvLinesEncoder({ rowtime }) : new JsonLinesEncoder({ rowtime })
    this.#endOf = format === 'CSV' ? csvLineEnd : (lines, from) => lines.indexOf(LINE_FEED, from)
  }

  /** The records of rows, which arrived at their rowtimes. */
  recordsOf(rows: RowBatch): readonly WriteRecord[] {
    this.#encoder.encode(rows, this.#out)
    const lines = this.#out.take()
    const records: WriteRecord[] = []
    let at = 0
    for (let row = 0; row < rows.length; row++) {
      const end = this.#endOf(lines, at)
      records.push({ data: lines.subarray(at, end), arrivedAt: rows.rowtimes[row] ?? 0 })
      at = end + 1
    }
    return records
  }
}

/** Rows into a delivery stream, which `close` closes. */
export class RowSink implements StagedSink<StagedObject, Segment> {
  readonly #stream: DeliveryStream
  readonly #rows: RowRecords
  #stagedBytes = 0

  constructor(stream: DeliveryStream, options: RowSinkOptions = {}) {
    this.#stream = stream
    this.#rows = new RowRecords(options)
  }

  /** Waits while the stream's intake is full. A row arrived at its rowtime. */
  write(rows: RowBatch): Promise<void> {
    const records = this.#rows.recordsOf(rows)
    for (const { data } of records) this.#stagedBytes += data.length
    return this.#stream.write(records)
  }

  /** Watermarks do not flush: objects obey the buffering hints. */
  advance(_watermark: number): void {}

  flush(): Promise<void> {
    return this.#stream.flush()
  }

  get stagedBytes(): number {
    return this.#stagedBytes
  }

  /** These three need a stream with the option `staging`. */
  stage(round: number): Promise<{ readonly parts: readonly StagedObject[]; readonly carried: readonly Segment[] }> {
    this.#stagedBytes = 0
    return this.#stream.stage(round)
  }

  restore(round: number, carried: readonly Segment[]): Promise<void> {
    return this.#stream.restore(round, carried)
  }

  publish(parts: readonly StagedObject[]): Promise<void> {
    return this.#stream.publish(parts)
  }

  close(): Promise<void> {
    return this.#stream.close()
  }
}

/** A line feed within quotes belongs to a field; a quote in a field is two quotes. */
function csvLineEnd(lines: Uint8Array, from: number): number {
  let quoted = false
  for (let at = from; at < lines.length; at++) {
    const byte = lines[at]
    if (byte === QUOTE) quoted = !quoted
    else if (byte === LINE_FEED && !quoted) return at
  }
  return lines.length
}
