/** What the hub remembers for bars, states, annotations and choices, against the same worked out from all rows. */
import { describe, expect, it } from 'vitest'
import type { Schema, Value } from '../../core/index.ts'
import { type Dashboard, LiveView, type Panel } from '../../dashboards/index.ts'
import { MARKS_MAX } from '../../dashboards/live/annotation-log.ts'
import type { Choice } from '../../dashboards/live/choices.ts'
import { CHOICE_IDLE_MS, CHOICES_MAX } from '../../dashboards/live/live-view.ts'
import { LABELS_TRACKED_MAX } from '../../dashboards/live/panels/state.ts'
import type { BarData, DeltaMessage, SnapshotMessage, StatesData } from '../../dashboards/live/protocol.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { SimClock } from '../support/sim-clock.ts'
import { batchOf, FULL_DASHBOARD, SHOP_OUTPUTS, shopWindow } from './support/shop.ts'

const START = Date.UTC(2020, 0, 1)
const text = (name: string) => ({ name, type: { kind: 'VARCHAR' as const, length: 64 }, nullable: true })
const SCHEMA: Schema = {
  columns: [
    text('A'),
    text('B'),
    { name: 'N', type: { kind: 'BIGINT' }, nullable: true },
    { name: 'M', type: { kind: 'DOUBLE' }, nullable: true },
    { name: 'T', type: { kind: 'TIMESTAMP' }, nullable: true },
  ],
}

function viewOf(panels: readonly Panel[], more: Partial<Dashboard> = {}): LiveView {
  const dashboard = { title: 't', panels, ...more }
  return new LiveView({ title: 't', outputs: new Map([['S', SCHEMA]]), dashboard, clock: new SimClock(START) })
}

const rows = (view: LiveView, at: number, values: readonly (readonly Value[])[]): void =>
  view.rows('S', batchOf(SCHEMA, at, values))

function barsOf(view: LiveView): BarData {
  view.publish()
  return view.snapshot().panels[0]?.data as BarData
}

function statesOf(view: LiveView): StatesData {
  view.publish()
  return view.snapshot().panels[0]?.data as StatesData
}

describe('bars', () => {
  it.each([1, 2, 3])('hold the sums by label and part of exactly the rows within the span (seed %i)', seed => {
    const random = seededRandom(seed)
    const spanMs = 60_000
    const view = viewOf([
      { kind: 'bar', title: 'T', stream: 'S', series: 'a', value: 'n', stack: 'b', over: 'span', spanMs },
    ])
    const all: [number, string, string, number][] = []
    let at = START
    for (let step = 0; step < 300; step++) {
      at += random.pick([0, 500, 3_000])
      const row = [at, random.pick(['x', 'y', 'z']), random.pick(['p', 'q']), Math.floor(random.next() * 100)] as const
      all.push([...row])
      rows(view, at, [[row[1], row[2], BigInt(row[3]), 0, 0]])
    }
    const data = barsOf(view)
    // Steps of a sixtieth of the span are forgotten whole, so the edge is that of a step.
    const edge = Math.floor((at - spanMs) / 1_000) * 1_000
    const expected = new Map<string, number>()
    for (const [time, a, b, n] of all) if (time >= edge) expected.set(`${a}/${b}`, (expected.get(`${a}/${b}`) ?? 0) + n)
    const given = data.items.flatMap(({ label, values }) =>
      values.map((value, part) => [`${label}/${data.parts[part]}`, value] as const),
    )
    expect(new Map(given)).toEqual(expected)
    expect(data.total).toBe([...expected.values()].reduce((sum, value) => sum + value, 0))
    expect(data).toMatchObject({ isStacked: true, hasRest: false, hidden: 0, at })
  })

  it('put several values side by side, sort numeric labels as numbers, and show the last rowtime only', () => {
    const view = viewOf([{ kind: 'bar', title: 'T', stream: 'S', series: 'n', value: ['m', 'n'], order: 'label' }])
    rows(view, START, [['x', 'x', 5n, 1, 0]])
    rows(view, START + 1_000, [
      ['x', 'x', 100n, 7, 0],
      ['x', 'x', 9n, 8, 0],
      ['x', 'x', 9n, 1, 0],
    ])
    expect(barsOf(view)).toMatchObject({
      isStacked: false,
      parts: ['M', 'N'],
      items: [
        { label: '9', values: [9, 18] },
        { label: '100', values: [7, 100] },
      ],
    })
  })

  it('sum parts past the eighth as "other", and are bounded by labels', () => {
    const view = viewOf([{ kind: 'bar', title: 'T', stream: 'S', series: 'a', value: 'n', stack: 'b' }])
    rows(
      view,
      START,
      Array.from({ length: 12 }, (_, index) => ['x', `part ${index}`, BigInt(100 - index), 0, 0]),
    )
    const data = barsOf(view)
    expect(data.parts).toHaveLength(9)
    expect(data.parts[8]).toBe('other')
    expect(data.items[0]?.values[8]).toBe(92 + 91 + 90 + 89)
    const many = Array.from({ length: 1_000 }, (_, index) => [`label ${index}`, 'p', 1n, 0, 0] as const)
    rows(view, START, many)
    rows(
      view,
      START,
      many.map(([label]) => [`${label} again`, 'p', 1n, 0, 0]),
    )
    expect(barsOf(view)).toMatchObject({ hidden: LABELS_TRACKED_MAX - 10 })
  })

  it('tell new parts apart when those of before are gone, however many there were', () => {
    const panel = { kind: 'bar', title: 'T', stream: 'S', series: 'a', value: 'n', stack: 'b' } as const
    const view = viewOf([panel, { ...panel, over: 'span', spanMs: 60_000 }])
    for (let index = 0; index < 200; index++) rows(view, START + index * 1_000, [['x', `part ${index}`, 1n, 0, 0]])
    view.publish()
    const [last, span] = view.snapshot().panels.map(({ data }) => data as BarData)
    expect(last).toMatchObject({ parts: ['part 199'], hasRest: false, total: 1 })
    expect(span?.parts).toHaveLength(9)
    expect(span?.parts.slice(0, 8).every(part => Number(part.slice(5)) >= 139)).toBe(true)
  })

  it('count labels past the limit in the total', () => {
    const view = viewOf([{ kind: 'bar', title: 'T', stream: 'S', series: 'a', value: ['n', 'm'] }])
    for (let index = 0; index < 2_000; index++) rows(view, START, [[`label ${index}`, 'p', 1n, 0.5, 0]])
    expect(barsOf(view)).toMatchObject({ total: 3_000, hidden: LABELS_TRACKED_MAX - 10 })
  })
})

