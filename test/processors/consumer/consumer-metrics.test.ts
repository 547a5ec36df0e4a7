/** Which of the KCL's metrics a read becomes. */
import { expect, test } from 'vitest'
import { ConsumerMetrics, METRICS_DIMENSIONS } from '../../../processors/consumer/consumer-metrics.ts'
import { memoryEnv } from '../../support/memory-env.ts'

const INFO = { streamName: 's', shardId: 'shardId-000000000000', streamIdentifier: null }

test.each([
  ['a read', 'throttled', false, { 'KinesisDataFetcher.getRecords.Success': [0, 1] }],
  ['an iterator', 'throttled', true, { 'KinesisDataFetcher.getShardIterator.Success': [0, 1] }],
  ['a read by an iterator that is too old', 'expired_iterator', false, { ExpiredIterator: [1, 1] }],
])('the failure of %s (%s)', (_, code, isIterator, expected) => {
  const { clock } = memoryEnv()
  const metrics = new ConsumerMetrics({
    workerIdentifier: 'w',
    level: 'DETAILED',
    dimensions: METRICS_DIMENSIONS,
    metricsMax: 100,
    clock,
  })
  metrics.fetchFailed(INFO, code, isIterator)
  const { data } = metrics.take()
  expect(Object.fromEntries(data.map(({ name, statistics }) => [name, [statistics.sum, statistics.count]]))).toEqual(
    expected,
  )
  expect(metrics.counts.fetchFailures).toBe(1)
})
