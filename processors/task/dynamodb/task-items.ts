/**
 * The items of one task in a table of DynamoDB, which holds many tasks:
 *
 *   task (S, hash)   part (S, range)                  what it is
 *   clicks           row                              the row of the task
 *   clicks           commit#<epoch>#<nonce>#<n>       a piece of a commit that is too large for the row
 *   clicks           snapshot#<round>.<nonce>#<n>     a piece of a snapshot
 *
 * An item has 400 KB at most, names and key included (DynamoDB developer guide, "Service, account, and table quotas").
 */
import { errorName, MillraceError, type Random, withRetry } from '../../../core/index.ts'
import type { DynamoAction, DynamoClient, DynamoInput } from '../../consumer/leases/dynamodb/dynamodb-client.ts'
import { dynamoError } from '../../consumer/leases/dynamodb/dynamodb-error.ts'

/** Bytes of one piece; the rest of an item is for its key and its names. */
export const PIECE_BYTES_MAX = 350_000
/** One item is tried again for so long before all of them are given up; the service throttles for seconds. */
export const PIECE_RETRY_MS = 60_000
const TABLE_POLL_MS = 1_000
const TABLE_WAIT_MS_MAX = 600_000
const NUMBER_DIGITS = 6

export interface AttributeValue {
  readonly S?: string
  readonly N?: string
  readonly B?: Uint8Array
  readonly BOOL?: boolean
}

export type TaskItem = Readonly<Record<string, AttributeValue>>

/** A change of one item that is made when its condition holds. */
export interface ItemUpdate {
  readonly part: string
  readonly values: TaskItem
  /** over `#name` and `:name` of `names`; left out, always */
  readonly condition?: string
  readonly conditionValues?: Readonly<Record<string, AttributeValue>>
}

export class TaskItems {
  readonly tableName: string
  readonly task: string
  readonly #client: DynamoClient
  readonly #random: Random

  constructor(client: DynamoClient, random: Random, tableName: string, task: string) {
    this.#client = client
    this.#random = random
    this.tableName = tableName
    this.task = task
  }

