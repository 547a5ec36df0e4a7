/** What keeps deliveries waiting is told, and what open objects hold in memory is bounded. */
import { describe, expect, it } from 'vitest'
import { MEBIBYTE, MillraceError } from '../../../core/index.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import type { ObjectStore } from '../../../sinks/stores/store.ts'
import { customWorld } from '../destinations/world.ts'
import { put, world } from './world.ts'

describe('troubles', () => {
  it('of a bucket that denies for three hours are told at once and every five minutes, and nothing is lost', async () => {
    const inner = new MemoryStore()
    const told: [number, string][] = []
    const denied = new MillraceError('unwritable_output', 'AccessDenied; allow s3:PutObject', { retry: 'backoff' })
    const store: ObjectStore = {
      begin: (key, attributes) =>
        clock.monotonicMs() < 3 * 3_600_000 ? Promise.reject(denied) : inner.begin(key, attributes),
    }
    const { clock, stream } = world(
      { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 } },
      {},
      { store: () => store, onRetry: ({ message }) => told.push([clock.monotonicMs(), message]) },
    )
    await put(stream, 'kept')
    await clock.advance(4 * 3_600_000)
    expect([...inner.objects.values()].map(body => Buffer.from(body).toString())).toEqual(['kept'])
    expect(told[0]).toEqual([200, 'AccessDenied; allow s3:PutObject'])
    expect(told[1]?.[1]).toMatch(/^AccessDenied; allow s3:PutObject; for 5 minutes now, \d+ times$/)
    expect(told.length).toBeGreaterThan(30)
    expect(told.length).toBeLessThan(37)
  })

  it('of a destination are told as well, and a call without an answer is one', async () => {
    const told: string[] = []
    let calls = 0
    const { clock, stream } = customWorld(
      ({ retryDurationSeconds }) => ({
        name: 'SQS',
        errorType: 'sqs-failed',
        callsMax: 1,
        recordsMax: 10,
        bytesMax: MEBIBYTE,
        successOf: 'records',
        callTimeoutMs: 60_000,
        retry: { waitFirstMs: 100, waitMaxMs: 100, durationSeconds: retryDurationSeconds, countsFrom: 'first-failure' },
        sizeOf: ({ data }) => data.length,
        // The first call hangs, and heeds no signal.
        call: () => (calls++ === 0 ? new Promise(() => {}) : Promise.resolve({ outcomes: null })),
      }),
      {
        members: { RetryOptions: { DurationInSeconds: 600 } },
        parts: { onRetry: ({ message }) => told.push(message) },
      },
    )
    await put(stream, 'a')
    await clock.until(stream.close())
    expect(told).toEqual(['SQS.RequestTimeout: no answer within 60 s'])
    expect(stream.metrics.get('DeliveryToSQS.Records')).toBe(1)
  })
})

describe('memory', () => {
  it('that writers of a store keep counts, and objects end early where it is too much', async () => {
    const inner = new MemoryStore()
    let [held, heldMost] = [0, 0]
    // As an upload does that keeps its parts until it is complete.
    const store: ObjectStore = {
      begin: async (key, attributes) => {
        const writer = await inner.begin(key, attributes)
        let heldBytes = 0
        const change = (bytes: number): void => {
          heldBytes += bytes
          held += bytes
          heldMost = Math.max(heldMost, held)
        }
        return {
          get heldBytes() {
            return heldBytes
          },
          write: async bytes => {
            change(bytes.length)
            await writer.write(bytes)
          },
          complete: async () => {
            change(-heldBytes)
            await writer.complete()
          },
          abort: () => writer.abort(),
        }
      },
    }
    const { stream } = world(
      { BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 900 } },
      { heldBytesMax: 2 * MEBIBYTE },
      { store: () => store },
    )
    for (let n = 0; n < 80; n++) await put(stream, 'x'.repeat(100_000))
    await stream.flush()
    expect(heldMost).toBeLessThanOrEqual(2 * MEBIBYTE + 2 * 100_000)
    expect(stream.manifest.totals.rows).toBe(80)
    expect(stream.manifest.objects.map(({ reason }) => reason)).toEqual(['memory', 'memory', 'memory', 'flush'])
  })
})
