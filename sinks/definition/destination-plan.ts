/** What a destination that is no store of objects is told, as a plan: where, when, and for how long again. */
import type { BufferingHints } from '../buffer.ts'
import type { IndexRotation } from '../destinations/index-name.ts'
import type { SecretPlace } from '../destinations/secret.ts'
import type { Problem } from '../problem.ts'
import { type CopyPlan, copyProblem } from '../redshift/copy-statements.ts'
import type { DeliveryStreamDefinition, DestinationMember } from './delivery-stream.ts'

interface Timing {
  readonly hints: BufferingHints
  readonly retryDurationSeconds: number
}

export interface HttpEndpointPlan extends Timing {
  readonly kind: 'http-endpoint'
  readonly url: string
  readonly accessKey: SecretPlace | null
  readonly gzip: boolean
  readonly commonAttributes: Readonly<Record<string, string>>
}

export interface OpenSearchPlan extends Timing {
  readonly kind: 'opensearch'
  /** one of the two */
  readonly clusterEndpoint: string | null
  readonly domainArn: string | null
  readonly index: string
  readonly rotation: IndexRotation
  readonly type: string | null
  readonly documentId: 'FIREHOSE_DEFAULT' | 'NO_DOCUMENT_ID'
}

export interface SplunkPlan extends Timing {
  readonly kind: 'splunk'
  readonly endpoint: string
  readonly endpointType: 'Raw' | 'Event'
  /** null: none was given, which the API model allows and a stream does not */
  readonly token: SecretPlace | null
  readonly ackTimeoutSeconds: number
}

/** Objects first, then a table. */
export interface RedshiftPlan {
  readonly copy: CopyPlan
  readonly jdbcUrl: string
  readonly user: string | null
  readonly secretArn: string | null
  readonly retryDurationSeconds: number
}

/** A destination that the program hands in. */
export interface CustomPlan extends Timing {
  readonly kind: 'custom'
}

export type DestinationPlan = HttpEndpointPlan | OpenSearchPlan | SplunkPlan | CustomPlan

/** Firehose API model and guide; those of Splunk and HTTP are not confirmed. */
const RETRY_SECONDS_DEFAULT = 300
const REDSHIFT_RETRY_SECONDS_DEFAULT = 3_600
const HINTS_DEFAULT: BufferingHints = { SizeInMBs: 5, IntervalInSeconds: 300 }
const SPLUNK_HINTS_DEFAULT: BufferingHints = { SizeInMBs: 5, IntervalInSeconds: 60 }
/** Between 180 and 600; the service's own default is not published. */
const ACK_TIMEOUT_SECONDS_DEFAULT = 300

/** @returns null for destinations that are stores of objects, and for those that cannot run here */
export function destinationPlanOf(
  stream: DeliveryStreamDefinition,
  member: DestinationMember,
  problems: Problem[],
): DestinationPlan | null {
  switch (member) {
    case 'HttpEndpointDestinationConfiguration': {
      const configuration = stream[member]
      if (configuration === undefined) return null
      const { EndpointConfiguration, RequestConfiguration, SecretsManagerConfiguration } = configuration
      const attributes = RequestConfiguration?.CommonAttributes ?? []
      return {
        kind: 'http-endpoint',
        url: EndpointConfiguration.Url,
        accessKey: secretOf(EndpointConfiguration.AccessKey, SecretsManagerConfiguration, member, problems),
        gzip: RequestConfiguration?.ContentEncoding === 'GZIP',
        commonAttributes: Object.fromEntries(
          attributes.map(({ AttributeName, AttributeValue }) => [AttributeName, AttributeValue]),
        ),
        ...timingOf(configuration, HINTS_DEFAULT),
      }
    }
    case 'SplunkDestinationConfiguration': {
      const configuration = stream[member]
      if (configuration === undefined) return null
      const { HECToken, SecretsManagerConfiguration } = configuration
      const token = secretOf(HECToken, SecretsManagerConfiguration, member, problems)
      return {
        kind: 'splunk',
        endpoint: configuration.HECEndpoint,
        endpointType: configuration.HECEndpointType,
        token,
        ackTimeoutSeconds: configuration.HECAcknowledgmentTimeoutInSeconds ?? ACK_TIMEOUT_SECONDS_DEFAULT,
        ...timingOf(configuration, SPLUNK_HINTS_DEFAULT),
      }
    }
    case 'ElasticsearchDestinationConfiguration':
    case 'AmazonopensearchserviceDestinationConfiguration': {
      const configuration = stream[member]
      if (configuration === undefined) return null
      return {
        kind: 'opensearch',
        clusterEndpoint: configuration.ClusterEndpoint ?? null,
        domainArn: configuration.DomainARN ?? null,
        index: configuration.IndexName,
        rotation: configuration.IndexRotationPeriod ?? 'OneDay',
        type: configuration.TypeName || null,
        documentId: configuration.DocumentIdOptions?.DefaultDocumentIdFormat ?? 'FIREHOSE_DEFAULT',
        ...timingOf(configuration, HINTS_DEFAULT),
      }
    }
    case 'CustomDestinationConfiguration': {
      const configuration = stream[member]
      return configuration === undefined ? null : { kind: 'custom', ...timingOf(configuration, HINTS_DEFAULT) }
    }
    case 'ExtendedS3DestinationConfiguration':
    case 'S3DestinationConfiguration':
    case 'RedshiftDestinationConfiguration':
    case 'SnowflakeDestinationConfiguration':
    case 'IcebergDestinationConfiguration':
    case 'AmazonOpenSearchServerlessDestinationConfiguration':
      return null
  }
}

