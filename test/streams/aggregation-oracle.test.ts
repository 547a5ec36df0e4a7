/** Aggregates judged by AWS's own package for Node, aws-kinesis-agg, both ways. Skipped where test/oracles is not installed. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type AggregateItem, decodeAggregate, encodeAggregate, MARK_TAG } from '../../streams/aggregation.ts'
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts'

const ORACLES = join(import.meta.dirname, '../oracles')
const isThere = existsSync(join(ORACLES, 'node_modules/aws-kinesis-agg'))
if (!isThere)
  console.log('skipped: aws-kinesis-agg is not asked, for it is not installed; run: cd test/oracles && npm ci')

interface TheirRecord {
  readonly partitionKey: string
  readonly explicitPartitionKey?: string
  readonly subSequenceNumber: number
  readonly data: string
}

interface Theirs {
  deaggregateSync(
    record: { data: string; partitionKey: string; sequenceNumber: string },
    computeChecksums: boolean,
    done: (error: Error | undefined, records: TheirRecord[]) => void,
  ): void
  readonly RecordAggregator: new () => {
    addUserRecord(record: { partitionKey: string; data: Buffer }): void
    build(): { readonly data: Buffer }
  }
}

const KEYS = ['visitor-1', 'visitor-2', 'клиент', '訪問者', 'é', 'a'.repeat(256), '😀']

/**
 * @param hashKeys whether every user record has an explicit hash key, or none. The package cannot tell one that has none from one
 *   whose index is 0 (its protobuf reader gives 0 for what is absent), and its encoder mixes them up
 */
function randomItems(random: SeededRandom, hashKeys: boolean): AggregateItem[] {
  return Array.from({ length: 1 + random.below(60) }, () => {
    const data = random.bytes(random.below(5) === 0 ? 1 : 1 + random.below(400))
    const partitionKey = random.pick(KEYS)
    const explicitHashKey = hashKeys ? String(BigInt(random.below(1_000_000)) ** 5n) : undefined
    const tags = random.below(4) === 0 ? [{ key: MARK_TAG, value: 'p.1.2' }] : undefined
    return { data, partitionKey, explicitHashKey, tags }
  })
}

describe.runIf(isThere)('aws-kinesis-agg', () => {
  const theirs = isThere ? (createRequire(join(ORACLES, 'package.json'))('aws-kinesis-agg') as Theirs) : null

  test('reads what we pack: keys, hash keys, data and order; tags do not disturb it', () => {
    const random = seededRandom(5)
    for (let round = 0; round < 300; round++) {
      const items = randomItems(random, round % 2 === 0)
      const data = Buffer.from(encodeAggregate(items)).toString('base64')
      let read: TheirRecord[] = []
      theirs?.deaggregateSync({ data, partitionKey: 'a', sequenceNumber: '1' }, true, (error, records) => {
        if (error !== undefined && error !== null) throw error
        read = records
      })
      expect(
        read.map(({ partitionKey, explicitPartitionKey, data: bytes }) => [partitionKey, explicitPartitionKey, bytes]),
      ).toEqual(items.map(item => [item.partitionKey, item.explicitHashKey, Buffer.from(item.data).toString('base64')]))
    }
  })

  test('packs what we read: keys, data and order', () => {
    const random = seededRandom(6)
    for (let round = 0; round < 300 && theirs !== null; round++) {
      const items = randomItems(random, false)
      const aggregator = new theirs.RecordAggregator()
      for (const { partitionKey, data } of items) aggregator.addUserRecord({ partitionKey, data: Buffer.from(data) })
      const aggregate = decodeAggregate(aggregator.build().data)
      expect(aggregate?.length).toBe(items.length)
      items.forEach((item, i) => {
        const offset = aggregate?.offsets[i] ?? 0
        expect(aggregate?.partitionKey(i)).toBe(item.partitionKey)
        expect(aggregate?.explicitHashKey(i)).toBeNull()
        expect(Buffer.from(aggregate?.bytes.subarray(offset, offset + (aggregate.sizes[i] ?? 0)) ?? [])).toEqual(
          Buffer.from(item.data),
        )
      })
    }
  })
})
