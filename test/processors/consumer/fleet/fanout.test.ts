/**
 * Worker processes with enhanced fan-out, the KCL's default: one is killed and the stream is split while records come, and what they
 * get is what a worker that polls gets of the same stream.
 */
import { afterEach, expect, test } from 'vitest'
import { evenHashRanges } from '../../../../streams/index.ts'
import { keyDisorder, missed, textOf } from '../judges.ts'
import { Fleet, type Line } from './fleet.ts'
import { disorder, unexplainedRepeats } from './judges.ts'

const SHARDS = 3
const KEYS = 30
const FAN_OUT = ['a', 'b', 'c']
const POLLING = 'polling'

let fleet: Fleet | null = null
afterEach(async () => {
  await fleet?.close()
  fleet = null
})

test('workers with enhanced fan-out get what a worker that polls gets, when one dies and a shard is split', async () => {
  fleet = await Fleet.start({
    shards: SHARDS,
    settings: {
      failoverTimeMillis: 5_000,
      leaseAssignmentIntervalMillis: 1_000,
      leaseAssignmentStrategy: 'LEASE_COUNT_BASED',
      idleTimeBetweenReadsInMillis: 200,
      parentShardPollIntervalMillis: 500,
      metricsLevel: 'NONE',
    },
  })
  const running = fleet
  const linesOf = (...workers: string[]): Line[] => running.lines().filter(({ worker }) => workers.includes(worker))
  const gotBy = (worker: string, shard?: string): boolean =>
    linesOf(worker).some(line => line.what === 'got' && (shard === undefined || line.shard === shard))
  const putUntil = (what: string, isSo: () => boolean): Promise<void> =>
    running.until(what, async () => {
      await running.putSome(KEYS, KEYS)
      return isSo()
    })

  await running.join(POLLING, { applicationName: 'polling', retrievalMode: 'POLLING' })
  for (const worker of FAN_OUT) await running.join(worker, { retrievalMode: 'FANOUT' })
  await putUntil('records of every worker', () => FAN_OUT.every(worker => gotBy(worker)))
  expect(running.stream.consumers.list().map(({ consumerName }) => consumerName)).toEqual(['fleet'])

  const [range] = evenHashRanges(SHARDS)
  await running.stream.split('shardId-000000000000', (range?.endingHashKey ?? 0n) / 2n)
  const held = linesOf('b').filter(({ what }) => what === 'began')
  running.signal('b', 'SIGKILL')
  await running.exited('b')
  await putUntil('records of both children, and of what the dead worker had', () =>
    ['shardId-000000000003', 'shardId-000000000004', ...held.map(({ shard }) => shard)].every(
      shard =>
        linesOf('a', 'c').some(line => line.what === 'got' && line.shard === shard) ||
        linesOf(...FAN_OUT).some(line => line.what === 'ended' && line.shard === shard && line.rest[0] === 'SHARD_END'),
    ),
  )
  await running.until(
    'every record',
    () => missed(linesOf(...FAN_OUT), running.put).length + missed(linesOf(POLLING), running.put).length === 0,
  )
  for (const worker of ['a', 'c', POLLING]) running.signal(worker, 'SIGTERM')
  for (const worker of ['a', 'c', POLLING]) expect(await running.exited(worker)).toBe(0)

  const [fanOut, polling] = [linesOf(...FAN_OUT), linesOf(POLLING)]
  /** Each record once, with where it lay. */
  const records = (lines: readonly Line[]): string[] =>
    [
      ...new Set(
        lines
          .filter(({ what }) => what === 'got')
          .map(line => `${line.shard} ${line.rest[0]} ${line.rest[1]} ${textOf(line)}`),
      ),
    ].sort()
  expect(records(fanOut)).toEqual(records(polling))
  for (const lines of [fanOut, polling]) {
    expect(disorder(lines)).toEqual([])
    expect(keyDisorder(lines)).toEqual([])
    expect(unexplainedRepeats(lines, new Set(['b']))).toEqual([])
  }
  expect(running.backwards).toEqual([])
}, 300_000)
