/** One list of cases for every place that keeps the row of a task and its snapshots. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DynamoClientLike } from '../../processors/consumer/leases/dynamodb/dynamodb-client.ts'
import { COMMIT_BYTES_MAX, DynamoTaskTable } from '../../processors/task/dynamodb/dynamo-task-table.ts'
import { PIECE_BYTES_MAX, piecesOf } from '../../processors/task/dynamodb/task-items.ts'
import { FileTaskTable } from '../../processors/task/file-task-table.ts'
import type { SnapshotRef, TaskCommit, TaskSnapshots, TaskTable } from '../../processors/task/task-table.ts'
import {
  type DynamoEndpoint,
  dynamoLocalMissing,
  quickPolls,
  startDynalite,
  startDynamoLocal,
} from '../support/dynamodb.ts'
import { memoryEnv, seededRandom } from '../support/memory-env.ts'

type Table = TaskTable & TaskSnapshots

const SNAPSHOT: SnapshotRef = { name: 's', sizeBytes: 0, sha256: '' }
const POSITION = { shards: {}, watermark: null }
const commitOf = (round: number): TaskCommit => ({ round, position: POSITION, snapshot: SNAPSHOT, outputs: {} })
const part = (n: number, padBytes: number) => ({ staged: `staged/${n}`, key: `${n}/${'k'.repeat(padBytes)}` })
/** A commit of about so many bytes. */
const largeCommit = (round: number, sizeBytes: number): TaskCommit => ({
  ...commitOf(round),
  outputs: { out: { parts: Array.from({ length: 10 }, (_, n) => part(n, sizeBytes / 10)), carried: [] } },
})

