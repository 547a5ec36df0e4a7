/** A destination that refuses for an hour, is slow now and then, or vanishes: memory stays bounded, the reader waits, nothing is lost. */
import { afterEach, describe, expect, it } from 'vitest'
import { MEBIBYTE, MillraceError } from '../../../core/index.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import type { ObjectStore } from '../../../sinks/stores/store.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { destinationWorld, START } from '../destinations/world.ts'
import { errorsIn } from '../pipeline/world.ts'
import { CLIENT_CASES } from './client-cases.ts'
import {
  type FaultCase,
  type FaultPlan,
  type FaultWorld,
  HELD_BYTES,
  HINTS,
  INTAKE_BYTES,
  numbersOf,
  ROW_BYTES,
  ROWS,
  rowOf,
} from './fault-case.ts'
import { HTTP_CASES } from './http-cases.ts'
import { STORE_CASES } from './store-cases.ts'

const HOUR_MS = 3_600_000
/** Intake, what is held or under way, the open batch, and the rows that end each of them. */
const MEMORY_BYTES_MAX = INTAKE_BYTES + HELD_BYTES + MEBIBYTE + 3 * ROW_BYTES
const ALL = Array.from({ length: ROWS }, (_, n) => n)
/** Rows between two flushes, of a reader that checkpoints. */
const CHECKPOINT_ROWS = 100

const sorted = (numbers: readonly number[]): readonly number[] => numbers.toSorted((a, b) => a - b)

/** Writes as fast as it may, and measures what it has written that neither was delivered nor has failed. */
function reader(
  { stream, leftRows }: Pick<FaultWorld, 'stream' | 'leftRows'>,
  clock: SimClock,
  metric: FaultCase['metric'],
  checkpoints = false,
) {
  const state = { written: 0, confirmed: 0, heldBytesMost: 0 }
  const done = (async () => {
    for (let n = 0; n < ROWS; n++) {
      await stream.write([{ data: rowOf(n), arrivedAt: clock.now() }])
      state.written++
      const { metrics } = stream
      const gone = leftRows?.() ?? metrics.get(`DeliveryTo${metric}.Records`) + metrics.get('ErrorOutput.Records')
      state.heldBytesMost = Math.max(state.heldBytesMost, (state.written - gone) * ROW_BYTES)
      if (checkpoints && state.written % CHECKPOINT_ROWS === 0) {
        await stream.flush()
        state.confirmed = state.written
      }
    }
    await stream.close()
  })()
  done.catch(() => {})
  return { state, done }
}

describe.each([...STORE_CASES, ...HTTP_CASES, ...CLIENT_CASES])('$name', ({
  open,
  metric,
  vanishes,
  behind,
  slowMs,
}) => {
  let world: FaultWorld | null = null
  const begin = async (plan: Omit<FaultPlan, 'clock'>, checkpoints = false) => {
    const clock = new SimClock(START)
    const opened = await open({ clock, ...plan, fault: call => plan.fault(call) })
    world = opened
    return { clock, ...opened, ...reader(opened, clock, metric, checkpoints) }
  }
  afterEach(async () => world?.close?.())

  it('that refuses for an hour stops the reader within its memory, and gets every row once afterwards', async () => {
    let hour = true
    const { clock, state, done, stream, taken, failed, copies } = await begin({
      retrySeconds: 7_200,
      all: behind !== 'backup',
      fault: () => (hour ? 'refused' : null),
    })
    await clock.advance(HOUR_MS - 1_000)
    expect(await taken()).toEqual([])
    // What is safe in a bucket needs no memory.
    if (behind === 'bucket') expect(stream.metrics.get('DeliveryToRedshift.Records')).toBe(0)
    else expect(state.written).toBeLessThan(ROWS / 2)
    expect(stream.dataFreshness).toBe(3_599)
    hour = false
    await clock.until(done)
    expect(sorted(await taken())).toEqual(ALL)
    expect(state.heldBytesMost).toBeLessThanOrEqual(MEMORY_BYTES_MAX)
    expect(stream.metrics.get(`DeliveryTo${metric}.Records`)).toBe(ROWS)
    expect(await failed()).toEqual([])
    expect(sorted(copies())).toEqual(behind === 'backup' ? [] : ALL)
  })

  it('that is slow with some calls gets every row once, within the same memory', async () => {
    const { clock, state, done, taken, failed, copies } = await begin({
      retrySeconds: 300,
      all: false,
      fault: call => (call % 100 === 3 ? slowMs : null),
    })
    await clock.until(done)
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(slowMs)
    expect(sorted(await taken())).toEqual(ALL)
    expect(state.heldBytesMost).toBeLessThanOrEqual(MEMORY_BYTES_MAX)
    expect([...(await failed()), ...copies()]).toEqual([])
  })

  if (behind === 'none')
    it('that vanishes ends the stream with its reason, and has every row that was confirmed', async () => {
      const { retrySeconds, afterCalls } = vanishes
      const fault = (call: number) => (call < afterCalls ? null : ('refused' as const))
      const { clock, state, done, taken } = await begin({ retrySeconds, all: false, fault }, true)
      await expect(clock.until(done)).rejects.toThrow(/ECONNREFUSED|rate exceeded|denied|disk is full/)
      expect(state.confirmed).toBeGreaterThan(0)
      expect(state.heldBytesMost).toBeLessThanOrEqual(MEMORY_BYTES_MAX)
      const found = sorted(await taken())
      expect(found).toEqual(ALL.slice(0, found.length))
      expect(found.length).toBeGreaterThanOrEqual(state.confirmed)
    })
  else
    it.each([
      ['the rows that it does not take in the error output', false],
      ['these, and a copy of all rows in the backup', true],
    ])('that vanishes leaves %s', async (_, all) => {
      const { retrySeconds, afterCalls } = vanishes
      const fault = (call: number) => (call < afterCalls ? null : ('refused' as const))
      const { clock, state, done, taken, failed, copies } = await begin({ retrySeconds, all, fault })
      await clock.until(done)
      expect(state.heldBytesMost).toBeLessThanOrEqual(MEMORY_BYTES_MAX)
      const lost = await failed()
      expect(lost.length).toBeGreaterThan(0)
      expect(sorted([...(await taken()), ...lost])).toEqual(ALL)
      expect(sorted(copies())).toEqual(all ? ALL : [])
    })
})

it('a bucket that refuses beside a destination that vanished stops the reader as well, and loses nothing', async () => {
  const clock = new SimClock(START)
  const bucket = new MemoryStore()
  const refusing: ObjectStore = {
    begin: (key, attributes) =>
      clock.monotonicMs() < HOUR_MS
        ? Promise.reject(new MillraceError('throttled', 'slow down', { retry: 'backoff' }))
        : bucket.begin(key, attributes),
  }
  const world = destinationWorld('HttpEndpointDestinationConfiguration', async () => {}, {
    clock,
    members: { ...HINTS, RetryOptions: { DurationInSeconds: 5 } },
    options: { intakeBytesMax: INTAKE_BYTES, heldBytesMax: HELD_BYTES },
    parts: { store: () => refusing },
    fault: () => 'refused',
  })
  const { state, done } = reader(world, clock, 'HttpEndpoint')
  await clock.advance(HOUR_MS - 1_000)
  // Failed records count as gone when their error record is held, of which there is one open object.
  expect(state.written).toBeLessThan(ROWS / 2)
  await clock.until(done)
  const failed = errorsIn(bucket, 'http-endpoint-failed/').map(({ rawData }) => Buffer.from(String(rawData), 'base64'))
  expect(sorted(numbersOf(failed))).toEqual(ALL)
})
