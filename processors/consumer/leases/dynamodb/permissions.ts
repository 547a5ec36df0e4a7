/**
 * Which permissions are missing: every action is tried in a way that changes nothing, so that one error names all of them
 * instead of one after the other while records wait.
 */
import { errorName, isDenied } from '../../../../core/index.ts'
import type { DynamoAction, DynamoClient } from './dynamodb-client.ts'
import { deniedError } from './dynamodb-error.ts'
import { OWNER_INDEX } from './dynamodb-items.ts'

/** A key that no lease, worker or coordinator row has. */
const NO_KEY = 'millrace/permissions'

/** @throws MillraceError `config` that names each missing action */
export async function checkPermissions(
  client: DynamoClient,
  tableName: string,
  keyName: string,
  indexed: boolean,
): Promise<void> {
  const Key = { [keyName]: { S: NO_KEY } }
  const never = { ConditionExpression: 'attribute_exists(#k)', ExpressionAttributeNames: { '#k': keyName } }
  const trials: readonly (readonly [DynamoAction, Readonly<Record<string, unknown>>])[] = [
    ['Scan', { Limit: 1 }],
    ['GetItem', { Key }],
    [
      'UpdateItem',
      {
        Key,
        UpdateExpression: 'SET #a = :a',
        ConditionExpression: never.ConditionExpression,
        ExpressionAttributeNames: { ...never.ExpressionAttributeNames, '#a': 'attempt' },
        ExpressionAttributeValues: { ':a': { N: '0' } },
      },
    ],
    ['DeleteItem', { Key, ...never }],
  ]
  const denied = await deniedOf(client, tableName, trials)
  const deniedIndex = indexed
    ? await deniedOf(client, tableName, [
        [
          'Query',
          {
            IndexName: OWNER_INDEX,
            KeyConditionExpression: '#o = :o',
            ExpressionAttributeNames: { '#o': 'leaseOwner' },
            ExpressionAttributeValues: { ':o': { S: NO_KEY } },
          },
        ],
      ])
    : []
  if (denied.length > 0)
    throw deniedError([...denied, ...deniedIndex.map(action => `${action} (on index/${OWNER_INDEX})`)], tableName)
  if (deniedIndex.length > 0) throw deniedError(deniedIndex, `${tableName}/index/${OWNER_INDEX}`)
}

/** Other failures are left to the real calls, which repeat and explain them. */
async function deniedOf(
  client: DynamoClient,
  TableName: string,
  trials: readonly (readonly [DynamoAction, Readonly<Record<string, unknown>>])[],
): Promise<readonly DynamoAction[]> {
  const results = await Promise.all(
    trials.map(async ([action, input]) => {
      try {
        await client.callRaw(action, { TableName, ...input })
        return null
      } catch (error) {
        return isDenied(error) && errorName(error) !== 'ConditionalCheckFailedException' ? action : null
      }
    }),
  )
  return results.filter(action => action !== null)
}
