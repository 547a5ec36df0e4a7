/** Objects in S3, or in what speaks its protocol. */
import type * as Sdk from '@aws-sdk/client-s3'
import { MillraceError, type Random } from '../../core/index.ts'
import {
  CALL_TIMEOUT_MS_DEFAULT,
  PART_BYTES_DEFAULT,
  PART_BYTES_MIN,
  REPLAY_BYTES_DEFAULT,
  type S3StoreOptions,
} from './s3-options.ts'
import { called, copySourceKey, customerKey, isStatus, objectEncryption, type S3Setup } from './s3-setup.ts'
import { S3Writer } from './s3-writer.ts'
import {
  KEY_BYTES_MAX,
  type ObjectAttributes,
  type ObjectWriter,
  type OpenStore,
  STAGED_AS,
  type StoredObject,
} from './store.ts'

export { type S3ClientLike, type S3Encryption, type S3StoreOptions, WRITER_ID } from './s3-options.ts'

export class S3Store implements OpenStore {
  readonly #setup: S3Setup
  readonly #random: Random

  private constructor(setup: S3Setup, random: Random) {
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
      callTimeoutMs: CALL_TIMEOUT_MS_DEFAULT,
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

  get place(): string {
    return `s3://${this.#setup.bucket}`
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    const { client, bucket, commands } = this.#setup
    let ContinuationToken: string | undefined
    do {
      const input = {
        Bucket: bucket,
        Prefix: prefix,
        EncodingType: 'url' as const,
        ...(ContinuationToken !== undefined && { ContinuationToken }),
      }
      const page = await called(this.#setup, `${this.place}/${prefix}`, options =>
        client.send(new commands.ListObjectsV2Command(input), options),
      )
      for (const { Key, Size = 0, LastModified } of page.Contents ?? [])
        if (Key !== undefined)
          yield {
            key: decodeURIComponent(Key.replaceAll('+', ' ')),
            sizeBytes: Size,
            modifiedAt: LastModified?.getTime() ?? 0,
          }
      ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined
    } while (ContinuationToken !== undefined)
  }

  async *read(key: string): AsyncIterable<Uint8Array> {
    const { client, bucket, commands, encryption } = this.#setup
    const input = { Bucket: bucket, Key: key, ...customerKey(encryption) }
    const { Body } = await called(this.#setup, `${this.place}/${key}`, options =>
      client.send(new commands.GetObjectCommand(input), options),
    )
    if (Body === undefined) return
    try {
      yield* Body as unknown as AsyncIterable<Uint8Array>
    } catch (cause) {
      throw new MillraceError('connection_lost', `object ${this.place}/${key}: its bytes stopped coming`, {
        cause,
        retry: 'backoff',
      })
    }
  }

  async remove(key: string): Promise<void> {
    const { client, bucket, commands } = this.#setup
    await called(this.#setup, `${this.place}/${key}`, options =>
      client.send(new commands.DeleteObjectCommand({ Bucket: bucket, Key: key }), options),
    )
  }

  /** By CopyObject under the condition that nothing is there, at most 5 GiB. */
  async publish(from: string, to: string, { kmsKeyArn }: ObjectAttributes = {}): Promise<void> {
    const { client, bucket, commands, conditional, encryption } = this.#setup
    const input = {
      Bucket: bucket,
      Key: to,
      CopySource: `${bucket}/${from.split('/').map(encodeURIComponent).join('/')}`,
      ...(conditional && { IfNoneMatch: '*' }),
      ...objectEncryption(encryption, kmsKeyArn),
      ...copySourceKey(encryption),
    }
    try {
      await called(this.#setup, `${this.place}/${to}`, options =>
        client.send(new commands.CopyObjectCommand(input), options),
      )
    } catch (error) {
      const question = isStatus(error, 412) || isStatus(error, 404)
      if (!question || !(await this.#isCopyOf(from, to))) throw error
    }
  }

  /** Whether the object under the final key came from the staged one: the answer to a repeat, and to a reply that got lost. */
  async #isCopyOf(from: string, to: string): Promise<boolean> {
    const { client, bucket, commands, encryption } = this.#setup
    const input = { Bucket: bucket, Key: to, ...customerKey(encryption) }
    try {
      const { Metadata } = await called(this.#setup, `${this.place}/${to}`, options =>
        client.send(new commands.HeadObjectCommand(input), options),
      )
      return Metadata?.[STAGED_AS] === encodeURIComponent(from)
    } catch (error) {
      if (isStatus(error, 404)) return false
      throw error
    }
  }
}
