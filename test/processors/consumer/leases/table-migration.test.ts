/**
 * A fleet of three tables goes to one, and back where it may. Rows are moved in transactions, which DynamoDB Local has; what goes
 * without them is tried on dynalite too.
 */
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDynamoLeaseStore } from '../../../../processors/consumer/leases/dynamodb/dynamodb-lease-store.ts'
import { LeaderLock } from '../../../../processors/consumer/leases/leader-lock.ts'
import type { LeaseStore, WorkerMetrics } from '../../../../processors/consumer/leases/lease-table.ts'
import {
  type DynamoEndpoint,
  dynamoLocalMissing,
  quickPolls,
  startDynalite,
  startDynamoLocal,
} from '../../../support/dynamodb.ts'
import { seededRandom } from '../../../support/seeded-random.ts'

const HOUR_MS = 3_600_000
const REPORT_MS = 30_000

/** A fleet whose time is the test's. */
class Fleet {
  readonly name: string
  readonly client: DynamoDBClient
  nowMs = 1_700_000_000_000
  #workers = 0

  constructor(name: string, client: DynamoDBClient) {
    this.name = name
    this.client = client
  }

  async make(): Promise<void> {
    for (const [suffix, key] of [
      ['', 'leaseKey'],
      ['-CoordinatorState', 'key'],
      ['-WorkerMetricStats', 'wid'],
    ] as const) {
      const TableName = this.name + suffix
      const owner = suffix === '' ? [{ AttributeName: 'leaseOwner', AttributeType: 'S' as const }] : []
      await this.client.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }, ...owner],
          KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
          ...(suffix === ''
            ? {
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
            : {}),
        }),
      )
      const isActive = async (): Promise<boolean> =>
        (await this.client.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus === 'ACTIVE'
      while (!(await isActive())) await quickPolls.sleep(1)
    }
  }

  async worker(migrates: boolean, bakeSeconds = 3_600): Promise<Worker> {
    const clock = { ...quickPolls, now: () => this.nowMs, monotonicMs: () => this.nowMs }
    const store = await openDynamoLeaseStore({
      clock,
      client: this.client,
      applicationName: this.name,
      consistentReads: true,
      migrateAllEntitiesToLeaseTable: migrates,
      tableMigrationCompleteBakeTimeSeconds: bakeSeconds,
    })
    return new Worker(this, `worker-${++this.#workers}`, store, clock)
  }

  async rows(suffix: string, key: string): Promise<string[]> {
    const { Items = [] } = await this.client.send(
      new ScanCommand({ TableName: this.name + suffix, ConsistentRead: true }),
    )
    return Items.map(item => item[key]?.S ?? '').sort()
  }

  async migrationRow(suffix = '-CoordinatorState', key = 'key') {
    const { Item } = await this.client.send(
      new GetItemCommand({
        TableName: this.name + suffix,
        Key: { [key]: { S: 'TableMigration3.5' } },
        ConsistentRead: true,
      }),
    )
    return Item
  }

  async status(): Promise<string | null> {
    return (await this.migrationRow())?.['tm']?.S?.replace('TABLE_MIGRATION_STATUS_', '') ?? null
  }

  async put(key: string, attributes: Record<string, { S: string }>): Promise<void> {
    await this.client.send(
      new PutItemCommand({ TableName: `${this.name}-CoordinatorState`, Item: { key: { S: key }, ...attributes } }),
    )
  }
}

class Worker {
  readonly fleet: Fleet
  readonly id: string
  readonly store: LeaseStore
  readonly lock: LeaderLock

  constructor(fleet: Fleet, id: string, store: LeaseStore, clock: typeof quickPolls) {
    this.fleet = fleet
    this.id = id
    this.store = store
    this.lock = new LeaderLock({
      table: store.coordinator,
      clock,
      random: seededRandom(id.length),
      workerId: id,
      durationMs: 10_000,
      heartbeatMs: 2_500,
    })
  }

  report(supportCode: number | null = 1): Promise<void> {
    const seconds = Math.floor(this.fleet.nowMs / 1_000)
    const row: WorkerMetrics = {
      workerId: this.id,
      lastUpdatedAtSeconds: seconds,
      values: {},
      operatingRange: {},
      properties: {},
      supportCode,
      supportCodeUpdatedAtSeconds: supportCode === null ? null : seconds,
    }
    return this.store.workerMetrics.put(row)
  }

