/** The states of one shard: each has a test that names it. */
import { describe, expect, test } from 'vitest'
import { MillraceError } from '../../../core/index.ts'
import { SHARD_END } from '../../../processors/consumer/leases/extended-sequence-number.ts'
import { encodeAggregate } from '../../../streams/index.ts'
import { SHARD, shardWorld } from './shard-world.ts'

const lost = new MillraceError('lease_lost', 'lease lost on s: held by b')

describe('WAITING_ON_PARENT_SHARDS', () => {
  test('nothing begins before the parents are finished, which is asked every parentShardPollIntervalMillis', async () => {
    const world = await shardWorld()
    world.lease.finished = [false, false, true]
    await world.put('a')
    void world.start()
    await world.env.clock.advance(19_000)
    expect(world.consumer.status.state).toBe('WAITING_ON_PARENT_SHARDS')
    expect(world.processor.trace).toEqual([])
    await world.env.clock.advance(2_000)
    expect(world.consumer.status.state).toBe('PROCESSING')
    expect(world.processor.texts).toEqual(['a'])
  })

  test('a table that does not answer is asked again, and told', async () => {
    const world = await shardWorld()
    world.lease.finished = [new MillraceError('throttled', 'too much', { retry: 'backoff' }), true]
    void world.start()
    await world.env.clock.advance(600)
    expect(world.consumer.status.state).toBe('PROCESSING')
    expect(world.events.some(event => event.message.includes('too much'))).toBe(true)
  })

  test('a lease that is lost there ends it without a call of the processor', async () => {
    const world = await shardWorld()
    world.lease.finished = Array.from({ length: 100 }, () => false)
    const done = world.start()
    await world.env.clock.advance(100)
    world.consumer.leaseLost('taken')
    await world.env.clock.until(done)
    expect(world.processor.trace).toEqual([])
    expect(world.consumer.status).toMatchObject({ state: 'SHUTDOWN_COMPLETE', reason: 'LEASE_LOST' })
  })

  test('a shutdown that is requested there gives the lease up without a call of the processor', async () => {
    const world = await shardWorld()
    world.lease.finished = Array.from({ length: 100 }, () => false)
    const done = world.start()
    await world.env.clock.advance(100)
    world.consumer.requestShutdown()
    await world.env.clock.until(done)
    expect(world.processor.trace).toEqual([])
    expect(world.lease.calls).toContain('giveUp')
  })
})

describe('INITIALIZING', () => {
  test('initialize gets the checkpoint, and what an earlier worker prepared', async () => {
    const world = await shardWorld()
    const [a = '', b = ''] = await world.put('a', 'b', 'c')
    world.lease.checkpoint = { sequenceNumber: a, subsequenceNumber: 0 }
    world.lease.pendingCheckpoint = { sequenceNumber: b, subsequenceNumber: 2 }
    world.lease.pendingCheckpointState = Buffer.from('state')
    let seen: unknown
    world.processor.onInitialize = async input => {
      seen = input
    }
    void world.start()
    await world.env.clock.advance(10)
    expect(seen).toEqual({
      shardId: SHARD,
      streamName: 's',
      checkpoint: { sequenceNumber: a, subsequenceNumber: 0 },
      pendingCheckpoint: { sequenceNumber: b, subsequenceNumber: 2 },
      pendingCheckpointState: Buffer.from('state'),
    })
    expect(world.processor.texts).toEqual(['b', 'c'])
  })

  test('what initialize throws is told, and it is called again after taskBackoffTimeMillis', async () => {
    const world = await shardWorld()
    let calls = 0
    world.processor.onInitialize = async () => {
      if (++calls < 3) throw new Error('no connection yet')
    }
    await world.put('a')
    void world.start()
    await world.env.clock.advance(999)
    expect([calls, world.processor.texts.length]).toEqual([2, 0])
    await world.env.clock.advance(10)
    expect([calls, world.processor.texts]).toEqual([3, ['a']])
    expect(world.events.filter(event => event.message.includes('no connection yet'))).toHaveLength(2)
  })

  test('a factory that fails is called again', async () => {
    let calls = 0
    const world = await shardWorld({
      makeProcessor: async processor => {
        if (++calls === 1) throw new Error('not yet')
        return processor
      },
    })
    await world.put('a')
    void world.start()
    await world.env.clock.advance(600)
    expect(world.processor.texts).toEqual(['a'])
  })

  test('a lease that is lost there ends it, and leaseLost is told to the processor that exists', async () => {
    const world = await shardWorld()
    world.processor.onInitialize = () => Promise.reject(new Error('never'))
    const done = world.start()
    await world.env.clock.advance(2_000)
    world.consumer.leaseLost('taken')
    await world.env.clock.until(done)
    expect(world.processor.trace.at(-1)).toBe('leaseLost')
    expect(world.states()).not.toContain('PROCESSING')
  })
})