describe('a state timeline', () => {
  it.each([1, 2, 3])('keeps exactly the instants at which a state became another one (seed %i)', seed => {
    const random = seededRandom(seed)
    const view = viewOf([
      { kind: 'stateTimeline', title: 'T', stream: 'S', series: 'a', state: 'b', spanMs: 86_400_000 },
    ])
    const expected = new Map<string, [number, string | null][]>()
    let at = START
    for (let step = 0; step < 200; step++) {
      at += 1_000
      const name = random.pick(['x', 'y'])
      // The last row of an instant says what holds from there on.
      const states = [random.pick(['up', 'down', null]), random.pick(['up', 'down', null])]
      rows(
        view,
        at,
        states.map(state => [name, state, 0n, 0, 0]),
      )
      const state = states[1] ?? null
      const changes = expected.get(name) ?? []
      if (changes.length === 0 || changes.at(-1)?.[1] !== state) changes.push([at, state])
      expected.set(name, changes)
    }
    expect(statesOf(view)).toEqual({
      kind: 'states',
      newest: at,
      hidden: 0,
      rows: [...expected].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([name, changes]) => ({ name, changes })),
    })
  })

  it('enters its span with the state from before, and lets labels go that were silent for a whole span', () => {
    const view = viewOf([{ kind: 'stateTimeline', title: 'T', stream: 'S', series: 'a', state: 'b', spanMs: 10_000 }])
    rows(view, START, [
      ['x', 'up', 0n, 0, 0],
      ['gone', 'up', 0n, 0, 0],
    ])
    rows(view, START + 8_000, [['x', 'down', 0n, 0, 0]])
    rows(view, START + 15_000, [['x', 'down', 0n, 0, 0]])
    expect(statesOf(view).rows).toEqual([
      {
        name: 'x',
        changes: [
          [START, 'up'],
          [START + 8_000, 'down'],
        ],
      },
    ])
  })
})

describe('annotations', () => {
  it('are marks with words, regions where there is an end, in the order of their times, and bounded', () => {
    const view = viewOf([], {
      annotations: [
        { title: 'At', stream: 's', x: 't', text: ['a', 'n'], level: 'bad' },
        { title: 'While', stream: 's', until: 't' },
      ],
    })
    rows(view, START, [['deploy', 'b', 7n, 0, START + 5_000]])
    rows(view, START + 1_000, [['deploy', null, null, 0, START - 5_000]])
    // An end may lie far ahead; a begin may not, as it would push the chart away.
    rows(view, START + 2_000, [['sale', null, null, 0, START + 86_400_000]])
    view.publish()
    expect(view.snapshot().annotations).toEqual([
      {
        title: 'At',
        level: 'bad',
        marks: [
          [START - 5_000, null, 'deploy'],
          [START + 5_000, null, 'deploy · 7'],
        ],
      },
      {
        title: 'While',
        level: 'info',
        marks: [
          [START, START + 5_000, 'deploy · b'],
          [START + 1_000, null, 'deploy'],
          [START + 2_000, START + 86_400_000, 'sale'],
        ],
      },
    ])
    const id = view.eventsSince(null)[0]?.id ?? null
    for (let index = 0; index < MARKS_MAX + 20; index++) rows(view, START + 2_000, [['m', 'b', 1n, 0, START]])
    view.publish()
    expect(view.snapshot().annotations.map(({ marks }) => marks.length)).toEqual([MARKS_MAX, MARKS_MAX])
    const delta = JSON.parse(view.eventsSince(id)[0]?.json ?? '{}') as DeltaMessage
    expect(delta.marks.map(({ annotation, marks }) => [annotation, marks.length])).toEqual([
      [0, MARKS_MAX],
      [1, MARKS_MAX],
    ])
  })
})

