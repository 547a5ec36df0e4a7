/**
 * Worker processes join, leave, die and are stopped while the stream is split and merged under load, and the table refuses calls and
 * loses replies. The large form is run by hand and says how long shards were without a worker and leases were uneven:
 * `MILLRACE_FLEET_WORKERS=12 MILLRACE_FLEET_SHARDS=64 npx vitest run test/processors/consumer/fleet`
 */
import { afterEach, expect, test } from 'vitest'
import { evenHashRanges } from '../../../../streams/index.ts'
import { keyDisorder, textOf } from '../judges.ts'
import { Fleet } from './fleet.ts'
import { disorder, gaps, unexplainedRepeats } from './judges.ts'

const WORKERS = Number(process.env['MILLRACE_FLEET_WORKERS'] ?? 4)
const SHARDS = Number(process.env['MILLRACE_FLEET_SHARDS'] ?? 4)
/** The figures of the large form are for an idle machine; the short form says nothing of time. */
const IS_LARGE = process.env['MILLRACE_FLEET_WORKERS'] !== undefined
const KEYS = 20 * SHARDS
/** long enough for a machine that is busy with other tests: a lease that expires by itself is no failure, but nothing settles then */
const FAILOVER_MS = IS_LARGE ? 10_000 : 8_000
const NO_FAULTS = { throttled: 0, lostReplies: 0 }

let fleet: Fleet | null = null
afterEach(async () => {
  await fleet?.close()
  fleet = null
})

const shardName = (i: number): string => `shardId-${String(i).padStart(12, '0')}`
const nameOf = (i: number): string => `worker-${i}`

