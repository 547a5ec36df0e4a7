/** Tables in DynamoDB: how they are made, what is left alone, and what lies in a row, read by a plain client. */
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { segmentsOf } from '../../../../processors/consumer/leases/dynamodb/dynamodb-items.ts'
import { openDynamoLeaseStore } from '../../../../processors/consumer/leases/dynamodb/dynamodb-lease-store.ts'
import {
  extendedSequenceNumber,
  TRIM_HORIZON,
} from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { type Lease, newLease } from '../../../../processors/consumer/leases/lease.ts'
import type { WorkerMetrics, WriteOutcome } from '../../../../processors/consumer/leases/lease-table.ts'
import {
  type DynamoEndpoint,
  dynamoLocalMissing,
  quickPolls,
  startDynalite,
  startDynamoLocal,
} from '../../../support/dynamodb.ts'
import { SimClock } from '../../../support/sim-clock.ts'

let server: DynamoEndpoint
let client: DynamoDBClient
let applications = 0
beforeAll(async () => {
  server = await startDynalite()
  client = server.client()
})
afterAll(() => server.stop())

const application = (): string => `app-${applications++}`
const open = (applicationName: string, options: object = {}) =>
  openDynamoLeaseStore({ clock: quickPolls, client, applicationName, consistentReads: true, ...options })
const describeTable = async (TableName: string) => (await client.send(new DescribeTableCommand({ TableName }))).Table
const rows = async (TableName: string) =>
  (await client.send(new ScanCommand({ TableName, ConsistentRead: true }))).Items ?? []
const tables = async (prefix: string) =>
  ((await client.send(new ListTablesCommand({}))).TableNames ?? []).filter(table => table.startsWith(prefix))

async function make(TableName: string, keyName: string, options: Partial<CreateTableCommandInput> = {}): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: keyName, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: keyName, KeyType: 'HASH' }],
      ...options,
    }),
  )
  while ((await describeTable(TableName))?.TableStatus !== 'ACTIVE') await quickPolls.sleep(1)
}

