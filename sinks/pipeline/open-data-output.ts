/** What stands behind the processors of a stream, by its plan: objects, objects and a table, or the calls of a destination. */
import { MillraceError } from '../../core/index.ts'
import { ACTIVE_PARTITIONS_DEFAULT, type DefinitionPlan } from '../definition/definition.ts'
import type { RedshiftPlan } from '../definition/destination-plan.ts'
import { BatchOutput } from '../destinations/batch-output.ts'
import { openDestination } from '../destinations/open-destination.ts'
import { RedshiftCopier } from '../redshift/redshift-copier.ts'
import { databaseOf } from '../redshift/redshift-data.ts'
import { RedshiftOutput } from '../redshift/redshift-output.ts'
import type { DataOutput } from './data-output.ts'
import { ObjectDataOutput } from './object-data-output.ts'
import type { ObjectMaker } from './object-maker.ts'
import type { FailedRecord } from './record.ts'
import type { StreamMetrics } from './stream-metrics.ts'
import {
  type Conversion,
  type DeliveryStreamOptions,
  type DeliveryStreamParts,
  HELD_BYTES_DEFAULT,
} from './stream-options.ts'
import type { Troubles } from './troubles.ts'
import type { StreamFailure } from './turns-of-work.ts'

export interface DataOutputSetup {
  readonly plan: DefinitionPlan
  readonly options: DeliveryStreamOptions
  readonly parts: DeliveryStreamParts
  readonly conversion: Conversion | null
  readonly maker: ObjectMaker
  readonly metrics: StreamMetrics
  readonly troubles: Troubles
  readonly failure: StreamFailure
  readonly deliveryStreamArn: string
  /** a UUID of this process and stream */
  readonly incarnation: string
  readonly inTurn: (work: () => Promise<void>) => Promise<void>
  /** takes what has failed for good */
  readonly fail: (failed: readonly FailedRecord[]) => Promise<void>
}

/** @throws MillraceError `config` when something is missing that the destination needs */
export function openDataOutput(setup: DataOutputSetup): DataOutput {
  const {
    plan,
    options,
    parts,
    conversion,
    maker,
    metrics,
    troubles,
    failure,
    deliveryStreamArn,
    incarnation,
    inTurn,
    fail,
  } = setup
  const { clock, random } = parts
  if (plan.delivery !== null) {
    const { name: streamName, destination: member } = plan
    const told = { streamName, member, deliveryStreamArn, incarnation, clock, random, metrics }
    return new BatchOutput({
      destination: openDestination(plan.delivery, parts, told),
      hints: plan.delivery.hints,
      heldBytesMax: options.heldBytesMax ?? HELD_BYTES_DEFAULT,
      parts: { clock, random, metrics, troubles, origin: told },
      failure,
      inTurn,
      fail,
    })
  }
  const objects = new ObjectDataOutput({
    plan: plan.s3,
    partitioned: plan.partitioned,
    partitionsMax: options.activePartitionsMax ?? ACTIVE_PARTITIONS_DEFAULT,
    overflow: options.overflow ?? 'seal-oldest',
    conversion,
    maker,
    clock,
    metrics,
    inTurn,
  })
  return plan.redshift === null ? objects : new RedshiftOutput(objects, openCopier(setup, plan.redshift))
}

function openCopier(
  { plan, parts, maker, metrics, troubles, incarnation, failure }: DataOutputSetup,
  redshift: RedshiftPlan,
): RedshiftCopier {
  const { clock, redshiftData } = parts
  if (redshiftData === undefined)
    throw new MillraceError(
      'config',
      `delivery stream ${plan.name}: ${plan.destination} runs COPY through the Data API; give redshiftData, a client RedshiftData of @aws-sdk/client-redshift-data`,
    )
  const { bucketArn } = plan.s3
  return new RedshiftCopier({
    streamName: plan.name,
    copy: redshift.copy,
    database: databaseOf(redshift.jdbcUrl, redshift.user, redshift.secretArn),
    client: redshiftData,
    bucket: bucketArn.slice(bucketArn.lastIndexOf(':') + 1),
    store: maker.store(bucketArn),
    retryDurationSeconds: redshift.retryDurationSeconds,
    clock,
    incarnation,
    metrics,
    troubles,
    retrying: operation => maker.retrying(operation),
    failure,
  })
}
