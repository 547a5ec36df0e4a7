/** A user record as a record processor gets it. */

/** Valid as long as somebody holds it; the bytes of the whole fetch live as long, so copy what is kept for long. */
export interface ConsumerRecord {
  /** the bytes that were put: a view into what was fetched, not to be written to */
  readonly data: Uint8Array
  readonly partitionKey: string
  /** decimal, 0 to 2^128-1; null where the producer gave none, or where the stream does not tell (records that are not aggregated) */
  readonly explicitHashKey: string | null
  /** of the record that carried it; decimal */
  readonly sequenceNumber: string
  /** its number within an aggregated record, from 0; 0 for a plain record */
  readonly subsequenceNumber: number
  /** approximate arrival time that the stream stamped, epoch milliseconds; the user records of an aggregate share one */
  readonly arrivedAt: number
  /** true when it came in an aggregated record */
  readonly aggregated: boolean
  readonly shardId: string
  /** what Kafka says beyond that; only in records of a Kafka topic */
  readonly kafka?: KafkaDetails | undefined
}

/** What a record of a Kafka topic has and a record of Kinesis has not. The user records of an aggregate share their carrier's. */
export interface KafkaDetails {
  readonly topic: string
  readonly partition: number
  /** null for a record without a key; `partitionKey` is then empty */
  readonly key: Uint8Array | null
  /** several values of one name stand in their order; without a prototype */
  readonly headers: Readonly<Record<string, readonly Uint8Array[]>>
  /** true where there is no value, which deletes the key in a compacted topic; `data` is then empty */
  readonly isTombstone: boolean
}

/** What records are views of: the user records of one fetch. */
export interface RecordTable {
  data(index: number): Uint8Array
  partitionKey(index: number): string
  explicitHashKey(index: number): string | null
  sequenceNumber(index: number): string
  subsequenceNumber(index: number): number
  arrivedAt(index: number): number
  aggregated(index: number): boolean
  shardId(index: number): string
  kafka?(index: number): KafkaDetails
}

/** One row of a table; everything is read when it is asked for, since most processors ask for little. */
export class RecordView implements ConsumerRecord {
  readonly #table: RecordTable
  readonly #index: number

  constructor(table: RecordTable, index: number) {
    this.#table = table
    this.#index = index
  }

  get data(): Uint8Array {
    return this.#table.data(this.#index)
  }

  get partitionKey(): string {
    return this.#table.partitionKey(this.#index)
  }

  get explicitHashKey(): string | null {
    return this.#table.explicitHashKey(this.#index)
  }

  get sequenceNumber(): string {
    return this.#table.sequenceNumber(this.#index)
  }

  get subsequenceNumber(): number {
    return this.#table.subsequenceNumber(this.#index)
  }

  get arrivedAt(): number {
    return this.#table.arrivedAt(this.#index)
  }

  get aggregated(): boolean {
    return this.#table.aggregated(this.#index)
  }

  get shardId(): string {
    return this.#table.shardId(this.#index)
  }

  get kafka(): KafkaDetails | undefined {
    return this.#table.kafka?.(this.#index)
  }

  /** For JSON and for looking at it; data as base64. */
  toJSON(): Record<string, unknown> {
    const { data, partitionKey, explicitHashKey, sequenceNumber, subsequenceNumber, arrivedAt, aggregated, shardId } =
      this
    return {
      data: Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64'),
      partitionKey,
      explicitHashKey,
      sequenceNumber,
      subsequenceNumber,
      arrivedAt,
      aggregated,
      shardId,
    }
  }

  /** Getters are not shown by themselves. */
  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return this.toJSON()
  }
}
