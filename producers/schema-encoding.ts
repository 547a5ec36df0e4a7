/**
 * Puts of records with a schema go through the caller's encoder first, such as a serializer of the Glue Schema Registry: what it
 * returns is the data, and only then is its size judged (KPL, addUserRecord with a schema). Encoding may take time; records enter
 * in the order of their puts.
 */
import { MillraceError } from '../core/index.ts'
import type { UserRecordInput } from './user-record.ts'

/** KPL's Schema. */
export interface RecordSchema {
  readonly schemaDefinition: string
  readonly dataFormat: 'AVRO' | 'JSON' | 'PROTOBUF'
  readonly schemaName?: string
}

/** @returns the data that is put, header included */
export type SchemaEncoder = (
  streamName: string,
  schema: RecordSchema,
  data: Uint8Array,
) => Uint8Array | Promise<Uint8Array>

export interface SchemaEncodingOptions {
  readonly encode: SchemaEncoder
  readonly streamName: string
  /** records that are being encoded or wait for it */
  readonly recordsMax: number
}

export class SchemaEncoding {
  readonly #options: SchemaEncodingOptions
  #last: Promise<void> = Promise.resolve()
  #size = 0

  constructor(options: SchemaEncodingOptions) {
    this.#options = options
  }

  /** Records that have not entered yet. */
  get size(): number {
    return this.#size
  }

  /** Resolves when every record that was given before has entered or failed. */
  idle(): Promise<void> {
    return this.#last
  }

  /**
   * Encodes, and hands the record to `enter` when those before it have entered.
   * @throws MillraceError `limit_exceeded` when too many wait; `invalid_argument` when the encoder fails
   */
  run<T>(record: UserRecordInput, schema: RecordSchema, enter: (encoded: UserRecordInput) => Promise<T>): Promise<T> {
    const { recordsMax } = this.#options
    if (this.#size >= recordsMax)
      return Promise.reject(
        new MillraceError(
          'limit_exceeded',
          `put: ${recordsMax} records already wait to be encoded; await ready() before put`,
          { retry: 'backoff' },
        ),
      )
    this.#size++
    const encoded = this.#encode(record, schema)
    // It may fail before its turn comes; who put the record hears of it then.
    encoded.catch(() => {})
    const entered = this.#last.then(async () => {
      try {
        const { schema: _done, ...others } = record
        return { outcome: enter({ ...others, data: await encoded }) }
      } finally {
        this.#size--
      }
    })
    this.#last = entered.then(
      () => {},
      () => {},
    )
    return entered.then(({ outcome }) => outcome)
  }

  async #encode(record: UserRecordInput, schema: RecordSchema): Promise<Uint8Array> {
    const { encode, streamName } = this.#options
    try {
      return await encode(streamName, schema, record.data)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new MillraceError('invalid_argument', `put: the schema encoder refused the record: ${why}`, { cause })
    }
  }
}