test(
  'nothing is missed, order is kept, checkpoints never go back, and only what a dead worker had not saved comes twice',
  { timeout: 900_000 },
  async () => {
    fleet = await Fleet.start({
      shards: SHARDS,
      settings: {
        failoverTimeMillis: FAILOVER_MS,
        leaseAssignmentIntervalMillis: 1_000,
        leaseAssignmentStrategy: 'LEASE_COUNT_BASED',
        idleTimeBetweenReadsInMillis: IS_LARGE ? 1_000 : 200,
        parentShardPollIntervalMillis: 500,
        metricsLevel: 'NONE',
      },
    })
    const running = fleet
    const began = Date.now()
    const figures: string[] = []
    const note = (what: string): void => {
      figures.push(`${((Date.now() - began) / 1_000).toFixed(1)} s: ${what}`)
    }
    let isPutting = true
    const putting = (async () => {
      while (isPutting && !running.isClosed) {
        await running.putSome(4 * SHARDS, KEYS)
        await new Promise(resolve => setTimeout(resolve, IS_LARGE ? 500 : 200))
      }
    })()
    const gotBy = (worker: string) => running.lines().some(line => line.what === 'got' && line.worker === worker)
    const ownsNothing = async (worker: string) => !(await running.owners()).has(worker)
    const isEven = async (): Promise<boolean> => {
      const owners = await running.owners()
      const counts = [...owners.values()]
      return owners.size === running.alive.length && Math.max(...counts) - Math.min(...counts) <= 1
    }
    /** How long it takes until every worker that lives has as many leases as any other, give or take one. */
    const evened = async (what: string): Promise<void> => {
      const from = Date.now()
      await running.until(`leases that are even after ${what}`, isEven)
      const ms = Date.now() - from
      note(`even within one lease over ${running.alive.length} workers ${ms} ms after ${what}`)
      if (IS_LARGE) expect(ms, `until leases were even after ${what}`).toBeLessThanOrEqual(3 * FAILOVER_MS)
    }

    await running.join(nameOf(0))
    await running.until('the first record', () => gotBy(nameOf(0)))
    await running.until('one owner for everything', async () => (await running.owners()).get(nameOf(0)) === SHARDS)
    note(`one worker has all ${SHARDS} shards`)
    // One after the other: a start takes a second of a core, and the others must keep renewing meanwhile.
    for (let i = 1; i < WORKERS; i++) await running.join(nameOf(i))
    await evened(`the fleet grew to ${WORKERS}`)
    await running.until('records of every worker', () =>
      Array.from({ length: WORKERS }, (_, i) => nameOf(i)).every(gotBy),
    )

    // Twice in a row: the second time children of the first are split and merged.
    const ranges = evenHashRanges(SHARDS)
    const middle = (i: number, part: bigint): bigint => {
      const { startingHashKey, endingHashKey } = ranges[i] ?? { startingHashKey: 0n, endingHashKey: 0n }
      return startingHashKey + ((endingHashKey - startingHashKey) * part) / 4n
    }
    await running.stream.split(shardName(0), middle(0, 2n))
    await running.stream.merge(shardName(1), shardName(2))
    await running.stream.split(shardName(SHARDS), middle(0, 1n))
    await running.stream.merge(shardName(SHARDS + 1), shardName(SHARDS + 2))
    const hasRecords = (shard: string) => running.lines().some(line => line.what === 'got' && line.shard === shard)
    const children = [SHARDS + 3, SHARDS + 4, SHARDS + 5].map(shardName)
    await running.until('records of every grandchild', () => children.every(hasRecords))
    note('records of every grandchild')

    // From here on the table is asked too much, and loses replies.
    running.disturb({ throttled: 0.2, lostReplies: 0.02 })
    running.signal(nameOf(1), 'SIGKILL')
    await running.exited(nameOf(1))
    await running.until('owners for the leases of the dead', () => ownsNothing(nameOf(1)))
    await evened('a worker was killed, on a throttled table')
    running.disturb(NO_FAULTS)

    running.signal(nameOf(2), 'SIGSTOP')
    await running.until('owners for the leases of the stopped', () => ownsNothing(nameOf(2)))
    if (IS_LARGE) await new Promise(resolve => setTimeout(resolve, 2 * FAILOVER_MS))
    running.signal(nameOf(2), 'SIGCONT')
    note('the stopped worker goes on')
    await evened('a stopped worker went on')

    for (let i = 2; i < WORKERS; i++) running.signal(nameOf(i), 'SIGTERM')
    for (let i = 2; i < WORKERS; i++) expect(await running.exited(nameOf(i))).toBe(0)
    // two splits and two merges: as many open shards as before
    await running.until('one owner for everything', async () => (await running.owners()).get(nameOf(0)) === SHARDS)
    note('one worker has everything again')

    isPutting = false
    await putting
    const wanted = new Set(running.put)
    await running.until('every record', () => {
      const got = new Set(running.lines().map(line => (line.what === 'got' ? textOf(line) : '')))
      return [...wanted].every(text => got.has(text))
    })
    running.signal(nameOf(0), 'SIGTERM')
    expect(await running.exited(nameOf(0))).toBe(0)

    const lines = running.lines()
    const got = lines.filter(line => line.what === 'got').length
    const [longest, ...others] = gaps(lines, running.downAt, running.parents)
    note(`${wanted.size} records put, ${got - wanted.size} of them came twice`)
    note(
      `longest without a worker: ${[longest, ...others.slice(0, 4)].map(gap => `${gap?.ms} ms (${gap?.shard}: ${gap?.why})`).join(', ')}`,
    )
    if (IS_LARGE) process.stderr.write(`${figures.join('\n')}\n${running.failures().join('\n')}\n`)
    expect(running.backwards).toEqual([])
    expect(disorder(lines)).toEqual([])
    expect(keyDisorder(lines)).toEqual([])
    expect(unexplainedRepeats(lines, new Set([nameOf(1), nameOf(2)]))).toEqual([])
    // the dead one leaves its last batch, or nothing: whether there are repeats at all is luck
    expect(got).toBeGreaterThanOrEqual(wanted.size)
    if (IS_LARGE) expect(longest?.ms, longest?.why).toBeLessThanOrEqual(2 * FAILOVER_MS)
  },
)