  /**
   * Makes the table, or finds that it is there and fits.
   * @throws MillraceError `config` when a table of that name has another key, `internal` when it takes too long
   */
  async setUp(): Promise<void> {
    const { tableName: TableName } = this
    const { clock } = this.#client
    for (const until = clock.monotonicMs() + TABLE_WAIT_MS_MAX; ; await clock.sleep(TABLE_POLL_MS)) {
      const table = await this.#describe()
      if (table === null) await this.#create()
      else {
        const keys = (table.KeySchema ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType})`)
        if (keys.join() !== 'task (HASH),part (RANGE)')
          throw new MillraceError(
            'config',
            `the table ${TableName} belongs to another application: its key is ${keys.join(', ')}, not task and part; choose another tableName`,
          )
        if (table.TableStatus === 'ACTIVE' || table.TableStatus === 'UPDATING') return
      }
      if (clock.monotonicMs() >= until)
        throw new MillraceError(
          'internal',
          `the table ${TableName} is ${table?.TableStatus ?? 'not there'} after ${TABLE_WAIT_MS_MAX} ms`,
          { retry: 'backoff' },
        )
    }
  }

  /** null when there is none; sees every write that was made */
  async get(part: string): Promise<TaskItem | null> {
    const input = { TableName: this.tableName, Key: this.#key(part), ConsistentRead: true }
    return (await this.#call<{ readonly Item?: TaskItem }>('GetItem', input)).Item ?? null
  }

  /** @returns false when the condition does not hold */
  async update({ part, values, condition, conditionValues = {} }: ItemUpdate): Promise<boolean> {
    const names = Object.keys(values)
    const named = [...names, ...Object.keys(conditionValues).map(name => name.replace(/^is/, ''))]
    try {
      await this.#client.callRaw('UpdateItem', {
        TableName: this.tableName,
        Key: this.#key(part),
        UpdateExpression: `SET ${names.map(name => `#${name} = :${name}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(named.map(name => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          [...Object.entries(values), ...Object.entries(conditionValues)].map(([name, value]) => [`:${name}`, value]),
        ),
        ...(condition !== undefined && { ConditionExpression: condition }),
      })
      return true
    } catch (error) {
      if (errorName(error) === 'ConditionalCheckFailedException') return false
      throw dynamoError(error, 'UpdateItem', this.tableName)
    }
  }

  /** Nothing happens when it is not there. */
  async remove(part: string): Promise<void> {
    await this.#call('DeleteItem', { TableName: this.tableName, Key: this.#key(part) })
  }

  /** Parts whose name begins so, in order. */
  async list(prefix: string): Promise<readonly string[]> {
    const parts: string[] = []
    let from: TaskItem | undefined
    do {
      const page: { readonly Items?: readonly TaskItem[]; readonly LastEvaluatedKey?: TaskItem } = await this.#call(
        'Query',
        {
          TableName: this.tableName,
          ConsistentRead: true,
          KeyConditionExpression: '#task = :task AND begins_with(#part, :prefix)',
          ProjectionExpression: '#part',
          ExpressionAttributeNames: { '#task': 'task', '#part': 'part' },
          ExpressionAttributeValues: { ':task': { S: this.task }, ':prefix': { S: prefix } },
          ...(from !== undefined && { ExclusiveStartKey: from }),
        },
      )
      for (const { part } of page.Items ?? []) if (part?.S !== undefined) parts.push(part.S)
      from = page.LastEvaluatedKey
    } while (from !== undefined)
    return parts
  }

  /**
   * Writes bytes as pieces under a name of their own; nobody knows of them until somebody names them. Where that fails, those that were
   * written are removed, as far as the service lets it.
   * @returns how many there are
   */
  async putPieces(name: string, pieces: Iterable<Uint8Array>): Promise<number> {
    let count = 0
    try {
      for (const data of pieces) {
        const part = pieceName(name, count++)
        await this.#again(() => this.update({ part, values: { data: { B: data } } }))
      }
      return count
    } catch (error) {
      // What stays is removed by the next owner.
      await this.removePieces(name).catch(() => {})
      throw error
    }
  }

  async removePieces(name: string): Promise<void> {
    for (const part of await this.list(`${name}#`)) await this.remove(part)
  }

  /** null when one of them is missing */
  async getPieces(name: string, count: number): Promise<Uint8Array | null> {
    const pieces: Uint8Array[] = []
    for (let number = 0; number < count; number++) {
      const data = (await this.get(pieceName(name, number)))?.['data']?.B
      if (data === undefined) return null
      pieces.push(data)
    }
    return Buffer.concat(pieces)
  }

  #call<Reply>(action: DynamoAction, input: DynamoInput): Promise<Reply> {
    return this.#again(() => this.#client.call<Reply>(action, input))
  }

  #again<T>(operation: () => Promise<T>): Promise<T> {
    const { clock } = this.#client
    return withRetry({ clock, random: this.#random, retryForMs: PIECE_RETRY_MS, onRetry: () => {} }, operation)
  }

  #key(part: string): TaskItem {
    return { task: { S: this.task }, part: { S: part } }
  }

  async #describe(): Promise<TableDescription | null> {
    try {
      const input = { TableName: this.tableName }
      return (await this.#client.callRaw<{ readonly Table?: TableDescription }>('DescribeTable', input)).Table ?? null
    } catch (error) {
      if (errorName(error) === 'ResourceNotFoundException') return null
      throw dynamoError(error, 'DescribeTable', this.tableName)
    }
  }

  async #create(): Promise<void> {
    try {
      await this.#client.callRaw('CreateTable', {
        TableName: this.tableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['task', 'part'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: [
          { AttributeName: 'task', KeyType: 'HASH' },
          { AttributeName: 'part', KeyType: 'RANGE' },
        ],
      })
    } catch (error) {
      // Another process was quicker.
      if (errorName(error) !== 'ResourceInUseException') throw dynamoError(error, 'CreateTable', this.tableName)
    }
  }
}

interface TableDescription {
  readonly TableStatus?: string
  readonly KeySchema?: readonly { readonly AttributeName?: string; readonly KeyType?: string }[]
}

function pieceName(name: string, number: number): string {
  return `${name}#${String(number).padStart(NUMBER_DIGITS, '0')}`
}

/** Cuts chunks of any size into full pieces and a rest; at least one piece, which may be empty. */
export function* piecesOf(chunks: Iterable<Uint8Array>, sizeMax = PIECE_BYTES_MAX): Generator<Uint8Array> {
  let piece = new Uint8Array(sizeMax)
  let end = 0
  let any = false
  for (const chunk of chunks)
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(chunk.length - at, sizeMax - end)
      piece.set(chunk.subarray(at, at + taken), end)
      at += taken
      end += taken
      if (end < sizeMax) continue
      yield piece
      any = true
      piece = new Uint8Array(sizeMax)
      end = 0
    }
  if (end > 0 || !any) yield piece.slice(0, end)
}
