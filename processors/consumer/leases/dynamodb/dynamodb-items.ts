/** Rows in a DynamoDB table. Every write is an UpdateItem, so that attributes of other programs stay. */
import { errorName, MillraceError } from '../../../../core/index.ts'
import { type Item, type ItemChange, type ItemCondition, type ItemOutcome, type ItemTable, textIn } from '../item.ts'
import type { DynamoClient } from './dynamodb-client.ts'
import { dynamoError } from './dynamodb-error.ts'
import { conditionInput, updateInput } from './expression.ts'

/** KCL 3.x: index of leases by owner. */
export const OWNER_INDEX = 'LeaseOwnerToLeaseKeyIndex'
/** KCL: segments of a scan when the size of the table is unknown, and at most. */
const SEGMENTS_UNKNOWN = 10
const SEGMENTS_MAX = 32
/** KCL: one segment for so many bytes of table. */
const BYTES_PER_SEGMENT = 0.2 * 1_073_741_824
/** KCL: the number of segments is good for two hours. */
const SEGMENTS_LIFE_MS = 2 * 3_600_000
/** Rows that one scan may bring; a table of more is no lease table. */
const ROWS_MAX = 1_000_000

export interface DynamoItemsOptions {
  readonly tableName: string
  readonly keyName: string
  /** true when leases, worker metrics and coordinator rows lie in this table together */
  readonly isShared: boolean
  /** scans that see every write; default false, as in the KCL. Reads of one row always do */
  readonly consistentReads?: boolean | undefined
  /** KCL: leaseTableScanTotalSegments; 0, the default: by the size of the table */
  readonly scanSegments?: number | undefined
}

export class DynamoItems implements ItemTable {
  readonly keyName: string
  readonly tableName: string
  readonly isShared: boolean
  readonly #client: DynamoClient
  readonly #consistentReads: boolean
  readonly #segmentsWanted: number
  #segments: { readonly count: number; readonly until: number } | null = null

  constructor(client: DynamoClient, options: DynamoItemsOptions) {
    this.#client = client
    this.tableName = options.tableName
    this.keyName = options.keyName
    this.isShared = options.isShared
    this.#consistentReads = options.consistentReads ?? false
    this.#segmentsWanted = options.scanSegments ?? 0
  }

  async get(key: string): Promise<Item | null> {
    const reply = await this.#client.call<{ readonly Item?: Item }>('GetItem', {
      TableName: this.tableName,
      Key: this.#key(key),
      ConsistentRead: true,
    })
    return reply.Item ?? null
  }

  async change(change: ItemChange): Promise<ItemOutcome> {
    try {
      const reply = await this.#client.callRaw<{ readonly Attributes?: Item }>('UpdateItem', {
        TableName: this.tableName,
        Key: this.#key(change.key),
        ...updateInput(change),
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
      return { done: true, item: reply.Attributes ?? null }
    } catch (error) {
      if (errorName(error) !== 'ConditionalCheckFailedException') throw dynamoError(error, 'UpdateItem', this.tableName)
      // Some endpoints do not give the row back; where it was missing, DynamoDB itself has none to give.
      return { done: false, item: (error as { readonly Item?: Item }).Item ?? (await this.get(change.key)) }
    }
  }

  async delete(key: string, conditions: readonly ItemCondition[]): Promise<void> {
    try {
      await this.#client.callRaw('DeleteItem', {
        TableName: this.tableName,
        Key: this.#key(key),
        ...conditionInput(conditions),
      })
    } catch (error) {
      if (errorName(error) !== 'ConditionalCheckFailedException') throw dynamoError(error, 'DeleteItem', this.tableName)
    }
  }

  async scan(): Promise<readonly Item[]> {
    const total = await this.#segmentCount()
    const segments = await Promise.all(Array.from({ length: total }, (_, segment) => this.#scanSegment(segment, total)))
    return segments.flat()
  }

  async keysByOwner(owner: string): Promise<readonly string[]> {
    const items = await this.#pages('Query', {
      IndexName: OWNER_INDEX,
      KeyConditionExpression: '#o = :o',
      ExpressionAttributeNames: { '#o': 'leaseOwner' },
      ExpressionAttributeValues: { ':o': { S: owner } },
    })
    return items.map(item => textIn(item, this.keyName)).filter(key => key !== null)
  }

  #scanSegment(Segment: number, TotalSegments: number): Promise<readonly Item[]> {
    const parallel = TotalSegments === 1 ? {} : { Segment, TotalSegments }
    return this.#pages('Scan', { ...parallel, ConsistentRead: this.#consistentReads })
  }

  async #pages(action: 'Scan' | 'Query', input: Readonly<Record<string, unknown>>): Promise<readonly Item[]> {
    const items: Item[] = []
    let from: Item | undefined
    do {
      const reply: { readonly Items?: readonly Item[]; readonly LastEvaluatedKey?: Item } = await this.#client.call(
        action,
        {
          TableName: this.tableName,
          ...input,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        },
      )
      for (const item of reply.Items ?? []) items.push(item)
      if (items.length > ROWS_MAX)
        throw new MillraceError(
          'limit_exceeded',
          `the lease table ${this.tableName} has more than ${ROWS_MAX} rows; is it the right one?`,
        )
      from = reply.LastEvaluatedKey
    } while (from !== undefined)
    return items
  }

  async #segmentCount(): Promise<number> {
    if (this.#segmentsWanted > 0) return this.#segmentsWanted
    const now = this.#client.clock.monotonicMs()
    if (this.#segments === null || now > this.#segments.until) {
      const { Table } = await this.#client.call<{ readonly Table?: { readonly TableSizeBytes?: number } }>(
        'DescribeTable',
        {
          TableName: this.tableName,
        },
      )
      this.#segments = { count: segmentsOf(Table?.TableSizeBytes), until: now + SEGMENTS_LIFE_MS }
    }
    return this.#segments.count
  }

  #key(key: string): Item {
    return { [this.keyName]: { S: key } }
  }
}

/** Segments for a parallel scan of a table. */
export function segmentsOf(sizeBytes: number | undefined): number {
  if (sizeBytes === undefined) return SEGMENTS_UNKNOWN
  return Math.max(1, Math.min(SEGMENTS_MAX, Math.ceil(sizeBytes / BYTES_PER_SEGMENT)))
}
