import { describe, expect, it } from 'vitest'
import { SimClock } from '../../support/sim-clock.ts'
import { type SplunkServerOptions, splunkServer } from '../../support/splunk-server.ts'
import { bytes, errorsIn, put, texts } from '../pipeline/world.ts'
import { destinationWorld, START, type WorldOptions } from './world.ts'

const TOKEN = '11111111-2222-3333-4444-555555555555'

function splunkWorld(options: WorldOptions = {}, server: Partial<SplunkServerOptions> = {}) {
  const clock = new SimClock(START)
  const splunk = splunkServer({ clock, token: TOKEN, ...server })
  const { members, ...rest } = options
  const world = destinationWorld('SplunkDestinationConfiguration', splunk.handler, {
    clock,
    ...rest,
    members: { HECToken: TOKEN, HECAcknowledgmentTimeoutInSeconds: 180, ...members },
  })
  return { ...world, splunk }
}

const event = { HECEndpointType: 'Event' }

describe('deliveries', () => {
  it('join raw bytes with nothing between, and wait for their acknowledgement', async () => {
    const { clock, stream, splunk, bucket } = splunkWorld(
      { members: { S3BackupMode: 'AllEvents' } },
      { indexAfterMs: () => 5_000 },
    )
    await put(stream, 'one\n', 'two\n')
    const closing = stream.close()
    await clock.advance(4_000)
    expect(splunk.indexed).toEqual(['one\ntwo\n'])
    expect(stream.metrics.get('DeliveryToSplunk.Records')).toBe(0)
    expect(stream.gauges).toEqual({ 'DeliveryToSplunk.DataFreshness': 4, 'BackupToS3.DataFreshness': 4 })
    await clock.until(closing)
    // Asked after 1, 3 and 7 s.
    expect(stream.metrics.all).toMatchObject({
      'DeliveryToSplunk.Records': 2,
      'DeliveryToSplunk.Success': 2,
      'DeliveryToSplunk.DataAckLatency': 7,
    })
    expect(texts(bucket).map(([, text]) => text)).toEqual(['one\ntwo\n'])
    expect(stream.gauges).toEqual({ 'DeliveryToSplunk.DataFreshness': 0, 'BackupToS3.DataFreshness': 0 })
  })

  it('send again after the acknowledgement timeout, though the events were indexed', async () => {
    const { clock, stream, splunk, bucket } = splunkWorld({}, { indexAfterMs: call => (call === 0 ? 200_000 : 0) })
    await put(stream, 'x')
    await clock.until(stream.close())
    expect(splunk.indexed).toEqual(['x', 'x'])
    expect(bucket.objects.size).toBe(0)
  })

  it('do not count the wait for acknowledgements as time of repeats', async () => {
    // Each wait is 180 s long, and the duration 30 s: three waits fit, as only the pauses between them count.
    const { clock, stream, splunk } = splunkWorld(
      { members: { RetryOptions: { DurationInSeconds: 30 } } },
      { indexAfterMs: call => (call < 3 ? null : 0) },
    )
    await put(stream, 'x')
    await clock.until(stream.close())
    expect(splunk.indexed).toEqual(['x'])
    expect(stream.metrics.get('DeliveryToSplunk.Retries')).toBe(3)
    expect(stream.metrics.get('DeliveryToSplunk.Records')).toBe(1)
  })

  it('go to the bucket when nothing is ever acknowledged', async () => {
    const { clock, stream, bucket } = splunkWorld(
      { members: { RetryOptions: { DurationInSeconds: 2 } } },
      { indexAfterMs: () => null },
    )
    const source = { shardId: 'shardId-0', partitionKey: '', sequenceNumber: '7', subsequenceNumber: 1 }
    await stream.write([{ data: bytes('x'), source }])
    await clock.until(stream.close())
    expect(errorsIn(bucket, 'splunk-failed/2026/11/')).toMatchObject([
      { errorCode: 'Splunk.AckTimeout', attemptsMade: 2, EventId: '7.1', rawData: 'eA==' },
    ])
  })

  it('wait in vain for what a restart has forgotten, and send it again', async () => {
    const { clock, stream, splunk } = splunkWorld({}, { indexAfterMs: () => 3_500 })
    await put(stream, 'x')
    const closing = stream.close()
    await clock.advance(4_000)
    splunk.forget()
    await clock.until(closing)
    expect(splunk.indexed).toEqual(['x', 'x'])
  })

  it('survive a lost reply to a question, as the answer is told once', async () => {
    // The first question is answered with true, which nobody hears.
    const { clock, stream, splunk } = splunkWorld({ fault: call => (call === 1 ? 'lost' : null) })
    await put(stream, 'x')
    await clock.until(stream.close())
    expect(splunk.indexed).toEqual(['x', 'x'])
    expect(stream.metrics.get('DeliveryToSplunk.Records')).toBe(1)
  })
})

