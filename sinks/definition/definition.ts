/**
 * From the JSON of `create-delivery-stream` to a plan. Shapes are checked first, as the service does; a definition of good
 * shape then meets the rules between members, and all that is wrong is told at once, before anything runs.
 */
import { MillraceError } from '../../core/index.ts'
import type { Problem, ProblemCode } from '../problem.ts'
import { checkShape } from './check-shape.ts'
import { type ConversionPlan, conversionPlanOf } from './conversion.ts'
import {
  DESTINATIONS,
  type DeliveryStreamDefinition,
  type DestinationMember,
  deliveryStreamOrCustom,
} from './delivery-stream.ts'
import { type DestinationPlan, destinationPlanOf, type RedshiftPlan, redshiftPlanOf } from './destination-plan.ts'
import type { ExtendedS3DestinationConfiguration } from './extended-s3.ts'
import { type ProcessingPlan, processingPlanOf } from './processing.ts'
import { type S3Plan, s3PlanOf } from './s3-plan.ts'

/** How many partitions may be active: the quota of the service by default, and the most that it grants on request. */
export const ACTIVE_PARTITIONS_DEFAULT = 500
export const ACTIVE_PARTITIONS_MAX = 5_000

export interface DefinitionPlan {
  readonly name: string
  readonly destination: DestinationMember
  readonly processing: ProcessingPlan
  /** null where objects are the destination */
  readonly delivery: DestinationPlan | null
  /** the table that takes the objects */
  readonly redshift: RedshiftPlan | null
  /** where rows or failed records go */
  readonly s3: S3Plan
  /** null where the mode keeps no copy of the source records */
  readonly backup: S3Plan | null
  readonly conversion: ConversionPlan | null
  readonly partitioned: boolean
  /** what is allowed and probably not meant */
  readonly warnings: readonly string[]
}

export interface DefinitionOptions {
  readonly appendDefaultTimePrefix?: 'auto' | 'always' | 'never' | undefined
  /** In place of CompressionFormat, which has no such value; needs Node 22.15 or later. */
  readonly compression?: 'ZSTD' | undefined
}

/** Destinations of the service that are checked and cannot run here. */
const UNAVAILABLE: readonly DestinationMember[] = [
  'SnowflakeDestinationConfiguration',
  'IcebergDestinationConfiguration',
  'AmazonOpenSearchServerlessDestinationConfiguration',
]

/** All that is wrong with a definition, or its plan. */
export function checkDefinition(
  definition: unknown,
  options: DefinitionOptions = {},
): { readonly problems: readonly Problem[]; readonly plan: DefinitionPlan | null } {
  const problems: Problem[] = []
  checkShape(definition, deliveryStreamOrCustom, '', problems)
  if (problems.length > 0) return { problems, plan: null }
  const stream = withoutNulls(definition) as DeliveryStreamDefinition
  checkSource(stream, problems)
  const members = [...Object.keys(DESTINATIONS), 'CustomDestinationConfiguration'] as DestinationMember[]
  const given = members.filter(member => stream[member] !== undefined && stream[member] !== null)
  const member = given[0]
  if (member === undefined || given.length > 1) {
    problems.push({
      path: given.join(', ') || 'ExtendedS3DestinationConfiguration',
      code: 'DEST_ONE',
      message: `${given.length} destinations; give exactly one`,
    })
    return { problems, plan: null }
  }
  const plan = destinationPlan(stream, member, options, problems)
  return { problems, plan: problems.length > 0 ? null : plan }
}

/**
 * The plan of a good definition.
 * @throws MillraceError `config` with every problem. Shape violations are worded as the service's ValidationException, all
 * others begin with InvalidArgumentException and end in a stable code.
 */
export function definitionPlanOf(definition: unknown, options: DefinitionOptions = {}): DefinitionPlan {
  const { problems, plan } = checkDefinition(definition, options)
  if (plan !== null) return plan
  throw new MillraceError('config', problemText(problems))
}

/** Problems as one text. */
export function problemText(problems: readonly Problem[]): string {
  const shapes = problems.filter(({ code }) => code === 'VALIDATION')
  if (shapes.length === problems.length) {
    const count = `${shapes.length} validation error${shapes.length === 1 ? '' : 's'} detected`
    return `ValidationException: ${count}: ${shapes.map(({ message }) => message).join('; ')}`
  }
  return `InvalidArgumentException:${problems.map(({ path, code, message }) => `\n  ${path}: ${message} (${code})`).join('')}`
}

