/** Journals of open objects: what they keep in memory, what comes back of them, and where they leave nothing behind. */
import { describe, expect, it } from 'vitest'
import type { StreamRecord } from '../../../sinks/pipeline/record.ts'
import { StreamFailure, TurnsOfWork } from '../../../sinks/pipeline/turns-of-work.ts'
import { ObjectFrames, type OpenedObject, readSegment } from '../../../sinks/staged/segment.ts'
import { STAGED_AGE_MAX_MS, Staging } from '../../../sinks/staged/staging.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { type OpenStore, putWhole, type StoredObject } from '../../../sinks/stores/store.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { SimClock } from '../../support/sim-clock.ts'

const OPENED: OpenedObject = { id: '1.1', kind: 'data', group: 'a', context: null, openedAt: 5 }

function record(n: number, data: Uint8Array): StreamRecord {
  const source = { shardId: 's', partitionKey: 'ü', sequenceNumber: String(n), subsequenceNumber: 0 }
  return {
    recordId: String(n),
    number: n,
    data,
    rawData: data,
    arrivedAt: 7 + n,
    source: n % 2 === 0 ? source : null,
    lambdaKeys: {},
  }
}

describe('frames', () => {
  it('hold copies, so that no batch stays in memory for a record of it, and come back as they were', () => {
    const random = seededRandom(4)
    const [frames, batch] = [new ObjectFrames(), random.bytes(200_000)]
    const sizes = [0, 1, 70_000, 100, 65_536, 900]
    const records = sizes.map((size, n) => record(n, batch.subarray(n, n + size)))
    const kept = records.map(({ data }) => Buffer.from(data).toString('hex'))
    for (const one of records) frames.add(one)
    const { sizeBytes } = frames
    batch.fill(0)
    const pieces = frames.take(OPENED)
    expect(pieces.every(({ buffer }) => buffer !== batch.buffer)).toBe(true)
    expect(frames.sizeBytes).toBe(0)
    const [object, ...others] = readSegment('s', Buffer.concat(pieces))
    expect(others).toEqual([])
    expect(object?.opened).toEqual(OPENED)
    expect(object?.records.map(({ data }) => Buffer.from(data).toString('hex'))).toEqual(kept)
    expect(
      object?.records.map(({ recordId, arrivedAt, number, source }) => [recordId, arrivedAt, number, source]),
    ).toEqual(records.map(({ recordId, arrivedAt, number, source }) => [recordId, arrivedAt, number, source]))
    // What counts for the limit of a journal is what is in memory.
    expect(sizeBytes).toBeGreaterThan(sizes.reduce((sum, size) => sum + size, 0))
  })
})

/** Counts reads; everything in it is as old as it is told. */
class OldStore extends MemoryStore {
  reads = 0
  ageMs = 0
  readonly #clock: SimClock

  constructor(clock: SimClock) {
    super()
    this.#clock = clock
  }

  override read(key: string): AsyncIterable<Uint8Array> {
    this.reads++
    return super.read(key)
  }

  override async *list(prefix: string): AsyncIterable<StoredObject> {
    for await (const one of super.list(prefix)) yield { ...one, modifiedAt: this.#clock.now() - this.ageMs }
  }
}

function staging(clock: SimClock, stores: Readonly<Record<string, OpenStore>>): Staging {
  return new Staging(
    { incarnation: 'i', task: 't' },
    {
      clock,
      random: seededRandom(2),
      streamName: 'clicks',
      bucketArn: 'lake',
      bucketArns: Object.keys(stores),
      store: bucketArn => stores[bucketArn] as OpenStore,
      retrying: operation => operation(),
    },
  )
}

const NOTHING = { taken: null, dropped: [], openRecords: 0 }

describe('a restore', () => {
  it('reads one segment after the other, and keeps no journal of what is in them', async () => {
    const clock = new SimClock()
    const lake = new OldStore(clock)
    const first = staging(clock, { lake })
    const id = first.open(OPENED)
    for (let n = 0; n < 3; n++) {
      first.add(id, record(n, Buffer.from(`row ${n}`)))
      await first.keep()
    }
    const { carried } = await first.cut(1, () => NOTHING)
    expect(carried).toHaveLength(3)
    const second = staging(clock, { lake })
    const texts: string[] = []
    for await (const { opened, records } of second.restore(1, carried)) {
      expect(lake.reads).toBe(texts.length + 1)
      const again = second.open(opened, opened.id)
      for (const one of records) {
        second.add(again, one)
        texts.push(Buffer.from(one.data).toString())
      }
      expect(second.journalBytes).toBe(0)
    }
    second.restored()
    expect(texts).toEqual(['row 0', 'row 1', 'row 2'])
    second.add(id, record(3, Buffer.from('row 3')))
    expect(second.journalBytes).toBeGreaterThan(0)
    expect((await second.cut(2, () => NOTHING)).carried).toHaveLength(4)
  })

  it('sweeps the bucket of the copies as well', async () => {
    const clock = new SimClock()
    const [lake, raw] = [new OldStore(clock), new OldStore(clock)]
    const one = staging(clock, { lake, raw })
    for (const store of [lake, raw]) {
      await putWhole(store, '_staged/i/t/clicks/0000000001.aa.part', Buffer.from('x'))
      await putWhole(store, '_staged/i/other/clicks/0000000001.aa.part', Buffer.from('x'))
    }
    await one.sweep()
    expect([lake.objects.size, raw.objects.size]).toEqual([2, 2])
    lake.ageMs = raw.ageMs = STAGED_AGE_MAX_MS + 1
    await one.sweep()
    for (const { objects } of [lake, raw])
      expect([...objects.keys()]).toEqual(['_staged/i/other/clicks/0000000001.aa.part'])
  })
})

it('a failure is kept as it was though what it ends fails too', async () => {
  const failure = new StreamFailure()
  let ended = 0
  failure.onFailure(() => Promise.reject(new Error('cannot be removed')))
  failure.onFailure(() => void ended++)
  const turns = new TurnsOfWork(failure)
  await expect(turns.run(() => Promise.reject(new Error('the first')))).rejects.toThrow('the first')
  await expect(turns.run(async () => {})).rejects.toThrow('the first')
  await failure.keep(new Error('another'))
  expect(() => failure.check()).toThrow('the first')
  expect(ended).toBe(1)
})
