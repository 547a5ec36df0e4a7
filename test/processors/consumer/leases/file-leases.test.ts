/** Leases in a file: what a power cut leaves, what several workers do to it, and what is said about a file that cannot be read. */
import { describe, expect, it } from 'vitest'
import { type Files, MillraceError } from '../../../../core/index.ts'
import {
  extendedSequenceNumber,
  TRIM_HORIZON,
} from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { fileLeaseStore } from '../../../../processors/consumer/leases/file-lease-store.ts'
import { type Lease, newLease } from '../../../../processors/consumer/leases/lease.ts'
import type { LeaseTable } from '../../../../processors/consumer/leases/lease-table.ts'
import { memoryEnv } from '../../../support/memory-env.ts'

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

  /** Files of a process that is stopped before or after a step of a change, for as long as the test likes. */
  const stopping = (files: Files, at: string) => {
    let go = (): void => {}
    const stopped = new Promise<void>(resolve => {
      go = resolve
    })
    const [step, when] = at.split(' ')
    let isFirst = true
    const around = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      if (name !== step || !isFirst) return work()
      isFirst = false
      if (when === 'before') await stopped
      const result = await work()
      if (when === 'after') await stopped
      return result
    }
    const isNew = (path: string): boolean => path.includes('leases.json.new-')
    const own: Files = {
      ...files,
      ...Object.fromEntries(
        (['stat', 'list', 'makeDirectory', 'link', 'syncDirectory', 'readAll'] as const).map(name => [
          name,
          (files[name] as (...args: unknown[]) => unknown).bind(files),
        ]),
      ),
      open: (path, mode) => around(isNew(path) ? 'create' : '', () => files.open(path, mode)),
      rename: (from, to) => around(isNew(from) ? 'rename' : '', () => files.rename(from, to)),
      remove: path => around(path.endsWith('.lock') ? 'unlock' : '', () => files.remove(path)),
    }
    return { files: own, go: () => go() }
  }

  it.each([
    'create before',
    'create after',
    'rename before',
    'rename after',
    'unlock before',
  ])('go on without a worker that stands still while it has the lock, %s: its change is whole or not there, and hurts nobody', async at => {
    const env = memoryEnv()
    const held = stopping(env.files, at)
    const stopped = fileLeaseStore({ ...env, files: held.files }, 'leases', 'stopped').leases
    const live = fileLeaseStore({ ...env, processes: env.processes.another() }, 'leases', 'live').leases
    const [mine, yours] = ['mine', 'yours'].map(leaseKey => newLease({ leaseKey, checkpoint: TRIM_HORIZON })) as [
      Lease,
      Lease,
    ]
    let outcome: unknown = null
    const writing = stopped.create(mine).then(
      isNew => {
        outcome = isNew
      },
      (error: unknown) => {
        outcome = error
      },
    )
    await env.clock.drain()
    // Within some seconds, where it was for ever.
    const beganMs = env.clock.monotonicMs()
    expect(await env.clock.until(live.create(yours), 5_000)).toBe(true)
    expect(env.clock.monotonicMs() - beganMs).toBeLessThanOrEqual(4_000)
    await env.clock.until(renewed(live, yours))
    held.go()
    await env.clock.until(writing)
    const isThere = at === 'rename after' || at === 'unlock before'
    if (isThere) expect(outcome).toBe(true)
    else
      expect(outcome).toMatchObject({
        code: 'throttled',
        retry: 'backoff',
        message: expect.stringContaining('this process stood still for more than 3000 ms in the middle') as string,
      })
    // Both go on, and nothing is left of it.
    await env.clock.until(renewed(live, { ...yours, leaseCounter: 1 }))
    if (!isThere) expect(await env.clock.until(stopped.create(mine))).toBe(true)
    expect((await live.list()).map(({ leaseKey, leaseCounter }) => [leaseKey, leaseCounter])).toEqual([
      ['mine', 0],
      ['yours', 2],
    ])
    expect(await env.files.list('leases')).toEqual(['leases.json'])
  })

  it('sweep what processes left behind that died in the middle', async () => {
    const env = memoryEnv()
    await env.files.makeDirectory('leases/leases.json.new-999999-a')
    const file = await env.files.open('leases/leases.json.new-999999-b', 'create')
    await file.close()
    const { leases } = fileLeaseStore(env, 'leases', 'A')
    await env.clock.until(leases.create(newLease({ leaseKey: 's', checkpoint: TRIM_HORIZON })))
    expect(await env.files.list('leases')).toEqual(['leases.json'])
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