/** As a table of KCL 3.x; dynalite can make an index with its table only. */
const WITH_INDEX: Partial<CreateTableCommandInput> = {
  AttributeDefinitions: [
    { AttributeName: 'leaseKey', AttributeType: 'S' },
    { AttributeName: 'leaseOwner', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'LeaseOwnerToLeaseKeyIndex',
      KeySchema: [
        { AttributeName: 'leaseOwner', KeyType: 'HASH' },
        { AttributeName: 'leaseKey', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
}

function written(outcome: WriteOutcome): Lease {
  if (!outcome.written) throw new Error('the write was refused')
  return outcome.lease
}

const METRICS: WorkerMetrics = {
  workerId: 'worker-A',
  lastUpdatedAtSeconds: 1_700_000_000,
  values: { C: [12.5, 13] },
  operatingRange: { C: [80] },
  properties: {},
  supportCode: 1,
  supportCodeUpdatedAtSeconds: 1_700_000_000,
}

describe('a new application', () => {
  it('gets one table with the index of owners, paid per request', async () => {
    const name = application()
    await open(name)
    expect(await tables(name)).toEqual([name])
    expect(await describeTable(name)).toMatchObject({
      KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      GlobalSecondaryIndexes: [
        {
          IndexName: 'LeaseOwnerToLeaseKeyIndex',
          IndexStatus: 'ACTIVE',
          Projection: { ProjectionType: 'KEYS_ONLY' },
          KeySchema: [
            { AttributeName: 'leaseOwner', KeyType: 'HASH' },
            { AttributeName: 'leaseKey', KeyType: 'RANGE' },
          ],
        },
      ],
    })
  })

  it('gets the capacity and the name that are asked for', async () => {
    const name = application()
    const settings = { billingMode: 'PROVISIONED', readCapacity: 7, writeCapacity: 3 }
    await open(name, { tableName: `${name}-leases`, settings })
    const capacity = { ReadCapacityUnits: 7, WriteCapacityUnits: 3 }
    expect(await describeTable(`${name}-leases`)).toMatchObject({
      ProvisionedThroughput: capacity,
      GlobalSecondaryIndexes: [{ ProvisionedThroughput: capacity }],
    })
  })

  it('asks for tags, deletion protection and point-in-time recovery as the service wants them', async () => {
    const name = application()
    const sent: { readonly name: string; readonly input: object }[] = []
    const spy = {
      send(command: { readonly constructor: { readonly name: string }; readonly input: object }, ...rest: never[]) {
        sent.push({ name: command.constructor.name, input: command.input })
        // No emulator knows backups.
        if (command.constructor.name === 'UpdateContinuousBackupsCommand') return Promise.resolve({})
        return client.send(command as never, ...rest)
      },
      destroy() {},
    }
    const settings = { tags: { team: 'data', stage: 'test' }, deletionProtection: true, pointInTimeRecovery: true }
    await open(name, { client: spy, settings })
    expect(sent.find(({ name: command }) => command === 'CreateTableCommand')?.input).toMatchObject({
      DeletionProtectionEnabled: true,
      Tags: [
        { Key: 'team', Value: 'data' },
        { Key: 'stage', Value: 'test' },
      ],
    })
    expect(sent.find(({ name: command }) => command === 'UpdateContinuousBackupsCommand')?.input).toEqual({
      TableName: name,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    })
  })

  it('may be started by several workers at a time', async () => {
    const name = application()
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(name)))
    expect(await Promise.all(stores.map(store => store.leases.list()))).toEqual([[], [], [], []])
  })
})

describe('a name that DynamoDB takes for no table', () => {
  it.each([
    ['ab', {}, 'applicationName "ab" is no name that DynamoDB takes for a table: 3 to 255 letters'],
    ['a', { tableName: 'bc' }, 'tableName "bc" is no name that DynamoDB takes for a table; give 3 to 255'],
    ['app', { tableName: 'a/b/c' }, 'tableName "a/b/c" is no name'],
  ])('is refused before any call: application %s, %j', async (name, options, message) => {
    await expect(open(name, options)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(message) as string,
    })
  })

  it('does not matter where the table has another one', async () => {
    await expect(open('a', { tableName: application() })).resolves.toBeDefined()
  })
})

describe('a table that is there', () => {
  it.each([
    ['another key', 'id', {}],
    [
      'a sort key',
      'leaseKey',
      {
        AttributeDefinitions: [
          { AttributeName: 'leaseKey', AttributeType: 'S' },
          { AttributeName: 'at', AttributeType: 'N' },
        ],
        KeySchema: [
          { AttributeName: 'leaseKey', KeyType: 'HASH' },
          { AttributeName: 'at', KeyType: 'RANGE' },
        ],
      },
    ],
    ['a key of numbers', 'leaseKey', { AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'N' }] }],
  ] as const)('of another application (%s) is refused and left alone', async (_, keyName, options) => {
    const name = application()
    await make(name, keyName, options as Partial<CreateTableCommandInput>)
    await expect(open(name)).rejects.toThrow(
      new RegExp(
        `the table ${name} belongs to another application: its key is .*; choose another applicationName or tableName`,
      ),
    )
    expect((await describeTable(name))?.GlobalSecondaryIndexes).toBeUndefined()
  })

  it('with rows of something else says which row it cannot read', async () => {
    const name = application()
    await make(name, 'leaseKey', WITH_INDEX)
    await client.send(new PutItemCommand({ TableName: name, Item: { leaseKey: { S: 'job-7' }, state: { S: 'x' } } }))
    const store = await open(name)
    await expect(store.leases.list()).rejects.toThrow(/row "job-7" without leaseCounter: it belongs to something else/)
  })
})

/** It takes two seconds. */
const LIMIT_MS = 30_000

describe.skipIf(dynamoLocalMissing !== null)('a table of 2.x, in DynamoDB Local', () => {
  let local: DynamoEndpoint
  beforeAll(async () => {
    local = await startDynamoLocal()
  })
  afterAll(() => local.stop())

  it.each([
    ['provisioned', { ReadCapacityUnits: 4, WriteCapacityUnits: 6 }],
    ['paid per request', null],
  ])(
    'gets the index, with the capacity of the table, and keeps its rows: %s',
    { timeout: LIMIT_MS },
    async (_, capacity) => {
      const name = application()
      const own = local.client()
      await own.send(
        new CreateTableCommand({
          TableName: name,
          AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
          ...(capacity === null ? { BillingMode: 'PAY_PER_REQUEST' } : { ProvisionedThroughput: capacity }),
        }),
      )
      const Item = {
        leaseKey: { S: 'shardId-000000000000' },
        leaseOwner: { S: 'java' },
        leaseCounter: { N: '12' },
        ownerSwitchesSinceCheckpoint: { N: '0' },
        checkpoint: { S: 'TRIM_HORIZON' },
        checkpointSubSequenceNumber: { N: '0' },
      }
      await own.send(new PutItemCommand({ TableName: name, Item }))
      // Several workers find the old table at a time.
      const [store] = await Promise.all([1, 2, 3].map(() => open(name, { client: own })))
      const { Table } = await own.send(new DescribeTableCommand({ TableName: name }))
      expect(Table?.GlobalSecondaryIndexes).toMatchObject([
        {
          IndexName: 'LeaseOwnerToLeaseKeyIndex',
          IndexStatus: 'ACTIVE',
          ...(capacity === null ? {} : { ProvisionedThroughput: capacity }),
        },
      ])
      expect(await store?.leases.listByOwner('java')).toEqual(['shardId-000000000000'])
      expect((await own.send(new ScanCommand({ TableName: name }))).Items).toEqual([Item])
    },
  )
})
if (dynamoLocalMissing !== null) console.warn(`tests of the index on old tables are skipped: ${dynamoLocalMissing}`)