/**
 * Whether the plan's destination can run here.
 * @throws MillraceError `config` that names the destination
 */
export function assertAvailable(plan: DefinitionPlan): void {
  if (UNAVAILABLE.includes(plan.destination))
    throw new MillraceError(
      'config',
      `delivery stream ${plan.name}: ${plan.destination} is understood and cannot be delivered to from here; use ExtendedS3DestinationConfiguration`,
    )
}

/** JSON of AWS tools writes members that were not given as null. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]))
}

function checkSource(stream: DeliveryStreamDefinition, problems: Problem[]): void {
  const type = stream.DeliveryStreamType ?? 'DirectPut'
  const sources = {
    KinesisStreamAsSource: 'KinesisStreamSourceConfiguration',
    MSKAsSource: 'MSKSourceConfiguration',
    DatabaseAsSource: 'DatabaseSourceConfiguration',
  } as const
  const refuse = (path: string, code: ProblemCode, message: string): void => void problems.push({ path, code, message })
  for (const [source, member] of Object.entries(sources)) {
    if (source === type && stream[member] === undefined)
      refuse(member, 'SOURCE_CONFIG', `it is required with DeliveryStreamType ${type}`)
    if (source !== type && stream[member] !== undefined)
      refuse(member, 'SOURCE_CONFIG', `it belongs to DeliveryStreamType ${source}, not to ${type}`)
  }
  const encryption = stream.DeliveryStreamEncryptionConfigurationInput
  if (encryption === undefined) return
  const path = 'DeliveryStreamEncryptionConfigurationInput'
  if (type !== 'DirectPut')
    refuse(path, 'SSE_SOURCE', `only DirectPut streams are encrypted by the service, not ${type}`)
  if ((encryption.KeyType === 'CUSTOMER_MANAGED_CMK') !== (encryption.KeyARN !== undefined))
    refuse(`${path}.KeyARN`, 'SSE_SOURCE', 'it is given with CUSTOMER_MANAGED_CMK and only then')
}

/** What kinds of destinations do not have in common; null where the S3 of it is wrong. */
type PlanParts = Pick<DefinitionPlan, 'processing' | 's3' | 'backup'> &
  Partial<Pick<DefinitionPlan, 'delivery' | 'redshift' | 'conversion' | 'partitioned' | 'warnings'>>

function destinationPlan(
  stream: DeliveryStreamDefinition,
  member: DestinationMember,
  options: DefinitionOptions,
  problems: Problem[],
): DefinitionPlan | null {
  const parts =
    member === 'ExtendedS3DestinationConfiguration' || member === 'S3DestinationConfiguration'
      ? objectParts(stream[member], member, options, problems)
      : callParts(stream, member, options, problems)
  if (parts === null) return null
  return {
    name: stream.DeliveryStreamName,
    destination: member,
    delivery: null,
    redshift: null,
    conversion: null,
    partitioned: false,
    warnings: [],
    ...parts,
  }
}

/** Of a destination that is called, or that takes objects from S3. */
function callParts(
  stream: DeliveryStreamDefinition,
  member: Exclude<DestinationMember, 'ExtendedS3DestinationConfiguration' | 'S3DestinationConfiguration'>,
  options: DefinitionOptions,
  problems: Problem[],
): PlanParts | null {
  const configuration = stream[member]
  if (configuration === undefined) return null
  const redshift = member === 'RedshiftDestinationConfiguration'
  const splunk = member === 'SplunkDestinationConfiguration'
  const processing = processingPlanOf(configuration.ProcessingConfiguration, member, problems, splunk)
  if (processing.query !== null)
    problems.push({
      path: `${member}.ProcessingConfiguration`,
      code: 'QUERY_NO_DP',
      message: 'MetadataExtraction belongs to dynamic partitioning, which S3 destinations alone have',
    })
  checkHintPair('BufferingHints' in configuration ? configuration.BufferingHints : undefined, member, problems)
  checkOpenSearch(stream, member, problems)
  const role = redshift ? 'redshift' : 'backup'
  const s3 = s3PlanOf(
    configuration.S3Configuration,
    `${member}.S3Configuration`,
    { roles: [role], keys: null, ...options },
    problems,
  )
  const delivery = destinationPlanOf(stream, member, problems)
  let backup: S3Plan | null = null
  if (redshift) backup = backupPlan(stream.RedshiftDestinationConfiguration, member, options, problems)
  // The other destinations keep their source records in the same place as their failed ones.
  else if (configuration.S3BackupMode?.startsWith('All') === true) backup = s3
  return s3 === null ? null : { processing, delivery, redshift: redshiftPlanOf(stream, problems), s3, backup }
}

