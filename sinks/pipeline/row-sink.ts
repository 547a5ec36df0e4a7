/** Result rows into a delivery stream: each row is one record, a JSON object without a line feed. */
import { JsonLinesEncoder } from '../../core/codecs/json-lines.ts'
import { ByteWriter, type Encoder, type RowBatch, type StagedSink } from '../../core/index.ts'
import type { Segment, StagedObject } from '../staged/staging.ts'
import type { DeliveryStream } from './delivery-stream.ts'
import type { WriteRecord } from './stream-options.ts'

const LINE_FEED = 10

export class RowSink implements StagedSink<StagedObject, Segment> {
  readonly #stream: DeliveryStream
  readonly #encoder: Encoder
  readonly #out = new ByteWriter(65_536)

  /** @param encoder writes one line feed after each row and none inside; default JSON lines with the rowtime */
  constructor(stream: DeliveryStream, encoder: Encoder = new JsonLinesEncoder({ rowtime: true })) {
    this.#stream = stream
    this.#encoder = encoder
  }

  /** Waits while the stream's intake is full. A row arrived at its rowtime. */
  write(rows: RowBatch): Promise<void> {
    this.#encoder.encode(rows, this.#out)
    const lines = this.#out.take()
    const records: WriteRecord[] = []
    let at = 0
    for (let row = 0; row < rows.length; row++) {
      const end = lines.indexOf(LINE_FEED, at)
      records.push({ data: lines.subarray(at, end), arrivedAt: rows.rowtimes[row] ?? 0 })
      at = end + 1
    }
    return this.#stream.write(records)
  }

  /** Watermarks do not flush: objects obey the buffering hints. */
  advance(_watermark: number): void {}

  /** These three need a stream with the option `staging`. */
  stage(round: number): Promise<{ readonly parts: readonly StagedObject[]; readonly carried: readonly Segment[] }> {
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
