/** One list of cases for every place that keeps the row of a task and its snapshots. */
import { DeleteItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Clock } from '../../core/env.ts'
import type { StagedSink } from '../../core/sink.ts'
import type { DynamoClientLike } from '../../processors/consumer/leases/dynamodb/dynamodb-client.ts'
import {
  COMMIT_BYTES_MAX,
  DynamoTaskTable,
  SNAPSHOT_BYTES_MAX,
} from '../../processors/task/dynamodb/dynamo-task-table.ts'
import { PIECE_BYTES_MAX, piecesOf } from '../../processors/task/dynamodb/task-items.ts'
import { FileTaskTable } from '../../processors/task/file-task-table.ts'
import { Rounds, type Stateful } from '../../processors/task/rounds.ts'
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

async function saveAs(owner: Table): Promise<void> {
  await owner.takeOver('plan')
  await owner.save(1, [Uint8Array.of(1)])
}

interface World {
  /** another owner of the same task in the same place */
  readonly open: () => Promise<Table>
  /** names of the snapshots that lie there, in order, and nothing of commits */
  readonly snapshots: () => Promise<readonly string[]>
}

function taskTableCases(world: () => World): void {
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

  it('keeps of the snapshots of owners before the committed one alone', async () => {
    const { open, snapshots } = world()
    const begun = await open()
    await begun.takeOver('plan')
    await begun.save(1, [Uint8Array.of(1)])
    const first = await open()
    await first.takeOver('plan')
    expect(await snapshots()).toEqual([])
    const snapshot = await first.save(1, [Uint8Array.of(2)])
    await first.commit({ ...commitOf(1), snapshot })
    await first.markPublished(1)
    for (let crash = 0; crash < 3; crash++) {
      const dying = await open()
      await dying.takeOver('plan')
      await dying.save(2, [Uint8Array.of(3)])
      expect(await snapshots()).toHaveLength(2)
    }
    await (await open()).takeOver('plan')
    expect(await snapshots()).toEqual([snapshot.name])
  })
}