/** Of a destination that is objects. */
function objectParts(
  configuration: ExtendedS3DestinationConfiguration | undefined,
  member: DestinationMember,
  options: DefinitionOptions,
  problems: Problem[],
): PlanParts | null {
  if (configuration === undefined) return null
  const processing = processingPlanOf(configuration.ProcessingConfiguration, member, problems)
  const conversion = conversionPlanOf(configuration.DataFormatConversionConfiguration, member, problems)
  const converts =
    configuration.DataFormatConversionConfiguration !== undefined &&
    configuration.DataFormatConversionConfiguration.Enabled !== false
  const partitioned = configuration.DynamicPartitioningConfiguration?.Enabled === true
  if (processing.query !== null && !partitioned)
    problems.push({
      path: `${member}.ProcessingConfiguration`,
      code: 'QUERY_NO_DP',
      message: 'MetadataExtraction needs DynamicPartitioningConfiguration with Enabled true',
    })
  const roles = [
    'destination' as const,
    ...(converts ? (['conversion'] as const) : []),
    ...(partitioned ? (['partitioning'] as const) : []),
  ]
  const keys = partitioned ? { query: processing.query?.keys ?? [], lambda: processing.lambda !== null } : null
  const s3 = s3PlanOf(configuration, member, { roles, keys, ...options }, problems)
  const backup = backupPlan(configuration, member, options, problems)
  const extension = configuration.FileExtension ?? ''
  const warnings =
    configuration.CompressionFormat === 'GZIP' && extension !== '' && !extension.endsWith('.gz')
      ? [`FileExtension "${extension}" does not end in .gz though the objects are gzip; Athena goes by the extension`]
      : []
  return s3 === null ? null : { processing, s3, backup, conversion, partitioned, warnings }
}

function backupPlan(
  configuration: Pick<ExtendedS3DestinationConfiguration, 'S3BackupMode' | 'S3BackupConfiguration'> | undefined,
  path: string,
  options: DefinitionOptions,
  problems: Problem[],
): S3Plan | null {
  if (configuration?.S3BackupMode !== 'Enabled') return null
  if (configuration.S3BackupConfiguration !== undefined)
    return s3PlanOf(
      configuration.S3BackupConfiguration,
      `${path}.S3BackupConfiguration`,
      { roles: ['backup'], keys: null, ...options },
      problems,
    )
  problems.push({
    path: `${path}.S3BackupConfiguration`,
    code: 'BACKUP_CONFIG',
    message: 'it is required with S3BackupMode Enabled',
  })
  return null
}

function checkHintPair(
  hints: { readonly SizeInMBs?: unknown; readonly IntervalInSeconds?: unknown } | undefined,
  member: string,
  problems: Problem[],
): void {
  if (hints !== undefined && (hints.SizeInMBs === undefined) !== (hints.IntervalInSeconds === undefined))
    problems.push({
      path: `${member}.BufferingHints`,
      code: 'BUFFER_PAIR',
      message: 'SizeInMBs and IntervalInSeconds are given together or not at all',
    })
}

function checkOpenSearch(stream: DeliveryStreamDefinition, member: DestinationMember, problems: Problem[]): void {
  if (
    member !== 'ElasticsearchDestinationConfiguration' &&
    member !== 'AmazonopensearchserviceDestinationConfiguration'
  )
    return
  const configuration = stream[member]
  const endpoints = [configuration?.DomainARN, configuration?.ClusterEndpoint].filter(value => value !== undefined)
  if (endpoints.length !== 1)
    problems.push({
      path: member,
      code: 'OS_ENDPOINT',
      message: `${endpoints.length} endpoints; give exactly one of DomainARN and ClusterEndpoint`,
    })
  if (member === 'AmazonopensearchserviceDestinationConfiguration' && (configuration?.TypeName ?? '') !== '')
    problems.push({
      path: `${member}.TypeName`,
      code: 'OS_TYPE',
      message: 'OpenSearch and Elasticsearch from 7 on have no types; leave it out',
    })
}
