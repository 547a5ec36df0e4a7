import { describe, expect, it } from 'vitest'
import {
  formatDate,
  formatTime,
  formatTimestamp,
  parseDate,
  parseTime,
  parseTimestamp,
  TIMESTAMP_MAX,
  TIMESTAMP_MIN,
} from '../../core/codecs/datetime-text.ts'

describe('timestamp texts', () => {
  it('are those of Date over every day of four centuries and the ends of the calendar', () => {
    const instants = [TIMESTAMP_MIN, TIMESTAMP_MAX, -1, 0, 1, 951_782_399_999, 951_782_400_000]
    for (let day = -70_000; day < 80_000; day++)
      instants.push(day * 86_400_000 + ((day * 7_919_777) % 43_200_000) + 43_200_000)
    for (let year = 1; year <= 9_999; year++) {
      const text = String(year).padStart(4, '0')
      for (const rest of [
        '-01-01T00:00:00.000Z',
        '-02-28T23:59:59.999Z',
        '-03-01T12:34:56.789Z',
        '-12-31T23:59:59.001Z',
      ])
        instants.push(Date.parse(text + rest))
    }
    for (const ms of instants) {
      const iso = new Date(ms).toISOString()
      const text = iso.replace('T', ' ').replace('Z', '')
      if (formatTimestamp(ms) !== text || parseTimestamp(text) !== ms || parseTimestamp(iso) !== ms)
        expect(formatTimestamp(ms)).toBe(text)
      if (
        formatDate(ms) !== text.slice(0, 10) ||
        formatTime(ms - Math.floor(ms / 86_400_000) * 86_400_000) !== text.slice(11)
      )
        expect(formatDate(ms)).toBe(text.slice(0, 10))
    }
    expect(instants.length).toBeGreaterThan(180_000)
  })

  it.each([
    '2024-13-01',
    '2024-00-01',
    '2024-04-31',
    '1900-02-29',
    '2024-1-01',
    '02024-01-01',
    '2024-01-01 24:00:00',
    '2024-01-01 00:60:00',
    '2024-01-01 00:00:60',
    '2024-01-01 00:00',
    '2024-01-01 00:00:00.',
    '2024-01-01 00:00:00.1234567890',
    '2024-01-01T00:00:00+1',
    '2024-01-01T00:00:00+19:00',
    '2024-01-01T00:00:00Zulu',
    '2024-01-01T',
    '2024-01-01x00:00:00',
    '0001-01-01T00:00:00+01:00',
    '',
    'now',
  ])('"%s" is no timestamp', text => {
    expect(parseTimestamp(text)).toBeNaN()
  })

  it.each([
    ['2024-01-01T10:00Z', '2024-01-01T10:00:00.000Z'],
    ['2024-01-01T10:00:00.5-0530', '2024-01-01T15:30:00.500Z'],
    ['2024-01-01T10:00:00+02', '2024-01-01T08:00:00.000Z'],
    ['2024-01-01 10:00:00.12', '2024-01-01T10:00:00.120Z'],
  ])('"%s" is %s', (text, iso) => {
    expect(new Date(parseTimestamp(text)).toISOString()).toBe(iso)
  })

  it('give dates and times of timestamps, and times alone', () => {
    expect(parseDate('1969-12-31 23:59:59')).toBe(-86_400_000)
    expect(parseTime('1969-12-31 23:59:59.5')).toBe(86_399_500)
    expect(parseTime('00:00:00.001')).toBe(1)
    expect(parseTime('0:00:00')).toBeNaN()
    expect(parseDate('')).toBeNaN()
  })
})
