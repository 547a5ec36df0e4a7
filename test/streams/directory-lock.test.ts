/** The lock of a directory of streams: one process at a time, told by name and process id; a dead one's lock is taken over. */
import { describe, expect, test } from 'vitest'
import { hasCode } from '../../core/index.ts'
import { LocalStreams, type LocalStreamsOptions } from '../../streams/index.ts'
import { lockDirectory } from '../../streams/local/directory-lock.ts'
import { type MemoryEnv, memoryEnv } from '../support/memory-env.ts'
import { stopAt } from '../support/stopped-files.ts'

const LOCK = 'data/.lock-1001-0-0'
const open = (env: LocalStreamsOptions['env'], owner?: string) => LocalStreams.open({ env, directory: 'data', owner })
const locks = (env: MemoryEnv) => env.files.paths().filter(path => path.startsWith('data/.lock'))

describe('a directory of streams', () => {
  test('is refused to a second opener, who hears the name and process id of the first', async () => {
    const env = memoryEnv()
    const first = await open(env, 'millrace dev')
    await expect(open(env)).rejects.toMatchObject({
      code: 'directory_in_use',
      message: 'data is in use by millrace dev (process 1000); end that process, or choose another directory',
    })
    const other = { ...env, processes: env.processes.another() }
    await expect(open(other)).rejects.toSatisfy(error => hasCode(error, 'directory_in_use'))
    await first.close()
    await (await open(other)).close()
    expect(env.files.paths()).toEqual([])
  })

  test('is taken over from a process that ended without a word, and from another one of the same id', async () => {
    const env = memoryEnv()
    await open(env)
    const before = locks(env)
    env.processes.restart()
    const second = await open(env)
    expect(locks(env)).not.toEqual(before)
    expect(locks(env)).toHaveLength(1)
    await second.close()
    // The id has come round: the process that has it now began at another time.
    env.files.put(LOCK, new TextEncoder().encode(JSON.stringify({ pid: 1_001, startedAt: 'long ago', name: 'old' })))
    await (await open(env)).close()
    expect(env.files.paths()).toEqual([])
  })

  test('with a lock that was never written to its end is refused while that may go on, and taken over later', async () => {
    const env = memoryEnv()
    env.files.put(LOCK, new TextEncoder().encode('{"pid":10'))
    await expect(open(env)).rejects.toThrow('data is just being opened by another process; try again')
    await env.clock.advance(10_000)
    await (await open(env)).close()
  })

  test('gives its lock back when opening fails', async () => {
    const env = memoryEnv()
    env.files.put('data/s/stream.json', new TextEncoder().encode('no JSON'))
    await expect(open(env)).rejects.toSatisfy(error => hasCode(error, 'corrupt_log'))
    expect(locks(env)).toEqual([])
  })

  test('goes to exactly one of many processes that find a dead lock at once', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const env = memoryEnv({ seed })
      await open(env)
      env.processes.restart()
      const opened = await env.clock.until(
        Promise.allSettled(Array.from({ length: 4 }, () => open({ ...env, processes: env.processes.another() }))),
      )
      const winners = opened.filter(({ status }) => status === 'fulfilled')
      expect([seed, winners.length]).toEqual([seed, 1])
    }
  })

  test('is held by one at most, wherever a process that wants it stands still, and goes to another once it has gone', async () => {
    for (let step = 1; step <= 14; step++) {
      const env = memoryEnv()
      await open(env)
      env.processes.restart()
      const gate = stopAt(step)
      const stopped = open({ ...env, files: gate.files(env.files), processes: env.processes.another() })
      const first = await Promise.race([
        stopped.then(() => 'opened'),
        env.clock.until(gate.reached.then(() => 'stands')),
      ])
      const other = await env.clock.until(
        open({ ...env, processes: env.processes.another() }).then(
          () => 'opened',
          () => 'refused',
        ),
      )
      gate.goOn()
      const outcome = await env.clock.until(
        stopped.then(
          () => 'opened',
          () => 'refused',
        ),
      )
      expect([step, first, [other, outcome].filter(found => found === 'opened').length]).toEqual([step, first, 1])
    }
  })

  test('is held by one at most of two threads of a process, which know nothing of each other', async () => {
    for (let step = 1; step <= 10; step++) {
      // Each has a copy of the module of its own, so at one instant both come upon the same names.
      const [one, other] = await Promise.all([copyOfLock(`one${step}`), copyOfLock(`other${step}`)])
      const env = memoryEnv()
      await env.files.makeDirectory('data')
      const gate = stopAt(step)
      const stopped = outcomeOf(one.lockDirectory({ ...env, files: gate.files(env.files) }, 'data', 'one'))
      await Promise.race([stopped, gate.reached])
      const meanwhile = await env.clock.until(outcomeOf(other.lockDirectory(env, 'data', 'other')))
      gate.goOn()
      const outcomes = [meanwhile, await env.clock.until(stopped)].sort()
      expect([step, ...outcomes]).toEqual([step, expect.stringMatching(/^data is (in use|just being opened)/), 'held'])
      expect(locks(env)).toHaveLength(1)
    }
  })

  test('goes to the first of two that announce themselves at once, however slow the second is to withdraw', async () => {
    const { env, earlier, later, goOn } = await twoAtOnce()
    await env.clock.advance(1_000)
    goOn()
    expect(await env.clock.until(Promise.all([earlier, later]))).toEqual([
      'held',
      'data is in use by earlier (process 1000); end that process, or choose another directory',
    ])
  })

  test('is refused for the moment, and nobody is named, when the second neither withdraws nor goes on', async () => {
    const { env, earlier, later, goOn } = await twoAtOnce()
    expect(await env.clock.until(earlier)).toBe('data is just being opened by another process; try again')
    goOn()
    expect(await env.clock.until(later)).toBe('held')
  })
})

async function copyOfLock(name: string): Promise<{ readonly lockDirectory: typeof lockDirectory }> {
  const path = `../../streams/local/directory-lock.ts?${name}`
  return import(path)
}

const outcomeOf = (locking: Promise<unknown>): Promise<string> =>
  locking.then(
    () => 'held',
    error => (hasCode(error, 'directory_in_use') ? error.message : String(error)),
  )

/** Two processes that found nobody; both have announced themselves, and the second stands still before it looks again. */
async function twoAtOnce() {
  const env = memoryEnv()
  await env.files.makeDirectory('data')
  const [first, second] = [stopAt(2), stopAt(5)]
  const earlier = outcomeOf(lockDirectory({ ...env, files: first.files(env.files) }, 'data', 'earlier'))
  await first.reached
  const processes = env.processes.another()
  const later = outcomeOf(lockDirectory({ ...env, files: second.files(env.files), processes }, 'data', 'later'))
  await second.reached
  first.goOn()
  return { env, earlier, later, goOn: () => second.goOn() }
}
