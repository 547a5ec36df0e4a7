/** How a destination, a backup or an error store in S3 is told, as a plan; and what the service refuses about it. */
import type { BufferingHints } from '../buffer.ts'
import type { CompressionFormat } from '../containers/container.ts'
import { type Prefixes, type PrefixKeys, parsePrefixes } from '../prefix.ts'
import type { Problem, ProblemCode } from '../problem.ts'
import type { EncryptionConfiguration } from './common.ts'
import type { ExtendedS3DestinationConfiguration } from './extended-s3.ts'

/** What the S3 is for: its bounds depend on it. */
export type S3Role = 'destination' | 'conversion' | 'partitioning' | 'backup' | 'redshift'

export interface S3Plan {
  readonly bucketArn: string
  readonly hints: BufferingHints
  readonly prefixes: Prefixes
  readonly compression: CompressionFormat
  /** replaces the usual extension; null for that of the format */
  readonly fileExtension: string | null
  /** null leaves it to the bucket */
  readonly kmsKeyArn: string | null
}

interface Bounds {
  readonly sizeMin: number
  readonly intervalMin: number
  readonly sizeDefault: number
  readonly code: ProblemCode
}

/** Firehose guide and probes; the upper bounds are those of the shape. */
const BOUNDS: Readonly<Record<S3Role, Bounds>> = {
  destination: { sizeMin: 1, intervalMin: 0, sizeDefault: 5, code: 'VALIDATION' },
  conversion: { sizeMin: 64, intervalMin: 0, sizeDefault: 128, code: 'DFC_BUFFER' },
  // The bare API default is not confirmed; aws-cdk fills in 128.
  partitioning: { sizeMin: 64, intervalMin: 60, sizeDefault: 128, code: 'DP_BUFFER' },
  backup: { sizeMin: 1, intervalMin: 60, sizeDefault: 5, code: 'BACKUP_BUFFER' },
  redshift: { sizeMin: 1, intervalMin: 60, sizeDefault: 5, code: 'REDSHIFT_BUFFER' },
}
const INTERVAL_DEFAULT = 300

type S3Configuration = Pick<
  ExtendedS3DestinationConfiguration,
  | 'BucketARN'
  | 'Prefix'
  | 'ErrorOutputPrefix'
  | 'BufferingHints'
  | 'CompressionFormat'
  | 'EncryptionConfiguration'
  | 'FileExtension'
  | 'CustomTimeZone'
>

export interface S3PlanOptions {
  readonly roles: readonly S3Role[]
  /** null while dynamic partitioning is off */
  readonly keys: PrefixKeys | null
  readonly appendDefaultTimePrefix?: 'auto' | 'always' | 'never' | undefined
  readonly compression?: 'ZSTD' | undefined
}

/** @returns null when something is wrong */
export function s3PlanOf(
  configuration: S3Configuration,
  path: string,
  options: S3PlanOptions,
  problems: Problem[],
): S3Plan | null {
  const before = problems.length
  const refuse = (member: string, code: ProblemCode, message: string): void =>
    void problems.push({ path: `${path}.${member}`, code, message })
  const hints = hintsOf(configuration, options.roles, refuse)
  checkEncryption(configuration.EncryptionConfiguration, refuse)
  const compression = options.compression ?? configuration.CompressionFormat ?? 'UNCOMPRESSED'
  if (options.roles.includes('conversion') && compression !== 'UNCOMPRESSED')
    refuse(
      'CompressionFormat',
      'DFC_COMPRESSION',
      `${compression} with record format conversion; leave it out, the serializer compresses`,
    )
  if (options.roles.includes('redshift')) checkRedshift(configuration, compression, refuse)
  const found: Problem[] = []
  const prefixes = parsePrefixes(
    {
      Prefix: configuration.Prefix,
      ErrorOutputPrefix: configuration.ErrorOutputPrefix,
      CustomTimeZone: configuration.CustomTimeZone,
      appendDefaultTimePrefix: options.appendDefaultTimePrefix,
    },
    found,
    options.keys,
  )
  for (const problem of found) problems.push({ ...problem, path: `${path}.${problem.path}` })
  if (prefixes === null || problems.length > before) return null
  return {
    bucketArn: configuration.BucketARN,
    hints,
    prefixes,
    compression,
    fileExtension: configuration.FileExtension || null,
    kmsKeyArn: configuration.EncryptionConfiguration?.KMSEncryptionConfig?.AWSKMSKeyARN ?? null,
  }
}

type Refuse = (member: string, code: ProblemCode, message: string) => void

function hintsOf(configuration: S3Configuration, roles: readonly S3Role[], refuse: Refuse): BufferingHints {
  const size = configuration.BufferingHints?.SizeInMBs
  const interval = configuration.BufferingHints?.IntervalInSeconds
  if ((size === undefined) !== (interval === undefined))
    refuse('BufferingHints', 'BUFFER_PAIR', 'SizeInMBs and IntervalInSeconds are given together or not at all')
  let sizeDefault = 0
  for (const role of roles) {
    const bounds = BOUNDS[role]
    sizeDefault = Math.max(sizeDefault, bounds.sizeDefault)
    if (size !== undefined && size < bounds.sizeMin)
      refuse('BufferingHints.SizeInMBs', bounds.code, `${size} is below ${bounds.sizeMin}, the least for a ${role}`)
    if (interval !== undefined && interval < bounds.intervalMin)
      refuse(
        'BufferingHints.IntervalInSeconds',
        bounds.code,
        `${interval} is below ${bounds.intervalMin}, the least for a ${role}`,
      )
  }
  return { SizeInMBs: size ?? sizeDefault, IntervalInSeconds: interval ?? INTERVAL_DEFAULT }
}

function checkEncryption(encryption: EncryptionConfiguration | undefined, refuse: Refuse): void {
  if (encryption === undefined) return
  const given = [encryption.NoEncryptionConfig, encryption.KMSEncryptionConfig].filter(member => member !== undefined)
  if (given.length !== 1)
    refuse(
      'EncryptionConfiguration',
      'SSE_ONE',
      `${given.length} members; give exactly one of NoEncryptionConfig and KMSEncryptionConfig`,
    )
}

function checkRedshift(configuration: S3Configuration, compression: CompressionFormat, refuse: Refuse): void {
  if (compression !== 'UNCOMPRESSED' && compression !== 'GZIP')
    refuse('CompressionFormat', 'REDSHIFT_COMPRESSION', `${compression}; COPY reads UNCOMPRESSED and GZIP alone`)
  if (configuration.Prefix?.includes('!{') === true)
    refuse('Prefix', 'REDSHIFT_PREFIX', 'expressions are not allowed where Redshift reads from')
  if (configuration.ErrorOutputPrefix !== undefined)
    refuse('ErrorOutputPrefix', 'REDSHIFT_PREFIX', 'it must be left out for Redshift')
}
