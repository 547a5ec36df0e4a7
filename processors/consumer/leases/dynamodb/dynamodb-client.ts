/**
 * Calls DynamoDB with the AWS SDK's own client: credentials, signing, regions, endpoints and retries are its. The SDK is an optional
 * peer and is imported when a store is opened.
 */
import { type Clock, MillraceError } from '../../../../core/index.ts'
import { dynamoError } from './dynamodb-error.ts'

/** The part of the SDK's `DynamoDBClient` that is used. */
export interface DynamoClientLike {
  send(command: never, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>
  destroy(): void
}

type CommandClass = new (input: Readonly<Record<string, unknown>>) => object

/** Actions that are used; each is a command of the SDK and a permission. */
export type DynamoAction =
  | 'CreateTable'
  | 'DescribeTable'
  | 'UpdateTable'
  | 'UpdateContinuousBackups'
  | 'Scan'
  | 'Query'
  | 'GetItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'TransactWriteItems'

export type DynamoInput = Readonly<Record<string, unknown>> & {
  readonly TableName: string
  readonly IndexName?: string
}

export interface DynamoClientOptions {
  readonly clock: Clock
  /** default: from the SDK's own configuration */
  readonly region?: string | undefined
  /** for endpoints other than the region's own */
  readonly endpoint?: string | undefined
  /** instead of a client made here; the caller destroys it */
  readonly client?: DynamoClientLike | undefined
  /** KCL: dynamoDbRequestTimeout; default 60,000 */
  readonly requestTimeoutMs?: number | undefined
}

export class DynamoClient {
  readonly clock: Clock
  readonly #commands: Readonly<Record<string, CommandClass>>
  readonly #client: DynamoClientLike
  readonly #isOwn: boolean
  readonly #timeoutMs: number

  private constructor(
    options: DynamoClientOptions,
    commands: Readonly<Record<string, CommandClass>>,
    client: DynamoClientLike,
  ) {
    this.clock = options.clock
    this.#commands = commands
    this.#client = client
    this.#isOwn = options.client === undefined
    this.#timeoutMs = options.requestTimeoutMs ?? 60_000
  }

  /** @throws MillraceError `config` when the SDK is not installed */
  static async open(options: DynamoClientOptions): Promise<DynamoClient> {
    const sdk = await importSdk()
    const { region, endpoint } = options
    const client =
      options.client ??
      new sdk.DynamoDBClient({
        ...(region === undefined ? {} : { region }),
        ...(endpoint === undefined ? {} : { endpoint }),
      })
    return new DynamoClient(options, sdk as unknown as Record<string, CommandClass>, client)
  }

  /**
   * One call; its reply as the SDK gives it.
   * @throws MillraceError as `dynamoError` tells; what the service says about a condition comes through as the SDK threw it
   */
  async call<Reply>(action: DynamoAction, input: DynamoInput): Promise<Reply> {
    try {
      return await this.callRaw<Reply>(action, input)
    } catch (error) {
      throw dynamoError(error, action, resourceOf(input))
    }
  }

  /** As `call`, but throws what the SDK throws. */
  async callRaw<Reply>(action: DynamoAction, input: Readonly<Record<string, unknown>>): Promise<Reply> {
    const Command = this.#commands[`${action}Command`]
    if (Command === undefined)
      throw new MillraceError(
        'config',
        `this version of @aws-sdk/client-dynamodb has no ${action}; install a newer one`,
      )
    const late = new AbortController()
    const done = new AbortController()
    void this.clock.sleep(this.#timeoutMs, done.signal).then(() => late.abort())
    try {
      return (await this.#client.send(new Command(input) as never, { abortSignal: late.signal })) as Reply
    } finally {
      done.abort()
    }
  }

  close(): void {
    if (this.#isOwn) this.#client.destroy()
  }
}

function resourceOf({ TableName, IndexName }: DynamoInput): string {
  return IndexName === undefined ? TableName : `${TableName}/index/${IndexName}`
}

async function importSdk() {
  try {
    return await import('@aws-sdk/client-dynamodb')
  } catch (error) {
    throw new MillraceError(
      'config',
      'a table in DynamoDB needs the package @aws-sdk/client-dynamodb; install it beside millrace',
      { cause: error },
    )
  }
}
