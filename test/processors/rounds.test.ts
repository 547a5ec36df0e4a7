/** Rounds of a task: who may commit, and what the next owner does with what the last one left. */
import { describe, expect, it } from 'vitest'
import type { StagedPart, StagedSink } from '../../core/sink.ts'
import { FileTaskTable } from '../../processors/task/file-task-table.ts'
import { Rounds, type Stateful } from '../../processors/task/rounds.ts'
import type { SnapshotRef, TaskCommit } from '../../processors/task/task-table.ts'
import { type MemoryEnv, memoryEnv } from '../support/memory-env.ts'

const SNAPSHOT: SnapshotRef = { name: 's', sizeBytes: 0, sha256: '' }
const POSITION = { shards: {}, watermark: null }
const commitOf = (round: number): TaskCommit => ({ round, position: POSITION, snapshot: SNAPSHOT, outputs: {} })
const tableOf = ({ files, random }: MemoryEnv): FileTaskTable =>
  new FileTaskTable({ files, random, directory: '/state' })

describe('the row of a task in files', () => {
  it('lets the last one who took it over commit, and nobody else', async () => {
    const env = memoryEnv()
    const [first, second] = [tableOf(env), tableOf(env)]
    const before = await first.takeOver('plan')
    await first.commit(commitOf(1))
    // Who cannot go on with the state fences nobody off.
    expect(await tableOf(env).takeOver('another plan')).toEqual({ ...before, commit: commitOf(1), published: false })
    const row = await second.takeOver('plan')
    expect(row).toEqual({ ...before, epoch: 2, commit: commitOf(1), published: false })
    await expect(first.markPublished(1)).rejects.toMatchObject({ code: 'lease_lost' })
    await expect(second.commit(commitOf(2))).rejects.toThrow('round 2 cannot follow round 1, which is not published')
    await second.markPublished(1)
    await expect(second.commit(commitOf(3))).rejects.toThrow('round 3 cannot follow round 1')
    await second.commit(commitOf(2))
    expect((await tableOf(env).takeOver('plan')).commit).toEqual(commitOf(2))
  })

  it('refuses one who slept while the numbers of its versions were freed', async () => {
    const env = memoryEnv()
    const [zombie, owner] = [tableOf(env), tableOf(env)]
    await zombie.takeOver('plan')
    await owner.takeOver('plan')
    for (let round = 1; round <= 5; round++) {
      await owner.commit(commitOf(round))
      await owner.markPublished(round)
    }
    // The version that it would write has been removed.
    expect(env.files.text('/state/rows/0000000002.json')).toBeNull()
    await expect(zombie.commit(commitOf(1))).rejects.toMatchObject({ code: 'lease_lost' })
    expect((await tableOf(env).takeOver('plan')).commit?.round).toBe(5)
  })

  it('keeps the snapshot of the last round alone, and notices one that was altered or is gone', async () => {
    const env = memoryEnv()
    const table = tableOf(env)
    await table.takeOver('plan')
    const old = await table.save(1, [Uint8Array.of(1)])
    const snapshot = await table.save(2, [Uint8Array.of(1, 2), Uint8Array.of(3)])
    const later = await table.save(3, [Uint8Array.of(4)])
    await table.keepOnly(snapshot)
    expect([...(await table.load(later))]).toEqual([4])
    expect([snapshot.sizeBytes, [...(await table.load(snapshot))]]).toEqual([3, [1, 2, 3]])
    await expect(table.load(old)).rejects.toMatchObject({ code: 'corrupt_log' })
    await expect(table.load({ ...snapshot, sha256: old.sha256 })).rejects.toThrow('are not those that were committed')
  })
})

/** A sink that tells what it is asked, and fails where it is told to. */
class Sink implements StagedSink {
  readonly calls: string[] = []
  fails = ''
  stagedBytes = 0
  async #call(text: string): Promise<void> {
    if (text.startsWith(this.fails) && this.fails !== '') throw new Error('died')
    this.calls.push(text)
  }
  write = (): Promise<void> => this.#call('write')
  flush = (): Promise<void> => this.#call('flush')
  advance(): void {}
  close = (): Promise<void> => this.#call('close')
  async stage(round: number): ReturnType<StagedSink['stage']> {
    await this.#call(`stage ${round}`)
    return { parts: [{ staged: `s${round}`, key: `k${round}` }], carried: [] }
  }
  restore = (round: number): Promise<void> => this.#call(`restore ${round}`)
  publish = (parts: readonly StagedPart[]): Promise<void> => this.#call(`publish ${parts.map(({ key }) => key).join()}`)
}

/** A number as state. */
class Counter implements Stateful {
  *snapshot(writer: Parameters<Stateful['snapshot']>[0]): Generator<void> {
    writer.number(this.value)
    yield
  }
  restore(reader: Parameters<Stateful['restore']>[0]): void {
    this.value = reader.number()
  }
  value = 0
}

describe('rounds', () => {
  async function begin(env: MemoryEnv, sink: Sink): Promise<Rounds> {
    const table = tableOf(env)
    const row = await table.takeOver('plan')
    return new Rounds({ clock: env.clock, table, snapshots: table, row, sinks: new Map([['out', sink]]) })
  }

  it.each([
    ['stage', 1, ['restore 1']],
    ['publish', 2, ['publish k2', 'restore 2']],
  ])('that died at %s go on with state, position and output of round %i', async (fails, round, calls) => {
    const env = memoryEnv()
    const [sink, state] = [new Sink(), new Counter()]
    const rounds = await begin(env, sink)
    await rounds.restore([state])
    const places = (sequenceNumber: string) => ({
      shards: {
        s: {
          sequenceNumber,
          subsequenceNumber: 0,
          start: { kind: 'trimHorizon' as const },
          lastRowtime: 1,
          ended: false,
        },
      },
      watermark: 1,
    })
    state.value = 1
    await rounds.end(places('1'), [state])
    state.value = 2
    sink.fails = fails
    await expect(rounds.end(places('2'), [state])).rejects.toThrow('died')
    const [next, restored] = [new Sink(), new Counter()]
    const after = await begin(env, next)
    expect(after.position).toEqual(places(String(round)))
    await after.restore([restored])
    expect([restored.value, next.calls, after.committed]).toEqual([round, calls, round])
    await after.end(places('9'), [restored], true)
    expect(next.calls.slice(calls.length)).toEqual(['flush', `stage ${round + 1}`, `publish k${round + 1}`])
  })

  it('are due by time where something was read or written, and at once by bytes or for a sink that is in a hurry', async () => {
    const env = memoryEnv()
    const sink = new Sink()
    const rounds = await begin(env, sink)
    const still = (): typeof POSITION => POSITION
    await rounds.end(POSITION, [])
    await env.clock.advance(60_000)
    expect(rounds.due(still)).toBe(false)
    sink.stagedBytes = 1
    expect(rounds.due(still)).toBe(false)
    await env.clock.advance(60_000)
    expect(rounds.due(still)).toBe(true)
    await rounds.end(POSITION, [])
    expect(rounds.due(still)).toBe(false)
    sink.stagedBytes = 64 * 1_048_576
    expect(rounds.due(still)).toBe(true)
    sink.stagedBytes = 1
    const hasty = Object.assign(sink, { roundMs: 1_000 })
    await env.clock.advance(999)
    expect(rounds.due(still)).toBe(false)
    await env.clock.advance(1)
    expect([rounds.due(still), hasty.roundMs]).toEqual([true, 1_000])
  })
})
