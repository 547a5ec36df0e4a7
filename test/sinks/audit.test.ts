/** Audits: deliveries that were whole, and each way in which one can be not. */
import { describe, expect, it } from 'vitest'
import { auditDelivery } from '../../sinks/audit.ts'
import { errorObjectsIn } from '../../sinks/dlq/error-records.ts'
import { manifestBytes, readManifest } from '../../sinks/manifest-object.ts'
import { DeliveryStream } from '../../sinks/pipeline/delivery-stream.ts'
import type { DeliveryStreamOptions } from '../../sinks/pipeline/stream-options.ts'
import { MemoryStore } from '../../sinks/stores/memory.ts'
import { putWhole, readWhole } from '../../sinks/stores/store.ts'
import { seededRandom } from '../support/memory-env.ts'
import { SimClock } from '../support/sim-clock.ts'
import { extendedS3, type Json } from './support/definitions.ts'

const START = Date.UTC(2026, 10, 22, 23, 58)
const PARTITIONED = {
  Prefix: 'rows/!{partitionKeyFromLambda:kind}/',
  ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
  DynamicPartitioningConfiguration: { Enabled: true },
  ProcessingConfiguration: {
    Enabled: true,
    Processors: [
      {
        Type: 'Lambda',
        Parameters: [
          { ParameterName: 'LambdaArn', ParameterValue: 'arn:aws:lambda:eu-west-1:123456789012:function:f' },
          { ParameterName: 'NumberOfRetries', ParameterValue: '0' },
        ],
      },
    ],
  },
}

function stream(
  store: MemoryStore,
  seed: number,
  options: Partial<DeliveryStreamOptions> = {},
  members: Json = PARTITIONED,
) {
  return new DeliveryStream(
    { definition: extendedS3(members) as DeliveryStreamOptions['definition'], manifests: true, ...options },
    {
      clock: new SimClock(START),
      random: seededRandom(seed),
      store: () => store,
      transform: async ({ records }) => ({
        records: records.map(({ recordId, data }) => {
          const n = Number(Buffer.from(data, 'base64').toString())
          const result =
            n % 10 === 9 ? ('Dropped' as const) : n % 10 === 8 ? ('ProcessingFailed' as const) : ('Ok' as const)
          return { recordId, result, data, metadata: { partitionKeys: { kind: String(n % 3) } } }
        }),
      }),
    },
  )
}

const record = (n: number) => ({
  data: Buffer.from(String(n)),
  arrivedAt: START + n,
  source: { shardId: `shardId-${n % 2}`, partitionKey: 'p', sequenceNumber: String(100 + n), subsequenceNumber: 0 },
})

async function write(delivery: DeliveryStream, from: number, to: number): Promise<void> {
  await delivery.write(Array.from({ length: to - from }, (_, i) => record(from + i)))
}

/** Two manifests, then a close. */
async function delivered(store = new MemoryStore(), seed = 1): Promise<MemoryStore> {
  const delivery = stream(store, seed)
  await write(delivery, 0, 40)
  await delivery.flush()
  await write(delivery, 40, 60)
  await delivery.close()
  return store
}

const rows = (store: MemoryStore): readonly string[] =>
  [...store.objects.keys()].filter(key => key.startsWith('rows/')).sort()
const manifests = (store: MemoryStore): readonly string[] =>
  [...store.objects.keys()].filter(key => key.startsWith('_manifests/')).sort()

async function replace(store: MemoryStore, key: string, bytes: Uint8Array): Promise<void> {
  await store.remove(key)
  await putWhole(store, key, bytes)
}

