/** Why a lease moved: each change of owner that this process made or met, for logs and metrics. */
export type LeaseMoveReason =
  /** nobody owned it, or its owner's heartbeat stood still for a fail-over time */
  | 'unowned'
  | 'expired'
  /** not renewed for three fail-over times, taken regardless of the target */
  | 'very_old'
  /** its owner had more leases, or more load, than its share */
  | 'balanced'
  /** a hand-off outlived its time-out and was forced */
  | 'hand_off_forced'
  | 'hand_off_finished'
  /** found in the table, assigned to this worker by the leader */
  | 'assigned'
  /** owned under this worker id before it started */
  | 'resumed'
  | 'lost'
  | 'released'

export interface LeaseMove {
  readonly leaseKey: string
  readonly from: string | null
  readonly to: string | null
  /** the worker that tells */
  readonly by: string
  readonly reason: LeaseMoveReason
  /** a sentence with the numbers behind the decision */
  readonly why: string
}