/** @returns null for every other destination */
export function redshiftPlanOf(stream: DeliveryStreamDefinition, problems: Problem[]): RedshiftPlan | null {
  const member = 'RedshiftDestinationConfiguration'
  const configuration = stream[member]
  if (configuration === undefined) return null
  const { RoleARN, ClusterJDBCURL, CopyCommand, Username, RetryOptions, SecretsManagerConfiguration } = configuration
  const secret = secretOf(undefined, SecretsManagerConfiguration, member, problems)
  const copy = {
    table: CopyCommand.DataTableName,
    columns: CopyCommand.DataTableColumns || null,
    options: CopyCommand.CopyOptions ?? '',
    roleArn: RoleARN,
  }
  const problem = copyProblem(copy)
  if (problem !== null) problems.push({ path: `${member}.CopyCommand`, code: 'REDSHIFT_COPY', message: problem })
  return {
    copy,
    jdbcUrl: ClusterJDBCURL,
    user: Username ?? null,
    secretArn: secret !== null && 'secretArn' in secret ? secret.secretArn : null,
    retryDurationSeconds: RetryOptions?.DurationInSeconds ?? REDSHIFT_RETRY_SECONDS_DEFAULT,
  }
}

function timingOf(
  configuration: {
    readonly BufferingHints?:
      | { readonly SizeInMBs?: number | undefined; readonly IntervalInSeconds?: number | undefined }
      | undefined
    readonly RetryOptions?: { readonly DurationInSeconds?: number | undefined } | undefined
  },
  hints: BufferingHints,
): Timing {
  const { BufferingHints, RetryOptions } = configuration
  return {
    hints: {
      SizeInMBs: BufferingHints?.SizeInMBs ?? hints.SizeInMBs,
      IntervalInSeconds: BufferingHints?.IntervalInSeconds ?? hints.IntervalInSeconds,
    },
    retryDurationSeconds: RetryOptions?.DurationInSeconds ?? RETRY_SECONDS_DEFAULT,
  }
}

/** A secret of Secrets Manager goes before the one that is written out. */
function secretOf(
  value: string | undefined,
  manager: { readonly Enabled: boolean; readonly SecretARN?: string | undefined } | undefined,
  member: string,
  problems: Problem[],
): SecretPlace | null {
  if (manager?.Enabled !== true) return value === undefined || value === '' ? null : { value }
  if (manager.SecretARN === undefined)
    problems.push({
      path: `${member}.SecretsManagerConfiguration.SecretARN`,
      code: 'SECRET_ARN',
      message: 'it is required while SecretsManagerConfiguration is enabled',
    })
  return { secretArn: manager.SecretARN ?? '' }
}