describe('an audit', () => {
  it('proves a partitioned delivery whose transform dropped and failed records', async () => {
    const store = await delivered()
    const report = await auditDelivery(store)
    expect(report).toMatchObject({ proven: true, manifests: 2, objects: 8, records: 54, findings: [] })
    await putWhole(store, '_other/object', Buffer.from('not ours'))
    expect((await auditDelivery(store)).proven).toBe(true)
  })

  it('names an object that is gone, one that differs, and one that nobody delivered', async () => {
    const store = await delivered()
    const [gone = '', sized = '', changed = ''] = rows(store)
    const bytes = new Uint8Array(await readWhole(store, changed))
    bytes[0] = (bytes[0] ?? 0) ^ 1
    await store.remove(gone)
    await replace(store, sized, Buffer.from('x'))
    await replace(store, changed, bytes)
    await putWhole(store, 'rows/0/stranger', Buffer.from('x'))
    const report = await auditDelivery(store)
    expect(report.proven).toBe(false)
    expect(report.counts).toMatchObject({ missing: 1, altered: 2, extra: 1, gap: 0, overlap: 0, manifest: 0 })
    expect(report.findings.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`^object ${gone}: it is gone, with \\d+ records$`)),
        expect.stringContaining(`object ${sized}: it has 1 bytes and had`),
        expect.stringContaining(`object ${changed}: its bytes are not those that were delivered`),
        'object rows/0/stranger: 1 bytes that no manifest knows',
      ]),
    )
    // Sizes alone do not show a changed byte.
    expect((await auditDelivery(store, { digests: false })).counts).toMatchObject({ missing: 1, altered: 1, extra: 1 })
  })

  it('finds what is gone outside of its prefix, without reading objects too', async () => {
    const store = await delivered()
    const [gone = ''] = rows(store)
    await store.remove(gone)
    for (const digests of [false, true]) {
      const report = await auditDelivery(store, { prefix: 'errors/', digests })
      expect([report.proven, report.counts.missing, report.counts.altered]).toEqual([false, 1, 0])
    }
  })

  it('looks at objects below a prefix that begins with _ like at others', async () => {
    const store = new MemoryStore()
    const members = { ...PARTITIONED, ErrorOutputPrefix: '_errors/!{firehose:error-output-type}/' }
    const delivery = stream(store, 1, {}, members)
    await write(delivery, 0, 40)
    await delivery.close()
    expect((await auditDelivery(store)).proven).toBe(true)
    expect(await errorObjectsIn(store, '')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^_errors\/processing-failed\//)]),
    )
    await putWhole(store, '_errors/stranger', Buffer.from('x'))
    expect((await auditDelivery(store)).counts.extra).toBe(1)
  })

  it('of one stream leaves alone the objects of another whose name begins like it', async () => {
    const store = await delivered()
    const [name = ''] = rows(store).map(key => key.slice(key.lastIndexOf('/') + 1))
    await putWhole(store, `rows/0/${name.replace('clicks-', 'clicks-eu-')}`, Buffer.from('x'))
    await putWhole(store, `rows/0/${name.replace('clicks-', 'clicks-2-')}`, Buffer.from('x'))
    expect((await auditDelivery(store, { stream: 'clicks' })).proven).toBe(true)
    await putWhole(store, `rows/1/${name.replace(/[0-9a-f]{12}$/, '0'.repeat(12))}`, Buffer.from('x'))
    expect((await auditDelivery(store, { stream: 'clicks' })).counts.extra).toBe(1)
  })

  it('names a manifest that is gone, cut off or altered, and the records of which nothing tells then', async () => {
    const store = await delivered()
    const [first = '', second = ''] = manifests(store)
    const bytes = await readWhole(store, first)
    await store.remove(first)
    const without = await auditDelivery(store)
    expect(without.findings[0]).toEqual({ kind: 'manifest', text: `manifest ${first}: it is gone` })
    expect(without.counts.extra).toBe(4)
    await putWhole(store, first, bytes.subarray(0, bytes.length - 5))
    expect((await auditDelivery(store)).findings[0]?.text).toBe(`manifest ${first}: it is cut off`)
    await replace(store, first, Buffer.from(Buffer.from(bytes).toString().replace('"rows":', '"rows":1')))
    expect((await auditDelivery(store)).findings[0]?.text).toBe(`manifest ${first}: its receipts were altered`)
    await replace(store, first, bytes)
    await store.remove(second)
    // The last manifest of a run can be missed by nothing but its objects.
    expect((await auditDelivery(store)).counts.extra).toBe(4)
  })

  it('names records that are in no object, and records that are in two', async () => {
    const store = await delivered()
    const [first = ''] = manifests(store)
    const manifest = readManifest(first, await readWhole(store, first))
    const shrunk = manifest.receipts.map((receipt, i) =>
      i === 0 ? { ...receipt, numbers: [[0, 0]] as const } : receipt,
    )
    await replace(store, first, manifestBytes({ ...manifest, receipts: shrunk }))
    const gaps = await auditDelivery(store)
    expect(gaps.counts.gap).toBeGreaterThan(0)
    expect(gaps.findings.find(({ kind }) => kind === 'gap')?.text).toMatch(
      /records number \d+ (to \d+ )?are in no object/,
    )
    const twice = manifest.receipts.map((receipt, i) =>
      i === 0 ? { ...receipt, numbers: [[0, 39]] as const } : receipt,
    )
    await replace(store, first, manifestBytes({ ...manifest, receipts: twice }))
    expect((await auditDelivery(store)).findings.find(({ kind }) => kind === 'overlap')?.text).toMatch(
      /records number \d+ (to \d+ )?are in rows.* and in /,
    )
  })

  it('names places that two runs delivered, as after a crash without a checkpoint', async () => {
    const store = await delivered()
    const again = stream(store, 2)
    await write(again, 50, 70)
    await again.close()
    const { findings, counts } = await auditDelivery(store)
    expect(counts).toMatchObject({ overlap: 2, gap: 0, missing: 0, extra: 0 })
    expect(findings[0]?.text).toMatch(
      /^stream clicks, shard shardId-\d: run .* and run .* both delivered from 15\d to 15\d$/,
    )
    const beside = await delivered()
    const next = stream(beside, 2)
    await write(next, 60, 70)
    await next.close()
    expect((await auditDelivery(beside)).proven).toBe(true)
  })

  it('proves the rounds of a staged stream, carried records included, and misses a round that is gone', async () => {
    const store = new MemoryStore()
    const staged = stream(store, 1, { staging: { incarnation: 'i', task: 't' } })
    for (const round of [1, 2, 3, 4]) {
      await write(staged, round * 20, round * 20 + 20)
      if (round === 3) await staged.flush()
      const { parts } = await staged.stage(round)
      await staged.publish(parts)
      const report = await auditDelivery(store)
      expect(report).toMatchObject({ proven: true, manifests: round })
      expect(report.counts.open).toBe(round === 3 ? 0 : 1)
    }
    const third = manifests(store)[2] ?? ''
    await store.remove(third)
    const { findings, proven } = await auditDelivery(store)
    expect(proven).toBe(false)
    expect(findings.map(({ text }) => text)).toContain(`manifest ${third}: it is gone`)
  })

  it('tells objects of too many ranges by their count alone', async () => {
    const store = new MemoryStore()
    const members = { ...PARTITIONED, ProcessingConfiguration: PARTITIONED.ProcessingConfiguration }
    const delivery = stream(store, 1, {}, members)
    // Three partitions in turn: each has a range for each of its records.
    for (let at = 0; at < 4_000; at += 500) await write(delivery, at, at + 500)
    await delivery.close()
    const report = await auditDelivery(store)
    expect(report.proven).toBe(true)
    const receipts = readManifest('m', await readWhole(store, manifests(store)[0] ?? '')).receipts
    expect(receipts.filter(({ numbers }) => numbers === null).length).toBeGreaterThan(0)
  })

  it('refuses a place without manifests', async () => {
    await expect(auditDelivery(new MemoryStore())).rejects.toThrow('there are no manifests below _manifests/')
  })
})
