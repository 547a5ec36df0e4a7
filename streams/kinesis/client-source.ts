/** What every source over the Kinesis API has in common: its name, its shards, and the end of its client. How shards are read differs. */
import type { ShardDescription, ShardReader, StartPosition, StreamSource } from '../../core/index.ts'
import type { KinesisClient, ShardsOpenAt, StreamIdentity } from './kinesis-client.ts'

export abstract class ClientSource implements StreamSource {
  protected readonly client: KinesisClient

  protected constructor(client: KinesisClient) {
    this.client = client
  }

  get streamName(): string {
    return this.client.streamName
  }

  /** Asks the service what tells the stream from an earlier one of its name. @throws MillraceError `not_found`, `config`, `throttled` */
  identity(signal: AbortSignal): Promise<StreamIdentity> {
    return this.client.describe(signal)
  }

  async createdAt(signal: AbortSignal): Promise<number> {
    return (await this.client.describe(signal)).createdAt
  }

  listShards(signal: AbortSignal): Promise<readonly ShardDescription[]> {
    return this.client.listShards(signal)
  }

  /** The shards that were open at a position, as only the service knows. @throws MillraceError as `listShards` */
  listShardsOpenAt(position: ShardsOpenAt, signal: AbortSignal): Promise<readonly ShardDescription[]> {
    return this.client.listShards(signal, position)
  }

  /** Tries what reading needs, and changes nothing. @throws MillraceError `config` that names each action that is not allowed */
  abstract checkPermissions(signal: AbortSignal): Promise<void>

  abstract openShard(shardId: string, from: StartPosition): Promise<ShardReader>

  abstract wait(signal: AbortSignal): Promise<void>

  close(): Promise<void> {
    this.client.close()
    return Promise.resolve()
  }
}
