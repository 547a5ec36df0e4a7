/**
 * Makes the tables that a consumer needs, or finds out that they are there and fit. A table that has another key belongs to another
 * application and is left alone. Source: KCL 3.x, `DynamoDBLeaseRefresher`; limits of its waiting included.
 */
import { errorName, isDenied, MillraceError } from '../../../../core/index.ts'
import type { DynamoClient } from './dynamodb-client.ts'
import { deniedError, dynamoError } from './dynamodb-error.ts'
import { OWNER_INDEX } from './dynamodb-items.ts'

/** KCL: the index is asked for each 10 s, for an hour at most. */
const INDEX_POLL_MS = 10_000
const INDEX_WAIT_MS_MAX = 3_600_000
/** KCL: a new table is asked for each second, for ten minutes at most. */
const TABLE_POLL_MS = 1_000
const TABLE_WAIT_MS_MAX = 600_000
/** KCL: initialLeaseTableReadCapacity, initialLeaseTableWriteCapacity */
const CAPACITY_DEFAULT = 10

/** How a table is made. None of this changes a table that is there. */
export interface TableSettings {
  /** default `PAY_PER_REQUEST` */
  readonly billingMode?: 'PAY_PER_REQUEST' | 'PROVISIONED' | undefined
  /** of provisioned tables; default 10 */
  readonly readCapacity?: number | undefined
  readonly writeCapacity?: number | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** KCL: leaseTableDeletionProtectionEnabled; default false */
  readonly deletionProtection?: boolean | undefined
  /** KCL: leaseTablePitrEnabled; default false */
  readonly pointInTimeRecovery?: boolean | undefined
}

interface TableDescription {
  readonly TableStatus?: string
  readonly KeySchema?: readonly { readonly AttributeName?: string; readonly KeyType?: string }[]
  readonly AttributeDefinitions?: readonly { readonly AttributeName?: string; readonly AttributeType?: string }[]
  readonly BillingModeSummary?: { readonly BillingMode?: string }
  readonly ProvisionedThroughput?: { readonly ReadCapacityUnits?: number; readonly WriteCapacityUnits?: number }
  readonly GlobalSecondaryIndexes?: readonly { readonly IndexName?: string; readonly IndexStatus?: string }[]
}

/** A table with one text key; null when it is not there. */
export async function describeTable(client: DynamoClient, tableName: string): Promise<TableDescription | null> {
  try {
    const { Table } = await client.callRaw<{ readonly Table?: TableDescription }>('DescribeTable', {
      TableName: tableName,
    })
    return Table ?? null
  } catch (error) {
    if (errorName(error) === 'ResourceNotFoundException') return null
    throw dynamoError(error, 'DescribeTable', tableName)
  }
}

/**
 * The lease table with its index, ready for use.
 * @throws MillraceError `config` when a table of that name belongs to something else, or for missing permissions; `internal`
 *   when the service takes longer than it may
 */
export async function setUpLeaseTable(client: DynamoClient, tableName: string, settings: TableSettings): Promise<void> {
  const found = await describeTable(client, tableName)
  if (found === null) {
    await createLeaseTable(client, tableName, settings)
    await untilActive(client, tableName)
    if (settings.pointInTimeRecovery === true)
      await client.call('UpdateContinuousBackups', {
        TableName: tableName,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      })
  } else {
    refuseForeign(found, tableName, 'leaseKey')
    await untilActive(client, tableName)
  }
  await untilIndexActive(client, tableName)
}

/** @throws MillraceError `config` unless the table's key is one text attribute of that name */
export function refuseForeign(table: TableDescription, tableName: string, keyName: string): void {
  const keys = (table.KeySchema ?? []).map(key => `${key.AttributeName} (${key.KeyType})`)
  const type = table.AttributeDefinitions?.find(definition => definition.AttributeName === keyName)?.AttributeType
  if (keys.length === 1 && keys[0] === `${keyName} (HASH)` && type === 'S') return
  throw new MillraceError(
    'config',
    `the table ${tableName} belongs to another application: its key is ${keys.join(', ')}, not the text ${keyName}; choose another applicationName or tableName`,
  )
}

