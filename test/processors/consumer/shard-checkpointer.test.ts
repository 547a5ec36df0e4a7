/** Checkpoints: which are valid, what they store, and that they never go back. */
import { describe, expect, test } from 'vitest'
import { MillraceError } from '../../../core/index.ts'
import {
  type ExtendedSequenceNumber,
  LATEST,
  SHARD_END,
  TRIM_HORIZON,
} from '../../../processors/consumer/leases/extended-sequence-number.ts'
import {
  CHECKPOINT_STATE_BYTES_MAX,
  type CheckpointWrite,
  ShardCheckpointer,
} from '../../../processors/consumer/shard-checkpointer.ts'

const at = (sequenceNumber: string | number, subsequenceNumber = 0): ExtendedSequenceNumber => ({
  sequenceNumber: String(sequenceNumber),
  subsequenceNumber,
})

function world(checkpoint: ExtendedSequenceNumber = TRIM_HORIZON) {
  const writes: CheckpointWrite[] = []
  const failures: Error[] = []
  const checkpointer = new ShardCheckpointer({
    shardId: 's',
    checkpoint,
    save: async write => {
      await Promise.resolve()
      const failure = failures.shift()
      if (failure !== undefined) throw failure
      writes.push(write)
    },
  })
  return { writes, failures, checkpointer }
}

const saved = (checkpoint: ExtendedSequenceNumber): CheckpointWrite => ({
  checkpoint,
  pendingCheckpoint: null,
  pendingCheckpointState: null,
})

