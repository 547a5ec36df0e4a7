/**
 * The consumer's metrics under the KCL's names: values of each operation are gathered and handed out together, now and then.
 * Dimensions are Operation and, where they have one, ShardId, StreamId or WorkerIdentifier. Source: KCL monitoring reference.
 */
import { type Clock, type MetricDatum, type MetricDimension, type MetricUnit, StatisticSet } from '../../core/index.ts'
import type { DroppedAggregate } from './deaggregated-records.ts'
import type { LeaseMetric } from './leases/lease-coordinator.ts'
import type { ShardInfo } from './record-processor.ts'

export type ConsumerMetricsLevel = 'NONE' | 'SUMMARY' | 'DETAILED'
export const METRICS_DIMENSIONS = ['Operation', 'ShardId', 'StreamId', 'WorkerIdentifier'] as const
export type ConsumerMetricsDimension = (typeof METRICS_DIMENSIONS)[number]

/**
 * Gets what came since the last call; never an empty list.
 * @param from, to the interval, epoch milliseconds
 */
export type ConsumerMetricsHook = (data: readonly MetricDatum[], from: number, to: number) => void

export interface ConsumerMetricsOptions {
  readonly workerIdentifier: string
  readonly level: ConsumerMetricsLevel
  readonly dimensions: readonly ConsumerMetricsDimension[]
  /** metrics of one interval at most (KCL's metricsMaxQueueSize); later ones are not kept */
  readonly metricsMax: number
  readonly clock: Clock
}

/** What the consumer counted since its start. */
export interface ConsumerCounts {
  /** user records fetched, those before the checkpoint included */
  readonly recordsFetched: number
  readonly bytesDelivered: number
  readonly processFailures: number
  readonly recordsDeadLettered: number
  readonly aggregatesOutsideRange: number
  readonly recordsDropped: number
  readonly fetchFailures: number
}

