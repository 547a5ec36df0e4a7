import { describe, expect, it } from 'vitest'
import { type CloudWatchLogsLike, cloudWatchDestination } from '../../../sinks/destinations/cloudwatch.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { bytes, errorsIn, put } from '../pipeline/world.ts'
import { customWorld, START } from './world.ts'

const SPEC = {
  Namespace: 'Clicks',
  Metrics: [{ Name: 'views', Unit: 'Count' }, { Name: 'millis' }],
  Dimensions: [['page'], ['page', 'zone'], []],
}
const place = { logGroupName: '/clicks', logStreamName: 'a' }

type Put = Parameters<CloudWatchLogsLike['putLogEvents']>[0]

describe('rows', () => {
  it('are log events with a directive for the metrics and the dimension sets that they have', async () => {
    const puts: Put[] = []
    const client: CloudWatchLogsLike = { putLogEvents: async input => (puts.push(input), {}) }
    const { clock, stream } = customWorld(cloudWatchDestination({ ...SPEC, ...place, client }))
    await stream.write([
      { data: bytes('{"page":"/","views":3,"millis":null,"note":"é"}'), arrivedAt: START + 5 },
      { data: bytes('{"page":7,"zone":true,"views":[1,2],"millis":0.5}'), arrivedAt: START },
    ])
    await clock.until(stream.close())
    expect(puts.map(({ logEvents, ...rest }) => [rest, logEvents.map(({ timestamp }) => timestamp - START)])).toEqual([
      [place, [0, 5]],
    ])
    const [first, second] = (puts[0]?.logEvents ?? []).map(({ message }) => JSON.parse(message) as unknown)
    expect(second).toEqual({
      page: '/',
      views: 3,
      millis: null,
      note: 'é',
      _aws: {
        Timestamp: START + 5,
        CloudWatchMetrics: [
          { Namespace: 'Clicks', Dimensions: [['page'], []], Metrics: [{ Name: 'views', Unit: 'Count' }] },
        ],
      },
    })
    expect(first).toMatchObject({
      page: '7',
      zone: 'true',
      _aws: { CloudWatchMetrics: [{ Dimensions: SPEC.Dimensions, Metrics: SPEC.Metrics }] },
    })
  })

  it('without any of the metrics are error records', async () => {
    const client: CloudWatchLogsLike = { putLogEvents: async () => ({}) }
    const { clock, stream, bucket } = customWorld(cloudWatchDestination({ ...SPEC, ...place, client }))
    await put(stream, '{"page":"/"}', 'no json', '{"views":"3"}', '{"views":3}')
    await clock.until(stream.close())
    expect(errorsIn(bucket, 'cloudwatch-failed/').map(error => error['errorCode'])).toEqual(
      Array.from({ length: 3 }, () => 'CloudWatch.NoMetric'),
    )
    expect(stream.metrics.get('DeliveryToCloudWatch.Records')).toBe(1)
  })

  it('more than a day apart go in calls of their own; those outside what the log takes are told by index', async () => {
    const puts: Put[] = []
    let tooNew = true
    const client: CloudWatchLogsLike = {
      putLogEvents: async input => {
        puts.push(input)
        const views = input.logEvents.map(({ message }) => (JSON.parse(message) as { views: number }).views)
        const [old, ahead] = [views.indexOf(2), views.indexOf(9)]
        const rejected = {
          ...(old >= 0 && { tooOldLogEventEndIndex: old }),
          ...(ahead >= 0 && tooNew && { tooNewLogEventStartIndex: ahead }),
        }
        if (ahead >= 0) tooNew = false
        return { rejectedLogEventsInfo: rejected }
      },
    }
    const { clock, stream, bucket } = customWorld(cloudWatchDestination({ ...SPEC, ...place, client }))
    const day = 86_400_000
    const rows = [
      [9, START + 3 * day],
      [1, START - 1],
      [2, START],
      [3, START + 1],
      [4, START + day - 1],
    ] as const
    await stream.write(rows.map(([views, arrivedAt]) => ({ data: bytes(`{"views":${views}}`), arrivedAt })))
    await clock.until(stream.close())
    expect(puts.map(({ logEvents }) => logEvents.map(({ timestamp }) => timestamp - START))).toEqual([
      [-1, 0, 1],
      [day - 1],
      [3 * day],
      [3 * day],
    ])
    expect(errorsIn(bucket, 'cloudwatch-failed/').map(error => [error['errorCode'], error['rawData']])).toEqual([
      ['CloudWatch.TooOld', Buffer.from('{"views":1}').toString('base64')],
    ])
  })

  it('are put again by halves where one of them refuses the call, and by calls that are small enough', async () => {
    const delivered: number[] = []
    const slow = new SimClock(START)
    let bytesMost = 0
    const client: CloudWatchLogsLike = {
      putLogEvents: async ({ logEvents }) => {
        bytesMost = Math.max(
          bytesMost,
          logEvents.reduce((sum, { message }) => sum + Buffer.byteLength(message) + 26, 0),
        )
        const views = logEvents.map(({ message }) => (JSON.parse(message) as { views: number }).views)
        // All halves together take longer than one call may.
        await slow.sleep(20_000)
        if (views.includes(13)) throw Object.assign(new Error('bad event'), { name: 'InvalidParameterException' })
        delivered.push(...views)
        return {}
      },
    }
    const { clock, stream, bucket } = customWorld(cloudWatchDestination({ ...SPEC, ...place, client }), {
      clock: slow,
      members: { BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 } },
    })
    // What JSON.stringify writes is longer than what came: 20 bytes for the 5 of a number.
    const row = (n: number): string => `{"views":${n},"pad":[${'1e20,'.repeat(4_000)}0]}`
    await put(stream, ...Array.from({ length: 40 }, (_, n) => row(n)))
    await clock.until(stream.close())
    expect(bytesMost).toBeLessThanOrEqual(1_048_576)
    expect(delivered.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n).filter(n => n !== 13))
    expect(errorsIn(bucket, 'cloudwatch-failed/').map(({ errorCode }) => errorCode)).toEqual([
      'CloudWatch.InvalidParameterException',
    ])
  })

  it('may be lines, as functions print them', async () => {
    const lines: string[] = []
    const writeLine = async (line: string): Promise<void> => void lines.push(line)
    const { clock, stream } = customWorld(cloudWatchDestination({ ...SPEC, writeLine }))
    await put(stream, '{"views":1}')
    await clock.until(stream.close())
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^\{"views":1,"_aws":\{.*\}\}\n$/)
  })

  it('are printed again where a line is not taken within a minute, and those behind it by the repeat alone', async () => {
    const lines: string[] = []
    let takeLate = (): void => {}
    const writeLine = (line: string): Promise<void> => {
      lines.push(line)
      return lines.length === 1 ? new Promise(resolve => void (takeLate = resolve)) : Promise.resolve()
    }
    const { clock, stream } = customWorld(cloudWatchDestination({ ...SPEC, writeLine }))
    await put(stream, '{"views":1}', '{"views":2}')
    const closed = stream.close()
    await clock.advance(60_000)
    takeLate()
    await clock.until(closed)
    const views = lines.map(line => (JSON.parse(line) as { readonly views: number }).views)
    expect([views, stream.metrics.get('DeliveryToCloudWatch.Records')]).toEqual([[1, 1, 2], 2])
  })
})

it('definitions past the limits of the format are refused at once', () => {
  const writeLine = async (): Promise<void> => {}
  const many = Array.from({ length: 101 }, (_, n) => ({ Name: `m${n}` }))
  for (const [changes, message] of [
    [{ Namespace: 'AWS/Mine' }, 'does not begin with AWS/ or a colon'],
    [{ Metrics: many }, '101 metrics'],
    [{ Metrics: [] }, '0 metrics'],
    [{ Dimensions: [many.slice(0, 31).map(({ Name }) => Name)] }, '31 dimensions'],
  ] as const)
    expect(() => cloudWatchDestination({ ...SPEC, ...changes, writeLine })).toThrow(message)
})
