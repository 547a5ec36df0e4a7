/** What happens between a member, its feeds and kafkajs when something comes late. */
import { describe, expect, test } from 'vitest'
import { Membership } from '../../../../processors/consumer/kafka/membership.ts'
import { SimClock } from '../../../support/sim-clock.ts'
import { ScriptedKafka } from './scripted-kafka.ts'

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