describe('waiting for the index', () => {
  /** A service whose index is made in the background. */
  const slow = (clock: SimClock, readyAtMs: number) => ({
    send(command: { readonly constructor: { readonly name: string }; readonly input: { readonly TableName: string } }) {
      if (command.constructor.name !== 'DescribeTableCommand') return Promise.resolve({ Items: [] })
      if (/-(CoordinatorState|WorkerMetricStats)$/.test(command.input.TableName))
        return Promise.reject(Object.assign(new Error('none'), { name: 'ResourceNotFoundException' }))
      const IndexStatus = clock.monotonicMs() >= readyAtMs ? 'ACTIVE' : 'CREATING'
      return Promise.resolve({
        Table: {
          TableStatus: IndexStatus === 'ACTIVE' ? 'ACTIVE' : 'UPDATING',
          KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
          GlobalSecondaryIndexes: [{ IndexName: 'LeaseOwnerToLeaseKeyIndex', IndexStatus }],
        },
      })
    },
    destroy() {},
  })

  it('lasts until it is active, for up to an hour', async () => {
    const clock = new SimClock()
    await clock.until(open('slow', { clock, client: slow(clock, 3_500_000) }), 4_000_000)
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(3_500_000)
    expect(clock.monotonicMs()).toBeLessThanOrEqual(3_510_000)
  })

  it.each([
    ['did not come to be', 'lost'],
    ['was refused for the rate of the service', 'LimitExceededException'],
    ['another worker asked for', 'ResourceInUseException'],
  ])('asks again for one that %s', async (_, outcome) => {
    const clock = new SimClock()
    const table = slow(clock, 25_000)
    const asked: number[] = []
    const client = {
      async send(command: Parameters<typeof table.send>[0]) {
        const { name } = command.constructor
        if (name === 'UpdateTableCommand') {
          asked.push(clock.monotonicMs())
          if (outcome === 'lost' || asked.length > 2) return {}
          throw Object.assign(new Error('not now'), { name: outcome })
        }
        const reply = await table.send(command)
        // Until the third time the table is active without the index.
        if ('Table' in reply && asked.length < 3)
          return { Table: { ...reply.Table, TableStatus: 'ACTIVE', GlobalSecondaryIndexes: [] } }
        return reply
      },
      destroy() {},
    }
    await clock.until(open('lost', { clock, client }), 4_000_000)
    expect(asked).toEqual([0, 10_000, 20_000])
    expect(clock.monotonicMs()).toBe(30_000)
  })

  it('ends with what is wrong', async () => {
    const clock = new SimClock()
    await expect(clock.until(open('slow', { clock, client: slow(clock, Infinity) }), 4_000_000)).rejects.toThrow(
      'the index LeaseOwnerToLeaseKeyIndex of the table slow is CREATING after 3600000 ms',
    )
  })
})