/** @param open another owner of the same task in the same place */
function taskTableCases(world: () => { readonly open: () => Promise<Table> }): void {
  it('lets the last one who took the task over commit, and nobody else', async () => {
    const { open } = world()
    const [first, second] = [await open(), await open()]
    const before = await first.takeOver('plan')
    expect(before).toMatchObject({ epoch: 1, plan: 'plan', commit: null, published: true })
    await first.commit(commitOf(1))
    // Who cannot go on with the state fences nobody off.
    expect(await (await open()).takeOver('another plan')).toEqual({ ...before, commit: commitOf(1), published: false })
    const row = await second.takeOver('plan')
    expect(row).toEqual({ ...before, epoch: 2, commit: commitOf(1), published: false })
    await expect(first.markPublished(1)).rejects.toMatchObject({ code: 'lease_lost' })
    await expect(second.commit(commitOf(2))).rejects.toThrow('round 2 cannot follow round 1, which is not published')
    await second.markPublished(1)
    await expect(second.commit(commitOf(3))).rejects.toThrow('round 3 cannot follow round 1')
    await second.commit(commitOf(2))
    expect((await (await open()).takeOver('plan')).commit).toEqual(commitOf(2))
  })

  it('refuses one who slept while others changed the row many times', async () => {
    const { open } = world()
    const [zombie, owner] = [await open(), await open()]
    await zombie.takeOver('plan')
    await owner.takeOver('plan')
    for (let round = 1; round <= 5; round++) {
      await owner.commit(commitOf(round))
      await owner.markPublished(round)
    }
    await expect(zombie.commit(commitOf(1))).rejects.toMatchObject({ code: 'lease_lost' })
    await expect(zombie.commit(commitOf(1))).rejects.toThrow('it was not taken over')
    expect((await (await open()).takeOver('plan')).commit?.round).toBe(5)
  })

  it('gives the task to one of those who take it at the same moment, last', async () => {
    const { open } = world()
    const tables = await Promise.all(Array.from({ length: 4 }, open))
    const rows = await Promise.all(tables.map(table => table.takeOver('plan')))
    expect(new Set(rows.map(({ incarnation }) => incarnation)).size).toBe(1)
    expect(rows.map(({ epoch }) => epoch).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
    const outcomes = await Promise.allSettled(tables.map(table => table.commit(commitOf(1))))
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(rows.map(({ epoch }) => epoch === 4))
  })

  it('keeps a commit that is large, and the next one in its place', async () => {
    const { open } = world()
    const table = await open()
    await table.takeOver('plan')
    for (const [round, sizeBytes] of [1_000_000, 10, 800_000].entries()) {
      const commit = largeCommit(round + 1, sizeBytes)
      await table.commit(commit)
      await table.markPublished(round + 1)
      expect(await (await open()).takeOver('none')).toMatchObject({ commit, published: true })
    }
    // The next owner finds it, and goes on.
    const next = await open()
    expect((await next.takeOver('plan')).commit).toEqual(largeCommit(3, 800_000))
    await next.commit(commitOf(4))
    expect((await (await open()).takeOver('plan')).commit).toEqual(commitOf(4))
  })

  it('keeps the snapshot of the last round alone, and notices one that was altered or is gone', async () => {
    const { open } = world()
    const table = await open()
    await table.takeOver('plan')
    const old = await table.save(1, [Uint8Array.of(1)])
    const large = seededRandom(2).bytes(900_001)
    const snapshot = await table.save(2, [large.subarray(0, 10), large.subarray(10, 700_000), large.subarray(700_000)])
    const later = await table.save(3, [Uint8Array.of(4)])
    await table.keepOnly(snapshot)
    expect([...(await table.load(later))]).toEqual([4])
    expect(snapshot.sizeBytes).toBe(large.length)
    expect(Buffer.compare(await table.load(snapshot), large)).toBe(0)
    await expect(table.load(old)).rejects.toMatchObject({ code: 'corrupt_log' })
    await expect(table.load({ ...snapshot, sha256: old.sha256 })).rejects.toThrow('are not those that were committed')
  })
}

describe('the row of a task in files', () => {
  taskTableCases(() => {
    const { files, random } = memoryEnv()
    return { open: async () => new FileTaskTable({ files, random, directory: '/state' }) }
  })
})

/** A table in a service, each case with a task of its own. */
function inDynamo(start: () => Promise<DynamoEndpoint>): void {
  let service: DynamoEndpoint
  let cases = 0
  beforeAll(async () => {
    service = await start()
  }, 120_000)
  afterAll(() => service.stop())
  const random = seededRandom(4)
  const openAs = (task: string, client: DynamoClientLike = service.client() as unknown as DynamoClientLike) =>
    DynamoTaskTable.open({ clock: quickPolls, random, client, tableName: 'tasks', task })

  taskTableCases(() => {
    const task = `task-${cases++}`
    return { open: () => openAs(task) }
  })

  it('takes a change for made whose reply was lost', async () => {
    const client = service.client()
    let loses = false
    const losing = {
      destroy: () => {},
      send: async (command: never, options: never) => {
        const reply = await client.send(command, options)
        if (!loses || (command as object).constructor.name !== 'UpdateItemCommand') return reply
        loses = false
        // What the SDK does by itself after a lost reply.
        return client.send(command, options)
      },
    } as unknown as DynamoClientLike
    const table = await openAs('lost', losing)
    await table.takeOver('plan')
    loses = true
    await table.commit(commitOf(1))
    await table.markPublished(1)
    expect(await (await openAs('lost')).takeOver('plan')).toMatchObject({ commit: commitOf(1), published: true })
  })

  it('refuses a commit that is too large by its size, and a table of somebody else', async () => {
    const table = await openAs('large')
    await table.takeOver('plan')
    await expect(table.commit(largeCommit(1, COMMIT_BYTES_MAX + 1_000))).rejects.toMatchObject({
      code: 'limit_exceeded',
      message: expect.stringContaining('make rounds shorter, or partitions fewer') as string,
    })
    const { CreateTableCommand } = await import('@aws-sdk/client-dynamodb')
    await service.client().send(
      new CreateTableCommand({
        TableName: 'leases',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
      }),
    )
    const client = service.client() as unknown as DynamoClientLike
    const foreign = DynamoTaskTable.open({ clock: quickPolls, random, client, tableName: 'leases', task: 't' })
    await expect(foreign).rejects.toThrow('belongs to another application: its key is leaseKey (HASH)')
  })
}

describe('the row of a task in dynalite', () => inDynamo(startDynalite))

if (dynamoLocalMissing !== null) console.log(`skipped: tasks in DynamoDB Local: ${dynamoLocalMissing}`)
else describe('the row of a task in DynamoDB Local', () => inDynamo(startDynamoLocal))

it.each([
  [0, [0]],
  [PIECE_BYTES_MAX, [PIECE_BYTES_MAX]],
  [PIECE_BYTES_MAX + 1, [PIECE_BYTES_MAX, 1]],
])('%i bytes are pieces of %j', (sizeBytes, pieces) => {
  expect([...piecesOf([new Uint8Array(sizeBytes)])].map(({ length }) => length)).toEqual(pieces)
})