describe('PROCESSING', () => {
  test('records come in order, each once, one call at a time, with how far behind they are', async () => {
    const world = await shardWorld({ settings: { maxRecords: 3 } })
    const texts = Array.from({ length: 20 }, (_, i) => `r${i}`)
    await world.put(...texts)
    world.processor.onRecords = () => world.env.clock.sleep(40)
    void world.start()
    await world.env.clock.advance(20_000)
    expect(world.processor.texts).toEqual(texts)
    expect(world.processor.overlapped).toBe(false)
    expect(world.processor.inputs.at(-1)).toMatchObject({ millisBehindLatest: 0, isAtShardEnd: false, attempt: 1 })
    expect(world.processor.inputs[0]?.millisBehindLatest).toBeGreaterThan(0)
    expect(world.consumer.status.millisBehindLatest).toBe(0)
  })

  test('starts within an aggregate: what comes after the checkpoint, and nothing before it', async () => {
    const world = await shardWorld()
    const data = encodeAggregate(['a', 'b', 'c'].map(text => ({ partitionKey: text, data: Buffer.from(text) })))
    const { sequenceNumber } = await world.stream.put({ data, partitionKey: 'p' })
    await world.put('d')
    world.lease.checkpoint = { sequenceNumber, subsequenceNumber: 1 }
    void world.start()
    await world.env.clock.advance(10)
    expect(world.processor.texts).toEqual(['c', 'd'])
    expect(world.lease.bytes).toBe(2)
  })

  test('an aggregate with keys of another shard is not delivered, counted and told', async () => {
    const world = await shardWorld()
    world.lease.hashKeyRange = { startingHashKey: 0n, endingHashKey: 0n }
    const data = encodeAggregate(['a', 'b'].map(text => ({ partitionKey: text, data: Buffer.from(text) })))
    await world.stream.put({ data, partitionKey: 'p' })
    await world.put('c')
    void world.start()
    await world.env.clock.advance(10)
    expect(world.processor.texts).toEqual(['c'])
    expect(world.metrics.counts).toMatchObject({ aggregatesOutsideRange: 1, recordsDropped: 2 })
    expect(world.events.find(event => event.kind === 'aggregate_dropped')?.message).toContain('2 user records')
  })

  test('empty lists are delivered only when asked for', async () => {
    const quiet = await shardWorld()
    void quiet.start()
    await quiet.env.clock.advance(10_000)
    expect(quiet.processor.trace).toEqual(['initialize'])
    const chatty = await shardWorld({ settings: { callProcessRecordsEvenForEmptyRecordList: true } })
    void chatty.start()
    await chatty.env.clock.advance(10_000)
    expect(chatty.processor.trace.filter(call => call === 'processRecords 0').length).toBeGreaterThanOrEqual(6)
  })

  test('a read that fails is repeated and told; nothing is missed', async () => {
    const world = await shardWorld({ settings: { maxRecords: 2 } })
    world.faults.add(
      { kind: 'throttle', operations: ['GetRecords'], rate: 0.3 },
      { kind: 'expired_iterator', rate: 0.2 },
      { kind: 'lost_reply', operations: ['GetRecords'], rate: 0.2 },
      { kind: 'error', operations: ['GetShardIterator'], times: 2 },
    )
    const texts = Array.from({ length: 60 }, (_, i) => `r${i}`)
    await world.put(...texts)
    void world.start()
    await world.env.clock.advance(600_000)
    expect(world.processor.texts).toEqual(texts)
    expect(world.events.some(event => event.kind === 'fetch_failed')).toBe(true)
  })

  test('a checkpoint that the stream does not know, as after it was deleted and made anew, is told with what to do', async () => {
    const world = await shardWorld()
    await world.put('a')
    const sequenceNumber = '49590338271490256608559692538361571095921575989136588898'
    world.lease.checkpoint = { sequenceNumber, subsequenceNumber: 0 }
    void world.start()
    await world.env.clock.advance(60_000)
    expect(world.processor.texts).toEqual([])
    const told = world.events.filter(({ message }) =>
      message.includes(
        `the checkpoint ${sequenceNumber} may be of an earlier stream of this name: run millrace checkpoints reset`,
      ),
    )
    // again and again: a shard never stands still without a word
    expect(told.length).toBeGreaterThan(3)
  })

  test('a call that takes long is told every logWarningForTaskAfterMillis', async () => {
    const world = await shardWorld({ settings: { logWarningForTaskAfterMillis: 1_000 } })
    world.processor.onRecords = () => world.env.clock.sleep(3_500)
    await world.put('a')
    void world.start()
    await world.env.clock.advance(5_000)
    expect(world.events.filter(event => event.kind === 'processing_slow')).toHaveLength(3)
  })

  test('a lease that is lost during processRecords aborts its signal, and nothing can be checkpointed any more', async () => {
    const world = await shardWorld()
    let refused: unknown
    world.processor.onRecords = async ({ signal, checkpointer }) => {
      await world.env.clock.sleep(60_000, signal)
      refused = await checkpointer.checkpoint().catch((error: unknown) => error)
    }
    await world.put('a', 'b')
    const done = world.start()
    await world.env.clock.advance(100)
    world.consumer.leaseLost('worker b took it')
    await world.env.clock.until(done)
    expect(refused).toMatchObject({ code: 'lease_lost' })
    expect(world.lease.writes).toEqual([])
    expect(world.processor.trace).toEqual(['initialize', 'processRecords 2', 'leaseLost'])
  })

  test('lease_lost out of processRecords ends the shard at once', async () => {
    const world = await shardWorld()
    world.lease.failSaves = [lost]
    world.processor.onRecords = ({ checkpointer }) => checkpointer.checkpoint()
    await world.put('a')
    await world.env.clock.until(world.start())
    expect(world.processor.trace).toEqual(['initialize', 'processRecords 1', 'leaseLost'])
  })
})

