/**
 * What is true of a task, and the two seams that keep it. One conditional write makes position, state and output of
 * a round true together; everything before it is invisible, everything after it can be repeated.
 *
 *   takeOver ──► (publish what the commit lists, if nobody did) ──► work ──► commit(n) ──► publish ──► markPublished(n) ──► ...
 */
import type { SegmentRef, StagedPart } from '../../core/sink.ts'
import type { MergePosition } from '../merge/merge-position.ts'

/** What one output did in a round. */
export interface CommittedOutput {
  /** complete objects, which the owner of the task publishes */
  readonly parts: readonly StagedPart[]
  /** rows of objects that are open yet */
  readonly carried: readonly SegmentRef[]
}

/** State of a program as bytes that somewhere lie, named by a commit. */
export interface SnapshotRef {
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
}

/** A round as it became true; plain JSON. */
export interface TaskCommit {
  /** from 1, without a gap */
  readonly round: number
  readonly position: MergePosition
  readonly snapshot: SnapshotRef
  /** by name of the output */
  readonly outputs: Readonly<Record<string, CommittedOutput>>
}

/** What is true of a task now; plain JSON. */
export interface TaskRow {
  /** made once for a task, so that a deleted and recreated one meets no names of before */
  readonly incarnation: string
  /** rises with each take-over: who has a smaller one cannot commit */
  readonly epoch: number
  /** what the state belongs to, as the owner told it at the first take-over */
  readonly plan: string
  /** null before the first round */
  readonly commit: TaskCommit | null
  /** false while parts of the commit may be invisible */
  readonly published: boolean
}

/** The row of one task. Every change is conditional on the epoch of the last take-over. */
export interface TaskTable {
  /**
   * Makes the caller the owner; whoever had the task before is fenced off. Comes before all else.
   * @param plan what the state belongs to; the first take-over of a task keeps it. The row of another plan comes back as it is: the caller does not own
   * the task, and who has it goes on
   */
  takeOver(plan: string): Promise<TaskRow>
  /** @throws MillraceError `lease_lost` when another one has the task, and nothing of the round is true then */
  commit(commit: TaskCommit): Promise<void>
  /** @throws MillraceError `lease_lost` */
  markPublished(round: number): Promise<void>
}

/** Where snapshots lie. */
export interface TaskSnapshots {
  /** Keeps the chunks as one snapshot that nobody else's has the name of; it survives the process when this resolves. */
  save(round: number, chunks: Iterable<Uint8Array>): Promise<SnapshotRef>
  /** @throws MillraceError `corrupt_log` when it is missing or not what was saved */
  load(snapshot: SnapshotRef): Promise<Uint8Array>
  /** Removes all but one; called when the round that names it is true. */
  keepOnly(snapshot: SnapshotRef): Promise<void>
}
