/**
 * Worker processes join, leave, die and are stopped while the stream is split and merged under load. A larger run:
 * `MILLRACE_FLEET_WORKERS=12 MILLRACE_FLEET_SHARDS=64 npx vitest run test/processors/consumer/fleet`
 */
import { afterEach, expect, test } from 'vitest'
import { compareExtended } from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { evenHashRanges } from '../../../../streams/index.ts'
import { Fleet, type Line } from './fleet.ts'

const WORKERS = Number(process.env['MILLRACE_FLEET_WORKERS'] ?? 4)
const SHARDS = Number(process.env['MILLRACE_FLEET_SHARDS'] ?? 4)
const KEYS = 20 * SHARDS
/** long enough for a machine that is busy with other tests: a lease that expires by itself is no failure, but nothing settles then */
const FAILOVER_MS = 8_000

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
        idleTimeBetweenReadsInMillis: 200,
        parentShardPollIntervalMillis: 500,
        metricsLevel: 'NONE',
      },
    })
    const running = fleet
    let isPutting = true
    const putting = (async () => {
      while (isPutting && !running.isClosed) {
        await running.putSome(4 * SHARDS, KEYS)
        await new Promise(resolve => setTimeout(resolve, 200))
      }
    })()
    const gotBy = (worker: string) => running.lines().some(line => line.what === 'got' && line.worker === worker)
    const ownsNothing = async (worker: string) => !(await running.owners()).has(worker)

    await running.join(nameOf(0))
    await running.until('the first record', () => gotBy(nameOf(0)))
    for (let i = 1; i < WORKERS; i++) await running.join(nameOf(i))
    await running.until('a lease for every worker', async () => {
      const owners = await running.owners()
      return owners.size === WORKERS && !owners.has('nobody')
    })
    await running.until('records of every worker', () =>
      Array.from({ length: WORKERS }, (_, i) => nameOf(i)).every(gotBy),
    )

    const ranges = evenHashRanges(SHARDS)
    const first = ranges[0]
    if (first === undefined) throw new Error('a stream has a shard')
    await running.stream.split(shardName(0), (first.startingHashKey + first.endingHashKey) / 2n)
    await running.stream.merge(shardName(1), shardName(2))
    const children = [shardName(SHARDS), shardName(SHARDS + 1), shardName(SHARDS + 2)]
    const hasRecords = (shard: string) => running.lines().some(line => line.what === 'got' && line.shard === shard)
    await running.until('records of every child', () => children.every(hasRecords))

    running.signal(nameOf(1), 'SIGKILL')
    await running.exited(nameOf(1))
    await running.until('owners for the leases of the dead', () => ownsNothing(nameOf(1)))

    running.signal(nameOf(2), 'SIGSTOP')
    await running.until('owners for the leases of the stopped', () => ownsNothing(nameOf(2)))
    running.signal(nameOf(2), 'SIGCONT')

    for (let i = 2; i < WORKERS; i++) running.signal(nameOf(i), 'SIGTERM')
    for (let i = 2; i < WORKERS; i++) expect(await running.exited(nameOf(i))).toBe(0)
    await running.until('one owner for everything', async () => (await running.owners()).get(nameOf(0)) === SHARDS)

    isPutting = false
    await putting
    const wanted = new Set(running.put)
    await running.until('every record', () => {
      const got = new Set(running.lines().map(line => (line.what === 'got' ? (line.rest[2] ?? '') : '')))
      return [...wanted].every(text => got.has(text))
    })
    running.signal(nameOf(0), 'SIGTERM')
    expect(await running.exited(nameOf(0))).toBe(0)

    const lines = running.lines()
    expect(running.backwards).toEqual([])
    expect(disorder(lines)).toEqual([])
    expect(keyDisorder(lines)).toEqual([])
    expect(unexplainedRepeats(lines, new Set([nameOf(1), nameOf(2)]))).toEqual([])
    // the dead one leaves its last batch, or nothing: whether there are repeats at all is luck
    expect(lines.filter(line => line.what === 'got').length).toBeGreaterThanOrEqual(wanted.size)
  },
)

const placeOf = ({ rest }: Line) => ({ sequenceNumber: rest[0] ?? '', subsequenceNumber: Number(rest[1]) })

/** Within one life of a shard every record lies after the one before it. */
function disorder(lines: readonly Line[]): string[] {
  const last = new Map<string, Line>()
  const wrong: string[] = []
  for (const line of lines) {
    if (line.what !== 'got') continue
    const before = last.get(line.life)
    if (before !== undefined && compareExtended(placeOf(line), placeOf(before)) <= 0)
      wrong.push(`${line.life}: ${before.rest.join(' ')} then ${line.rest.join(' ')}`)
    last.set(line.life, line)
  }
  return wrong
}

/** The first time that each record came, the records of one key came in the order in which they were put, also over splits. */
function keyDisorder(lines: readonly Line[]): string[] {
  const seen = new Set<string>()
  const next = new Map<string, number>()
  const wrong: string[] = []
  for (const line of lines) {
    const text = line.rest[2] ?? ''
    if (line.what !== 'got' || seen.has(text)) continue
    seen.add(text)
    const [key = '', number = ''] = text.split(':')
    if (Number(number) !== (next.get(key) ?? 0)) wrong.push(`${text} came when ${next.get(key) ?? 0} was due`)
    next.set(key, Number(number) + 1)
  }
  return wrong
}

/**
 * Records that came again though a checkpoint in the table covered them, and records that came again though the life that had them
 * ended in order. A life ends out of order with its process, when it is stopped, and when its lease expires or is taken.
 */
function unexplainedRepeats(lines: readonly Line[], failed: ReadonlySet<string>): string[] {
  const saved = new Map<string, Line>()
  const firstLife = new Map<string, string>()
  const endedInOrder = new Set(
    lines
      .filter(
        line =>
          line.what === 'ended' && /was handed over|was released|SHARD_END|gave the lease up/.test(line.rest.join(' ')),
      )
      .map(line => line.life),
  )
  const beganAfter = new Map<string, Line | undefined>()
  const wrong: string[] = []
  for (const line of lines) {
    if (line.what === 'saved') saved.set(line.shard, line)
    if (line.what === 'began') beganAfter.set(line.life, saved.get(line.shard))
    if (line.what !== 'got') continue
    const text = line.rest[2] ?? ''
    const covered = beganAfter.get(line.life)
    if (covered !== undefined && !failed.has(covered.worker) && compareExtended(placeOf(line), placeOf(covered)) <= 0)
      wrong.push(`${text} came to ${line.life} after it was saved by ${covered.life}`)
    const before = firstLife.get(text)
    if (before === undefined) firstLife.set(text, line.life)
    // One that was stopped goes on where it was before it learns that others had the shard meanwhile.
    else if (failed.has(line.worker) && !endedInOrder.has(line.life)) continue
    else if (endedInOrder.has(before)) wrong.push(`${text} came to ${line.life} though ${before} ended in order`)
  }
  return wrong
}
