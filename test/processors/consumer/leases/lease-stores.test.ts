/** The case list over every lease store. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe } from 'vitest'
import { nodeEnv } from '../../../../core/index.ts'
import { openDynamoLeaseStore } from '../../../../processors/consumer/leases/dynamodb/dynamodb-lease-store.ts'
import { FileItems } from '../../../../processors/consumer/leases/file-items.ts'
import { fileLeaseStore } from '../../../../processors/consumer/leases/file-lease-store.ts'
import type { Item, ItemTable } from '../../../../processors/consumer/leases/item.ts'
import { MemoryItems, memoryLeaseStore } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import {
  type DynamoEndpoint,
  dynamoLocalMissing,
  quickPolls,
  startDynalite,
  startDynamoLocal,
} from '../../../support/dynamodb.ts'
import { leaseStoreCases, type StoreUnderTest } from './lease-table.cases.ts'

const rawAccess = (items: ItemTable): Pick<StoreUnderTest, 'raw' | 'poke'> => ({
  raw: key => items.get(key),
  poke: async (key, set) => {
    await items.change({ key, conditions: [], set, add: {}, remove: [] })
  },
})

leaseStoreCases('memory', () => {
  const items = new MemoryItems()
  return Promise.resolve({
    store: memoryLeaseStore(items),
    other: memoryLeaseStore(items),
    ...rawAccess(items),
    close: () => Promise.resolve(),
  })
})

leaseStoreCases('a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-leases-'))
  return Promise.resolve({
    store: fileLeaseStore(nodeEnv, directory, 'A'),
    other: fileLeaseStore(nodeEnv, directory, 'B'),
    ...rawAccess(new FileItems(nodeEnv, directory, 'test')),
    close() {
      rmSync(directory, { recursive: true })
      return Promise.resolve()
    },
  })
})

describe('DynamoDB', () => {
  const stops: DynamoEndpoint[] = []
  const started = new Map<string, Promise<DynamoEndpoint>>()
  let tables = 0
  const start = (name: string): Promise<DynamoEndpoint> => {
    const endpoint = started.get(name) ?? (name === 'dynalite' ? startDynalite() : startDynamoLocal())
    started.set(name, endpoint)
    return endpoint
  }

  const open = async (name: string): Promise<StoreUnderTest> => {
    const server = await start(name)
    const client = server.client()
    const applicationName = `cases-${tables++}`
    const options = { clock: quickPolls, client, applicationName, consistentReads: true }
    const Key = (key: string): Record<string, { S: string }> => ({ leaseKey: { S: key } })
    return {
      store: await openDynamoLeaseStore(options),
      other: await openDynamoLeaseStore({ ...options, scanSegments: 3 }),
      // a plain client, as anybody has it
      async raw(key) {
        const { Item } = await client.send(
          new GetItemCommand({ TableName: applicationName, Key: Key(key), ConsistentRead: true }),
        )
        return (Item as Item | undefined) ?? null
      },
      async poke(key, attributes) {
        const entries = Object.entries(attributes)
        await client.send(
          new UpdateItemCommand({
            TableName: applicationName,
            Key: Key(key),
            UpdateExpression: `SET ${entries.map((_, i) => `#n${i} = :v${i}`).join(', ')}`,
            ExpressionAttributeNames: Object.fromEntries(entries.map(([attribute], i) => [`#n${i}`, attribute])),
            ExpressionAttributeValues: Object.fromEntries(entries.map(([, value], i) => [`:v${i}`, value])) as never,
          }),
        )
      },
      close: () => Promise.resolve(),
    }
  }

  beforeAll(async () => {
    stops.push(await start('dynalite'))
    if (dynamoLocalMissing === null) stops.push(await start('local'))
  })
  afterAll(async () => {
    for (const server of stops) await server.stop()
  })

  leaseStoreCases('dynalite', () => open('dynalite'))
  if (dynamoLocalMissing === null) leaseStoreCases('DynamoDB Local', () => open('local'))
  else {
    console.warn(`the cases over DynamoDB Local are skipped: ${dynamoLocalMissing}`)
    describe.skip(`the lease store in DynamoDB Local (${dynamoLocalMissing})`, () =>
      leaseStoreCases('nothing', () => open('local')))
  }
})
