/**
 * A source whose records are user records: aggregates that a producer packed are unpacked, compressed records uncompressed, and
 * everything else passes as it is.
 *
 * The whole stream is read, so the rule by which a reader of single shards drops aggregates with keys of other shards does not
 * apply: it would only lose records. An aggregate with a broken end gives what is whole in it, and then itself as one more
 * record, so that what it held ends in the error output and not in silence. So does a record that cannot be uncompressed.
 */
import type {
  Position,
  RecordBatch,
  ShardDescription,
  ShardRead,
  ShardReader,
  StartPosition,
  StreamSource,
} from '../core/index.ts'
import { isPacked, UnpackedRecords } from './unpacked-records.ts'

export interface DeaggregatedSourceOptions {
  /** Whether records that begin like gzip, zlib, Snappy or Zstandard are uncompressed. Default true */
  readonly uncompressed?: boolean
}

export class DeaggregatedSource implements StreamSource {
  readonly #source: StreamSource
  readonly #isUncompressing: boolean

  /** @param source must read a record again when it is opened after a position whose subsequence number is below 0 */
  constructor(source: StreamSource, options: DeaggregatedSourceOptions = {}) {
    this.#source = source
    this.#isUncompressing = options.uncompressed ?? true
  }

  get streamName(): string {
    return this.#source.streamName
  }

  listShards(signal: AbortSignal): Promise<readonly ShardDescription[]> {
    return this.#source.listShards(signal)
  }

  /** A position names a user record: reading goes on with the one after it, also within an aggregate. */
  async openShard(shardId: string, from: StartPosition): Promise<ShardReader> {
    const after = from.kind === 'after' ? from.position : null
    const start: StartPosition =
      after === null ? from : { kind: 'after', position: { ...after, subsequenceNumber: -1 } }
    return new DeaggregatedReader(await this.#source.openShard(shardId, start), after, this.#isUncompressing)
  }

  wait(signal: AbortSignal): Promise<void> {
    return this.#source.wait(signal)
  }

  close(): Promise<void> {
    return this.#source.close()
  }
}

class DeaggregatedReader implements ShardReader {
  readonly #reader: ShardReader
  readonly #isUncompressing: boolean
  /** the last user record that was read before; null once reading is past it */
  #after: Position | null
  /** a reply whose records became so large that they come in several */
  #pending: { readonly read: ShardRead; readonly unpacked: UnpackedRecords } | null = null

  constructor(reader: ShardReader, after: Position | null, isUncompressing: boolean) {
    this.#reader = reader
    this.#after = after
    this.#isUncompressing = isUncompressing
  }

  get shardId(): string {
    return this.#reader.shardId
  }

  async read(recordsMax: number, signal: AbortSignal): Promise<ShardRead> {
    if (this.#pending === null) {
      const read = await this.#reader.read(recordsMax, signal)
      if (this.#passes(read.records)) return read
      const unpacked = new UnpackedRecords(read.records, this.#after, { uncompressed: this.#isUncompressing })
      this.#after = null
      this.#pending = { read, unpacked }
    }
    const { read, unpacked } = this.#pending
    const records = unpacked.take()
    if (unpacked.isEmpty) {
      this.#pending = null
      return { ...read, records }
    }
    return { ...read, records, millisBehindLatest: Math.max(1, read.millisBehindLatest), ended: false }
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  #passes(records: RecordBatch): boolean {
    return records.length === 0 || (this.#after === null && !isPacked(records, this.#isUncompressing))
  }
}
