/**
 * Objects in S3, or in what speaks its protocol.
 *
 *   small   write (held) -> PutObject, If-None-Match: *
 *   large   write (held) -> CreateMultipartUpload -> UploadPart ... -> CompleteMultipartUpload, If-None-Match: *
 *
 * An object carries an id of its writer, so that an answer that got lost can be told from somebody else's object:
 *
 *   412 exists            HEAD: our id = done, else already_exists
 *   409 conflict, lost reply, 5xx, 200 with an error inside      repeat the call
 *   NoSuchUpload          HEAD: our id = done, else begin anew from the parts that are kept
 *
 * (S3 user guide, "Conditional writes"; API reference, CompleteMultipartUpload.) The official client does signing, checksums and
 * its own quick retries.
 */
import { createHash } from 'node:crypto'
import type * as Sdk from '@aws-sdk/client-s3'
import { assert, MEBIBYTE, MillraceError, type Random } from '../../core/index.ts'
import { KEY_BYTES_MAX, type ObjectAttributes, type ObjectStore, type ObjectWriter } from './store.ts'

/** S3 quota: parts but the last have 5 MiB at least. */
export const PART_BYTES_MIN = 5 * MEBIBYTE
export const PART_BYTES_DEFAULT = 8 * MEBIBYTE
/** Parts of a large object that are kept until it is complete, so that its upload can begin anew. */
export const REPLAY_BYTES_DEFAULT = 32 * MEBIBYTE
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
  readonly encryption?: S3Encryption
  /** Bytes of a part, and the size up to which an object is one put. Default 8 MiB, least 5 MiB. */
  readonly partBytes?: number
  /** Default 32 MiB; a larger object whose upload vanishes fails. */
  readonly replayBytesMax?: number
  /** False for stores that know no If-None-Match: they overwrite. Default true. */
  readonly conditional?: boolean
}

interface Setup extends Required<Omit<S3StoreOptions, 'random' | 'client'>> {
  readonly client: Sdk.S3Client
  readonly commands: typeof Sdk
}

export class S3Store implements ObjectStore {
  readonly #setup: Setup
  readonly #random: Random

  private constructor(setup: Setup, random: Random) {
    this.#setup = setup
    this.#random = random
  }

  /** @throws MillraceError `config` without the package @aws-sdk/client-s3, `invalid_argument` for a part that is too small */
  static async open(options: S3StoreOptions): Promise<S3Store> {
    const { random, ...rest } = options
    const partBytes = options.partBytes ?? PART_BYTES_DEFAULT
    if (partBytes < PART_BYTES_MIN)
      throw new MillraceError('invalid_argument', `partBytes ${partBytes}: a part has ${PART_BYTES_MIN} bytes at least`)
    const commands = await import('@aws-sdk/client-s3').catch((cause: unknown) => {
      throw new MillraceError('config', 'S3 needs the package @aws-sdk/client-s3: npm install @aws-sdk/client-s3', {
        cause,
      })
    })
    const setup = {
      encryption: 'none',
      replayBytesMax: REPLAY_BYTES_DEFAULT,
      conditional: true,
      ...rest,
      client: rest.client as unknown as Sdk.S3Client,
      partBytes,
      commands,
    } as const
    return new S3Store(setup, random)
  }

