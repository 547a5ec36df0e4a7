/** Leases in a file: what a power cut leaves, what several workers do to it, and what is said about a file that cannot be read. */
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../../../core/index.ts'
import {
  extendedSequenceNumber,
  TRIM_HORIZON,
} from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { fileLeaseStore } from '../../../../processors/consumer/leases/file-lease-store.ts'
import { STALE_MS } from '../../../../processors/consumer/leases/file-lock.ts'
import { type Lease, newLease } from '../../../../processors/consumer/leases/lease.ts'
import type { LeaseTable } from '../../../../processors/consumer/leases/lease-table.ts'
import { memoryEnv } from '../../../support/memory-env.ts'
import { stopAt } from '../../../support/stopped-files.ts'

const PATH = 'leases/leases.json'

async function renewed(table: LeaseTable, lease: Lease): Promise<Lease> {
  const outcome = await table.renew(lease, { throughputKBps: 1, handingOff: false })
  if (!outcome.written) throw new Error('the write was refused')
  return outcome.lease
}

describe('leases in a file', () => {
  it('keep every write that was answered through a power cut', async () => {
    const env = memoryEnv({ files: { writeCache: true } })
    for (let round = 0; round < 20; round++) {
      const { leases } = fileLeaseStore(env, 'leases', 'A')
      const lease = {
        ...newLease({ leaseKey: `s-${round}`, checkpoint: extendedSequenceNumber(String(round)) }),
        leaseOwner: 'A',
      }
      await env.clock.until(leases.create(lease))
      await env.clock.until(renewed(leases, lease))
      // Answered or not, this one must not spoil the file.
      void leases.take({ ...lease, leaseCounter: 1 }, 'B').catch(() => {})
      env.files.crash()
      env.processes.restart()
      const found = await fileLeaseStore(env, 'leases', 'A').leases.list()
      expect(found).toHaveLength(round + 1)
      expect(found.every(({ leaseCounter }) => leaseCounter >= 1)).toBe(true)
    }
  })

  it('are changed by several processes at a time, none over the other', async () => {
    const env = memoryEnv()
    const workers = ['A', 'B', 'C'].map((name, i) =>
      fileLeaseStore(i === 0 ? env : { ...env, processes: env.processes.another() }, 'leases', name),
    )
    const work = Promise.all(
      workers.map(async ({ leases }, i) => {
        for (let n = 0; n < 10; n++) {
          const lease = newLease({ leaseKey: `s-${i}-${n}`, checkpoint: TRIM_HORIZON })
          await leases.create(lease)
          await renewed(leases, lease)
        }
      }),
    )
    await env.clock.until(work)
    const list = (await workers[0]?.leases.list()) ?? []
    expect(list).toHaveLength(30)
    expect(list.every(({ leaseCounter }) => leaseCounter === 1)).toBe(true)
  })

  it('are changed by one while another stands still anywhere in its change, and then by that one', async () => {
    for (let step = 1; step <= 30; step++) {
      const env = memoryEnv()
      const first = fileLeaseStore(env, 'leases', 'A').leases
      const lease = newLease({ leaseKey: 's', checkpoint: TRIM_HORIZON })
      await env.clock.until(first.create(lease))
      const gate = stopAt(step)
      const stoppedEnv = { ...env, files: gate.files(env.files), processes: env.processes.another() }
      const stopped = fileLeaseStore(stoppedEnv, 'leases', 'B').leases.create(
        newLease({ leaseKey: 't', checkpoint: TRIM_HORIZON }),
      )
      const ended = await env.clock.until(Promise.race([gate.reached.then(() => false), stopped.then(() => true)]))
      let now = lease
      const beganMs = env.clock.monotonicMs()
      for (let n = 0; n < 3; n++) now = await env.clock.until(renewed(first, now))
      const tookMs = env.clock.monotonicMs() - beganMs
      gate.goOn()
      await env.clock.until(stopped)
      expect([step, tookMs < 2 * STALE_MS]).toEqual([step, true])
      const list = await first.list()
      expect([step, list.map(({ leaseKey, leaseCounter }) => [leaseKey, leaseCounter])]).toEqual([
        step,
        [
          ['s', 3],
          ['t', 0],
        ],
      ])
      if (ended) return expect(step).toBeGreaterThan(10)
    }
    throw new Error('a change takes no more than 30 calls')
  })

  it('are changed by two whom others overtook, and who begin again at the same moment', async () => {
    const env = memoryEnv()
    const { clock } = env
    const together = 5_000
    /** Each call takes a millisecond; the first change stands still until a moment that both share. */
    const slow = <T extends object>(of: T, first = { is: true }): T =>
      new Proxy(of, {
        get(target, name) {
          const member = Reflect.get(target, name) as ((...given: unknown[]) => unknown) | undefined
          if (typeof member !== 'function') return member
          return async (...given: unknown[]) => {
            const waits = first.is && name === 'sync'
            await clock.sleep(waits ? together - clock.monotonicMs() : 1)
            if (waits) first.is = false
            const result = await member.apply(target, given)
            return name === 'open' && String(given[0]).includes('.json.new-') ? slow(result as object, first) : result
          }
        },
      })
    const leases = ['A', 'B', 'C'].map(
      name =>
        fileLeaseStore({ ...env, files: slow(env.files), processes: env.processes.another() }, 'leases', name).leases,
    )
    await clock.until(
      Promise.all(leases.map((table, n) => table.create(newLease({ leaseKey: `s-${n}`, checkpoint: TRIM_HORIZON })))),
    )
    expect(clock.monotonicMs()).toBeGreaterThan(together)
    const list = (await clock.until(leases[0]?.list() ?? Promise.resolve([]))) ?? []
    expect(list.map(({ leaseKey }) => leaseKey).toSorted()).toEqual(['s-0', 's-1', 's-2'])
  })

  it.each([
    ['{"format":1,"items":[', /leases\.json is not whole JSON; mend it, or delete it to start anew/],
    ['{"format":9,"items":[]}', /leases\.json has format 9, this version reads 1; use the version that wrote it/],
    ['{"format":1,"items":[{"a":{"S":"x"}}]}', /leases\.json has a row without leaseKey; mend it/],
  ])('of %j say what is wrong with them', async (text, message) => {
    const env = memoryEnv()
    await env.files.makeDirectory('leases')
    const file = await env.files.open(PATH, 'create')
    await file.write(new TextEncoder().encode(text), 0)
    await file.close()
    const { leases } = fileLeaseStore(env, 'leases', 'A')
    const failure = leases.list()
    await expect(failure).rejects.toBeInstanceOf(MillraceError)
    await expect(failure).rejects.toThrow(message)
  })
})