async function createLeaseTable(client: DynamoClient, tableName: string, settings: TableSettings): Promise<void> {
  const provisioned =
    settings.billingMode === 'PROVISIONED'
      ? {
          ProvisionedThroughput: {
            ReadCapacityUnits: settings.readCapacity ?? CAPACITY_DEFAULT,
            WriteCapacityUnits: settings.writeCapacity ?? CAPACITY_DEFAULT,
          },
        }
      : null
  const tags = Object.entries(settings.tags ?? {})
  try {
    await client.callRaw('CreateTable', {
      TableName: tableName,
      BillingMode: provisioned === null ? 'PAY_PER_REQUEST' : 'PROVISIONED',
      ...provisioned,
      AttributeDefinitions: ATTRIBUTES,
      KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [{ ...INDEX, ...provisioned }],
      ...(settings.deletionProtection === true ? { DeletionProtectionEnabled: true } : {}),
      ...(tags.length === 0 ? {} : { Tags: tags.map(([Key, Value]) => ({ Key, Value })) }),
    })
  } catch (error) {
    // Another worker of the fleet was quicker.
    if (errorName(error) === 'ResourceInUseException') return
    // Either of the two may be the one that is missing (DynamoDB developer guide, "Tagging resources").
    if (tags.length > 0 && isDenied(error)) throw deniedError(['CreateTable', 'TagResource'], tableName, error)
    throw dynamoError(error, 'CreateTable', tableName)
  }
}

const ATTRIBUTES = [
  { AttributeName: 'leaseKey', AttributeType: 'S' },
  { AttributeName: 'leaseOwner', AttributeType: 'S' },
]
const INDEX = {
  IndexName: OWNER_INDEX,
  KeySchema: [
    { AttributeName: 'leaseOwner', KeyType: 'HASH' },
    { AttributeName: 'leaseKey', KeyType: 'RANGE' },
  ],
  Projection: { ProjectionType: 'KEYS_ONLY' },
}

/**
 * Tables of 2.x have no index. A provisioned one gets the capacity of its table. What becomes of it is told by the table alone:
 * another worker of the fleet may have been quicker, or the service may be busy with other indexes.
 */
async function addIndex(client: DynamoClient, tableName: string, table: TableDescription): Promise<void> {
  const { ReadCapacityUnits = 0, WriteCapacityUnits = 0 } = table.ProvisionedThroughput ?? {}
  const isProvisioned = table.BillingModeSummary?.BillingMode !== 'PAY_PER_REQUEST' && ReadCapacityUnits > 0
  const capacity = isProvisioned ? { ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits } } : {}
  try {
    await client.callRaw('UpdateTable', {
      TableName: tableName,
      AttributeDefinitions: ATTRIBUTES,
      GlobalSecondaryIndexUpdates: [{ Create: { ...INDEX, ...capacity } }],
    })
  } catch (error) {
    const failure = dynamoError(error, 'UpdateTable', tableName)
    if (failure.retry === 'backoff') return
    // That is also what the service says of an index that is there by now.
    const now = errorName(error) === 'ValidationException' ? await describeTable(client, tableName) : null
    if (now === null || indexOf(now) === undefined) throw failure
  }
}

async function untilActive(client: DynamoClient, tableName: string): Promise<void> {
  const { clock } = client
  for (const until = clock.monotonicMs() + TABLE_WAIT_MS_MAX; ; await clock.sleep(TABLE_POLL_MS)) {
    const status = (await describeTable(client, tableName))?.TableStatus
    // A table that is being updated takes reads and writes.
    if (status === 'ACTIVE' || status === 'UPDATING') return
    if (clock.monotonicMs() >= until)
      throw slow(`the table ${tableName} is ${status ?? 'not there'} after ${TABLE_WAIT_MS_MAX} ms`)
  }
}

/** An index that is not there is asked for, and again where it did not come to be: nobody else would make it. */
async function untilIndexActive(client: DynamoClient, tableName: string): Promise<void> {
  const { clock } = client
  for (const until = clock.monotonicMs() + INDEX_WAIT_MS_MAX; ; await clock.sleep(INDEX_POLL_MS)) {
    const table = await describeTable(client, tableName)
    const status = table === null ? undefined : indexOf(table)?.IndexStatus
    if (status === 'ACTIVE') return
    if (clock.monotonicMs() >= until)
      throw slow(
        `the index ${OWNER_INDEX} of the table ${tableName} is ${status ?? 'not there'} after ${INDEX_WAIT_MS_MAX} ms`,
      )
    // While the table is being updated, the index may be what it is about.
    if (table?.TableStatus === 'ACTIVE' && status === undefined) await addIndex(client, tableName, table)
  }
}

function indexOf(table: TableDescription) {
  return table.GlobalSecondaryIndexes?.find(index => index.IndexName === OWNER_INDEX)
}

function slow(what: string): MillraceError {
  return new MillraceError('internal', `${what}; look at it in the console of DynamoDB, then start again`, {
    retry: 'backoff',
  })
}