  /** One step as the leader; the owners of leases are this worker and those given. */
  async step(...others: readonly Worker[]): Promise<string | null> {
    const owners = new Set([this, ...others].map(({ id }) => id))
    await this.store.migration?.step({ workerId: this.id, owners, reportMs: REPORT_MS })
    return this.fleet.status()
  }
}

const servers = [
  ['dynalite', startDynalite, null],
  ['DynamoDB Local', startDynamoLocal, dynamoLocalMissing],
] as const

describe.each(servers)('on %s', (server, start, missing) => {
  let endpoint: DynamoEndpoint | null = null
  beforeAll(async () => {
    if (missing === null) endpoint = await start()
  })
  afterAll(() => endpoint?.stop())
  let fleets = 0
  const newFleet = async (): Promise<Fleet> => {
    if (endpoint === null) throw new Error('not started')
    const fleet = new Fleet(`moving-${++fleets}`, endpoint.client())
    await fleet.make()
    return fleet
  }

  describe.skipIf(missing !== null)('a fleet', () => {
    it('is ready when every worker has reported for an hour that it can, and not before', async () => {
      const fleet = await newFleet()
      const [a, b] = [await fleet.worker(false), await fleet.worker(false)]
      await a.report()
      // b owns a lease and has not reported: it may be of KCL 3.4.
      expect(await a.step(b)).toBe(null)
      await b.report(null)
      expect(await a.step(b)).toBe(null)
      await b.report()
      expect(await a.step(b)).toBe('INIT')
      expect(await fleet.migrationRow()).toEqual({
        key: { S: 'TableMigration3.5' },
        tm: { S: 'TABLE_MIGRATION_STATUS_INIT' },
        mb: { S: 'worker-1' },
        mts: { N: String(fleet.nowMs) },
      })
      fleet.nowMs += HOUR_MS - 1
      await Promise.all([a.report(), b.report()])
      expect(await a.step(b)).toBe('INIT')
      // One that cannot comes, and the hour begins anew.
      await b.report(null)
      fleet.nowMs += 4 * REPORT_MS
      await Promise.all([a.report(), b.report(null)])
      expect(await a.step(b)).toBe(null)
      await b.report()
      expect(await a.step(b)).toBe('INIT')
      fleet.nowMs += HOUR_MS
      await Promise.all([a.report(), b.report()])
      expect(await a.step(b)).toBe('DEPLOYED')
      expect(await a.step(b)).toBe('DEPLOYED')
      const row = await fleet.migrationRow()
      expect(row?.['h']?.L?.map(({ M }) => M?.['tm']?.S)).toEqual(['TABLE_MIGRATION_STATUS_INIT'])
    })

    it('works while some of its workers are told to migrate and some are not', async () => {
      const fleet = await newFleet()
      await fleet.put('TableMigration3.5', { tm: { S: 'TABLE_MIGRATION_STATUS_DEPLOYED' } })
      const [old, young] = [await fleet.worker(false), await fleet.worker(true)]
      await Promise.all([old.report(), young.report()])
      for (const { store } of [old, young])
        expect((await store.workerMetrics.list()).map(({ workerId }) => workerId).sort()).toEqual([
          'worker-1',
          'worker-2',
        ])
      // The leader that migrates waits for the other.
      expect(await young.lock.leads()).toBe(true)
      expect(await old.lock.leads()).toBe(false)
      expect(await young.step(old)).toBe('DEPLOYED')
      expect(await fleet.rows('-CoordinatorState', 'key')).toEqual(['Leader', 'TableMigration3.5'])
    })
  })

  describe.skipIf(missing !== null || server === 'dynalite')('a fleet, with transactions,', () => {
    it('moves its rows, waits, and is complete: one lock, one table', async () => {
      const fleet = await newFleet()
      await fleet.put('TableMigration3.5', { tm: { S: 'TABLE_MIGRATION_STATUS_DEPLOYED' } })
      await fleet.put('Migration3.0', { cv: { S: 'CLIENT_VERSION_3X' }, mb: { S: 'java' } })
      // More than one transaction takes.
      for (let i = 0; i < 30; i++) await fleet.put(`stream-${i}`, { streamId: { S: `id ${i}` } })
      const [a, b] = [await fleet.worker(true), await fleet.worker(true)]
      await Promise.all([a.report(), b.report()])
      expect([await a.lock.leads(), await b.lock.leads()]).toEqual([true, false])
      // Only the leader moves anything.
      expect(await b.step(a)).toBe('DEPLOYED')
      expect(await fleet.rows('-CoordinatorState', 'key')).toHaveLength(33)

      expect(await a.step(b)).toBe('PENDING')
      expect(await fleet.rows('-CoordinatorState', 'key')).toEqual(['Leader', 'TableMigration3.5'])
      expect(await fleet.rows('', 'leaseKey')).toHaveLength(33)
      expect(await b.store.coordinator.get('Migration3.0')).toEqual({
        key: 'Migration3.0',
        entityType: 'CLIENT_VERSION_MIGRATION',
        attributes: { cv: { S: 'CLIENT_VERSION_3X' }, mb: { S: 'java' } },
      })
      expect((await b.store.coordinator.get('stream-7'))?.entityType).toBe('STREAM')
      // Rows are not made twice, and change where they are now.
      expect(await b.store.coordinator.create('Migration3.0', 'CLIENT_VERSION_MIGRATION', {})).toBe(false)
      expect(await b.store.coordinator.update('Migration3.0', { mb: { S: 'b' } }, { mb: { S: 'java' } })).toBe(true)
      expect(await a.store.leases.list()).toEqual([])

      fleet.nowMs += HOUR_MS - 1
      await Promise.all([a.report(), b.report()])
      expect([await a.lock.leads(), await b.lock.leads()]).toEqual([true, false])
      expect(await a.step(b)).toBe('PENDING')
      fleet.nowMs += 1
      expect(await a.step(b)).toBe('COMPLETE')
      const end = { tm: { S: 'TABLE_MIGRATION_STATUS_COMPLETE' }, mb: { S: 'worker-1' } }
      expect(await fleet.migrationRow('', 'leaseKey')).toMatchObject({ ...end, entityType: { S: 'TABLE_MIGRATION' } })
      expect(await fleet.migrationRow()).toMatchObject(end)

      // The old lock has expired, and b has not heard of the end: what it takes there is no lead.
      fleet.nowMs += 20_000
      expect(await b.lock.leads()).toBe(false)
      expect(await a.lock.leads()).toBe(true)
      expect(await b.lock.leads()).toBe(false)
      expect(await fleet.rows('', 'leaseKey')).toContain('Leader')
      // A worker that starts knows one table, whatever it is told.
      const late = await fleet.worker(false)
      await late.report()
      expect(await fleet.rows('-WorkerMetricStats', 'wid')).toEqual([])
      expect((await late.store.workerMetrics.list()).map(({ workerId }) => workerId)).toContain('worker-3')
    })

    it('goes back when a row comes to lie in the old table, or when it is told to', async () => {
      const fleet = await newFleet()
      await fleet.put('TableMigration3.5', { tm: { S: 'TABLE_MIGRATION_STATUS_DEPLOYED' } })
      const a = await fleet.worker(true)
      await a.report()
      await a.lock.leads()
      expect(await a.step()).toBe('PENDING')
      await fleet.put('Migration3.0', { cv: { S: 'CLIENT_VERSION_3X' } })
      expect(await a.step()).toBe('DEPLOYED')
      expect(await a.step()).toBe('PENDING')
      expect(await fleet.rows('', 'leaseKey')).toEqual(['Migration3.0', 'worker-1'])
      // The same worker, told otherwise: its rows stay where they can be read.
      const back = await fleet.worker(false)
      await back.report()
      expect(await back.step()).toBe('DEPLOYED')
      expect((await back.store.coordinator.get('Migration3.0'))?.attributes['cv']).toEqual({ S: 'CLIENT_VERSION_3X' })
      const history = (await fleet.migrationRow())?.['h']?.L?.map(({ M }) => M?.['tm']?.S?.split('_').at(-1))
      expect(history).toEqual(['PENDING', 'DEPLOYED', 'PENDING', 'DEPLOYED'])
    })

    it('does not move a row that it does not know, and says which', async () => {
      const fleet = await newFleet()
      await fleet.put('TableMigration3.5', { tm: { S: 'TABLE_MIGRATION_STATUS_DEPLOYED' } })
      await fleet.put('of somebody', { note: { S: 'x' } })
      const a = await fleet.worker(true)
      await a.report()
      await a.lock.leads()
      await expect(a.step()).rejects.toThrow(
        /the row "of somebody" of the table moving-\d+-CoordinatorState is nothing/,
      )
      expect(await fleet.rows('-CoordinatorState', 'key')).toContain('of somebody')
    })
  })
})
if (dynamoLocalMissing !== null) console.warn(`moving tables is tried on dynalite only: ${dynamoLocalMissing}`)
