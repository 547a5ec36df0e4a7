/** The lock of a directory of streams: one process at a time, told by name and process id; a dead one's lock is taken over. */
import { describe, expect, test } from 'vitest'
import { hasCode } from '../../core/index.ts'
import { LocalStreams } from '../../streams/index.ts'
import { type MemoryEnv, memoryEnv } from '../support/memory-env.ts'

const LOCK = 'data/.lock'
const open = (env: MemoryEnv, owner?: string) => LocalStreams.open({ env, directory: 'data', owner })
const text = async (env: MemoryEnv) => new TextDecoder().decode(await env.files.readAll(LOCK))

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
    const before = await text(env)
    env.processes.restart()
    const second = await open(env)
    expect(await text(env)).not.toBe(before)
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
    expect(await env.files.stat(LOCK)).toBeNull()
  })

  test('goes to exactly one of many processes that find a dead lock at once', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const env = memoryEnv({ seed })
      await open(env)
      env.processes.restart()
      const opened = await Promise.allSettled(
        Array.from({ length: 4 }, () => open({ ...env, processes: env.processes.another() })),
      )
      const winners = opened.filter(({ status }) => status === 'fulfilled')
      expect([seed, winners.length]).toEqual([seed, 1])
    }
  })
})
