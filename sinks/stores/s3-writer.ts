/**
 * One object on its way to S3, or to what speaks its protocol.
 *
 *   small   write (held) -> PutObject, If-None-Match: *
 *   large   write (held) -> CreateMultipartUpload -> UploadPart ... -> CompleteMultipartUpload, If-None-Match: *
 *
 * An object carries an id of its writer, so that an answer that got lost can be told from somebody else's object:
 *
 *   412 exists            HEAD: our id = done, else already_exists
 *   lost reply, 5xx, 200 with an error inside      repeat the call; so for 409 on a put
 *   NoSuchUpload, 409 on a completion   HEAD: our id = done, else begin anew from the parts that are kept
 *
 * (S3 user guide, "Conditional writes"; API reference, CompleteMultipartUpload.) The official client does signing, checksums and
 * its own quick retries.
 */
import { assert, MillraceError } from '../../core/index.ts'
import { WRITER_ID } from './s3-options.ts'
import { called, customerKey, isStatus, isVanished, objectEncryption, type S3Setup, sha256 } from './s3-setup.ts'
import type { ObjectAttributes, ObjectWriter } from './store.ts'

interface Part {
  readonly number: number
  readonly etag: string
  readonly checksum: string
}

export class S3Writer implements ObjectWriter {
  readonly #setup: S3Setup
  readonly #key: string
  readonly #attributes: ObjectAttributes
  readonly #id: string
  #held: Uint8Array[] = []
  #heldBytes = 0
  #uploadId: string | null = null
  #parts: Part[] = []
  #sentBytes = 0
  /** bodies of the parts, while they fit */
  #kept: Uint8Array[] | null = []
  #done = false

  constructor(setup: S3Setup, key: string, attributes: ObjectAttributes, id: string) {
    this.#setup = setup
    this.#key = key
    this.#attributes = attributes
    this.#id = id
  }

  /** Bytes in memory: those of the next part, and those that are kept. */
  get heldBytes(): number {
    return this.#heldBytes + (this.#kept === null ? 0 : this.#sentBytes)
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
    await this.#abortUpload()
  }

  async #abortUpload(): Promise<void> {
    const { client, bucket, commands } = this.#setup
    if (this.#uploadId === null) return
    const input = { Bucket: bucket, Key: this.#key, UploadId: this.#uploadId }
    await this.#call(options => client.send(new commands.AbortMultipartUploadCommand(input), options))
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
      await this.#call(options => client.send(new commands.PutObjectCommand(input), options))
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
      MpuObjectSize: this.#sentBytes,
      ...(conditional && { IfNoneMatch: '*' }),
    }
    try {
      await this.#call(options => client.send(new commands.CompleteMultipartUploadCommand(input), options))
    } catch (error) {
      if (isStatus(error, 412)) {
        if (!(await this.#isOurs())) throw error
      } else if (isVanished(error) || (isStatus(error, 409) && this.#kept !== null)) {
        // The reply to a completion that worked may have been lost; then the upload is gone and the object is there. After a
        // conflict S3 wants all parts again.
        if (await this.#isOurs()) return
        await this.#abortUpload().catch(() => {})
        this.#beginAnew()
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
    this.#held = [...kept, ...this.#held]
    this.#heldBytes += this.#sentBytes
    this.#kept = []
    this.#parts = []
    this.#sentBytes = 0
    this.#uploadId = null
    throw new MillraceError(
      'connection_lost',
      `object s3://${this.#setup.bucket}/${this.#key}: its upload vanished or met another; it begins anew`,
      { retry: 'backoff' },
    )
  }

  async #sendPart(sizeBytes: number): Promise<void> {
    const { client, bucket, commands, replayBytesMax } = this.#setup
    if (this.#uploadId === null) {
      const input = { ...this.#head(), ChecksumAlgorithm: 'SHA256' as const }
      const { UploadId } = await this.#call(options =>
        client.send(new commands.CreateMultipartUploadCommand(input), options),
      )
      if (UploadId === undefined)
        throw new MillraceError('connection_lost', `s3://${bucket}: it gave no upload id`, { retry: 'backoff' })
      this.#uploadId = UploadId
    }
    const Body = headOf(this.#held, sizeBytes)
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
      const { ETag } = await this.#call(options => client.send(new commands.UploadPartCommand(input), options))
      etag = ETag ?? ''
    } catch (error) {
      if (!isVanished(error)) throw error
      this.#beginAnew()
    }
    this.#parts.push({ number, etag, checksum })
    this.#sentBytes += Body.length
    if (this.#sentBytes > replayBytesMax) this.#kept = null
    this.#kept?.push(Body)
    this.#held = tailOf(this.#held, Body.length)
    this.#heldBytes -= Body.length
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
      ...objectEncryption(this.#setup.encryption, kmsKeyArn),
    }
  }

  /** Whether the object under the key is this writer's. */
  async #isOurs(): Promise<boolean> {
    const { client, bucket, commands, encryption } = this.#setup
    const input = { Bucket: bucket, Key: this.#key, ...customerKey(encryption) }
    try {
      const { Metadata } = await this.#call(options => client.send(new commands.HeadObjectCommand(input), options))
      return Metadata?.[WRITER_ID] === this.#id
    } catch (error) {
      if (isStatus(error, 404)) return false
      throw error
    }
  }

  #call<T>(operation: Parameters<typeof called<T>>[2]): Promise<T> {
    return called(this.#setup, `s3://${this.#setup.bucket}/${this.#key}`, operation)
  }
}

/** The first bytes of pieces, in a copy. */
function headOf(pieces: readonly Uint8Array[], sizeBytes: number): Buffer {
  const head: Uint8Array[] = []
  let left = sizeBytes
  for (const piece of pieces) {
    if (left === 0) break
    head.push(piece.subarray(0, left))
    left -= Math.min(left, piece.length)
  }
  return Buffer.concat(head)
}

/** What comes after the first bytes of pieces. */
function tailOf(pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array[] {
  const tail: Uint8Array[] = []
  let at = sizeBytes
  for (const piece of pieces) {
    if (at < piece.length) tail.push(piece.subarray(at))
    at = Math.max(0, at - piece.length)
  }
  return tail
}
