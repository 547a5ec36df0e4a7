/** `millrace shards`: the shards of a Kinesis stream. */
import { HASH_KEY_MAX, nodeEnv, type ShardDescription } from '../core/index.ts'
import { KinesisSource } from '../streams/index.ts'
import { EXIT, type ExitCode } from './exit.ts'
import type { CommandOptions } from './options.ts'
import { tableText } from './table-text.ts'
import { openTerminal } from './terminal.ts'

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const name = String(args[0])
  const source = await KinesisSource.open({
    ...(name.startsWith('arn:') ? { streamArn: name } : { streamName: name }),
    region: given['region'],
    endpoint: given['endpoint'],
    clock: nodeEnv.clock,
  })
  try {
    const shards = await source.listShards(new AbortController().signal)
    const terminal = openTerminal()
    for (const line of given['json'] === undefined ? shardTable(shards) : shards.map(shardJson)) terminal.print(line)
  } finally {
    await source.close()
  }
  return EXIT.done
}

/** Shards in the order of the listing, and how much of the hash keys each has. */
export function shardTable(shards: readonly ShardDescription[]): string[] {
  const open = shards.filter(shard => !shard.closed).length
  return [
    ...tableText(
      ['shard', 'state', 'keys', 'parents', 'first hash key'],
      shards.map(shard => [
        shard.shardId,
        shard.closed ? 'closed' : 'open',
        `${shareOf(shard)} %`,
        shard.parentShardIds.length === 0 ? '-' : shard.parentShardIds.join(' '),
        String(shard.startingHashKey),
      ]),
    ),
    `${open} open of ${shards.length}`,
  ]
}

function shareOf({ startingHashKey, endingHashKey }: ShardDescription): string {
  const tenths = ((endingHashKey - startingHashKey + 1n) * 10_000n) / (HASH_KEY_MAX + 1n)
  return (Number(tenths) / 100).toFixed(2)
}

function shardJson(shard: ShardDescription): string {
  const { startingHashKey, endingHashKey } = shard
  return JSON.stringify({ ...shard, startingHashKey: String(startingHashKey), endingHashKey: String(endingHashKey) })
}
