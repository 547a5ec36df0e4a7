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
