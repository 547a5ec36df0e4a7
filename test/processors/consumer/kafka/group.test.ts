/** Members of a group join, leave, die, are stopped and hang under load, on a real broker. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaBroker, kafkaMissing, startKafka } from '../../../support/kafka-broker.ts'
import { keyDisorder, repeatsOfEnded, textOf } from '../judges.ts'
import { Group, type Line } from './group.ts'

const PARTITIONS = 6
const KEYS = 60
/** the least that a broker allows by default: as long does the group wait for a member that died */
const SESSION_MS = 6_000

if (kafkaMissing !== null) console.log(`skipped: consumers of a group on a real broker: ${kafkaMissing}`)

describe.skipIf(kafkaMissing !== null)('a Kafka group', () => {
  let broker: KafkaBroker
  let group: Group | null = null
  let isPutting = false
  let putting: Promise<void> = Promise.resolve()

  beforeAll(async () => {
    broker = await startKafka()
  }, 180_000)
  afterEach(async () => {
    isPutting = false
    await putting
    await group?.close()
    group = null
  })
  afterAll(async () => broker?.stop())

  async function loaded(topic: string, more: Readonly<Record<string, unknown>> = {}): Promise<Group> {
    const started = await Group.start({
      broker,
      topic,
      partitions: PARTITIONS,
      options: { settings: { sessionTimeout: SESSION_MS, heartbeatInterval: 500 }, ...more },
    })
    group = started
    isPutting = true
    putting = (async () => {
      while (isPutting) {
        await started.putSome(60, KEYS)
        await new Promise(resolve => setTimeout(resolve, 100))
      }
    })()
    return started
  }

  /** Until records of every partition are processed, by these members and each of them. */
  async function untilShared(running: Group, ...members: string[]): Promise<void> {
    const from = running.lines().length
    await running.until(`partitions of ${members.join(', ')}`, () => {
      const owners = running.ownersSince(from)
      return (
        owners.size === PARTITIONS &&
        new Set(owners.values()).size === members.length &&
        [...owners.values()].every(owner => members.includes(owner))
      )
    })
  }

  async function everything(running: Group): Promise<void> {
    isPutting = false
    await putting
    const wanted = new Set(running.put)
    await running.until('every record', () => {
      const got = new Set(running.got().map(textOf))
      return [...wanted].every(text => got.has(text))
    })
  }

  test(
    'nothing is missed, order is kept, and what is committed is never ahead, while members come, go, die and are stopped',
    { timeout: 400_000 },
    async () => {
      const running = await loaded('fleet')
      await running.join('a')
      await untilShared(running, 'a')
      await running.join('b')
      await running.join('c')
      await untilShared(running, 'a', 'b', 'c')

      running.signal('b', 'SIGKILL')
      expect(await running.exited('b')).toBe(null)
      await untilShared(running, 'a', 'c')

      running.signal('c', 'SIGSTOP')
      await untilShared(running, 'a')
      running.signal('c', 'SIGCONT')
      await untilShared(running, 'a', 'c')

      await running.join('d')
      await untilShared(running, 'a', 'c', 'd')
      running.signal('c', 'SIGTERM')
      expect(await running.exited('c')).toBe(0)
      await untilShared(running, 'a', 'd')
      await everything(running)
      for (const member of ['a', 'd']) {
        running.signal(member, 'SIGTERM')
        expect(await running.exited(member)).toBe(0)
      }

      const lines = running.lines()
      expect(gaps(lines)).toEqual([])
      expect(keyDisorder(lines)).toEqual([])
      const failed = new Set(['b', 'c'])
      expect(repeatsOfEnded(lines, (before, line) => failed.has(before.member) || failed.has(line.member))).toEqual([])
      expect(await running.committed()).toEqual(await running.ends())
      expect(running.looks).toBeGreaterThan(PARTITIONS * 10)
      expect(running.violations).toEqual([])
    },
  )
})

/** Within one life of a partition every offset follows the one before it, and the first follows what it began after. */
function gaps(lines: readonly Line[]): string[] {
  const next = new Map<string, bigint>()
  const wrong: string[] = []
  for (const { what, life, partition, rest } of lines) {
    const key = `${life} ${partition}`
    const [place = ''] = rest
    if (what === 'began') next.set(key, place === 'TRIM_HORIZON' ? 0n : BigInt(place) + 1n)
    if (what !== 'got') continue
    if (BigInt(place) !== next.get(key)) wrong.push(`${key}: ${place} came when ${next.get(key)} was due`)
    next.set(key, BigInt(place) + 1n)
  }
  return wrong
}
