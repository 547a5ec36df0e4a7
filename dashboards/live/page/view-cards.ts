/** A card for each output stream: its newest value, its course, and the way to its panels. */
import type { LiveMessage, PanelShape, SeriesData } from '../protocol.ts'
import { linkTo } from './address.ts'
import { dataText, el, setAttribute, setText } from './dom.ts'
import { formatTime, formatValue } from './format.ts'
import { AlignedSeries } from './series-data.ts'
import { type Sparkline, sparkline } from './sparkline.ts'

interface Card {
  readonly shape: PanelShape
  readonly value: HTMLElement
  readonly when: HTMLElement
  readonly course: Sparkline
  data: AlignedSeries
}

export class ViewCards {
  readonly element = el('ul', { class: 'cards', 'aria-label': 'Views' })
  #cards = new Map<string, Card>()
  #key = ''
  #isReplay = false

  message(message: LiveMessage): void {
    if (message.type === 'delta') {
      for (const { id, data, points } of message.panels) {
        const card = this.#cards.get(id)
        if (card === undefined) continue
        if (data?.kind === 'series') card.data = new AlignedSeries(data, card.data)
        for (const [line, time, value] of points ?? []) card.data.set(line, time, value)
      }
      return
    }
    this.#isReplay = message.mode === 'replay'
    // The first panel of a stream that has values over time stands for it.
    const first = new Map<string, { readonly shape: PanelShape; readonly data: SeriesData }>()
    for (const { shape, data } of message.panels)
      if (data.kind === 'series' && !first.has(shape.stream)) first.set(shape.stream, { shape, data })
    const key = JSON.stringify([
      message.variables.map(({ chosen }) => chosen),
      [...first.values()].map(({ shape }) => shape),
    ])
    if (key !== this.#key) this.#build([...first.values()].map(({ shape }) => shape))
    this.#key = key
    for (const { shape, data } of first.values()) {
      const card = this.#cards.get(shape.id)
      if (card !== undefined) card.data = new AlignedSeries(data, card.data)
    }
  }

  draw(now: number): void {
    for (const { shape, value, when, course, data } of this.#cards.values()) {
      const newest = data.times.at(-1)
      if (newest === undefined) continue
      const end = this.#isReplay ? newest : Math.max(newest, now)
      data.prune(end - shape.spanMs)
      const points = data.times.map((time, index): readonly [number, number | null] => {
        let sum: number | null = null
        for (const values of data.values) {
          const point = values[index]
          if (point !== undefined && point !== null) sum = (sum ?? 0) + point
        }
        return [time, sum]
      })
      course.draw(points, end - shape.spanMs, end)
      setText(value, formatValue(points.at(-1)?.[1], shape.unit))
      setText(
        when,
        `${shape.value === '' ? 'all columns' : shape.value.toLowerCase().replaceAll('_', ' ')} at ${formatTime(newest)}`,
      )
      setAttribute(value.parentElement ?? value, 'data-newest', String(newest))
    }
  }

  #build(shapes: readonly PanelShape[]): void {
    this.#cards = new Map()
    this.element.hidden = shapes.length === 0
    this.element.replaceChildren(
      ...shapes.map(shape => {
        const value = el('strong', { class: 'card-value number' }, '–')
        const when = el('span', { class: 'card-words' }, 'no rows yet')
        const course = sparkline('card-spark')
        this.#cards.set(shape.id, {
          shape,
          value,
          when,
          course,
          data: new AlignedSeries({ kind: 'series', series: [], hidden: 0 }),
        })
        return el(
          'li',
          {},
          el(
            'a',
            { class: 'card', href: linkTo('views'), 'data-stream': shape.stream },
            dataText(shape.stream.toLowerCase().replaceAll('_', ' '), 'card-name'),
            value,
            when,
            course.element,
          ),
        )
      }),
    )
  }
}
