/** The parts of the page that need no browser. */
import { describe, expect, it } from 'vitest'
import { linkTo, readAddress } from '../../dashboards/live/page/address.ts'
import { formatTick, formatUtc, formatValue } from '../../dashboards/live/page/format.ts'
import { goneOn, MARKS_MAX } from '../../dashboards/live/page/kept-marks.ts'
import { layout } from '../../dashboards/live/page/layout.ts'
import { AlignedSeries, isWhole } from '../../dashboards/live/page/series-data.ts'
import { EventParser } from '../../dashboards/live/page/sse.ts'
import type { PanelWidthMessage } from '../../dashboards/live/protocol.ts'
import { seededRandom } from '../support/seeded-random.ts'

describe('the event parser', () => {
  it('finds the same events however the text is cut', () => {
    const text =
      'retry: 1000\n\nid: a-1\nevent: snapshot\ndata: {"x":"é\\n"}\n\n:\n\nid: a-2\nevent: delta\ndata: {}\n\n'
    for (let cut = 0; cut <= text.length; cut++) {
      const parser = new EventParser()
      expect([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))]).toEqual([
        { id: 'a-1', event: 'snapshot', data: '{"x":"é\\n"}' },
        { id: 'a-2', event: 'delta', data: '{}' },
      ])
    }
  })
})

describe('the layout', () => {
  it('fills every row to its end, for any panels and page', () => {
    const random = seededRandom(3)
    const widths: readonly PanelWidthMessage[] = ['quarter', 'third', 'half', 'twoThirds', 'full']
    for (let round = 0; round < 300; round++) {
      const panels = Array.from(
        { length: 1 + Math.floor(random.next() * 9) },
        () => widths[Math.floor(random.next() * 5)] ?? 'half',
      )
      for (const page of ['wide', 'medium', 'narrow'] as const) {
        let row = 0
        for (const span of layout(panels, page)) {
          row = row === 12 ? span : row + span
          expect(row).toBeLessThanOrEqual(12)
        }
        expect(row).toBe(12)
      }
    }
  })

  it('leaves wishes that fit as they are', () => {
    expect(layout(['twoThirds', 'third', 'third', 'third', 'third'], 'wide')).toEqual([8, 4, 4, 4, 4])
    expect(layout(['quarter', 'quarter', 'full'], 'wide')).toEqual([6, 6, 12])
    expect(layout(['quarter', 'quarter', 'third'], 'narrow')).toEqual([6, 6, 12])
  })
})

const SPAN_MS = 300_000

describe('aligned series', () => {
  const empty = { kind: 'series', hidden: 0, series: [{ name: 'a', isRest: false, points: [] }] } as const

  it('hold no more than their span while nobody draws them', () => {
    const aligned = new AlignedSeries(empty, 10)
    for (let time = 0; time < 1_000; time++) aligned.set(0, time, 1)
    expect([aligned.times.length, aligned.values[0]?.length, aligned.times[0]]).toEqual([12, 12, 988])
    const points = Array.from({ length: 1_000 }, (_, time) => [time, 1] as const)
    expect(new AlignedSeries({ ...empty, series: [{ ...empty.series[0], points }] }, 10).times).toEqual(aligned.times)
  })

  it('make one value of what lies within a span, without the point before it', () => {
    const aligned = new AlignedSeries(empty, 10)
    for (const [time, value] of [
      [10, 5],
      [11, 9],
      [12, null],
      [19, 4],
    ] as const)
      aligned.set(0, time, value)
    const totals = (from: number) =>
      (['sum', 'max', 'last'] as const).map(combine => aligned.totalFrom(0, from, combine))
    expect([totals(10), totals(11), totals(12), totals(20)]).toEqual([
      [18, 9, 4],
      [13, 9, 4],
      [4, 4, 4],
      [0, null, null],
    ])
  })

  it('hold every point at its time in any order of arrival, and tell a missing point from NULL', () => {
    const aligned = new AlignedSeries(
      {
        kind: 'series',
        hidden: 0,
        series: [
          {
            name: 'a',
            isRest: false,
            points: [
              [1, 10],
              [3, null],
            ],
          },
          { name: 'b', isRest: false, points: [[2, 20]] },
        ],
      },
      SPAN_MS,
    )
    aligned.set(1, 5, 50)
    aligned.set(0, 4, 40)
    aligned.set(0, 1, 11)
    expect(aligned.times).toEqual([1, 2, 3, 4, 5])
    expect(aligned.values).toEqual([
      [11, undefined, null, 40, undefined],
      [undefined, 20, undefined, undefined, 50],
    ])
    expect([aligned.last(0), aligned.last(1), aligned.pointCount]).toEqual([40, 50, 4])
    aligned.prune(4)
    expect(aligned.times).toEqual([3, 4, 5])
  })
})

