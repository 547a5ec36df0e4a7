/** The Env of a Node process. */
import { randomBytes, randomUUID } from 'node:crypto'
import { setImmediate as nextTurn, setTimeout as sleepFor } from 'node:timers/promises'
import type { Clock, Env, Random } from '../env.ts'
import { nodeFiles } from './files.ts'
import { nodeNetwork } from './network.ts'
import { nodeProcesses } from './processes.ts'

/** Longest single wait of a Node timer; longer sleeps are cut into waits of this length. */
const TIMER_MS_MAX = 2_147_483_647

const clock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    if (ms <= 0 && signal?.aborted !== true) await nextTurn()
    for (let left = ms; left > 0 && signal?.aborted !== true; left -= TIMER_MS_MAX) {
      try {
        await sleepFor(Math.min(left, TIMER_MS_MAX), undefined, signal === undefined ? {} : { signal })
      } catch {
        return
      }
    }
  },
  every(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs)
    timer.unref()
    return () => clearInterval(timer)
  },
}

const random: Random = {
  next: () => Math.random(),
  bytes: sizeBytes => randomBytes(sizeBytes),
  uuid: () => randomUUID(),
}

/** The real system. */
export const nodeEnv: Env = { clock, random, files: nodeFiles, network: nodeNetwork, processes: nodeProcesses }
