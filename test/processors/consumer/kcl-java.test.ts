/**
 * Amazon's own KCL 3.5 for Java beside ours: one table, one embedded stream, records in KPL aggregates. Skipped where there is no
 * Java compiler or jars were not fetched (test/oracles/kcl-java, test/oracles/dynamodb-local).
 */
import { type AttributeValue, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeEnv } from '../../../core/index.ts'
import { Producer, streamTarget } from '../../../producers/index.ts'
import { evenHashRanges, type LocalStream } from '../../../streams/index.ts'
import { disorder } from './fleet/judges.ts'
import { keyDisorder, missed, repeatsOfSaved, textOf } from './judges.ts'
import { KclWorld, kclMissing } from './kcl/kcl-world.ts'

if (kclMissing !== null) console.log(`skipped: no worker of the KCL for Java runs beside ours, for ${kclMissing}`)

const TEST_MS = 300_000
const SHARDS = 4
const SETTINGS = {
  failoverTimeMillis: 5_000,
  leaseAssignmentIntervalMillis: 1_000,
  leaseAssignmentStrategy: 'LEASE_COUNT_BASED',
  workerMetricsReporterFreqInMillis: 2_000,
  idleTimeBetweenReadsInMillis: 300,
  parentShardPollIntervalMillis: 500,
} as const
const shardName = (i: number): string => `shardId-${String(i).padStart(12, '0')}`

/** Types of attributes by kind of row, as KCL 3.5 reads and writes them. */
const LEASE = {
  leaseKey: 'S',
  leaseOwner: 'S',
  leaseCounter: 'N',
  ownerSwitchesSinceCheckpoint: 'N',
  checkpoint: 'S',
  checkpointSubSequenceNumber: 'N',
  parentShardId: 'SS',
  childShardIds: 'SS',
  startingHashKey: 'S',
  endingHashKey: 'S',
  throughputKBps: 'N',
  checkpointOwner: 'S',
  entityType: 'S',
}
const ROWS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  LEASE,
  WORKER_METRIC_STATS: { leaseKey: 'S', entityType: 'S', lut: 'N', sts: 'M', opr: 'M', sup: 'N', slu: 'N' },
  LEADER: {
    leaseKey: 'S',
    entityType: 'S',
    ownerName: 'S',
    leaseDuration: 'S',
    recordVersionNumber: 'S',
    isReleased: 'S',
  },
  CLIENT_VERSION_MIGRATION: { leaseKey: 'S', entityType: 'S', cv: 'S', mb: 'S', mts: 'N', h: 'L' },
}

const WHOLE = Object.keys(LEASE)
  .filter(name => !/^(parent|child|checkpointOwner)/.test(name))
  .sort()
  .join()

type Row = Readonly<Record<string, AttributeValue>>