describe('events', () => {
  it('that are wrong are found among the others', async () => {
    const { clock, stream, splunk, bucket } = splunkWorld({ members: event })
    const good = [1, 2, 3, 4, 5].map(n => JSON.stringify({ event: { n } }))
    await put(stream, ...good.slice(0, 2), 'no json', '{"event":""}', '{"time":1}', ...good.slice(2))
    await clock.until(stream.close())
    expect(splunk.indexed.join('')).toBe(good.join(''))
    expect(
      errorsIn(bucket, 'splunk-failed/').map(error => [error['errorCode'], String(error['errorMessage']).slice(-10)]),
    ).toEqual([
      ['Splunk.InvalidDataFormat', ',"code":6}'],
      ['Splunk.InvalidDataFormat', '"code":13}'],
      ['Splunk.InvalidDataFormat', '"code":12}'],
    ])
  })
})

describe('refusals', () => {
  it.each([
    ['a wrong token', { members: { HECToken: 'wrong' } }, {}, 'Splunk.InvalidToken'],
    ['acknowledgements that are off', {}, { acknowledges: false }, 'Splunk.DisabledAck'],
    ['a busy server', {}, { refuse: () => ({ status: 503, code: 9, text: 'Server is busy' }) }, 'Splunk.ServerError'],
    ['a wrong index', {}, { refuse: () => ({ status: 400, code: 7, text: 'Incorrect index' }) }, 'Splunk.InvalidIndex'],
    ['no such address', { fault: () => 'refused' as const }, {}, 'Splunk.InvalidEndpoint'],
    ['a wrong path', { members: { HECEndpoint: 'https://splunk.example.com/en' } }, {}, 'Splunk.URLNotFound'],
    ['silence', { fault: () => 'silent' as const }, {}, 'Splunk.ConnectionTimeout'],
    ['too much', { fault: () => ({ status: 413 }) }, {}, 'Splunk.ServerError.ContentTooLarge'],
  ])('are told by name: %s', async (_, options: WorldOptions, server, code) => {
    const { clock, stream, bucket } = splunkWorld(
      { ...options, members: { RetryOptions: { DurationInSeconds: 0 }, ...options.members } },
      server,
    )
    await put(stream, 'x')
    await clock.until(stream.close())
    expect(errorsIn(bucket, 'splunk-failed/').map(error => error['errorCode'])).toEqual([code])
  })

  it('end when the server is well again', async () => {
    const refuse = (call: number) => (call < 4 ? { status: 503, code: 9, text: 'Server is busy' } : null)
    const { clock, stream, splunk, bucket } = splunkWorld({}, { refuse })
    await put(stream, 'x')
    await clock.until(stream.close())
    expect(splunk.indexed).toEqual(['x'])
    expect(texts(bucket)).toEqual([])
  })

  it('need a token to begin with', () => {
    expect(() => splunkWorld({ members: { HECToken: null } })).toThrow('Splunk needs HECToken')
  })
})
