/** What a stream in files keeps beside its records: one JSON file, replaced in one step. */
import { type Files, MillraceError } from '../../core/index.ts'
import type { ShardRecord } from './local-shard.ts'
import { FIRST_COUNTER } from './sequence-counter.ts'

export type Tag = readonly [key: string, value: string]

/** A registered consumer with enhanced fan-out. */
export interface ConsumerRecord {
  readonly consumerName: string
  readonly createdAt: number
  readonly tags: readonly Tag[]
}

export interface StreamRecord {
  readonly streamName: string
  readonly createdAt: number
  readonly retentionMs: number
  readonly recordBytesMax: number
  readonly onDemand: boolean
  /** in the order in which they were first set */
  readonly tags: readonly Tag[]
  readonly consumers: readonly ConsumerRecord[]
  /** names of CloudWatch metrics that were asked for; only told in descriptions */
  readonly shardLevelMetrics: readonly string[]
  /** the key that records are said to be encrypted with; they are not */
  readonly encryptionKeyId: string | null
  readonly shards: readonly ShardRecord[]
  /** no record of the stream has a smaller counter */
  readonly firstCounter: number
  /** the counter to go on with after an orderly end; null while the stream is in use */
  readonly nextCounter: number | null
}

const FILE = 'stream.json'
const VERSION = 1
/** What older files do not have. */
const ADDED_LATER = {
  tags: [],
  consumers: [],
  shardLevelMetrics: [],
  encryptionKeyId: null,
  firstCounter: FIRST_COUNTER,
}

export async function writeStreamFile(files: Files, directory: string, record: StreamRecord): Promise<void> {
  const path = `${directory}/${FILE}`
  const json = JSON.stringify({ version: VERSION, ...record }, (_key, value: unknown) => {
    if (typeof value === 'bigint') return value.toString()
    return value === Number.POSITIVE_INFINITY ? 'forever' : value
  })
  await files.makeDirectory(directory)
  await files.remove(`${path}.new`)
  const handle = await files.open(`${path}.new`, 'create')
  try {
    await handle.write(new TextEncoder().encode(json), 0)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await files.rename(`${path}.new`, path)
  await files.syncDirectory(directory)
}

/**
 * @returns null when there is no stream in the directory
 * @throws MillraceError `corrupt_log` when the file is there and cannot be understood
 */
export async function readStreamFile(files: Files, directory: string): Promise<StreamRecord | null> {
  const path = `${directory}/${FILE}`
  if ((await files.stat(path)) === null) return null
  try {
    const json = JSON.parse(new TextDecoder().decode(await files.readAll(path))) as StoredStream
    if (json.version !== VERSION) throw new Error(`version ${String(json.version)}`)
    return {
      ...ADDED_LATER,
      ...json,
      retentionMs: json.retentionMs === 'forever' ? Number.POSITIVE_INFINITY : json.retentionMs,
      shards: json.shards.map(shard => ({
        ...shard,
        startingHashKey: BigInt(shard.startingHashKey),
        endingHashKey: BigInt(shard.endingHashKey),
      })),
    }
  } catch (cause) {
    throw new MillraceError(
      'corrupt_log',
      `${path} cannot be understood; restore it or move the stream's directory away`,
      {
        cause,
      },
    )
  }
}

interface StoredStream extends Omit<StreamRecord, 'shards' | 'retentionMs'> {
  readonly version: number
  readonly retentionMs: number | 'forever'
  readonly shards: readonly (Omit<ShardRecord, 'startingHashKey' | 'endingHashKey'> & {
    readonly startingHashKey: string
    readonly endingHashKey: string
  })[]
}
