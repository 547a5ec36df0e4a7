/** The delay from event to chart, by clocks that differ. */
import { expect, it } from 'vitest'
import { DelayMeter } from '../../dashboards/live/page/delay.ts'

const SERVER_AHEAD = 3_600_000

it('measures from the oldest row that is not painted to the frame that shows it, on the clock of the server', () => {
  const meter = new DelayMeter()
  meter.arrived(SERVER_AHEAD + 900)
  meter.painted(1_000)
  expect(meter.delay).toBe(null)
  // A question of 20 ms, answered in the middle of it; a slower one afterwards changes nothing.
  meter.clock(SERVER_AHEAD + 1_010, 1_000, 1_020)
  meter.clock(SERVER_AHEAD + 5_000, 1_000, 1_600)
  meter.painted(1_100)
  expect(meter.delay).toEqual({ medianMs: 200, p95Ms: 200, samples: 1 })
  meter.painted(5_000)
  expect(meter.delay?.samples).toBe(1)
  for (let index = 0; index < 99; index++) {
    meter.arrived(SERVER_AHEAD + 10_000 + index * 10)
    meter.arrived(SERVER_AHEAD + 10_005 + index * 10)
    meter.painted(10_000 + index * 10 + (index < 90 ? 300 : 900))
  }
  expect(meter.delay).toEqual({ medianMs: 300, p95Ms: 900, samples: 100 })
  meter.arrived(SERVER_AHEAD + 100_000)
  meter.painted(100_400)
  expect(meter.delay).toEqual({ medianMs: 400, p95Ms: 400, samples: 1 })
  expect(meter.course.at(-1)).toEqual([SERVER_AHEAD + 100_000, 400])
  // What came while nobody looked is no delay.
  meter.arrived(SERVER_AHEAD + 100_000)
  meter.skipped()
  meter.painted(200_000)
  expect(meter.delay?.samples).toBe(1)
})
