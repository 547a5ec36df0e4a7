import { expect, it } from 'vitest'
import { positionAt, type RecordBatch, RecordBatchBuilder, recordBytes } from '../../core/record.ts'

const recordOf = (n: number) => ({
  data: Buffer.from(`data ${n}`),
  arrivedAt: n,
  rowtime: n + 0.5,
  partitionKey: `key ${n}`,
  shardId: `shard ${n % 3}`,
  sequenceNumber: `seq ${n}`,
  subsequenceNumber: n,
})

function built(numbers: readonly number[]): RecordBatch {
  const builder = new RecordBatchBuilder()
  for (const n of numbers) builder.add(recordOf(n))
  return builder.take()
}

function expectRecords(batch: RecordBatch, numbers: readonly number[]): void {
  expect(batch.length).toBe(numbers.length)
  // Backwards, so that the source of each is looked for.
  for (let i = numbers.length - 1; i >= 0; i--) {
    const { data, arrivedAt, rowtime, partitionKey, ...position } = recordOf(numbers[i]!)
    expect(positionAt(batch, i)).toEqual(position)
    expect(batch.partitionKey(i)).toBe(partitionKey)
    expect([batch.arrivedAt[i], batch.rowtimes[i]]).toEqual([arrivedAt, rowtime])
    expect(Buffer.from(recordBytes(batch, i)).toString()).toBe(data.toString())
  }
}

it('records added one by one and in runs of other batches keep their places, keys and bytes', () => {
  const builder = new RecordBatchBuilder()
  builder.add(recordOf(1))
  builder.add(recordOf(2))
  builder.addRun(built([10, 11, 12, 13]), 1, 3)
  builder.add(recordOf(3))
  builder.addRun(built([20]), 0, 1)
  builder.addRun(built([30, 31]), 0, 2)
  builder.add(recordOf(4))
  builder.add(recordOf(5))
  expectRecords(builder.take(), [1, 2, 11, 12, 3, 20, 30, 31, 4, 5])
})

it('a batch that was taken keeps its records when the builder goes on', () => {
  const builder = new RecordBatchBuilder()
  builder.add(recordOf(1))
  const first = builder.take()
  builder.add(recordOf(2))
  builder.add(recordOf(3))
  const second = builder.take()
  expectRecords(first, [1])
  expectRecords(second, [2, 3])
  expect(() => first.sequenceNumber(1)).toThrow('a record index lies within its batch')
})
