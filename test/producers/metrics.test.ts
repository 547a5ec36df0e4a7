import { expect, test } from 'vitest'
import {
  cloudWatchRequests,
  embeddedMetricLines,
  type MetricDatum,
  otlpMetrics,
  Producer,
  type ProducerConfiguration,
} from '../../producers/index.ts'
import { memoryEnv } from '../support/memory-env.ts'
import { ShardedTarget } from './sharded-target.ts'

/** A producer that puts 60 records over 2 shards, the first call throttled, and closes. */
async function run(configuration: Partial<ProducerConfiguration> = {}) {
  const env = memoryEnv()
  const target = new ShardedTarget(env.clock, 2)
  target.latencyMs = 10
  let entries = 0
  target.fault = () => (++entries <= 2 ? 'throttle' : null)
  const taken: (readonly MetricDatum[])[] = []
  const producer = new Producer({
    target,
    env,
    configuration,
    onMetrics: data => void taken.push(data),
    additionalMetricDims: [
      { name: 'Host', value: 'h1', granularity: 'global' },
      { name: 'Zone', value: 'z', granularity: 'stream' },
    ],
  })
  await env.clock.until(producer.mapped())
  const puts = Array.from({ length: 60 }, (_, i) =>
    producer.put({ partitionKey: `k${i}`, data: new Uint8Array(i < 30 ? 10 : 20) }),
  )
  await env.clock.until(Promise.all(puts))
  return { env, producer, taken, target }
}

function find(data: readonly MetricDatum[], name: string, ...dimensions: string[]): MetricDatum | undefined {
  return data.find(one => one.name === name && one.dimensions.map(({ value }) => value).join() === dimensions.join())
}

test('metrics have the names, dimensions and meaning of KPL, and each level holds the sum of the deeper one', async () => {
  const { producer } = await run()
  const data = producer.kplMetrics()
  expect(find(data, 'UserRecordsReceived', 'h1', 'clicks', 'z')?.statistics).toMatchObject({ sum: 60, count: 60 })
  expect(find(data, 'UserRecordsPut', 'h1', 'clicks', 'z')?.statistics).toEqual({ sum: 60, count: 60, min: 1, max: 1 })
  expect(find(data, 'UserRecordsDataPut', 'h1')?.statistics).toEqual({ sum: 900, count: 60, min: 10, max: 20 })
  expect(find(data, 'KinesisRecordsPut', 'h1')?.statistics).toMatchObject({ sum: 2, count: 4, min: 0 })
  expect(find(data, 'UserRecordsPerKinesisRecord', 'h1')?.statistics).toMatchObject({ sum: 60, count: 2 })
  expect(find(data, 'RetriesPerRecord', 'h1')?.statistics).toEqual({ sum: 60, count: 60, min: 1, max: 1 })
  expect(find(data, 'AllErrors', 'h1')?.statistics.sum).toBe(60)
  const code = 'ProvisionedThroughputExceededException'
  expect(find(data, 'ErrorsByCode', 'h1', code, 'clicks', 'z')?.statistics.sum).toBe(60)
  expect(find(data, 'BufferingTime', 'h1')?.statistics).toMatchObject({ count: 60, min: 120, max: 120 })
  expect(find(data, 'RequestTime', 'h1', 'clicks', 'z')?.statistics).toMatchObject({ min: 10, max: 10 })
  const shards = data.filter(({ name, dimensions }) => name === 'UserRecordsPut' && dimensions.length === 4)
  expect(shards.map(({ dimensions }) => dimensions.at(-1))).toEqual([
    { name: 'ShardId', value: 'shardId-000000000000' },
    { name: 'ShardId', value: 'shardId-000000000001' },
  ])
  expect(shards.reduce((sum, { statistics }) => sum + statistics.sum, 0)).toBe(60)
})

test('a user record that is given up counts as 0 put, so that the average is the rate of success', async () => {
  const env = memoryEnv()
  const target = new ShardedTarget(env.clock, 1)
  let entries = 0
  target.fault = () => (++entries === 1 ? 'throttle' : null)
  const configuration = { FailIfThrottled: true, AggregationEnabled: false }
  const producer = new Producer({ target, env, configuration })
  const puts = [0, 1, 2, 3].map(i => producer.put({ partitionKey: `k${i}`, data: new Uint8Array() }))
  await env.clock.until(Promise.allSettled(puts))
  expect(producer.kplMetrics('UserRecordsPut')[0]?.statistics).toEqual({ sum: 3, count: 4, min: 0, max: 1 })
})