describe('aligned series after a restart of the server', () => {
  const line = (name: string, points: readonly (readonly [number, number | null])[]) => ({
    name,
    isRest: false,
    points,
  })
  const before = new AlignedSeries(
    {
      kind: 'series',
      hidden: 0,
      series: [
        line('a', [
          [1, 10],
          [2, 20],
          [3, 30],
        ]),
        line('gone', [[1, 1]]),
      ],
    },
    SPAN_MS,
  )

  it('go on with what the page had, and count nothing twice', () => {
    const after = new AlignedSeries(
      {
        kind: 'series',
        hidden: 0,
        series: [
          line('a', [
            [3, 33],
            [4, 40],
          ]),
          line('b', [[4, 4]]),
        ],
      },
      SPAN_MS,
      before,
    )
    expect(after.times).toEqual([1, 2, 3, 4])
    expect(after.names).toEqual(['a', 'b'])
    expect(after.values).toEqual([
      [10, 20, 33, 40],
      [undefined, undefined, undefined, 4],
    ])
  })

  it('keep their lines while the server has no rows', () => {
    const after = new AlignedSeries({ kind: 'series', hidden: 0, series: [] }, SPAN_MS, before)
    after.set(0, 4, 40)
    expect([after.names, after.times]).toEqual([before.names, [1, 2, 3, 4]])
    expect(before.times).toEqual([1, 2, 3])
  })
})

describe('a card', () => {
  it('is made of lines that are all of their stream', () => {
    const series = (isRest: boolean) => [{ name: 'a', isRest, points: [] }]
    expect([
      isWhole({ kind: 'timeSeries' }, { kind: 'series', hidden: 0, series: series(false) }),
      isWhole({ kind: 'timeSeries' }, { kind: 'series', hidden: 3, series: series(true) }),
      isWhole({ kind: 'timeSeries' }, { kind: 'series', hidden: 3, series: series(false) }),
      isWhole({ kind: 'heatmap' }, { kind: 'series', hidden: 0, series: series(false) }),
    ]).toEqual([true, true, false, false])
  })
})

describe('marks after a restart of the server', () => {
  it('go on with those that are older than what it tells of, and take none of another annotation', () => {
    const marks = (...from: number[]) => from.map(at => [at, null, String(at)] as const)
    const of = (title: string, ...from: number[]) => ({ title, level: 'info' as const, marks: marks(...from) })
    expect(goneOn([of('a', 1, 2, 3)], [of('a', 3, 4), of('b', 5)])).toEqual([of('a', 1, 2, 3, 4), of('b', 5)])
    expect(goneOn([of('a', 1)], [of('a')])).toEqual([of('a', 1)])
    expect(goneOn([of('a', 1)], [of('c', 2)])).toEqual([of('c', 2)])
    const many = Array.from({ length: MARKS_MAX }, (_, at) => at)
    expect(goneOn([of('a', ...many)], [of('a', MARKS_MAX)])[0]?.marks).toHaveLength(MARKS_MAX)
  })
})

describe('addresses of pages', () => {
  it('name a known page and its parameters', () => {
    const read = (hash: string): readonly [string | null, string] => {
      const { page, parameters } = readAddress(hash, ['overview', 'views'])
      return [page, parameters.toString()]
    }
    expect(read('#views?device=mobile&page=%2Fa%3Fb')).toEqual(['views', 'device=mobile&page=%2Fa%3Fb'])
    expect([read(''), read('#nothing?x=1'), read('#overview')]).toEqual([
      [null, ''],
      [null, 'x=1'],
      ['overview', ''],
    ])
    expect(linkTo('views', { device: 'a b' })).toBe('#views?device=a+b')
  })
})

describe('formats', () => {
  it('write numbers in their units', () => {
    expect(formatValue(1_234_567.891, 'count')).toBe('1,234,568')
    expect(formatValue(1_234_567.891, 'count', true)).toBe('1.23M')
    expect(formatValue(18_450.5, 'currency:EUR')).toBe('€18,450.50')
    expect(formatValue(1_536, 'bytes')).toBe('1.5 KiB')
    expect(formatValue(90_500, 'milliseconds')).toBe('91 s')
    expect(formatValue(7.964, 'perSecond')).toBe('8.0/s')
    expect(formatValue(null, 'count')).toBe('–')
    expect(formatValue(Number.NaN, 'count')).toBe('–')
  })

  it('survive times that no calendar has', () => {
    expect([formatTick(8.7e15, 1_000), formatUtc(Number.NaN), formatUtc(-8.7e15)]).toEqual(['', '–', '–'])
    expect(formatUtc(1_000)).toBe('1970-01-01 00:00:01 UTC')
  })
})
