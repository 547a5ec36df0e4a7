/**
 * The rounds of a task whose sinks stage: state and position of the program, and what the sinks wrote, become true
 * together, and only then visible.
 *
 *   stage every sink ─► save the snapshot ─► commit ─► publish ─► markPublished
 *
 * A round is cut between two batches, when the state equals the position, so that nothing has to line up but this. What a process
 * did since its last commit is lost with it, and is done again by the next one.
 */
import type { Clock, Random } from '../../core/env.ts'
import { MillraceError } from '../../core/errors.ts'
import { mayPass, RETRY_FOR_MS_DEFAULT, withRetry } from '../../core/retry.ts'
import type { StagedSink } from '../../core/sink.ts'
import type { MergePosition } from '../merge/merge-position.ts'
import { StateReader } from '../operators/state-reader.ts'
import { StateWriter } from '../operators/state-writer.ts'
import type { CommittedOutput, TaskRow, TaskSnapshots, TaskTable } from './task-table.ts'

/** A round ends after so long, or when its sinks have taken so many bytes. */
export const ROUND_MS_DEFAULT = 60_000
export const ROUND_BYTES_MAX = 64 * 1_048_576

/** Has state that a snapshot keeps. */
export interface Stateful {
  snapshot(writer: StateWriter): Generator<void>
  restore(reader: StateReader): void
}

/** What rounds are made of; all of it belongs to the caller. */
export interface RoundsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly table: TaskTable
  readonly snapshots: TaskSnapshots
  /** what `takeOver` gave */
  readonly row: TaskRow
  /** by name, the same in every run of the task; also those of the task's `sinks`, which write to them */
  readonly sinks: ReadonlyMap<string, StagedSink>
  /** Default 60 seconds. */
  readonly intervalMs?: number
  /** How long a round that cannot be saved is tried again, milliseconds. Default 24 hours; the source waits meanwhile. */
  readonly retryForMs?: number
  /** told of what failed and is tried again, such as a full disk */
  readonly onRetry?: (error: MillraceError) => void
}

/** One run of a task by its rounds: `restore` once, then `end` whenever one is `due`. Calls never overlap. */
export class Rounds {
  readonly #options: RoundsOptions
  #round: number
  #cutAt: number
  /** what stood in the last commit; nothing new needs no round */
  #position: string
  #isOpen: boolean

  constructor(options: RoundsOptions) {
    this.#options = options
    const { commit } = options.row
    this.#round = commit?.round ?? 0
    this.#cutAt = options.clock.monotonicMs()
    this.#position = JSON.stringify(commit?.position.shards ?? null)
    this.#isOpen = Object.values(commit?.outputs ?? {}).some(({ carried }) => carried.length > 0)
  }

  /** Rounds that became true so far, over all runs of the task. */
  get committed(): number {
    return this.#round
  }

  /** Where the merge goes on; null at the first start. */
  get position(): MergePosition | null {
    return this.#options.row.commit?.position ?? null
  }

  /**
   * Makes the last commit visible, if its owner did not, and brings sinks and state to where it stood.
   * @throws MillraceError `config` when the commit has an output that is not there any more
   */
  async restore(states: readonly Stateful[]): Promise<void> {
    const { table, snapshots, sinks, row } = this.#options
    const { commit } = row
    if (commit === null) {
      // What a process left that died before its first commit is swept.
      for (const sink of sinks.values()) await sink.restore(0, [])
      return
    }
    const missing = Object.keys(commit.outputs).find(name => !sinks.has(name))
    if (missing !== undefined)
      throw new MillraceError(
        'config',
        `output ${missing} has rows in the state of the task; give it back, or begin anew`,
      )
    if (!row.published) {
      await this.#publish(commit.outputs)
      await this.#lasting(() => table.markPublished(commit.round))
    }
    // A sink that is new to the task goes on with the same round as the others.
    for (const [name, sink] of sinks) await sink.restore(commit.round, commit.outputs[name]?.carried ?? [])
    const reader = new StateReader(await this.#lasting(() => snapshots.load(commit.snapshot)))
    for (const state of states) state.restore(reader)
  }

  /** Whether a round should end now. */
  due(position: () => MergePosition): boolean {
    const { clock, sinks, intervalMs = ROUND_MS_DEFAULT } = this.#options
    let bytes = 0
    let isLate = false
    const sinceMs = clock.monotonicMs() - this.#cutAt
    for (const { stagedBytes, roundMs = intervalMs } of sinks.values()) {
      bytes += stagedBytes
      isLate ||= stagedBytes > 0 && sinceMs >= roundMs
    }
    if (bytes >= ROUND_BYTES_MAX || isLate) return true
    if (sinceMs < intervalMs) return false
    if (this.#isOpen || placesOf(position()) !== this.#position) return true
    this.#cutAt = clock.monotonicMs()
    return false
  }

  /**
   * Ends the round; call between two batches, with nothing pending.
   * @param last everything that was written becomes visible, whatever the hints of its objects
   * @throws MillraceError `lease_lost`; what a sink fails with. Nothing of the round is true then
   */
  async end(position: MergePosition, states: readonly Stateful[], last = false): Promise<void> {
    const { clock, table, snapshots, sinks } = this.#options
    const round = this.#round + 1
    const outputs: Record<string, CommittedOutput> = {}
    if (last) await Promise.all([...sinks.values()].map(sink => sink.flush()))
    await Promise.all(
      [...sinks].map(async ([name, sink]) => {
        outputs[name] = await sink.stage(round)
      }),
    )
    const snapshot = await this.#lasting(() => snapshots.save(round, slicesOf(states)))
    await this.#lasting(() => table.commit({ round, position, snapshot, outputs }))
    this.#round = round
    await this.#publish(outputs)
    await this.#lasting(() => table.markPublished(round))
    await this.#lasting(() => snapshots.keepOnly(snapshot))
    this.#position = placesOf(position)
    this.#isOpen = Object.values(outputs).some(({ carried }) => carried.length > 0)
    this.#cutAt = clock.monotonicMs()
  }

  /** Tries again what a full disk, or one that was mounted read-only, refuses: each attempt begins with a new file. */
  #lasting<T>(operation: () => Promise<T>): Promise<T> {
    const { clock, random, retryForMs = RETRY_FOR_MS_DEFAULT, onRetry = () => {} } = this.#options
    return withRetry({ clock, random, retryForMs, again: mayPass, onRetry }, operation)
  }

  async #publish(outputs: Readonly<Record<string, CommittedOutput>>): Promise<void> {
    const { sinks } = this.#options
    await Promise.all(
      Object.entries(outputs).map(async ([name, { parts }]) => {
        await sinks.get(name)?.publish(parts)
      }),
    )
  }
}

/** The places in the shards: that time has passed is no reason for a round. */
function placesOf({ shards }: MergePosition): string {
  return JSON.stringify(shards)
}

function* slicesOf(states: readonly Stateful[]): Generator<Uint8Array> {
  const writer = new StateWriter()
  for (const state of states) for (const _ of state.snapshot(writer)) yield writer.take()
  yield writer.take()
}