describe('checkpoint', () => {
  test('without a position stores everything delivered, once', async () => {
    const { checkpointer, writes } = world()
    checkpointer.permit(at(12, 3))
    await checkpointer.checkpoint()
    await checkpointer.checkpoint()
    expect(writes).toEqual([saved(at(12, 3))])
    expect(checkpointer.lastCheckpoint).toEqual(at(12, 3))
  })

  test('before anything was delivered stores nothing', async () => {
    const { checkpointer, writes } = world(LATEST)
    await checkpointer.checkpoint()
    expect(writes).toEqual([])
  })

  test('of a record is exact within its aggregate; of a number alone it covers the first user record', async () => {
    const { checkpointer, writes } = world()
    checkpointer.permit(at(20))
    await checkpointer.checkpoint('12')
    await checkpointer.checkpoint(at(12, 2))
    await checkpointer.checkpoint('12', 5)
    expect(writes.map(write => write.checkpoint)).toEqual([at(12), at(12, 2), at(12, 5)])
  })

  test.each([
    [at(5), 'before the last checkpoint, 10:1'],
    [at(10), 'before the last checkpoint'],
    [at(20, 1), 'delivered up to 20 only'],
    [at(100), 'delivered up to 20 only'],
    [at('SHARD_END'), 'for shardEnded alone'],
    [at('LATEST'), 'where reading starts'],
    [at('x1'), 'is no sequence number'],
    [at(15, -1), 'not a whole number'],
  ])('at %j is refused', async (position, message) => {
    const { checkpointer, writes } = world(at(10, 1))
    checkpointer.permit(at(20))
    const refused = checkpointer.checkpoint(position.sequenceNumber, position.subsequenceNumber)
    await expect(refused).rejects.toMatchObject({ code: 'invalid_argument', message: expect.stringContaining(message) })
    expect(writes).toEqual([])
  })

  test('calls that are not awaited run one after the other, and none goes back', async () => {
    const { checkpointer, writes } = world()
    checkpointer.permit(at(30))
    const outcomes = await Promise.allSettled([
      checkpointer.checkpoint('20'),
      checkpointer.checkpoint('10'),
      checkpointer.checkpoint('30'),
    ])
    expect(outcomes.map(outcome => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(writes.map(write => write.checkpoint)).toEqual([at(20), at(30)])
  })

  test('that the table does not take changes nothing, and may be called again', async () => {
    const { checkpointer, writes, failures } = world()
    failures.push(new MillraceError('throttled', 'too much', { retry: 'backoff' }))
    checkpointer.permit(at(7))
    await expect(checkpointer.checkpoint()).rejects.toMatchObject({ code: 'throttled' })
    expect(checkpointer.lastCheckpoint).toEqual(TRIM_HORIZON)
    await checkpointer.checkpoint()
    expect(writes).toEqual([saved(at(7))])
  })

  test('after the lease was lost is refused, whatever it names', async () => {
    const { checkpointer, writes } = world()
    checkpointer.permit(at(7))
    const prepared = await checkpointer.prepareCheckpoint()
    checkpointer.close('worker b has the lease')
    await expect(checkpointer.checkpoint()).rejects.toMatchObject({
      code: 'lease_lost',
      message: expect.stringContaining('worker b has the lease'),
    })
    await expect(prepared.checkpoint()).rejects.toMatchObject({ code: 'lease_lost' })
    expect(writes).toHaveLength(1)
  })
})

describe('prepareCheckpoint', () => {
  test('stores the position and the state as pending; the second step makes it the checkpoint', async () => {
    const { checkpointer, writes } = world(at(1))
    checkpointer.permit(at(9))
    const state = Buffer.from('half done')
    const prepared = await checkpointer.prepareCheckpoint({ sequenceNumber: '8', subsequenceNumber: 2 }, state)
    state.fill(0)
    expect(prepared).toMatchObject(at(8, 2))
    expect(writes).toEqual([
      {
        checkpoint: at(1),
        pendingCheckpoint: at(8, 2),
        pendingCheckpointState: new Uint8Array(Buffer.from('half done')),
      },
    ])
    expect(checkpointer.lastCheckpoint).toEqual(at(1))
    await prepared.checkpoint()
    expect(writes[1]).toEqual(saved(at(8, 2)))
  })

  test('a checkpoint behind it makes its second step invalid', async () => {
    const { checkpointer } = world(at(1))
    checkpointer.permit(at(9))
    const prepared = await checkpointer.prepareCheckpoint({ sequenceNumber: '5' })
    await checkpointer.checkpoint('9')
    await expect(prepared.checkpoint()).rejects.toMatchObject({ code: 'invalid_argument' })
  })

  test('at the last checkpoint needs no write, in neither step', async () => {
    const { checkpointer, writes } = world(at(5))
    const prepared = await checkpointer.prepareCheckpoint()
    await prepared.checkpoint()
    expect(writes).toEqual([])
  })

  test('refuses a state that the row has no room for', async () => {
    const { checkpointer } = world()
    checkpointer.permit(at(5))
    const state = new Uint8Array(CHECKPOINT_STATE_BYTES_MAX + 1)
    await expect(checkpointer.prepareCheckpoint(undefined, state)).rejects.toMatchObject({ code: 'invalid_argument' })
  })
})

describe('at the end of a shard', () => {
  test('checkpoint stores SHARD_END; so does naming the last record, in both steps too', async () => {
    for (const call of ['all', 'named', 'sentinel', 'prepared'] as const) {
      const { checkpointer, writes } = world()
      checkpointer.permit(at(9, 4))
      await checkpointer.checkpoint()
      checkpointer.permitShardEnd()
      if (call === 'all') await checkpointer.checkpoint()
      else if (call === 'named') await checkpointer.checkpoint('9', 4)
      else if (call === 'sentinel') await checkpointer.checkpoint('SHARD_END')
      else await (await checkpointer.prepareCheckpoint()).checkpoint()
      expect(writes.at(-1)).toEqual(saved(SHARD_END))
      expect(checkpointer.isAtShardEnd).toBe(true)
    }
  })

  test('an earlier record may still be named, and is not the end', async () => {
    const { checkpointer, writes } = world()
    checkpointer.permit(at(9))
    checkpointer.permitShardEnd()
    await checkpointer.checkpoint('8')
    expect(writes).toEqual([saved(at(8))])
    expect(checkpointer.isAtShardEnd).toBe(false)
  })
})
