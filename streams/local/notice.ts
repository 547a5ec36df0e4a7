/** What an embedded stream has to tell its owner beside the answers to calls. */

export type StreamNotice =
  | {
      /** the last write did not end before the process or the machine did; what was left of it was cut off */
      readonly kind: 'torn_tail'
      readonly shardId: string
      readonly path: string
      /** where the file now ends */
      readonly atByte: number
      readonly droppedBytes: number
    }
  | {
      /** unreadable bytes before sound records were cut off together with all that followed (`onCorruption: 'truncate'`) */
      readonly kind: 'corrupt_tail'
      readonly shardId: string
      readonly path: string
      readonly atByte: number
      readonly droppedBytes: number
    }
  | {
      /** the memory bound let go of the oldest records before their retention ended (`whenFull: 'trim'`) */
      readonly kind: 'trimmed_early'
      readonly shardId: string
      readonly records: number
    }
  | {
      /** retention or a timed sync failed; it is tried again */
      readonly kind: 'upkeep_failed'
      readonly error: unknown
    }

/** The notice as a sentence for a person. */
export function noticeText(notice: StreamNotice): string {
  switch (notice.kind) {
    case 'torn_tail':
      return `${notice.path} ended in the middle of a write; ${notice.droppedBytes} bytes after byte ${notice.atByte} were cut off`
    case 'corrupt_tail':
      return `${notice.path} is damaged; ${notice.droppedBytes} bytes after byte ${notice.atByte} were cut off, sound records among them`
    case 'trimmed_early':
      return `${notice.shardId} is full; its ${notice.records} oldest records were let go before their retention ended`
    case 'upkeep_failed':
      return `upkeep failed and will be tried again: ${notice.error instanceof Error ? notice.error.message : String(notice.error)}`
  }
}
