/** Opens the log of one shard, in memory or in its directory, with bounds that follow from the stream's. */
import { MEBIBYTE } from '../../core/index.ts'
import type { ShardRecord } from './local-shard.ts'
import type { StreamNotice } from './notice.ts'
import { SegmentLog } from './segment-log.ts'
import { ShardLog } from './shard-log.ts'
import type { StreamSettings } from './stream-settings.ts'

const MEMORY_BLOCK_BYTES = 1 * MEBIBYTE
/** The tail is let go block by block. */
const TAIL_BLOCKS = 8

/** @throws MillraceError `corrupt_log`, `unreadable_input`, `unwritable_output` */
export async function openShardLog(
  record: ShardRecord,
  settings: StreamSettings,
  retentionMs: number,
  notice: (notice: StreamNotice) => void,
): Promise<ShardLog> {
  const { storage, segmentBytesMax, tailBytesMax, onCorruption } = settings
  const { shardId, firstCounter } = record
  if (storage === null)
    return new ShardLog({ firstCounter, blockBytesMax: MEMORY_BLOCK_BYTES, tailBytesMax, segments: null })
  const segments = await SegmentLog.open({
    files: storage.files,
    directory: `${storage.directory}/${shardId}`,
    shardId,
    durability: storage.durability,
    segmentBytesMax,
    retentionMs,
    onCorruption,
    notice,
  })
  return new ShardLog({
    firstCounter: Math.max(firstCounter, segments.counterFloor),
    blockBytesMax: Math.ceil(tailBytesMax / TAIL_BLOCKS),
    tailBytesMax,
    segments,
  })
}
