/**
 * The consumer under whose name the shards of a stream are subscribed to. It may be taken away while they are: by whoever deregisters
 * it, or with its stream. The service then says of every shard that it is not found, as it does of a shard that is not there; so the
 * consumer is looked for, and registered anew where only it is missing.
 */
import { type Clock, hasCode, MillraceError } from '../../core/index.ts'
import { activeConsumer } from './fan-out-consumer.ts'
import type { KinesisClient } from './kinesis-client.ts'

export interface FanOutRegistrationOptions {
  readonly client: KinesisClient
  readonly clock: Clock
  /** null for a consumer that was given by its ARN: it is not ours to register */
  readonly consumerName: string | null
  readonly arn: string
  /** of the stream, epoch milliseconds; null where only the ARN of the consumer is known */
  readonly createdAt: number | null
}

export class FanOutRegistration {
  readonly #options: FanOutRegistrationOptions
  #arn: string
  #createdAt: number | null
  /** shards that are refused at a time look for the consumer together */
  #renewal: Promise<void> | null = null

  constructor(options: FanOutRegistrationOptions) {
    this.#options = options
    this.#arn = options.arn
    this.#createdAt = options.createdAt
  }

  /** Waits until the consumer is active. @throws MillraceError as `activeConsumer` */
  static async of(
    client: KinesisClient,
    clock: Clock,
    consumerName: string,
    signal: AbortSignal,
  ): Promise<FanOutRegistration> {
    const { createdAt } = await client.describe(signal)
    const arn = await activeConsumer(client, clock, consumerName, signal)
    return new FanOutRegistration({ client, clock, consumerName, arn, createdAt })
  }

  get arn(): string {
    return this.#arn
  }

  get createdAt(): number | null {
    return this.#createdAt
  }

  /**
   * Called when a subscription was refused as not found.
   * @param refused the ARN that it was made under
   * @returns the ARN to try again with: the same where the consumer is not what is missing
   * @throws MillraceError `not_found` for the stream, `config` for a consumer that was given by its ARN and is not there any more;
   *   besides, as `activeConsumer`
   */
  async renew(refused: string, signal: AbortSignal): Promise<string> {
    while (this.#arn === refused) {
      this.#renewal ??= this.#renew(signal).finally(() => {
        this.#renewal = null
      })
      try {
        await this.#renewal
        break
      } catch (error) {
        // That of the shard that asked first, and ended meanwhile: the others ask themselves.
        if (signal.aborted || !hasCode(error, 'aborted')) throw error
      }
    }
    return this.#arn
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { client, clock, consumerName } = this.#options
    if (consumerName === null) {
      if (await client.hasConsumer(this.#arn, signal)) return
      throw new MillraceError(
        'config',
        `the consumer ${this.#arn} is not registered any more; register it again, and give its new ARN as consumerArn, or give consumerName and leave it to this program`,
      )
    }
    const { createdAt } = await client.describe(signal)
    this.#arn = await activeConsumer(client, clock, consumerName, signal)
    this.#createdAt = createdAt
  }
}