test('level and granularity leave out what they should', async () => {
  const summary = (await run({ MetricsLevel: 'summary', MetricsGranularity: 'stream' })).producer.kplMetrics()
  const names = new Set(summary.map(({ name }) => name))
  expect(names).toEqual(new Set(['UserRecordsPut', 'KinesisRecordsPut', 'ErrorsByCode', 'AllErrors', 'BufferingTime']))
  expect(summary.every(({ dimensions }) => dimensions.every(({ name }) => name !== 'ShardId'))).toBe(true)
  expect((await run({ MetricsLevel: 'none' })).producer.kplMetrics()).toEqual([])
})

test('a window holds the last seconds only, of 1 to 60', async () => {
  const { env, producer } = await run()
  await env.clock.advance(5_000)
  await env.clock.until(producer.put({ partitionKey: 'k', data: new Uint8Array(7) }))
  const put = (window?: number) => producer.kplMetrics('UserRecordsDataPut', window)[0]?.statistics.sum
  expect([put(2), put(30), put()]).toEqual([7, 907, 907])
  await env.clock.advance(61_000)
  expect([put(60), put()]).toEqual([undefined, 907])
  for (const window of [0, 61, 1.5]) expect(() => put(window)).toThrow(/1 to 60/)
})

test('the hook gets each interval once, and the rest at close', async () => {
  const { env, producer, taken } = await run({ MetricsUploadDelay: 1_000 })
  await env.clock.advance(2_000)
  expect(taken).toHaveLength(1)
  await env.clock.until(producer.put({ partitionKey: 'k', data: new Uint8Array(7) }))
  await env.clock.until(producer.close())
  const sums = taken.map(data => find(data, 'UserRecordsDataPut', 'h1')?.statistics.sum)
  expect(sums).toEqual([900, 7])
})

const DATA: readonly MetricDatum[] = [
  {
    name: 'UserRecordsPut',
    unit: 'Count',
    dimensions: [{ name: 'StreamName', value: 'clicks' }],
    statistics: { sum: 9, min: 0, max: 1, count: 12 },
  },
  {
    name: 'RequestTime',
    unit: 'Milliseconds',
    dimensions: [{ name: 'StreamName', value: 'clicks' }],
    statistics: { sum: 50, min: 5, max: 30, count: 3 },
  },
  { name: 'RequestTime', unit: 'Milliseconds', dimensions: [], statistics: { sum: 5, min: 5, max: 5, count: 1 } },
]

test('CloudWatch gets statistic sets, 20 in a request', () => {
  const [request] = cloudWatchRequests(DATA, 1_000)
  expect(request).toMatchObject({ Namespace: 'KinesisProducerLibrary' })
  expect(request?.MetricData[1]).toEqual({
    MetricName: 'RequestTime',
    Dimensions: [{ Name: 'StreamName', Value: 'clicks' }],
    Timestamp: new Date(1_000),
    Unit: 'Milliseconds',
    StatisticValues: { SampleCount: 3, Sum: 50, Minimum: 5, Maximum: 30 },
  })
  const many = Array.from({ length: 45 }, () => DATA[0] as MetricDatum)
  expect(cloudWatchRequests(many, 0).map(({ MetricData }) => MetricData.length)).toEqual([20, 20, 5])
})

test('embedded metric lines hold one set of dimensions each, and statistic sets', () => {
  const lines = embeddedMetricLines(DATA, 1_000, 'Mine').map(line => JSON.parse(line) as Record<string, unknown>)
  expect(lines).toHaveLength(2)
  expect(lines[0]).toEqual({
    _aws: {
      Timestamp: 1_000,
      CloudWatchMetrics: [
        {
          Namespace: 'Mine',
          Dimensions: [['StreamName']],
          Metrics: [
            { Name: 'UserRecordsPut', Unit: 'Count' },
            { Name: 'RequestTime', Unit: 'Milliseconds' },
          ],
        },
      ],
    },
    StreamName: 'clicks',
    UserRecordsPut: { Max: 1, Min: 0, Count: 12, Sum: 9 },
    RequestTime: { Max: 30, Min: 5, Count: 3, Sum: 50 },
  })
})

test('OpenTelemetry gets a summary for each name with a point for each set of dimensions', () => {
  const metrics = otlpMetrics(DATA, 1_000, 2_000)
  expect(metrics.map(({ name, unit, summary }) => [name, unit, summary.dataPoints.length])).toEqual([
    ['kinesis_producer.UserRecordsPut', '1', 1],
    ['kinesis_producer.RequestTime', 'ms', 2],
  ])
  expect(metrics[0]?.summary.dataPoints[0]).toEqual({
    attributes: [{ key: 'StreamName', value: { stringValue: 'clicks' } }],
    startTimeUnixNano: '1000000000',
    timeUnixNano: '2000000000',
    count: '12',
    sum: 9,
    quantileValues: [
      { quantile: 0, value: 0 },
      { quantile: 1, value: 1 },
    ],
  })
})
