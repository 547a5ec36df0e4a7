/** What has left the producer's lists is freed, though their arrays are cut only now and then. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { MEBIBYTE } from '../../core/index.ts'
import { Admission } from '../../producers/admission.ts'
import { HashedKey } from '../../producers/hashed-key.ts'
import { OutstandingList } from '../../producers/outstanding-list.ts'
import { PendingRecord } from '../../producers/pending.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const key = new HashedKey('k', false)

/** How many still live; weak references hold their targets until the end of a turn. */
async function living(references: readonly WeakRef<object>[]): Promise<number> {
  await new Promise(resolve => setImmediate(resolve))
  collect()
  return references.filter(reference => reference.deref() !== undefined).length
}

function pending(order: number, sizeBytes: number): PendingRecord {
  return new PendingRecord(key, new Uint8Array(8), sizeBytes, order, 0, 0, () => {})
}

test('records that settled behind one that has not are kept up to 4 MiB, not to a number', async () => {
  const list = new OutstandingList()
  const head = pending(0, MEBIBYTE)
  list.add(head)
  const references: WeakRef<object>[] = []
  for (let order = 1; order <= 200; order++) {
    const record = pending(order, MEBIBYTE)
    references.push(new WeakRef(record.data))
    list.add(record)
    record.stage = 'settled'
    list.settled(record.sizeBytes)
  }
  expect(await living(references)).toBeLessThanOrEqual(4)
  expect([...list]).toEqual([head])
  expect(list.first).toBe(head)
  head.stage = 'settled'
  list.settled(head.sizeBytes)
  expect(list.first).toBeNull()
  expect(list.size).toBe(0)
})

test('records that settled in order count for nothing: their places are not looked through for each', () => {
  const list = new OutstandingList()
  const records = Array.from({ length: 1_000 }, (_, order) => pending(order, MEBIBYTE))
  for (const record of records) list.add(record)
  let looks = 0
  const last = records[999]
  if (last === undefined) throw new Error('there are a thousand')
  Object.defineProperty(last, 'settled', { get: () => (looks++, false) })
  for (const record of records.slice(0, 400)) {
    record.stage = 'settled'
    list.settled(record.sizeBytes)
  }
  expect(looks).toBe(0)
  expect(list.first).toBe(records[400])
})

test('a record that was let in from the line is not kept by its place there', async () => {
  const admission = new Admission<{ sizeBytes: number; settled: boolean; data: Uint8Array }>({
    recordsMax: 1_000,
    bytesMax: 1_000,
  })
  const references: WeakRef<object>[] = []
  for (let i = 0; i < 1_500; i++) {
    const item = { sizeBytes: 1, settled: false, data: new Uint8Array(8) }
    if (i >= 1_000) references.push(new WeakRef(item.data))
    expect(admission.enter(item)).toBe(i < 1_000 ? 'in' : 'line')
  }
  for (let i = 0; i < 400; i++) {
    admission.leave(1, 1)
    expect(admission.admit()).toBeDefined()
  }
  expect(await living(references)).toBe(100)
  expect(admission.waitingRecords).toBe(100)
})
