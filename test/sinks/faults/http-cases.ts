/** Destinations behind an HTTP call of ours, each before its faithful server. */
import type { HttpHandler } from '../../../core/index.ts'
import type { DestinationMember } from '../../../sinks/definition/delivery-stream.ts'
import { httpEndpointReceiver } from '../../../sinks/destinations/http-endpoint-receiver.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { memoryFetch } from '../../support/memory-fetch.ts'
import { openSearchServer } from '../../support/opensearch-server.ts'
import { splunkServer } from '../../support/splunk-server.ts'
import { destination, type Json } from '../support/definitions.ts'
import {
  type FaultCase,
  type FaultPlan,
  HINTS,
  numbersIn,
  numbersOf,
  SIDE_BUCKET,
  sideCounts,
  streamOf,
} from './fault-case.ts'

interface OverHttp {
  readonly name: string
  readonly metric: FaultCase['metric']
  readonly member: DestinationMember
  readonly members: Json
  readonly modes: { readonly failed: string; readonly all: string }
  readonly errors: string
  /** the other side, and what it has taken */
  readonly serve: (plan: FaultPlan) => { readonly handler: HttpHandler; readonly taken: () => readonly number[] }
}

const BUSY = { status: 503, body: '{"text":"busy","code":9}' }

function overHttp({ name, metric, member, members, modes, errors, serve }: OverHttp): FaultCase {
  return {
    name,
    metric,
    vanishes: { afterCalls: 4, retrySeconds: 60 },
    behind: 'backup',
    slowMs: 170_000,
    open: async plan => {
      const { clock, fault, all, retrySeconds } = plan
      const { handler, taken } = serve(plan)
      const bucket = new MemoryStore()
      const fetch = memoryFetch({
        clock,
        handler,
        fault: call => {
          const now = fault(call)
          return now === 'refused' && call % 2 === 1 ? BUSY : now
        },
      })
      const definition = destination(member, {
        ...HINTS,
        ...SIDE_BUCKET,
        ...members,
        RetryOptions: { DurationInSeconds: retrySeconds },
        S3BackupMode: all ? modes.all : modes.failed,
      })
      const stream = streamOf(definition, plan, { store: () => bucket, fetch })
      return { stream, taken: async () => taken(), ...sideCounts(bucket, errors) }
    },
  }
}

export const HTTP_CASES: readonly FaultCase[] = [
  overHttp({
    name: 'an HTTP endpoint',
    metric: 'HttpEndpoint',
    member: 'HttpEndpointDestinationConfiguration',
    members: {},
    modes: { failed: 'FailedDataOnly', all: 'AllData' },
    errors: 'http-endpoint-failed/',
    serve: ({ clock }) => {
      const taken: number[] = []
      const onRequest = async ({ records }: { readonly records: readonly Uint8Array[] }): Promise<void> =>
        void taken.push(...numbersOf(records))
      return { handler: httpEndpointReceiver({ clock, onRequest }), taken: () => taken }
    },
  }),
  overHttp({
    name: 'OpenSearch',
    metric: 'AmazonOpenSearchService',
    member: 'AmazonopensearchserviceDestinationConfiguration',
    members: { ClusterEndpoint: 'https://search.example.com', DomainARN: null },
    modes: { failed: 'FailedDocumentsOnly', all: 'AllDocuments' },
    errors: 'AmazonOpenSearchService-failed/',
    serve: () => {
      const taken: number[] = []
      const { handler } = openSearchServer({ refuse: ({ n }) => (taken.push(Number(n)), null) })
      return { handler, taken: () => taken }
    },
  }),
  overHttp({
    name: 'Splunk',
    metric: 'Splunk',
    member: 'SplunkDestinationConfiguration',
    members: { HECToken: 't', HECEndpointType: 'Event' },
    modes: { failed: 'FailedEventsOnly', all: 'AllEvents' },
    errors: 'splunk-failed/',
    serve: ({ clock }) => {
      const { handler, indexed } = splunkServer({ clock, token: 't' })
      return { handler, taken: () => indexed.flatMap(numbersIn) }
    },
  }),
]