describe('missing permissions', () => {
  /** A client whose role may not do some actions. */
  const denying = (...actions: string[]) => ({
    send(
      command: { readonly constructor: { readonly name: string }; readonly input: { readonly TableName?: string } },
      ...rest: never[]
    ) {
      const action = command.constructor.name.replace('Command', '')
      const { TableName } = command.input
      if (actions.includes(action) || actions.includes(`${action} ${TableName?.replace(/^app-\d+/, '')}`)) {
        const error = Object.assign(new Error(`not authorized to perform: dynamodb:${action}`), {
          name: 'AccessDeniedException',
          $metadata: { httpStatusCode: 400 },
        })
        return Promise.reject(error)
      }
      return client.send(command as never, ...rest)
    },
    destroy() {},
  })

  it('are named all at once', async () => {
    const name = application()
    await expect(open(name, { client: denying('Scan', 'UpdateItem', 'DeleteItem', 'Query') })).rejects.toThrow(
      `the credentials do not allow dynamodb:Scan, dynamodb:UpdateItem, dynamodb:DeleteItem, dynamodb:Query (on index/LeaseOwnerToLeaseKeyIndex) on the table ${name}; add them to the policy of the role`,
    )
    expect(await rows(name)).toEqual([])
  })

  it.each(['CreateTable', 'Query', 'GetItem'])('%s alone is named', async action => {
    const name = application()
    await expect(open(name, { client: denying(action) })).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(new RegExp(`do not allow dynamodb:${action} on the table ${name}.*; add it to`)),
    })
  })

  it('of tags are named beside that of the table which has them', async () => {
    const name = application()
    const settings = { tags: { team: 'data' } }
    await expect(open(name, { client: denying('CreateTable'), settings })).rejects.toThrow(
      `the credentials do not allow dynamodb:CreateTable, dynamodb:TagResource on the table ${name}; add them to`,
    )
  })

  it('of the index on an old table is named', async () => {
    const name = application()
    await make(name, 'leaseKey')
    await expect(open(name, { client: denying('UpdateTable') })).rejects.toThrow(/do not allow dynamodb:UpdateTable/)
  })

  it('to look for legacy tables does not matter to a new application, and does to an old one without a lock', async () => {
    const name = application()
    const blind = denying('DescribeTable -CoordinatorState')
    const store = await open(name, { client: blind })
    await expect(open(name, { client: blind })).rejects.toThrow(
      new RegExp(`DescribeTable on the table ${name}-CoordinatorState`),
    )
    await store.coordinator.create('Leader', 'LEADER', { ownerName: { S: 'A' } })
    await open(name, { client: blind })
  })
})

describe('the layout', () => {
  const legacy = async (status: string | null): Promise<string> => {
    const name = application()
    await make(name, 'leaseKey', WITH_INDEX)
    await make(`${name}-CoordinatorState`, 'key')
    await make(`${name}-WorkerMetricStats`, 'wid')
    if (status !== null)
      await client.send(
        new PutItemCommand({
          TableName: `${name}-CoordinatorState`,
          Item: {
            key: { S: 'TableMigration3.5' },
            tm: { S: `TABLE_MIGRATION_STATUS_${status}` },
            mb: { S: 'java' },
            mts: { N: '1' },
          },
        }),
      )
    return name
  }
  const write = async (name: string, options: object = {}) => {
    const store = await open(name, options)
    await store.workerMetrics.put(METRICS)
    await store.coordinator.create('Leader', 'LEADER', { ownerName: { S: 'A' } })
    const keys = async (table: string, key: string) => (await rows(table)).map(row => row[key]?.S ?? '').sort()
    return {
      store,
      leases: await keys(name, 'leaseKey'),
      metrics: await keys(`${name}-WorkerMetricStats`, 'wid'),
      coordinator: await keys(`${name}-CoordinatorState`, 'key'),
    }
  }

  it.each([null, 'INIT', 'DEPLOYED', 'PENDING'])('stays at three tables while the migration is %s', async status => {
    const { store, leases, metrics, coordinator } = await write(await legacy(status))
    expect(leases).toEqual([])
    expect(metrics).toEqual(['worker-A'])
    expect(coordinator).toEqual(status === null ? ['Leader'] : ['Leader', 'TableMigration3.5'])
    expect(await store.workerMetrics.list()).toEqual([METRICS])
    expect((await store.coordinator.get('Leader'))?.attributes).toEqual({ ownerName: { S: 'A' } })
  })

  it('is one table once the migration is complete', async () => {
    const { leases, metrics, coordinator } = await write(await legacy('COMPLETE'))
    expect(leases).toEqual(['Leader', 'worker-A'])
    expect(metrics).toEqual([])
    expect(coordinator).toEqual(['TableMigration3.5'])
  })

  it('of a worker that migrates keeps the lock in the legacy table, and moves its metrics beside the leases', async () => {
    const name = await legacy('DEPLOYED')
    await write(name)
    const options = { migrateAllEntitiesToLeaseTable: true }
    const { store, leases, metrics, coordinator } = await write(name, options)
    expect(leases).toEqual(['worker-A'])
    expect(metrics).toEqual([])
    expect(coordinator).toEqual(['Leader', 'TableMigration3.5'])
    expect(await store.workerMetrics.list()).toHaveLength(1)
  })

  it('of a worker that migrates shows the metrics of workers that do not yet', async () => {
    const name = await legacy('DEPLOYED')
    await (await open(name)).workerMetrics.put({ ...METRICS, workerId: 'old' })
    const { store } = await write(name, { migrateAllEntitiesToLeaseTable: true })
    expect((await store.workerMetrics.list()).map(row => row.workerId).sort()).toEqual(['old', 'worker-A'])
  })

  it.each([null, 'INIT'])('cannot be migrated while the fleet is not ready (%s)', async status => {
    await expect(open(await legacy(status), { migrateAllEntitiesToLeaseTable: true })).rejects.toThrow(
      /the fleet is not ready for it \(TableMigration3\.5 is (INIT|not there)\); run every worker with false until it is DEPLOYED/,
    )
  })

  it('has rows of workers without entityType in tables of their own, and with it in the shared one', async () => {
    const old = await legacy(null)
    await write(old)
    expect((await rows(`${old}-WorkerMetricStats`))[0]).not.toHaveProperty('entityType')
    const name = application()
    await (await open(name)).workerMetrics.put(METRICS)
    expect((await rows(name))[0]).toMatchObject({ entityType: { S: 'WORKER_METRIC_STATS' } })
  })
})