  begin(key: string, attributes: ObjectAttributes = {}): Promise<ObjectWriter> {
    const bytes = Buffer.byteLength(key)
    if (bytes < 1 || bytes > KEY_BYTES_MAX)
      return Promise.reject(
        new MillraceError(
          'invalid_argument',
          `object key "${key.slice(0, 60)}": it has ${bytes} bytes and may have 1 to ${KEY_BYTES_MAX}`,
        ),
      )
    return Promise.resolve(new S3Writer(this.#setup, key, attributes, this.#random.uuid()))
  }
}

interface Part {
  readonly number: number
  readonly etag: string
  readonly checksum: string
  readonly sizeBytes: number
}

class S3Writer implements ObjectWriter {
  readonly #setup: Setup
  readonly #key: string
  readonly #attributes: ObjectAttributes
  readonly #id: string
  #held: Uint8Array[] = []
  #heldBytes = 0
  #uploadId: string | null = null
  #parts: Part[] = []
  /** bodies of the parts, while they fit */
  #kept: Uint8Array[] | null = []
  #done = false

  constructor(setup: Setup, key: string, attributes: ObjectAttributes, id: string) {
    this.#setup = setup
    this.#key = key
    this.#attributes = attributes
    this.#id = id
  }

  /** A part leaves before the bytes are taken, so that a repeated call takes them once. */
  async write(bytes: Uint8Array): Promise<void> {
    assert(!this.#done, 'nothing is written after complete or abort')
    while (this.#heldBytes >= this.#setup.partBytes) await this.#sendPart(this.#setup.partBytes)
    // A Buffer's own slice would be a view.
    this.#held.push(new Uint8Array(bytes))
    this.#heldBytes += bytes.length
  }

  async complete(): Promise<void> {
    if (this.#done) return
    if (this.#uploadId === null && this.#heldBytes <= this.#setup.partBytes) await this.#put()
    else await this.#completeUpload()
    this.#done = true
    this.#held = []
    this.#kept = null
  }

  async abort(): Promise<void> {
    if (this.#done) return
    this.#done = true
    this.#held = []
    this.#kept = null
    const { client, bucket, commands } = this.#setup
    if (this.#uploadId === null) return
    const input = { Bucket: bucket, Key: this.#key, UploadId: this.#uploadId }
    await this.#call(() => client.send(new commands.AbortMultipartUploadCommand(input)))
  }

  async #put(): Promise<void> {
    const { client, commands, conditional } = this.#setup
    const Body = Buffer.concat(this.#held)
    const input = {
      ...this.#head(),
      Body,
      ContentLength: Body.length,
      ChecksumSHA256: sha256(Body),
      ...(conditional && { IfNoneMatch: '*' }),
    }
    try {
      await this.#call(() => client.send(new commands.PutObjectCommand(input)))
    } catch (error) {
      if (!isStatus(error, 412) || !(await this.#isOurs())) throw error
    }
  }

  async #completeUpload(): Promise<void> {
    const { client, bucket, commands, conditional } = this.#setup
    while (this.#heldBytes > 0) await this.#sendPart(this.#setup.partBytes)
    const input = {
      Bucket: bucket,
      Key: this.#key,
      UploadId: this.#uploadId ?? '',
      MultipartUpload: {
        Parts: this.#parts.map(({ number, etag, checksum }) => ({
          PartNumber: number,
          ETag: etag,
          ChecksumSHA256: checksum,
        })),
      },
      MpuObjectSize: this.#parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      ...(conditional && { IfNoneMatch: '*' }),
    }
    try {
      await this.#call(() => client.send(new commands.CompleteMultipartUploadCommand(input)))
    } catch (error) {
      if (isStatus(error, 412)) {
        if (!(await this.#isOurs())) throw error
      } else if (isVanished(error)) {
        // The reply to a completion that worked may have been lost; then the upload is gone and the object is there.
        if (!(await this.#isOurs())) this.#beginAnew()
      } else throw error
    }
  }

  /** Puts all parts back into what is held; the caller repeats. */
  #beginAnew(): never {
    const kept = this.#kept
    if (kept === null)
      throw new MillraceError(
        'unwritable_output',
        `object s3://${this.#setup.bucket}/${this.#key}: its upload vanished, and its parts are no longer kept; raise replayBytesMax, and see that no lifecycle rule ends uploads early`,
      )
    this.#held = kept
    this.#heldBytes = kept.reduce((sum, { length }) => sum + length, 0)
    this.#kept = []
    this.#parts = []
    this.#uploadId = null
    throw new MillraceError(
      'connection_lost',
      `object s3://${this.#setup.bucket}/${this.#key}: its upload vanished; it begins anew`,
      { retry: 'backoff' },
    )
  }

  async #sendPart(sizeBytes: number): Promise<void> {
    const { client, bucket, commands, replayBytesMax } = this.#setup
    if (this.#uploadId === null) {
      const input = { ...this.#head(), ChecksumAlgorithm: 'SHA256' as const }
      const { UploadId } = await this.#call(() => client.send(new commands.CreateMultipartUploadCommand(input)))
      if (UploadId === undefined)
        throw new MillraceError('connection_lost', `s3://${bucket}: it gave no upload id`, { retry: 'backoff' })
      this.#uploadId = UploadId
    }
    const all = Buffer.concat(this.#held)
    const Body = all.subarray(0, sizeBytes)
    const number = this.#parts.length + 1
    const checksum = sha256(Body)
    const input = {
      Bucket: bucket,
      Key: this.#key,
      UploadId: this.#uploadId,
      PartNumber: number,
      Body,
      ContentLength: Body.length,
      ChecksumSHA256: checksum,
      ...customerKey(this.#setup.encryption),
    }
    let etag = ''
    try {
      const { ETag } = await this.#call(() => client.send(new commands.UploadPartCommand(input)))
      etag = ETag ?? ''
    } catch (error) {
      if (!isVanished(error)) throw error
      this.#beginAnewWith(all)
    }
    this.#parts.push({ number, etag, checksum, sizeBytes: Body.length })
    const sent = this.#parts.reduce((sum, part) => sum + part.sizeBytes, 0)
    if (sent > replayBytesMax) this.#kept = null
    this.#kept?.push(Body)
    this.#held = all.length > sizeBytes ? [all.subarray(sizeBytes)] : []
    this.#heldBytes = all.length - Body.length
  }

  #beginAnewWith(held: Uint8Array): never {
    this.#kept?.push(held)
    return this.#beginAnew()
  }

  /** What a new object is told, in one put or at the beginning of an upload. */
  #head(): {
    readonly Bucket: string
    readonly Key: string
    readonly Metadata: Record<string, string>
    readonly ContentType?: string
    readonly ContentEncoding?: string
  } {
    const { contentType, contentEncoding, metadata = {}, kmsKeyArn } = this.#attributes
    return {
      Bucket: this.#setup.bucket,
      Key: this.#key,
      Metadata: { ...metadata, [WRITER_ID]: this.#id },
      ...(contentType !== undefined && { ContentType: contentType }),
      ...(contentEncoding !== undefined && { ContentEncoding: contentEncoding }),
      // With a key of its own Firehose also gives the bucket's owner all rights (probes of the service).
      ...(kmsKeyArn === undefined
        ? serverEncryption(this.#setup.encryption)
        : { ...serverEncryption({ kmsKeyId: kmsKeyArn }), ACL: 'bucket-owner-full-control' as const }),
    }
  }

  /** Whether the object under the key is this writer's. */
  async #isOurs(): Promise<boolean> {
    const { client, bucket, commands, encryption } = this.#setup
    const input = { Bucket: bucket, Key: this.#key, ...customerKey(encryption) }
    try {
      const { Metadata } = await this.#call(() => client.send(new commands.HeadObjectCommand(input)))
      return Metadata?.[WRITER_ID] === this.#id
    } catch (error) {
      if (isStatus(error, 404)) return false
      throw error
    }
  }

  async #call<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation()
    } catch (cause) {
      throw storeError(cause, `s3://${this.#setup.bucket}/${this.#key}`)
    }
  }
}

/** A failed call, with what the service said; `cause` is the client's own error. */
class S3Error extends MillraceError {
  readonly status: number | undefined
  readonly reason: string

  constructor(
    code: 'already_exists' | 'unwritable_output' | 'throttled' | 'connection_lost',
    message: string,
    retry: 'never' | 'backoff',
    cause: unknown,
    status: number | undefined,
    reason: string,
  ) {
    super(code, message, { retry, cause })
    this.status = status
    this.reason = reason
  }
}

function storeError(cause: unknown, place: string): S3Error {
  const { name, message, status } = described(cause)
  const make = (code: ConstructorParameters<typeof S3Error>[0], text: string, retry: 'never' | 'backoff'): S3Error =>
    new S3Error(code, `object ${place}: ${text}`, retry, cause, status, name)
  if (status === 412)
    return make('already_exists', 'it exists already and is never written over; move it away', 'never')
  if (name === 'SlowDown' || status === 429 || status === 503)
    return make('throttled', `slow down (${name})`, 'backoff')
  // 200 stands for an error inside a good reply.
  if (
    status === undefined ||
    status >= 500 ||
    status === 409 ||
    status === 408 ||
    status === 200 ||
    name === 'RequestTimeout' ||
    name === 'InternalError'
  )
    return make('connection_lost', `${name}: ${message}`, 'backoff')
  const fix = status === 403 ? '; allow s3:PutObject, s3:GetObject and s3:AbortMultipartUpload there' : ''
  return make('unwritable_output', `${name}: ${message}${fix}`, 'never')
}

function described(cause: unknown): {
  readonly name: string
  readonly message: string
  readonly status: number | undefined
} {
  if (typeof cause !== 'object' || cause === null) return { name: 'Error', message: String(cause), status: undefined }
  const {
    name = 'Error',
    message = '',
    $metadata,
  } = cause as {
    readonly name?: string
    readonly message?: string
    readonly $metadata?: { readonly httpStatusCode?: number }
  }
  return { name, message, status: $metadata?.httpStatusCode }
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof S3Error && error.status === status
}

function isVanished(error: unknown): boolean {
  return error instanceof S3Error && error.reason === 'NoSuchUpload'
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64')
}

function serverEncryption(encryption: S3Encryption): {
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms'
  readonly SSEKMSKeyId?: string
  readonly BucketKeyEnabled?: boolean
  readonly SSECustomerAlgorithm?: string
  readonly SSECustomerKey?: string
} {
  if (encryption === 'none') return {}
  if (encryption === 'sse-s3') return { ServerSideEncryption: 'AES256' }
  if ('customerKey' in encryption) return customerKey(encryption)
  return {
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: encryption.kmsKeyId,
    ...(encryption.bucketKey !== undefined && { BucketKeyEnabled: encryption.bucketKey }),
  }
}

/** The client adds the key's digest by itself. */
function customerKey(encryption: S3Encryption): {
  readonly SSECustomerAlgorithm?: string
  readonly SSECustomerKey?: string
} {
  if (typeof encryption === 'string' || !('customerKey' in encryption)) return {}
  return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: Buffer.from(encryption.customerKey).toString('base64') }
}