describe('SHUTDOWN_REQUESTED', () => {
  test('the batch under way ends, the processor may checkpoint, the lease is given up, and leaseLost follows', async () => {
    const world = await shardWorld()
    world.processor.onRecords = () => world.env.clock.sleep(1_000)
    world.processor.onShutdownRequested = ({ checkpointer }) => checkpointer.checkpoint()
    const [, b = ''] = await world.put('a', 'b')
    const done = world.start()
    await world.env.clock.advance(100)
    world.consumer.requestShutdown()
    await world.env.clock.until(done)
    expect(world.processor.trace).toEqual(['initialize', 'processRecords 2', 'shutdownRequested', 'leaseLost'])
    expect(world.lease.writes).toMatchObject([{ checkpoint: { sequenceNumber: b }, pendingCheckpoint: null }])
    expect(world.lease.calls).toEqual(['parentsFinished', 'giveUp'])
    expect(world.states()).toEqual([
      'INITIALIZING',
      'PROCESSING',
      'SHUTDOWN_REQUESTED',
      'SHUTTING_DOWN',
      'SHUTDOWN_COMPLETE',
    ])
  })

  test('what shutdownRequested throws is told and stops nothing', async () => {
    const world = await shardWorld()
    world.processor.onShutdownRequested = () => Promise.reject(new Error('no'))
    const done = world.start()
    await world.env.clock.advance(100)
    world.consumer.requestShutdown()
    await world.env.clock.until(done)
    expect(world.lease.calls).toContain('giveUp')
    expect(world.events.some(event => event.message.includes('shutdownRequested') && event.level === 'error')).toBe(
      true,
    )
  })

  test('a lease that is lost meanwhile is not given up', async () => {
    const world = await shardWorld()
    world.processor.onShutdownRequested = () => world.env.clock.sleep(5_000)
    const done = world.start()
    await world.env.clock.advance(100)
    world.consumer.requestShutdown()
    await world.env.clock.advance(1_000)
    expect(world.consumer.status.state).toBe('SHUTDOWN_REQUESTED')
    world.consumer.leaseLost('the time-out of the hand-off is over')
    await world.env.clock.until(done)
    expect(world.lease.calls).not.toContain('giveUp')
    expect(world.processor.trace.at(-1)).toBe('leaseLost')
  })

  test('a lease that cannot be given up is left to expire', async () => {
    const world = await shardWorld()
    world.lease.giveUpFails = new MillraceError('throttled', 'too much', { retry: 'backoff' })
    const done = world.start()
    await world.env.clock.advance(100)
    world.consumer.requestShutdown()
    await world.env.clock.until(done)
    expect(world.consumer.status).toMatchObject({ state: 'SHUTDOWN_COMPLETE', reason: 'LEASE_LOST' })
  })
})

