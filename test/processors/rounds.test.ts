/** Rounds of a task: who may commit, and what the next owner does with what the last one left. */
import { describe, expect, it } from 'vitest'
import type { Files } from '../../core/env.ts'
import { MillraceError } from '../../core/errors.ts'
import type { StagedPart, StagedSink } from '../../core/sink.ts'
import { FileTaskTable } from '../../processors/task/file-task-table.ts'
import { Rounds, type Stateful } from '../../processors/task/rounds.ts'
import type { TaskSnapshots } from '../../processors/task/task-table.ts'
import { type MemoryEnv, memoryEnv } from '../support/memory-env.ts'

const POSITION = { shards: {}, watermark: null }
const tableOf = ({ files, random }: MemoryEnv): FileTaskTable =>
  new FileTaskTable({ files, random, directory: '/state' })

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

async function begin(env: MemoryEnv, sink: Sink): Promise<Rounds> {
  const { clock, random } = env
  const table = tableOf(env)
  const row = await table.takeOver('plan')
  return new Rounds({ clock, random, table, snapshots: table, row, sinks: new Map([['out', sink]]) })
}

describe('rounds', () => {
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

  it('read the state again where the service is busy', async () => {
    const env = memoryEnv()
    const state = new Counter()
    state.value = 7
    await (await begin(env, new Sink())).end(POSITION, [state])
    const { clock, random } = env
    const table = tableOf(env)
    const row = await table.takeOver('plan')
    let busy = 3
    const snapshots: TaskSnapshots = {
      save: (round, chunks) => table.save(round, chunks),
      keepOnly: snapshot => table.keepOnly(snapshot),
      load: snapshot =>
        busy-- > 0
          ? Promise.reject(new MillraceError('throttled', 'busy', { retry: 'backoff' }))
          : table.load(snapshot),
    }
    const sinks = new Map([['out', new Sink()]])
    const restored = new Counter()
    await clock.until(new Rounds({ clock, random, table, snapshots, row, sinks }).restore([restored]))
    expect([restored.value, busy]).toEqual([7, -1])
  })

  it('begin a sink that is new to the task at the round of the others', async () => {
    const env = memoryEnv()
    const rounds = await begin(env, new Sink())
    await rounds.restore([])
    await rounds.end(POSITION, [])
    const { clock, random } = env
    const table = tableOf(env)
    const row = await table.takeOver('plan')
    const [old, added] = [new Sink(), new Sink()]
    const sinks = new Map([
      ['out', old],
      ['more', added],
    ])
    const next = new Rounds({ clock, random, table, snapshots: table, row, sinks })
    await next.restore([])
    await next.end(POSITION, [])
    expect([old.calls, added.calls]).toEqual([
      ['restore 1', 'stage 2', 'publish k2'],
      ['restore 1', 'stage 2', 'publish k2'],
    ])
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

describe('a round whose disk fails', () => {
  /** Files of which one change fails, before or after it has its effect. */
  function failing(files: Files, fails: () => 'before' | 'after' | null): Files {
    const watched = <T extends object>(of: T): T =>
      new Proxy(of, {
        get(target, name) {
          const member = Reflect.get(target, name) as ((...given: unknown[]) => unknown) | undefined
          if (typeof member !== 'function') return member
          return async (...given: unknown[]) => {
            const changing = ['write', 'sync', 'link', 'remove', 'syncDirectory'].includes(String(name))
            const fault = changing || given[1] === 'create' ? fails() : null
            const full = new MillraceError('unwritable_output', `${String(name)}: the file system is read-only`)
            if (fault === 'before') throw full
            const result = await member.apply(target, given)
            if (fault === 'after') throw full
            return name === 'open' ? watched(result as object) : result
          }
        },
      })
    return watched(files)
  }

  it.each([
    'before',
    'after',
  ] as const)('%s any one of its changes is saved all the same, and is true once', async when => {
    for (let at = 0, failed = true; failed; at++) {
      failed = false
      const env = memoryEnv({ seed: at + 1 })
      const { clock, random } = env
      let watching = false
      let seen = 0
      const files = failing(env.files, () => {
        if (!watching || seen++ !== at) return null
        failed = true
        return when
      })
      const table = new FileTaskTable({ files, random, directory: '/state' })
      const row = await table.takeOver('plan')
      watching = true
      const [sink, state] = [new Sink(), new Counter()]
      const rounds = new Rounds({ clock, random, table, snapshots: table, row, sinks: new Map([['out', sink]]) })
      for (let round = 1; round <= 2; round++) {
        state.value = round
        await clock.until(rounds.end(POSITION, [state]))
      }
      expect(sink.calls).toEqual(['stage 1', 'publish k1', 'stage 2', 'publish k2'])
      const restored = new Counter()
      const after = await begin(env, new Sink())
      expect(after.committed).toBe(2)
      await after.restore([restored])
      expect(restored.value).toBe(2)
    }
  })

  it('ends with the reason after its time, and nothing of it is true', async () => {
    const env = memoryEnv()
    const { clock, random } = env
    let full = false
    const files = failing(env.files, () => (full ? 'before' : null))
    const table = new FileTaskTable({ files, random, directory: '/state' })
    const row = await table.takeOver('plan')
    const told: string[] = []
    const rounds = new Rounds({
      clock,
      random,
      table,
      snapshots: table,
      row,
      sinks: new Map(),
      retryForMs: 60_000,
      onRetry: ({ message }) => void told.push(message),
    })
    await rounds.end(POSITION, [])
    full = true
    await expect(clock.until(rounds.end(POSITION, []))).rejects.toThrow('the file system is read-only')
    expect(told.length).toBeGreaterThan(5)
    expect(clock.monotonicMs()).toBeGreaterThan(30_000)
    expect((await tableOf(env).takeOver('plan')).commit?.round).toBe(1)
  })
})