describe('a choice', () => {
  const shop = (): { readonly view: LiveView; readonly clock: SimClock } => {
    const clock = new SimClock(START)
    return { clock, view: new LiveView({ title: 't', outputs: SHOP_OUTPUTS, dashboard: FULL_DASHBOARD, clock }) }
  }
  const dataOf = ({ panels, annotations }: SnapshotMessage): unknown => [panels.map(({ data }) => data), annotations]

  it.each([
    1, 2,
  ])('shows what a view of the chosen rows alone would show, before and after it was made (seed %i)', seed => {
    const random = seededRandom(seed)
    const { view } = shop()
    const reference = shop().view
    const choice: Choice = new Map([
      ['device', 'mobile'],
      ['page', '/checkout'],
    ])
    for (let step = 0; step < 60; step++) {
      for (const [stream, batch] of shopWindow(START + step * 5_000, () => random.next())) {
        view.rows(stream, batch)
        const kept: Value[][] = []
        for (let row = 0; row < batch.length; row++) {
          const values = batch.schema.columns.map((column, index) => {
            const vector = batch.columns[index]
            if (vector?.layout === 'dictionary') return vector.dictionary.textOf(vector.ids[row] ?? 0)
            return vector?.layout === 'span' ? `no span in ${column.name}` : (vector?.values[row] ?? null)
          })
          const of = (name: string): Value | undefined =>
            values[batch.schema.columns.findIndex(column => column.name === name)]
          if ((of('DEVICE') ?? 'mobile') === 'mobile' && (of('PAGE') ?? '/checkout') === '/checkout') kept.push(values)
        }
        if (kept.length > 0) reference.rows(stream, batchOf(batch.schema, batch.rowtimes[0] ?? 0, kept))
      }
      // The choice is made in the middle, so half of it comes from the rows that were kept.
      if (step === 30) view.eventsSince(null, choice)
      view.publish()
      reference.publish()
    }
    expect(dataOf(view.snapshot(choice))).toEqual(dataOf(reference.snapshot()))
    expect(dataOf(view.snapshot())).not.toEqual(dataOf(reference.snapshot()))
    expect(view.snapshot(choice).variables).toMatchObject([
      { name: 'page', title: 'Page', chosen: '/checkout' },
      { name: 'device', title: 'Device', chosen: 'mobile', values: ['mobile', 'desktop', 'tablet'] },
    ])
    expect(view.snapshot(choice).variables[0]?.values).toContain('/shoes')
  })

  it('goes on after a lost connection as the page without a choice does, and ids of one are unknown to the other', () => {
    const { view } = shop()
    const choice: Choice = new Map([['device', 'tablet']])
    const id = view.eventsSince(null, choice)[0]?.id ?? null
    for (const [stream, batch] of shopWindow(START, () => 0.5)) view.rows(stream, batch)
    view.publish()
    expect(view.eventsSince(id, choice).map(({ event }) => event)).toEqual(['delta'])
    expect(view.eventsSince(id).map(({ event }) => event)).toEqual(['snapshot'])
    expect(view.eventsSince(id, new Map([['unknown', 'x']])).map(({ event }) => event)).toEqual(['snapshot'])
  })

  it('is forgotten when nobody asks for it, or when too many others are asked for', async () => {
    const { view, clock } = shop()
    const of = (value: string): Choice => new Map([['page', value]])
    const idOf = (choice: Choice): string => view.eventsSince(null, choice)[0]?.id ?? ''
    const first = idOf(of('/'))
    expect(view.eventsSince(first, of('/'))).toEqual([])
    await clock.advance(CHOICE_IDLE_MS + 1)
    view.publish()
    expect(view.eventsSince(first, of('/')).map(({ event }) => event)).toEqual(['snapshot'])
    const second = idOf(of('/'))
    for (let index = 0; index < CHOICES_MAX; index++) {
      await clock.advance(1)
      idOf(of(`/${index}`))
    }
    expect(view.eventsSince(second, of('/')).map(({ event }) => event)).toEqual(['snapshot'])
  })
})