describe('the types of a row', () => {
  it('are those of KCL 3.x', async () => {
    const name = application()
    const { leases } = await open(name)
    const lease = newLease({
      leaseKey: '123456789012:clicks:1700000000:shardId-000000000003',
      checkpoint: TRIM_HORIZON,
      parentShardIds: ['shardId-000000000001', 'shardId-000000000000'],
      hashKeyRange: { startingHashKey: 0n, endingHashKey: 2n ** 128n - 1n },
      streamIdentifier: '123456789012:clicks:1700000000',
      shardId: 'shardId-000000000003',
    })
    await leases.create(lease)
    const taken = written(await leases.take(lease, 'A'))
    const renewed = written(await leases.renew(taken, { throughputKBps: 2 / 3, handingOff: false }))
    const saved = written(
      await leases.checkpoint(
        { ...renewed, childShardIds: ['shardId-000000000005', 'shardId-000000000004'] },
        {
          checkpoint: extendedSequenceNumber('49590338271490256608559692538361571095921575989136588898', 3),
          pendingCheckpoint: extendedSequenceNumber('49590338271490256608559692538361571095921575989136588899', 1),
          pendingCheckpointState: Uint8Array.of(1, 2),
          ownerSwitchesSinceCheckpoint: 0,
        },
      ),
    )
    await leases.startHandOff(saved, 'B')
    const { Item = {} } = await client.send(
      new GetItemCommand({ TableName: name, Key: { leaseKey: { S: lease.leaseKey } }, ConsistentRead: true }),
    )
    expect({
      ...Item,
      parentShardId: { SS: Item['parentShardId']?.SS?.toSorted() },
      childShardIds: { SS: Item['childShardIds']?.SS?.toSorted() },
    }).toEqual({
      leaseKey: { S: lease.leaseKey },
      entityType: { S: 'LEASE' },
      leaseOwner: { S: 'B' },
      checkpointOwner: { S: 'A' },
      leaseCounter: { N: '3' },
      ownerSwitchesSinceCheckpoint: { N: '0' },
      checkpoint: { S: '49590338271490256608559692538361571095921575989136588898' },
      checkpointSubSequenceNumber: { N: '3' },
      parentShardId: { SS: ['shardId-000000000000', 'shardId-000000000001'] },
      pendingCheckpoint: { S: '49590338271490256608559692538361571095921575989136588899' },
      pendingCheckpointSubSequenceNumber: { N: '1' },
      pendingCheckpointState: { B: Uint8Array.of(1, 2) },
      childShardIds: { SS: ['shardId-000000000004', 'shardId-000000000005'] },
      startingHashKey: { S: '0' },
      endingHashKey: { S: '340282366920938463463374607431768211455' },
      throughputKBps: { N: '0.666667' },
      streamName: { S: '123456789012:clicks:1700000000' },
      shardId: { S: 'shardId-000000000003' },
    })
  })

  it('of worker metrics are those of KCL 3.x', async () => {
    const name = application()
    await (await open(name)).workerMetrics.put({ ...METRICS, properties: { zone: 'a' } })
    expect(await rows(name)).toEqual([
      {
        leaseKey: { S: 'worker-A' },
        entityType: { S: 'WORKER_METRIC_STATS' },
        lut: { N: '1700000000' },
        sts: { M: { C: { L: [{ N: '12.5' }, { N: '13' }] } } },
        opr: { M: { C: { L: [{ N: '80' }] } } },
        properties: { M: { zone: { S: 'a' } } },
        sup: { N: '1' },
        slu: { N: '1700000000' },
      },
    ])
  })
})

it.each([
  [undefined, 10],
  [0, 1],
  [214_748_364, 1],
  [214_748_366, 2],
  [1_073_741_824, 5],
  [1e12, 32],
])('a table of %s bytes is scanned in %d segments', (sizeBytes, segments) => {
  expect(segmentsOf(sizeBytes)).toBe(segments)
})
