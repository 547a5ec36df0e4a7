/** Records whose processing fails: tried again, then stopped at or dead-lettered, and never skipped. */
import { describe, expect, test } from 'vitest'
import { MillraceError } from '../../../core/index.ts'
import {
  completeFailurePolicy,
  type DeadLetter,
  type FailurePolicy,
} from '../../../processors/consumer/failure-policy.ts'
import type { ProcessRecordsInput } from '../../../processors/consumer/record-processor.ts'
import { shardWorld } from './shard-world.ts'

const textsOf = (input: ProcessRecordsInput): string[] =>
  input.records.map(record => Buffer.from(record.data).toString())

/** Throws whenever a poison record is among those that come. */
const poisonedBy =
  (...poison: readonly string[]) =>
  async (input: ProcessRecordsInput): Promise<void> => {
    const found = textsOf(input).find(text => poison.includes(text))
    if (found !== undefined) throw new Error(`cannot digest ${found}`)
  }

describe('a try again', () => {
  test('gets the same records after a pause that doubles, and says which try it is', async () => {
    const world = await shardWorld({ policy: { action: 'stop', attempts: 10 } })
    const at: number[] = []
    world.processor.onRecords = async ({ attempt }) => {
      at.push(world.env.clock.monotonicMs())
      if (attempt < 5) throw new Error('busy')
    }
    await world.put('a', 'b')
    void world.start()
    await world.env.clock.advance(60_000)
    expect(world.processor.texts).toEqual(['a', 'b'])
    expect(world.processor.inputs.map(input => input.attempt)).toEqual([1, 2, 3, 4, 5])
    const pauses = at.slice(1).map((ms, i) => ms - (at[i] ?? 0))
    for (const [i, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(250 * 2 ** i)
      expect(pause).toBeLessThanOrEqual(500 * 2 ** i)
    }
    expect(world.events.filter(event => event.kind === 'processing_failed')).toHaveLength(4)
    expect(world.metrics.counts.processFailures).toBe(4)
  })

  test('leaves out what the processor checkpointed in the try that failed', async () => {
    const world = await shardWorld()
    world.processor.onRecords = async ({ records, checkpointer, attempt }) => {
      const [, second] = records
      if (attempt > 1 || second === undefined) return
      await checkpointer.checkpoint(second)
      throw new Error('after the second')
    }
    await world.put('a', 'b', 'c')
    void world.start()
    await world.env.clock.advance(5_000)
    expect(world.processor.inputs.map(textsOf)).toEqual([['a', 'b', 'c'], ['c']])
  })

  test('does not come when everything was checkpointed before the failure', async () => {
    const world = await shardWorld()
    world.processor.onRecords = async ({ checkpointer }) => {
      await checkpointer.checkpoint()
      throw new Error('too late to matter')
    }
    await world.put('a')
    void world.start()
    await world.env.clock.advance(5_000)
    expect(world.processor.inputs).toHaveLength(1)
    await world.put('b')
    await world.env.clock.advance(5_000)
    expect(world.processor.inputs.map(textsOf)).toEqual([['a'], ['b']])
  })

  test('is not waited for at shutdown, and a checkpoint of everything then does not pass over what failed', async () => {
    const world = await shardWorld({ settings: { maxRecords: 1 } })
    world.processor.onRecords = poisonedBy('bad')
    world.processor.onShutdownRequested = ({ checkpointer }) => checkpointer.checkpoint()
    const [good = ''] = await world.put('good', 'bad')
    const done = world.start()
    await world.env.clock.advance(700)
    world.consumer.requestShutdown()
    await world.env.clock.until(done, 1_000)
    expect(world.lease.writes.map(write => write.checkpoint.sequenceNumber)).toEqual([good])
  })
})

describe('stop', () => {
  test('the shard stands still, says why with the place, and says so again every minute; the lease stays', async () => {
    const world = await shardWorld({ policy: { action: 'stop', attempts: 3 }, settings: { maxRecords: 1 } })
    world.processor.onRecords = poisonedBy('bad')
    const [, bad = ''] = await world.put('good', 'bad', 'later')
    void world.start()
    await world.env.clock.advance(200_000)
    expect(world.processor.texts).toEqual(['good'])
    const told = world.events.filter(event => event.kind === 'shard_stopped')
    expect(told).toHaveLength(4)
    expect(told[0]?.message).toContain(`record ${bad} failed 3 times, the last time with: cannot digest bad`)
    expect(world.consumer.status.stopped).toContain('stands still')
    expect(world.lease.calls).not.toContain('giveUp')
  })

  test('a shutdown that is requested still hands the lease over', async () => {
    const world = await shardWorld({ policy: { action: 'stop', attempts: 1 } })
    world.processor.onRecords = poisonedBy('bad')
    await world.put('bad')
    const done = world.start()
    await world.env.clock.advance(10_000)
    world.consumer.requestShutdown()
    await world.env.clock.until(done)
    expect(world.processor.trace.slice(-2)).toEqual(['shutdownRequested', 'leaseLost'])
  })
})

describe('deadLetter', () => {
  test('the handler gets the records with reason and place, and the shard goes on', async () => {
    const letters: DeadLetter[] = []
    const policy: FailurePolicy = {
      action: 'deadLetter',
      attempts: 2,
      deadLetter: async letter => void letters.push(letter),
    }
    const world = await shardWorld({ policy, settings: { maxRecords: 2 } })
    world.processor.onRecords = poisonedBy('bad')
    await world.put('a', 'bad', 'c', 'd')
    void world.start()
    await world.env.clock.advance(20_000)
    expect(world.processor.texts).toEqual(['c', 'd'])
    expect(letters.map(letter => letter.records.map(record => Buffer.from(record.data).toString()))).toEqual([
      ['a', 'bad'],
    ])
    expect(letters[0]).toMatchObject({ attempts: 2, streamName: 's', shardId: 'shardId-000000000000' })
    expect(letters[0]?.explanation).toContain('cannot digest bad')
    expect(world.metrics.counts.recordsDeadLettered).toBe(2)
    expect(world.events.some(event => event.kind === 'records_dead_lettered')).toBe(true)
  })

  test('with bisect only the records that fail alone are given up, and the order stays', async () => {
    const letters: string[] = []
    const policy: FailurePolicy = {
      action: 'deadLetter',
      attempts: 1,
      bisect: true,
      deadLetter: async ({ records }) => void letters.push(...records.map(one => Buffer.from(one.data).toString())),
    }
    const world = await shardWorld({ policy })
    world.processor.onRecords = poisonedBy('r3', 'r11')
    const texts = Array.from({ length: 16 }, (_, i) => `r${i}`)
    await world.put(...texts)
    void world.start()
    await world.env.clock.advance(20_000)
    expect(letters).toEqual(['r3', 'r11'])
    expect(world.processor.texts).toEqual(texts.filter(text => text !== 'r3' && text !== 'r11'))
  })

  test('a handler that fails is called again, and stops the shard in the end', async () => {
    let calls = 0
    const policy: FailurePolicy = {
      action: 'deadLetter',
      attempts: 3,
      deadLetter: async () => {
        calls++
        throw new Error('queue is full')
      },
    }
    const world = await shardWorld({ policy })
    world.processor.onRecords = poisonedBy('bad')
    await world.put('bad')
    void world.start()
    await world.env.clock.advance(30_000)
    expect(calls).toBe(3)
    expect(world.consumer.status.stopped).toContain('queue is full')
  })

  test('what went to the handler may be checkpointed', async () => {
    const world = await shardWorld({
      policy: { action: 'deadLetter', attempts: 1, deadLetter: async () => {} },
      settings: { maxRecords: 1 },
    })
    world.processor.onRecords = poisonedBy('bad')
    world.processor.onShutdownRequested = ({ checkpointer }) => checkpointer.checkpoint()
    const [bad = ''] = await world.put('bad')
    const done = world.start()
    await world.env.clock.advance(5_000)
    world.consumer.requestShutdown()
    await world.env.clock.until(done)
    expect(world.lease.writes.map(write => write.checkpoint.sequenceNumber)).toEqual([bad])
  })
})

test.each([
  [{ action: 'skip' }, 'give stop or deadLetter'],
  [{ action: 'deadLetter' }, 'needs a deadLetter handler'],
  [{ action: 'stop', deadLetter: async () => {} }, 'stop takes none'],
  [{ action: 'stop', attempts: 0 }, 'a whole number from 1'],
  [{ action: 'stop', attempts: 1.5 }, 'a whole number from 1'],
  [{ action: 'stop', backoffMs: 100, backoffMsMax: 10 }, 'not below the first'],
])('the policy %j is refused', (policy, message) => {
  expect(() => completeFailurePolicy(policy as FailurePolicy)).toThrow(message)
  expect(() => completeFailurePolicy(policy as FailurePolicy)).toThrow(MillraceError)
})
