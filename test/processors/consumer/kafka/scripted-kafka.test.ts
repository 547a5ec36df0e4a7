/** What happens between a member, its feeds and kafkajs when something comes late. */
import { describe, expect, test } from 'vitest'
import { Membership } from '../../../../processors/consumer/kafka/membership.ts'
import { PartitionFeed } from '../../../../processors/consumer/kafka/partition-feed.ts'
import { type RecordProcessor, startKafkaConsumer } from '../../../../processors/index.ts'
import { memoryEnv } from '../../../support/memory-env.ts'
import { SimClock } from '../../../support/sim-clock.ts'
import { batchAt, ScriptedKafka } from './scripted-kafka.ts'

const SETTINGS = {
  sessionTimeout: 30_000,
  rebalanceTimeout: 60_000,
  heartbeatInterval: 3_000,
  maxBytesPerPartition: 1_000,
  minBytes: 1,
  maxBytes: 1_000,
  maxWaitTimeInMs: 500,
  readUncommitted: false,
}

describe('a life in the group that has ended', () => {
  function world() {
    const kafka = new ScriptedKafka()
    const clock = new SimClock()
    const heard: string[] = []
    let release = (): void => {}
    const leaving = new Promise<void>(resolve => {
      release = resolve
    })
    const membership = new Membership({
      client: kafka,
      groupId: 'g',
      topics: ['t'],
      settings: SETTINGS,
      clock,
      listener: {
        assigned: () => void heard.push('assigned'),
        leaving: () => {
          heard.push('leaving')
          return leaving
        },
        batch: () => false,
        skipped: () => {},
        heard: () => {},
        ended: because => void heard.push(because),
      },
    })
    return { kafka, membership, heard, release }
  }
  const ENDED = { message: 'this member of group g has ended', retriable: false }

  test('does not ask to join, neither later nor after partitions that it still had to end', async () => {
    const { kafka, membership, heard, release } = world()
    await membership.start()
    const waiting = kafka.askForCoordinator().catch((error: unknown) => error)
    await membership.leave()
    release()
    expect(await waiting).toMatchObject(ENDED)
    await expect(kafka.askForCoordinator()).rejects.toMatchObject(ENDED)
    expect(heard).toEqual(['leaving'])
    expect(kafka.joins).toBe(0)
  })

  test('leaves again when a join that was under way came through', async () => {
    const { kafka, membership, heard } = world()
    let run = (): void => {}
    kafka.ranTo = new Promise(resolve => {
      run = resolve
    })
    const started = membership.start()
    await membership.leave()
    kafka.joined()
    expect(kafka.calls).toEqual(['disconnect', 'disconnect'])
    run()
    await started
    expect(kafka.calls).toEqual(['disconnect', 'disconnect', 'disconnect'])
    expect(heard).toEqual([])
  })
})

describe('a consumer', () => {
  async function world(processor: Partial<RecordProcessor>) {
    const kafka = new ScriptedKafka()
    const env = memoryEnv()
    const starting = startKafkaConsumer({
      client: kafka,
      topics: 't',
      env,
      configuration: { applicationName: 'g', initialPositionInStream: 'TRIM_HORIZON', maxRecordsCount: 10 },
      processor: () => ({ processRecords: async () => {}, ...processor }),
    })
    await env.clock.advance(0)
    kafka.joined()
    const consumer = await starting
    await env.clock.advance(0)
    return { kafka, env, consumer }
  }

  test('whose reader was set right goes on pausing a partition that is still full', async () => {
    const { kafka, env, consumer } = await world({ processRecords: () => new Promise(() => {}) })
    expect(kafka.calls).toEqual(['pause', 'seek 0', 'resume'])
    kafka.calls.length = 0
    await kafka.fetch(0, 1)
    await env.clock.advance(0)
    await kafka.fetch(1, 20)
    expect(kafka.calls).toEqual(['pause'])
    await kafka.fetch(500, 1)
    await env.clock.advance(0)
    expect(kafka.calls).toEqual(['pause', 'pause', 'seek 21', 'resume'])
    await kafka.fetch(21, 20)
    expect(kafka.calls).toEqual(['pause', 'pause', 'seek 21', 'resume', 'pause'])
    void consumer.stop()
    await env.clock.advance(30_000)
    await consumer.ended
  })

  test('asks nothing about a partition whose reader is closed', async () => {
    let end = (): void => {}
    const { kafka, env, consumer } = await world({
      shutdownRequested: () =>
        new Promise(resolve => {
          end = resolve
        }),
    })
    const joining = kafka.askForCoordinator()
    await env.clock.advance(0)
    kafka.calls.length = 0
    const { asked } = kafka
    await kafka.fetch(500, 1)
    kafka.emit('consumer.start_batch_process', {
      topic: 't',
      partition: 0,
      batchSize: 0,
      firstOffset: '500',
      lastOffset: '500',
    })
    await env.clock.advance(0)
    expect(kafka.calls).toEqual(['pause', 'pause'])
    expect(kafka.asked).toBe(asked)
    end()
    await env.clock.until(joining)
    void consumer.stop()
    await env.clock.advance(30_000)
    await consumer.ended
  })
})

test('a fetch with nothing at or behind its offset moves a feed on only where that offset is its own', async () => {
  const feed = new PartitionFeed(5n, {
    topic: 't',
    partition: 0,
    bounds: { bytesMax: 1_000, recordsMax: 10 },
    clock: new SimClock(),
    pause: () => {},
    resume: () => {},
  })
  expect(feed.skip(null, '9')).toBe(false)
  expect(feed.skip(null, '4')).toBe(false)
  expect(feed.next).toBe(5n)
  expect(feed.skip(null, '5')).toBe(true)
  expect(feed.next).toBe(6n)
  expect(feed.skip('7', '8')).toBe(false)
  expect(feed.skip('6', '8')).toBe(true)
  expect(feed.accept(batchAt(9, 1))).toBe(true)
  await feed.close()
  expect(feed.skip(null, '10')).toBe(false)
})
