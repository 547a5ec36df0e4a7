/** Metrics go to CloudWatch and to a collector; what cannot be sent is tried again, then dropped and told. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import {
  type CloudWatchRequest,
  cloudWatchPublisher,
  type MetricDatum,
  type MetricsPublisherOptions,
  type MillraceError,
  nodeEnv,
  otlpPublisher,
  publishTo,
} from '../../core/index.ts'
import { SimClock } from '../support/sim-clock.ts'

const datum = (name: string, value = 1): MetricDatum => ({
  name,
  unit: 'Count',
  dimensions: [{ name: 'Operation', value: 'ProcessTask' }],
  statistics: { count: 1, sum: value, min: value, max: value },
})
const many = (count: number): MetricDatum[] => Array.from({ length: count }, (_, i) => datum(`m${i}`))
const named = (name: string, status: number) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } })

function world(answer: (call: number) => Promise<unknown>, more: Partial<MetricsPublisherOptions> = {}) {
  const clock = new SimClock()
  const sent: CloudWatchRequest[] = []
  const failures: MillraceError[] = []
  let calls = 0
  const publisher = cloudWatchPublisher({
    clock,
    namespace: 'app',
    client: {
      async putMetricData(input) {
        await answer(++calls)
        sent.push(input)
      },
    },
    onFailure: error => failures.push(error),
    ...more,
  })
  const texts = (): string[] => failures.map(({ message }) => message)
  return {
    clock,
    sent,
    texts,
    publisher,
    calls: () => calls,
    sizes: () => sent.map(({ MetricData }) => MetricData.length),
  }
}

test('data go to CloudWatch as statistic sets, so many in a call', async () => {
  const { clock, sent, publisher, sizes } = world(async () => {}, { batchMax: 3 })
  publisher.publish(many(7), 1_000, 2_000)
  await clock.run(1)
  expect(sizes()).toEqual([3, 3, 1])
  expect(sent[0]).toMatchObject({
    Namespace: 'app',
    MetricData: [
      {
        MetricName: 'm0',
        Dimensions: [{ Name: 'Operation', Value: 'ProcessTask' }],
        Timestamp: new Date(2_000),
        Unit: 'Count',
        StatisticValues: { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 },
      },
      {},
      {},
    ],
  })
})

test('a call that is throttled comes again, and keeps its place and time', async () => {
  const { clock, sent, publisher, texts } = world(call =>
    call <= 2 ? Promise.reject(named('ThrottlingException', 400)) : Promise.resolve(),
  )
  publisher.publish([datum('first')], 0, 1_000)
  publisher.publish([datum('second')], 1_000, 2_000)
  await clock.run(10_000)
  expect(sent.map(({ MetricData }) => [MetricData[0]?.MetricName, MetricData[0]?.Timestamp.getTime()])).toEqual([
    ['first', 1_000],
    ['second', 2_000],
  ])
  expect(texts()).toHaveLength(2)
})

test('a permission that is missing is named, and what it meant is dropped at once', async () => {
  const { clock, sent, publisher, texts, calls } = world(call =>
    call === 1 ? Promise.reject(named('AccessDeniedException', 403)) : Promise.resolve(),
  )
  publisher.publish(many(2), 0, 1)
  publisher.publish([datum('next')], 1, 2)
  await clock.run(10)
  expect(texts()).toEqual([
    expect.stringContaining('cloudwatch:PutMetricData'),
    '2 metrics are dropped: they are refused',
  ])
  expect([calls(), sent.map(({ MetricData }) => MetricData[0]?.MetricName)]).toEqual([2, ['next']])
})

test('a service that never answers holds up nothing but itself: the queue is bounded, attempts are, and the end is', async () => {
  const { clock, sent, publisher, texts, calls } = world(() => new Promise(() => {}), { queueMax: 5, batchMax: 5 })
  publisher.publish(many(4), 0, 1)
  publisher.publish(many(3), 1, 2)
  expect(texts()).toEqual(['2 metrics are dropped: 5 wait already'])
  await clock.run(200_000)
  expect(texts().filter(text => text.includes('dropped'))).toEqual([
    '2 metrics are dropped: 5 wait already',
    '4 metrics are dropped: 5 attempts failed',
    '1 metrics are dropped: 5 attempts failed',
  ])
  expect([calls(), sent]).toEqual([10, []])
  publisher.publish(many(2), 2, 3)
  const from = clock.monotonicMs()
  await clock.until(publisher.close(), 20_000)
  expect(clock.monotonicMs() - from).toBeLessThanOrEqual(5_000)
  expect(texts().at(-1)).toBe('2 metrics are dropped: the time to send them is over')
  publisher.publish(many(1), 3, 4)
  await clock.run(20_000)
  expect(calls()).toBe(11)
})

test('the end sends what is left', async () => {
  const { clock, publisher, sizes } = world(async () => {})
  publisher.publish(many(2), 0, 1)
  await clock.until(publisher.close(), 1_000)
  expect(sizes()).toEqual([2])
})

test.each([0, 1_001, 1.5])('%s data in a call are refused', batchMax => {
  expect(() => world(async () => {}, { batchMax })).toThrow(`sent ${batchMax} at a time`)
})

test('a collector gets OTLP over HTTP; 503 comes again, 401 does not', async () => {
  const answers = [503, 200, 401]
  const bodies: unknown[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    bodies.push([
      request.url,
      request.headers['content-type'],
      request.headers['x-key'],
      JSON.parse(String(Buffer.concat(parts))),
    ])
    response.writeHead(answers[bodies.length - 1] ?? 200).end('{}')
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const failures: string[] = []
  const publisher = otlpPublisher({
    clock: { ...nodeEnv.clock, sleep: (ms, signal) => nodeEnv.clock.sleep(ms >= 10_000 ? ms : 0, signal) },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`,
    fetch,
    headers: { 'x-key': 'k' },
    serviceName: 'app',
    prefix: 'kinesis_consumer.',
    describe: name => `what ${name} is`,
    onFailure: error => failures.push(error.message),
  })
  const both = publishTo([publisher])
  both.publish([datum('a', 5)], 1, 2)
  both.publish([datum('b')], 2, 3)
  while (failures.length < 3) await new Promise(resolve => setImmediate(resolve))
  await both.close()
  server.close()
  server.closeAllConnections()
  expect(bodies.slice(0, 2)).toEqual(
    [0, 1].map(() => [
      '/v1/metrics',
      'application/json',
      'k',
      {
        resourceMetrics: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: 'app' } }] },
            scopeMetrics: [
              {
                scope: { name: 'millrace' },
                metrics: [expect.objectContaining({ name: 'kinesis_consumer.a', unit: '1' })],
              },
            ],
          },
        ],
      },
    ]),
  )
  expect(failures).toEqual([
    expect.stringContaining('status 503; it is tried again'),
    expect.stringContaining('status 401: check'),
    '1 metrics are dropped: they are refused',
  ])
})
