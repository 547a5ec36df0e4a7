import { describe, expect, it } from 'vitest'
import { flushReason } from '../../sinks/buffer.ts'

describe('the buffer', () => {
  const hints = { SizeInMBs: 1, IntervalInSeconds: 60 }
  it.each([
    [{ rows: 0, sizeBytes: 0, firstMs: null }, 1e9, null],
    [{ rows: 1, sizeBytes: 1_048_575, firstMs: 100 }, 60_099, null],
    [{ rows: 1, sizeBytes: 1_048_576, firstMs: 100 }, 100, 'size'],
    [{ rows: 1, sizeBytes: 1, firstMs: 100 }, 60_100, 'interval'],
    [{ rows: 1, sizeBytes: 1_048_576, firstMs: 100 }, 60_100, 'size'],
  ])('%o at %i ms is flushed for %s', (state, nowMs, reason) => {
    expect(flushReason(hints, state, nowMs)).toBe(reason)
  })

  it('with a zero interval is flushed after 200 ms, not for each row', () => {
    const zero = { SizeInMBs: 1, IntervalInSeconds: 0 }
    const state = { rows: 1, sizeBytes: 1, firstMs: 0 }
    expect([flushReason(zero, state, 199), flushReason(zero, state, 200)]).toEqual([null, 'interval'])
  })
})