describe('SHUTTING_DOWN at the end of a shard', () => {
  const split = async (world: Awaited<ReturnType<typeof shardWorld>>) => world.stream.split(SHARD, 1n << 120n)

  test('the last records say so with the children; the children get leases; then shardEnded stores SHARD_END', async () => {
    const world = await shardWorld()
    await world.put('a')
    await split(world)
    await world.env.clock.until(world.start())
    expect(world.processor.inputs.at(-1)).toMatchObject({ isAtShardEnd: true })
    expect(world.processor.inputs.at(-1)?.childShards.map(child => child.shardId)).toEqual([
      'shardId-000000000001',
      'shardId-000000000002',
    ])
    expect(world.processor.trace).toEqual(['initialize', 'processRecords 1', 'shardEnded'])
    expect(world.lease.calls).toEqual(['parentsFinished', 'endShard', 'cleanUp'])
    expect(world.lease.children.map(child => child.shardId)).toHaveLength(2)
    expect(world.lease.writes.map(write => write.checkpoint)).toEqual([SHARD_END])
    expect(world.consumer.status).toMatchObject({ state: 'SHUTDOWN_COMPLETE', reason: 'SHARD_END' })
  })

  test('shardEnded without a checkpoint is called again, and told', async () => {
    const world = await shardWorld()
    let calls = 0
    world.processor.onShardEnded = async ({ checkpointer }) => {
      if (++calls === 3) await checkpointer.checkpoint()
    }
    await split(world)
    await world.env.clock.until(world.start())
    expect(calls).toBe(3)
    expect(world.events.filter(event => event.kind === 'checkpoint_missing')).toHaveLength(2)
  })

  test('a processor without shardEnded checkpoints the end by itself', async () => {
    const world = await shardWorld({ makeProcessor: () => ({ processRecords: async () => {} }) })
    await split(world)
    await world.env.clock.until(world.start())
    expect(world.lease.writes.map(write => write.checkpoint)).toEqual([SHARD_END])
  })

  test('naming the final record there stores the end, also when it was checkpointed before', async () => {
    const world = await shardWorld()
    const [a = ''] = await world.put('a')
    await split(world)
    world.processor.onRecords = ({ checkpointer }) => checkpointer.checkpoint()
    world.processor.onShardEnded = ({ checkpointer }) => checkpointer.checkpoint(a)
    await world.env.clock.until(world.start())
    expect(world.lease.writes.map(write => write.checkpoint.sequenceNumber)).toEqual([a, 'SHARD_END'])
  })

  test('a merge whose other parent has no lease yet is asked again; a lease that was dropped for it is lost', async () => {
    const again = await shardWorld()
    await split(again)
    again.lease.endings = ['retry', new MillraceError('internal', 'x', { retry: 'backoff' }), 'done']
    await again.env.clock.until(again.start())
    expect(again.lease.calls.filter(call => call === 'endShard')).toHaveLength(3)
    expect(again.processor.trace.at(-1)).toBe('shardEnded')
    const dropped = await shardWorld()
    await split(dropped)
    dropped.lease.endings = ['dropped']
    await dropped.env.clock.until(dropped.start())
    expect(dropped.processor.trace.at(-1)).toBe('leaseLost')
  })

  test('an end that is in the table already is not told to the processor again', async () => {
    const world = await shardWorld()
    await split(world)
    world.lease.stored = SHARD_END
    await world.env.clock.until(world.start())
    expect(world.processor.trace).toEqual(['initialize'])
    expect(world.lease.calls).toContain('cleanUp')
    const whole = await shardWorld()
    whole.lease.checkpoint = SHARD_END
    await whole.env.clock.until(whole.start())
    expect([whole.processor.trace, whole.lease.calls]).toEqual([[], ['cleanUp']])
  })

  test('a shutdown that is requested at the end does not keep SHARD_END from being stored; a lost lease does', async () => {
    const requested = await shardWorld()
    await split(requested)
    requested.processor.onShardEnded = async ({ checkpointer }) => {
      requested.consumer.requestShutdown()
      await checkpointer.checkpoint()
    }
    await requested.env.clock.until(requested.start())
    expect(requested.consumer.status.reason).toBe('SHARD_END')
    const taken = await shardWorld()
    await split(taken)
    taken.processor.onShardEnded = async () => taken.consumer.leaseLost('taken')
    await taken.env.clock.until(taken.start())
    expect(taken.consumer.status.reason).toBe('LEASE_LOST')
    expect(taken.processor.trace.at(-1)).toBe('leaseLost')
    expect(taken.lease.calls).not.toContain('cleanUp')
  })

  test('a stream that takes no more ends its shards without children, once that was asked again', async () => {
    const world = await shardWorld()
    await world.put('a')
    const done = world.start()
    await world.env.clock.advance(100)
    expect(world.consumer.status.state).toBe('PROCESSING')
    await world.stream.seal()
    await world.env.clock.until(done)
    expect(world.processor.trace).toEqual(['initialize', 'processRecords 1', 'shardEnded'])
    expect(world.lease.children).toEqual([])
  })
})