export class ConsumerMetrics {
  readonly #options: ConsumerMetricsOptions
  readonly #sets = new Map<string, { readonly datum: Omit<MetricDatum, 'statistics'>; readonly set: StatisticSet }>()
  readonly #counts = {
    recordsFetched: 0,
    bytesDelivered: 0,
    processFailures: 0,
    recordsDeadLettered: 0,
    aggregatesOutsideRange: 0,
    recordsDropped: 0,
    fetchFailures: 0,
  }
  #from: number

  constructor(options: ConsumerMetricsOptions) {
    this.#options = options
    this.#from = options.clock.now()
  }

  get counts(): ConsumerCounts {
    return { ...this.#counts }
  }

  /** A successful read. @param iteratorMs of it, for a new iterator */
  fetched(info: ShardInfo, ms: number, iteratorMs?: number): void {
    this.#shard(info, 'KinesisDataFetcher.getRecords.Success', 1, 'Count', 'DETAILED')
    this.#shard(info, 'KinesisDataFetcher.getRecords.Time', ms - (iteratorMs ?? 0), 'Milliseconds', 'DETAILED')
    if (iteratorMs === undefined) return
    this.#shard(info, 'KinesisDataFetcher.getShardIterator.Success', 1, 'Count', 'DETAILED')
    this.#shard(info, 'KinesisDataFetcher.getShardIterator.Time', iteratorMs, 'Milliseconds', 'DETAILED')
  }

  /** @param isIterator what failed is the call for an iterator */
  fetchFailed(info: ShardInfo, code: string, isIterator = false): void {
    this.#counts.fetchFailures++
    if (isIterator) this.#shard(info, 'KinesisDataFetcher.getShardIterator.Success', 0, 'Count', 'DETAILED')
    else if (code === 'expired_iterator') this.#shard(info, 'ExpiredIterator', 1, 'Count', 'SUMMARY')
    else this.#shard(info, 'KinesisDataFetcher.getRecords.Success', 0, 'Count', 'DETAILED')
  }

  /** User records of one fetch, before any filter. */
  fetchedRecords(info: ShardInfo, records: number, millisBehindLatest: number): void {
    this.#counts.recordsFetched += records
    this.#shard(info, 'RecordsProcessed', records, 'Count', 'SUMMARY')
    this.#shard(info, 'MillisBehindLatest', millisBehindLatest, 'Milliseconds', 'SUMMARY')
    this.#add('ApplicationTracker', 'MillisBehindLatest', millisBehindLatest, 'Milliseconds', 'SUMMARY', [])
  }

  deliveredBytes(info: ShardInfo, sizeBytes: number): void {
    this.#counts.bytesDelivered += sizeBytes
    this.#shard(info, 'DataBytesProcessed', sizeBytes, 'Bytes', 'SUMMARY')
  }

  /** Not a metric of the KCL, which says nothing of what it drops. */
  dropped(info: ShardInfo, { kind, records }: DroppedAggregate): void {
    this.#counts.recordsDropped += records
    if (kind !== 'outside_range') return
    this.#counts.aggregatesOutsideRange++
    this.#shard(info, 'AggregatesOutsideRange', 1, 'Count', 'SUMMARY')
  }

  deadLettered(info: ShardInfo, records: number): void {
    this.#counts.recordsDeadLettered += records
    this.#shard(info, 'RecordsDeadLettered', records, 'Count', 'SUMMARY')
  }

  /** One call of processRecords. */
  processed(info: ShardInfo, ms: number, isSuccess: boolean): void {
    if (!isSuccess) this.#counts.processFailures++
    this.#shard(info, 'RecordProcessor.processRecords.Time', ms, 'Milliseconds', 'SUMMARY')
    this.#scope('ProcessTask', info, ms, isSuccess)
  }

  called(info: ShardInfo, call: 'initialize' | 'shutdown', ms: number, isSuccess: boolean): void {
    const operation = call === 'initialize' ? 'InitializeTask' : 'ShutdownTask'
    this.#add(operation, `RecordProcessor.${call}.Time`, ms, 'Milliseconds', 'SUMMARY', shardDimensions(info))
    this.#scope(operation, info, ms, isSuccess)
  }

  /** What the lease side counted. */
  lease({ operation, name, value, unit }: LeaseMetric): void {
    const worker = { name: 'WorkerIdentifier', value: this.#options.workerIdentifier }
    this.#add(operation, name, value, unit, 'SUMMARY', [worker])
  }

  /** What came since the last take, and from when to when. */
  take(): { readonly data: readonly MetricDatum[]; readonly from: number; readonly to: number } {
    const from = this.#from
    const to = this.#options.clock.now()
    this.#from = to
    const data = Array.from(this.#sets.values(), ({ datum, set }) => ({ ...datum, statistics: set.copy() }))
    this.#sets.clear()
    return { data, from, to }
  }

  #scope(operation: string, info: ShardInfo, ms: number, isSuccess: boolean): void {
    this.#add(operation, 'Success', isSuccess ? 1 : 0, 'Count', 'SUMMARY', shardDimensions(info))
    this.#add(operation, 'Time', ms, 'Milliseconds', 'SUMMARY', shardDimensions(info))
  }

  #shard(info: ShardInfo, name: string, value: number, unit: MetricUnit, level: 'SUMMARY' | 'DETAILED'): void {
    this.#add('ProcessTask', name, value, unit, level, shardDimensions(info))
  }

  #add(
    operation: string,
    name: string,
    value: number,
    unit: MetricUnit,
    level: 'SUMMARY' | 'DETAILED',
    more: readonly MetricDimension[],
  ): void {
    const { level: kept, dimensions: enabled, metricsMax } = this.#options
    if (kept === 'NONE' || (kept === 'SUMMARY' && level === 'DETAILED')) return
    const all = [{ name: 'Operation', value: operation }, ...more]
    const dimensions = all.filter(one => enabled.some(dimension => dimension === one.name))
    // What differs by nothing that is told is one metric.
    const key = `${name} ${dimensions.map(one => `${one.name} ${one.value}`).join(' ')}`
    let known = this.#sets.get(key)
    if (known === undefined) {
      if (this.#sets.size >= metricsMax) return
      known = { datum: { name, unit, dimensions }, set: new StatisticSet() }
      this.#sets.set(key, known)
    }
    known.set.add(value)
  }
}

function shardDimensions({ shardId, streamIdentifier }: ShardInfo): readonly MetricDimension[] {
  const shard = { name: 'ShardId', value: shardId }
  return streamIdentifier === null ? [shard] : [shard, { name: 'StreamId', value: streamIdentifier }]
}