describe.skipIf(kclMissing !== null)('workers of the KCL for Java beside ours', () => {
  let world: KclWorld
  let clicks: LocalStream

  beforeAll(async () => {
    world = await KclWorld.start()
    clicks = await world.streams.create('clicks', { shards: SHARDS })
    world.load(clicks)
    // It waits for half a minute before it makes its first leases; others go on meanwhile.
    world.joinJava({
      application: 'java-first',
      worker: 'java-first.java',
      streams: ['clicks'],
      settings: { ...SETTINGS, leaseAssignmentStrategy: 'WORKER_UTILIZATION_AWARE', disableWorkerMetrics: true },
    })
  }, TEST_MS)
  afterAll(() => world.close(), TEST_MS)

  async function rows(table: string): Promise<readonly Row[]> {
    const { Items = [] } = await world.client.send(new ScanCommand({ TableName: table, ConsistentRead: true }))
    return Items
  }
  /** Attributes that are of no type that the KCL knows there. */
  const foreign = (all: readonly Row[]): string[] =>
    all.flatMap(row => {
      const known = ROWS[row['entityType']?.S ?? 'LEASE'] ?? {}
      return Object.entries(row)
        .filter(([name, value]) => known[name] !== Object.keys(value)[0])
        .map(([name, value]) => `${row['leaseKey']?.S} ${name} ${JSON.stringify(value)}`)
    })
  /** Leases that are neither born of a reshard nor under way to another have these attributes, whoever made them. */
  const isWhole = (all: readonly Row[]): boolean => {
    const leases = all.filter(row => row['entityType']?.S === 'LEASE').map(row => Object.keys(row))
    const plain = leases.filter(names => !names.some(name => /^(parent|child|checkpointOwner)/.test(name)))
    return plain.length > 0 && plain.every(names => names.sort().join() === WHOLE)
  }
  const got = (worker: string, shard = ''): boolean =>
    world.lines(worker).some(line => line.what === 'got' && line.shard.includes(shard))
  const owns = (application: string, worker: string, count: number) => async () =>
    (await world.owners(application)).get(worker) === count
  const leader = async (table: string): Promise<string | undefined> => {
    const row = (await rows(table)).find(({ leaseKey }) => leaseKey?.S === 'Leader')
    return row?.['isReleased'] === undefined ? row?.['ownerName']?.S : undefined
  }

  test(
    'leases move both ways while shards split and merge under load: nothing is missed, and order is kept',
    async () => {
      const join = { application: 'both', streams: ['clicks'], settings: SETTINGS }
      await world.joinOurs({ ...join, worker: 'both.ours-1' })
      await world.until('records of ours', () => got('both.ours-1'))
      world.joinJava({ ...join, worker: 'both.java', settings: { ...SETTINGS, metrics: 'cpu' } })
      await world.until('half of the leases at Java', owns('both', 'both.java', SHARDS / 2))
      await world.until('records of Java', () => got('both.java'))
      expect(await leader('both')).toBe('both.ours-1')
      expect(foreign(await rows('both'))).toEqual([])
      await world.until('whole rows of ours', async () => isWhole(await rows('both')))

      const first = evenHashRanges(SHARDS)[0]
      if (first === undefined) throw new Error('a stream has a shard')
      await clicks.split(shardName(0), (first.startingHashKey + first.endingHashKey) / 2n)
      await clicks.merge(shardName(2), shardName(3))
      const children = [SHARDS, SHARDS + 1, SHARDS + 2].map(shardName)
      await world.until('records of every child', () => children.every(shard => got('both.', shard)))
      expect(
        new Set(
          world
            .lines('both.')
            .filter(line => line.rest[0] === 'SHARD_END')
            .map(line => line.shard),
        ).size,
      ).toBe(3)

      await world.shutdownOurs('both.ours-1')
      await world.until('every lease at Java', owns('both', 'both.java', SHARDS))
      await world.until('Java at the head', async () => (await leader('both')) === 'both.java')

      await world.joinOurs({ ...join, worker: 'both.ours-2' })
      await world.until('half of the leases at ours again', owns('both', 'both.ours-2', SHARDS / 2))
      await world.until('records of the second one of ours', () => got('both.ours-2'))
      expect(await leader('both')).toBe('both.java')
      expect(foreign(await rows('both'))).toEqual([])

      await world.shutdownJava('both.java')
      await world.until('every lease at ours', owns('both', 'both.ours-2', SHARDS))
      await world.until('ours at the head', async () => (await leader('both')) === 'both.ours-2')
    },
    TEST_MS,
  )

  test(
    'a checkpoint in the middle of an aggregate is gone on from by the other, in both directions',
    async () => {
      const stream = await world.streams.create('aggregates', { shards: 1 })
      const producer = new Producer({
        target: streamTarget(stream),
        env: nodeEnv,
        configuration: { RecordMaxBufferedTime: 1_000 },
      })
      const texts = Array.from({ length: 10 }, (_, i) => `r${i}`)
      const put = (text: string) => producer.put({ data: Buffer.from(text), partitionKey: text })
      // The producer knows the shards from the first one on; the others are one record.
      await put('r0')
      await Promise.all(texts.slice(1).map(put))
      await producer.close()
      const join = { application: 'middle', streams: ['aggregates'], settings: SETTINGS }
      const saved = (worker: string) => world.lines(worker).find(line => line.what === 'saved')?.rest
      await world.joinOurs({ ...join, worker: 'middle.ours-1', until: 'r3' })
      await world.until('a checkpoint of ours', () => saved('middle.ours-1') !== undefined)
      await world.shutdownOurs('middle.ours-1')
      world.joinJava({ ...join, worker: 'middle.java', until: 'r6' })
      await world.until('a checkpoint of Java', () => saved('middle.java') !== undefined)
      await world.shutdownJava('middle.java')
      await world.joinOurs({ ...join, worker: 'middle.ours-2' })
      await world.until('the rest', () => world.lines('middle.ours-2').some(line => textOf(line) === 'r9'))
      await world.shutdownOurs('middle.ours-2')

      const lines = world.lines('middle.').filter(line => line.what === 'got')
      expect(new Set(lines.map(line => line.rest[0])).size).toBe(2)
      expect(lines.map(line => `${line.worker} ${textOf(line)} ${line.rest[1]} ${line.rest[2]}`)).toEqual([
        'middle.ours-1 r0 0 false',
        ...texts.slice(1).map((text, i) => `middle.${i < 3 ? 'ours-1' : i < 6 ? 'java' : 'ours-2'} ${text} ${i} true`),
      ])
      expect([saved('middle.ours-1')?.[1], saved('middle.java')?.[1]]).toEqual(['2', '5'])
    },
    TEST_MS,
  )

  test(
    'ours joins a fleet that Java began, gets its share by load, and takes over when Java dies',
    async () => {
      await world.until('records of Java', () => got('java-first.java'))
      await world.joinOurs({
        application: 'java-first',
        worker: 'java-first.ours',
        streams: ['clicks'],
        settings: { ...SETTINGS, leaseAssignmentStrategy: 'WORKER_UTILIZATION_AWARE', disableWorkerMetrics: true },
      })
      await world.until('a lease at ours', () => got('java-first.ours'))
      expect(await leader('java-first')).toBe('java-first.java')
      expect(foreign(await rows('java-first'))).toEqual([])
      await world.until('whole rows of Java', async () => isWhole(await rows('java-first')))

      await world.killJava()
      const wanted = await world.stopPutting()
      await world.until(
        'every lease at ours',
        async () => [...(await world.owners('java-first')).keys()].join() === 'java-first.ours',
      )
      for (const application of ['both.', 'java-first.'])
        await world.until(`every record of ${application}`, () => missed(world.lines(application), wanted).length === 0)
      for (const application of ['both.', 'java-first.']) {
        const lines = world.lines(application)
        expect(disorder(lines)).toEqual([])
        expect(keyDisorder(lines)).toEqual([])
        expect(repeatsOfSaved(lines)).toEqual([])
        expect(lines.some(line => line.what === 'got' && line.worker.includes('java') && line.rest[2] === 'true')).toBe(
          true,
        )
      }
      expect(world.failures).toEqual([])
      expect(wanted.length).toBeGreaterThan(1_000)
    },
    TEST_MS,
  )
})
