/** A card for each output stream: its newest value, its course, and the way to its panels. */
import type { LiveMessage, PanelShape, SeriesData, VariableMessage } from '../protocol.ts'
import { linkTo } from './address.ts'
import { dataText, el, setAttribute, setText } from './dom.ts'
import { formatTime, formatValue } from './format.ts'
import { AlignedSeries, combined, isWhole } from './series-data.ts'
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
  #chosen: readonly VariableMessage[] = []

  message(message: LiveMessage): void {
    if (message.type === 'delta') {
      for (const { id, data, points } of message.panels) {
        const card = this.#cards.get(id)
        if (card === undefined) continue
        if (data?.kind === 'series') card.data = new AlignedSeries(data, card.shape.spanMs, card.data)
        for (const [line, time, value] of points ?? []) card.data.set(line, time, value)
      }
      return
    }
    this.#isReplay = message.mode === 'replay'
    this.#chosen = message.variables.filter(({ chosen }) => chosen !== null)
    // The first panel of a stream that has all its values over time stands for it: a heatmap leaves rows out, and so do lines
    // without a rest.
    const first = new Map<string, { readonly shape: PanelShape; readonly data: SeriesData }>()
    for (const { shape, data } of message.panels)
      if (data.kind === 'series' && isWhole(shape, data) && !first.has(shape.stream))
        first.set(shape.stream, { shape, data })
    const key = JSON.stringify([
      message.variables.map(({ chosen }) => chosen),
      [...first.values()].map(({ shape }) => shape),
    ])
    if (key !== this.#key) this.#build([...first.values()].map(({ shape }) => shape))
    this.#key = key
    for (const { shape, data } of first.values()) {
      const card = this.#cards.get(shape.id)
      if (card !== undefined) card.data = new AlignedSeries(data, card.shape.spanMs, card.data)
    }
  }

  draw(now: number): void {
    for (const { shape, value, when, course, data } of this.#cards.values()) {
      const newest = data.times.at(-1)
      if (newest === undefined) continue
      const end = this.#isReplay ? newest : Math.max(newest, now)
      data.prune(end - shape.spanMs)
      const points = data.times.map((time, index): readonly [number, number | null] => [
        time,
        combined(
          data.values.map(values => values[index]),
          shape.combine,
        ),
      ])
      course.draw(points, end - shape.spanMs, end)
      setText(value, formatValue(points.at(-1)?.[1], shape.unit))
      setText(
        when,
        `${shape.value === '' ? 'all columns' : shape.value.toLowerCase().replaceAll('_', ' ')} at ${formatTime(newest)}${this.#isLeftOut(shape) ? ', all rows' : ''}`,
      )
      setAttribute(value.parentElement ?? value, 'data-newest', String(newest))
    }
  }

  /** A choice does not reach streams without its column. */
  #isLeftOut({ variables }: PanelShape): boolean {
    return this.#chosen.some(({ name }) => !variables.includes(name))
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
          data: new AlignedSeries({ kind: 'series', series: [], hidden: 0 }, shape.spanMs),
        })
        return el(
          'li',
          {},
          el(
            'a',
            {
              class: 'card',
              href: linkTo('views', Object.fromEntries(this.#chosen.map(({ name, chosen }) => [name, chosen ?? '']))),
              'data-stream': shape.stream,
            },
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
