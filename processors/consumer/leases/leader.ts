/** Who leads the fleet: assigns leases, syncs shards, audits. */

export interface Leader {
  /** Whether this worker leads now. Asked before every run of a leader's work; makes an attempt if nobody leads. */
  leads(): Promise<boolean>
  /** True when the leader looks dead, so that a follower may begin to watch leases. */
  readonly looksVacant: boolean
  /** the worker that led before and was silent for too long; null a lease time later: it has shown by then whether it lives */
  readonly deposed: string | null
  /** Gives the lead up, if this worker has it. */
  resign(): Promise<void>
}
