/** An opened store in S3: what failures of its calls mean, and what encryption adds to them. */
import { createHash } from 'node:crypto'
import type * as Sdk from '@aws-sdk/client-s3'
import { MillraceError } from '../../core/index.ts'
import { withinTime } from '../within-time.ts'
import type { S3Encryption, S3StoreOptions } from './s3-options.ts'

/** A store that was opened. */
export interface S3Setup extends Required<Omit<S3StoreOptions, 'random' | 'client'>> {
  readonly client: Sdk.S3Client
  readonly commands: typeof Sdk
}

/** A failed call, with what the service said; `cause` is the client's own error. */
class S3Error extends MillraceError {
  readonly status: number | undefined
  readonly reason: string

  constructor(
    code: 'already_exists' | 'not_found' | 'unwritable_output' | 'throttled' | 'connection_lost',
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

/** What the owner of a bucket or of credentials can mend while deliveries wait, by the service's name for it. */
const MENDABLE: readonly (readonly [RegExp, string])[] = [
  [/^(ExpiredToken|TokenRefreshRequired|InvalidToken)/, 'the credentials have expired; renew them'],
  [
    /^(InvalidAccessKeyId|SignatureDoesNotMatch)/,
    'the credentials are wrong; give those of a user who may write there',
  ],
  [/^RequestTimeTooSkewed/, "this machine's clock is wrong; set it"],
  [/^NoSuchBucket/, 'there is no such bucket; make it'],
  [/^KMS\./, 'its KMS key cannot be used; enable the key and allow kms:GenerateDataKey and kms:Decrypt'],
  [
    /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|301)/,
    'the bucket is in another region; give its region',
  ],
]
/** The bytes were damaged on their way, or did not all come. */
const DAMAGED = new Set(['BadDigest', 'IncompleteBody', 'XAmzContentSHA256Mismatch'])

/**
 * Firehose goes on trying while a bucket denies, is missing, or its key is disabled, for as long as it keeps the data (guide, "Data
 * delivery failure handling"); so what somebody can mend from outside has retry `backoff`.
 */
function storeError(cause: unknown, place: string): S3Error {
  const { name, message, status } = described(cause)
  const make = (code: ConstructorParameters<typeof S3Error>[0], text: string, retry: 'never' | 'backoff'): S3Error =>
    new S3Error(code, `object ${place}: ${text}`, retry, cause, status, name)
  if (status === 412)
    return make('already_exists', 'it exists already and is never written over; move it away', 'never')
  if (name === 'SlowDown' || status === 429 || status === 503)
    return make('throttled', `slow down (${name})`, 'backoff')
  const fix = MENDABLE.find(([names]) => names.test(name))?.[1]
  if (fix !== undefined) return make('unwritable_output', `${name}: ${message}; ${fix}`, 'backoff')
  if (status === 401 || status === 403)
    return make(
      'unwritable_output',
      `${name}: ${message}; allow s3:PutObject, s3:GetObject, s3:ListBucket and s3:AbortMultipartUpload there${message.includes('kms:') ? ', and kms:GenerateDataKey and kms:Decrypt for its key' : ''}`,
      'backoff',
    )
  // 200 stands for an error inside a good reply.
  if (
    status === undefined ||
    status >= 500 ||
    status === 409 ||
    status === 408 ||
    status === 200 ||
    name === 'RequestTimeout' ||
    name === 'InternalError' ||
    DAMAGED.has(name)
  )
    return make('connection_lost', `${name}: ${message}`, 'backoff')
  if (status === 404) return make('not_found', `there is none (${name}: ${message})`, 'never')
  return make('unwritable_output', `${name}: ${message}`, 'never')
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

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof S3Error && error.status === status
}

export function isVanished(error: unknown): boolean {
  return error instanceof S3Error && error.reason === 'NoSuchUpload'
}

export function sha256(bytes: Uint8Array): string {
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

/**
 * What a new object is told about its encryption. With a key of its own Firehose also gives the bucket's owner all rights (probes
 * of the service).
 */
export function objectEncryption(
  encryption: S3Encryption,
  kmsKeyArn: string | undefined,
): ReturnType<typeof serverEncryption> & { readonly ACL?: 'bucket-owner-full-control' } {
  return kmsKeyArn === undefined
    ? serverEncryption(encryption)
    : { ...serverEncryption({ kmsKeyId: kmsKeyArn }), ACL: 'bucket-owner-full-control' }
}

/** The key of what is copied. */
export function copySourceKey(encryption: S3Encryption): {
  readonly CopySourceSSECustomerAlgorithm?: string
  readonly CopySourceSSECustomerKey?: string
} {
  const { SSECustomerAlgorithm, SSECustomerKey } = customerKey(encryption)
  if (SSECustomerAlgorithm === undefined || SSECustomerKey === undefined) return {}
  return { CopySourceSSECustomerAlgorithm: SSECustomerAlgorithm, CopySourceSSECustomerKey: SSECustomerKey }
}

/** The client adds the key's digest by itself. */
export function customerKey(encryption: S3Encryption): {
  readonly SSECustomerAlgorithm?: string
  readonly SSECustomerKey?: string
} {
  if (typeof encryption === 'string' || !('customerKey' in encryption)) return {}
  return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: Buffer.from(encryption.customerKey).toString('base64') }
}

/** Runs a call; `place` begins its failure's text. @throws S3Error, also when the time of a call is over */
export async function called<T>(
  { clock, callTimeoutMs }: Pick<S3Setup, 'clock' | 'callTimeoutMs'>,
  place: string,
  operation: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  try {
    return await withinTime(
      { clock, limitMs: callTimeoutMs },
      abortSignal => operation({ abortSignal }),
      () => {
        throw new Error(`no answer within ${callTimeoutMs / 1_000} s`)
      },
    )
  } catch (cause) {
    throw storeError(cause, place)
  }
}
