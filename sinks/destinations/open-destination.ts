/** From the plan of a destination to the destination, with what the program hands in for it. */
import { type Clock, MillraceError, type Random } from '../../core/index.ts'
import type { DestinationMember } from '../definition/delivery-stream.ts'
import type { DestinationPlan, OpenSearchPlan } from '../definition/destination-plan.ts'
import type { StreamMetrics } from '../pipeline/stream-metrics.ts'
import type { RedshiftDataLike } from '../redshift/redshift-data.ts'
import type { RequestSigner } from './aws-signature.ts'
import type { RecordDestination } from './destination.ts'
import type { FetchLike } from './http-call.ts'
import { HttpEndpoint } from './http-endpoint.ts'
import type { WeekRule } from './index-name.ts'
import { OpenSearch } from './opensearch.ts'
import { Secret, type SecretReader } from './secret.ts'
import { Splunk } from './splunk.ts'

/** What destinations may need from the program. */
export interface DestinationParts {
  /** for HTTP endpoints, Splunk, OpenSearch and Elasticsearch; pass `fetch` itself */
  readonly fetch?: FetchLike
  /** for SecretsManagerConfiguration */
  readonly readSecret?: SecretReader
  /** for Redshift: the client `RedshiftData` of `@aws-sdk/client-redshift-data` */
  readonly redshiftData?: RedshiftDataLike
  /** puts something in the place of the destination that was made, to see what would be delivered */
  readonly rehearsal?: (destination: RecordDestination) => RecordDestination
  readonly openSearch?: {
    /** of the domain that DomainARN names, such as `https://search-logs-abc.eu-west-1.es.amazonaws.com` */
    readonly endpoint?: string
    /** for domains that check AWS identities */
    readonly sign?: RequestSigner
    /** Default `us`. */
    readonly weekRule?: WeekRule
  }
}

/** What a stream tells its destination. */
export interface DestinationSetup {
  readonly streamName: string
  /** as the definition calls the destination */
  readonly member: DestinationMember
  readonly deliveryStreamArn: string
  /** a UUID of this process and stream */
  readonly incarnation: string
  readonly clock: Clock
  readonly random: Random
  readonly metrics: StreamMetrics
}

/** Makes a destination of the program's own. @param retryDurationSeconds as the definition says */
export type DestinationFactory = (
  setup: DestinationSetup & { readonly retryDurationSeconds: number },
) => RecordDestination

/** @throws MillraceError `config` when something is missing that the destination needs */
export function openDestination(
  plan: DestinationPlan,
  parts: DestinationParts & { readonly destination?: DestinationFactory },
  setup: DestinationSetup,
): RecordDestination {
  const destination = madeDestination(plan, parts, setup)
  return parts.rehearsal?.(destination) ?? destination
}

function madeDestination(
  plan: DestinationPlan,
  parts: DestinationParts & { readonly destination?: DestinationFactory },
  setup: DestinationSetup,
): RecordDestination {
  const { clock, streamName, member } = setup
  const { retryDurationSeconds } = plan
  const missing = (what: string): MillraceError => new MillraceError('config', `delivery stream ${streamName}: ${what}`)
  if (plan.kind === 'custom') {
    if (parts.destination === undefined)
      throw missing(
        'CustomDestinationConfiguration stands for a destination that the program hands in; give destination',
      )
    return parts.destination({ ...setup, retryDurationSeconds })
  }
  const { fetch } = parts
  if (fetch === undefined) throw missing(`${member} is reached over HTTP; give fetch`)
  switch (plan.kind) {
    case 'http-endpoint':
      return new HttpEndpoint({
        url: plan.url,
        accessKey: plan.accessKey === null ? null : new Secret(plan.accessKey, 'api_key', parts.readSecret, clock),
        gzip: plan.gzip,
        commonAttributes: plan.commonAttributes,
        deliveryStreamArn: setup.deliveryStreamArn,
        retryDurationSeconds,
        fetch,
        clock,
      })
    case 'splunk':
      if (plan.token === null) throw missing('Splunk needs HECToken, unless SecretsManagerConfiguration is enabled')
      return new Splunk({
        endpoint: plan.endpoint,
        endpointType: plan.endpointType,
        token: new Secret(plan.token, 'hec_token', parts.readSecret, clock),
        ackTimeoutSeconds: plan.ackTimeoutSeconds,
        channel: setup.incarnation.toUpperCase(),
        retryDurationSeconds,
        fetch,
        clock,
        metrics: setup.metrics,
      })
    case 'opensearch':
      return new OpenSearch({
        endpoint: openSearchEndpoint(plan, parts, missing),
        index: plan.index,
        rotation: plan.rotation,
        weekRule: parts.openSearch?.weekRule ?? 'us',
        type: plan.type,
        documentId: plan.documentId,
        sign: parts.openSearch?.sign ?? null,
        retryDurationSeconds,
        origin: setup,
        fetch,
        clock,
      })
  }
}

/** The endpoint of a domain has random letters that its ARN does not tell. */
function openSearchEndpoint(
  plan: OpenSearchPlan,
  parts: DestinationParts,
  missing: (what: string) => MillraceError,
): string {
  const endpoint = plan.clusterEndpoint ?? parts.openSearch?.endpoint
  if (endpoint !== undefined) return endpoint
  throw missing(
    `DomainARN ${plan.domainArn ?? ''} does not tell where the domain is; give openSearch.endpoint, which DescribeDomain shows, or ClusterEndpoint`,
  )
}
