/** What a store in S3 is told, without a type of the SDK: who uses no S3 need not install it. */
import { type Clock, MEBIBYTE, type Random } from '../../core/index.ts'

/** S3 quota: parts but the last have 5 MiB at least. */
export const PART_BYTES_MIN = 5 * MEBIBYTE
export const PART_BYTES_DEFAULT = 8 * MEBIBYTE
/** Parts of a large object that are kept until it is complete, so that its upload can begin anew. */
export const REPLAY_BYTES_DEFAULT = 32 * MEBIBYTE
/** A part over a slow line, or a copy of a large object, takes its time. */
export const CALL_TIMEOUT_MS_DEFAULT = 300_000
/** Name of the metadata entry that says whose an object is. */
export const WRITER_ID = 'millrace-writer'

/** Server-side encryption; `none` leaves it to the bucket. A key in the attributes of an object goes before. */
export type S3Encryption =
  | 'none'
  | 'sse-s3'
  | { readonly kmsKeyId: string; readonly bucketKey?: boolean }
  | { readonly customerKey: Uint8Array }

/** An S3Client of @aws-sdk/client-s3, told without its types: who uses no S3 need not install it. */
export interface S3ClientLike {
  readonly send: (...args: never[]) => unknown
}

export interface S3StoreOptions {
  readonly client: S3ClientLike
  readonly bucket: string
  readonly random: Random
  /** measures how long calls take */
  readonly clock: Clock
  /** Default five minutes: a call that has no answer by then is made again. An SDK's client waits for ever by itself. */
  readonly callTimeoutMs?: number
  readonly encryption?: S3Encryption
  /** Bytes of a part, and the size up to which an object is one put. Default 8 MiB, least 5 MiB. */
  readonly partBytes?: number
  /** Default 32 MiB; a larger object whose upload vanishes fails. */
  readonly replayBytesMax?: number
  /** False for stores that know no If-None-Match: they overwrite. Default true. */
  readonly conditional?: boolean
}