describe('SHUTTING_DOWN of a lost lease', () => {
  test('leaseLost is called once, with the reason, and nothing is stored any more', async () => {
    const world = await shardWorld()
    await world.put('a')
    const done = world.start()
    await world.env.clock.advance(100)
    world.consumer.leaseLost('another worker took it')
    world.consumer.leaseLost('again')
    expect(world.consumer.status.reason).toBe('LEASE_LOST')
    await world.env.clock.until(done)
    expect(world.processor.trace).toEqual(['initialize', 'processRecords 1', 'leaseLost'])
    expect(world.events.some(event => event.message.endsWith('PROCESSING to SHUTTING_DOWN (LEASE_LOST)'))).toBe(true)
  })
})

describe('SHUTDOWN_COMPLETE', () => {
  test.each([
    'lost',
    'requested',
    'ended',
  ] as const)('is where a shard comes that is %s, and what happens then does nothing', async how => {
    const world = await shardWorld()
    await world.put('a')
    const done = world.start()
    await world.env.clock.advance(100)
    if (how === 'lost') world.consumer.leaseLost('another worker took it')
    if (how === 'requested') world.consumer.requestShutdown()
    if (how === 'ended') await world.stream.seal()
    await world.env.clock.until(done)
    expect(world.consumer.status.state).toBe('SHUTDOWN_COMPLETE')
    const { trace } = world.processor
    const calls = [...trace]
    world.consumer.requestShutdown()
    world.consumer.leaseLost('later')
    await world.env.clock.advance(60_000)
    expect(trace).toEqual(calls)
    expect(world.consumer.status.state).toBe('SHUTDOWN_COMPLETE')
  })
})