describe('the row of a task in files', () => {
  taskTableCases(() => {
    const { files, random } = memoryEnv()
    return {
      open: async () => new FileTaskTable({ files, random, directory: '/state' }),
      snapshots: () => files.list('/state/snapshots'),
    }
  })

  it('leaves what a later owner saves while an owner sweeps', async () => {
    const { files, random } = memoryEnv()
    const later = new FileTaskTable({ files, random, directory: '/state' })
    const watched = new Proxy(files, {
      get(target, name) {
        const member = Reflect.get(target, name) as ((...given: unknown[]) => unknown) | undefined
        if (typeof member !== 'function') return member
        return async (...given: unknown[]) => {
          if (name === 'list' && given[0] === '/state/snapshots') await saveAs(later)
          return member.apply(target, given)
        }
      },
    })
    await new FileTaskTable({ files: watched, random, directory: '/state' }).takeOver('plan')
    expect(await files.list('/state/snapshots')).toHaveLength(1)
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

  const partsOf = async (task: string): Promise<readonly string[]> => {
    const names: string[] = []
    const input = {
      TableName: 'tasks',
      KeyConditionExpression: 'task = :t',
      ExpressionAttributeValues: { ':t': { S: task } },
    }
    for await (const { Items = [] } of paginateQuery({ client: service.client() }, input))
      names.push(...Items.map(item => item['part']?.S ?? ''))
    return names
  }
  /** A client some of whose calls are refused. @param refuses by what the call is about */
  const refusing = (refuses: (command: string, part: string) => boolean): DynamoClientLike => {
    const client = service.client()
    return {
      destroy: () => {},
      send: async (command: {
        readonly input: { readonly Key?: Readonly<Record<string, { readonly S?: string }>> }
      }) => {
        if (refuses(command.constructor.name, command.input.Key?.['part']?.S ?? ''))
          throw Object.assign(new Error('too fast'), { name: 'ProvisionedThroughputExceededException' })
        return client.send(command as never)
      },
    } as unknown as DynamoClientLike
  }

  taskTableCases(() => {
    const task = `task-${cases++}`
    return {
      open: () => openAs(task),
      snapshots: async () =>
        (await partsOf(task)).filter(name => name !== 'row').map(name => name.replace(/^snapshot#|#\d{6}$/g, '')),
    }
  })

  it('repeats a piece that is throttled, and leaves the row and what it names', async () => {
    const written: string[] = []
    let refused = 0
    const client = refusing((command, name) => {
      if (command !== 'UpdateItemCommand') return false
      written.push(name)
      // Each second piece and each change of the row, once each.
      const isAgain = written.filter(other => other === name).length % 2 === 0
      if (isAgain || (!name.endsWith('#000001') && name !== 'row')) return false
      refused++
      return true
    })
    const table = await openAs('throttled', client)
    const row = await table.takeOver('plan').catch(() => table.takeOver('plan'))
    const state: Stateful = {
      *snapshot(writer) {
        for (let n = 0; n < 100_000; n++) writer.number(n)
        yield
      },
      restore: () => {},
    }
    const parts = largeCommit(1, 800_000).outputs['out']?.parts ?? []
    const sink = {
      stagedBytes: 0,
      stage: async () => ({ parts, carried: [] }),
      publish: async () => {},
      restore: async () => {},
    }
    const rounds = new Rounds({
      clock: { ...quickPolls, monotonicMs: () => 0 },
      random,
      table,
      snapshots: table,
      row,
      sinks: new Map([['out', sink as unknown as StagedSink]]),
    })
    for (let round = 1; round <= 2; round++) await rounds.end(POSITION, [state])
    expect(refused).toBeGreaterThan(5)
    const names = (prefix: string, of: readonly string[]): readonly string[] => [
      ...new Set(of.filter(name => name.startsWith(prefix)).map(name => name.replace(/#\d{6}$/, ''))),
    ]
    expect([names('snapshot#', written).length, names('commit#', written).length]).toEqual([2, 2])
    const left = await partsOf('throttled')
    expect([names('snapshot#', left).length, names('commit#', left).length, left.length]).toEqual([1, 1, 3 + 3 + 1])
    const next = await openAs('throttled')
    const { commit } = await next.takeOver('plan')
    expect(await partsOf('throttled')).toEqual(left)
    expect(commit?.outputs['out']?.parts).toEqual(parts)
    if (commit === null) throw new Error('nothing was committed')
    await next.load(commit.snapshot)
    await next.commit(commitOf(3))
    expect(names('commit#', await partsOf('throttled'))).toEqual([])
  })

  it('removes the pieces of what is given up after a minute of refusals, or is too large', async () => {
    let sleptMs = 0
    const hasty: Clock = {
      ...quickPolls,
      monotonicMs: () => quickPolls.monotonicMs() + sleptMs,
      async sleep(ms, signal) {
        if (signal !== undefined) return quickPolls.sleep(ms, signal)
        sleptMs += ms
      },
    }
    const client = refusing((command, name) => command === 'UpdateItemCommand' && name.endsWith('#000002'))
    const table = await DynamoTaskTable.open({ clock: hasty, random, client, tableName: 'tasks', task: 'given-up' })
    await table.takeOver('plan')
    await expect(table.save(1, [new Uint8Array(900_000)])).rejects.toMatchObject({ code: 'throttled' })
    expect(sleptMs).toBeGreaterThan(30_000)
    await expect(table.commit(largeCommit(1, 900_000))).rejects.toMatchObject({ code: 'throttled' })
    const endless = function* (): Generator<Uint8Array> {
      yield new Uint8Array(400_000)
      yield Object.defineProperty(new Uint8Array(1), 'length', { value: SNAPSHOT_BYTES_MAX })
    }
    await expect(table.save(1, endless())).rejects.toMatchObject({ code: 'state_limit' })
    expect(await partsOf('given-up')).toEqual(['row'])
  })

  it('refuses the owner of a row that was deleted and begun anew', async () => {
    const former = await openAs('anew')
    await former.takeOver('plan')
    await service
      .client()
      .send(new DeleteItemCommand({ TableName: 'tasks', Key: { task: { S: 'anew' }, part: { S: 'row' } } }))
    const row = await (await openAs('anew')).takeOver('plan')
    await expect(former.commit(commitOf(1))).rejects.toMatchObject({ code: 'lease_lost' })
    expect(await (await openAs('anew')).takeOver('another plan')).toEqual(row)
  })

  it('leaves what a later owner saves while an owner sweeps', async () => {
    const later = await openAs('swept')
    const client = service.client()
    const slow = {
      destroy: () => {},
      async send(command: { readonly input: { readonly ExpressionAttributeValues?: object } }) {
        if (JSON.stringify(command.input.ExpressionAttributeValues)?.includes('snapshot#') === true) await saveAs(later)
        return client.send(command as never)
      },
    } as unknown as DynamoClientLike
    await (await openAs('swept', slow)).takeOver('plan')
    expect((await partsOf('swept')).filter(name => name.startsWith('snapshot#'))).toHaveLength(1)
  })

  it('takes names of 2,048 bytes, as a key of DynamoDB has them', async () => {
    const named = (task: string) => openAs(task).then(table => table.takeOver('plan'))
    expect((await named('é'.repeat(1_024))).epoch).toBe(1)
    await expect(named('é'.repeat(1_025))).rejects.toThrow('its name has 2050 bytes of UTF-8, and may have 1 to 2048')
    await expect(named('')).rejects.toMatchObject({ code: 'config' })
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
