/** The head of the page: the sentence, five figures with their course, and a cell for each shard. */
import type { HistoryPoint, ReportMessage, ShardMessage, StatusMessage } from '../protocol.ts'
import type { DelayMeter } from './delay.ts'
import { dataText, el, resizeChildren, setAttribute, setText } from './dom.ts'
import { formatDelay, formatDuration, formatTime, formatUtc, formatValue } from './format.ts'
import { type Sparkline, sparkline } from './sparkline.ts'

const HISTORY_MS = 300_000
/** Screen readers hear a new sentence when things turn better or worse, else this often. */
const ANNOUNCE_MS = 30_000
const BEHIND_MS_WARN = 5_000
const BEHIND_MS_BAD = 60_000
/** People who look at a dashboard should see what the stream says within a second. */
const DELAY_MS_WARN = 1_000

interface Tile {
  readonly element: HTMLElement
  readonly value: HTMLElement
  readonly words: HTMLElement
  readonly course: Sparkline
}

export class StatusSection {
  readonly #sentence = el('bdi', { id: 'sentence' }, 'connecting')
  readonly #announcer = el('p', { id: 'announcer', class: 'unseen', role: 'status', 'aria-live': 'polite' })
  readonly #tiles = el('div', { id: 'tiles', class: 'tiles' })
  readonly #losses = el('ul', { class: 'losses', 'aria-label': 'What did not go the straight way' })
  readonly element = el(
    'section',
    { id: 'status', class: 'status', 'aria-label': 'State of the pipeline', 'data-level': 'idle' },
    el('p', { class: 'sentence' }, el('span', { class: 'dot', 'aria-hidden': 'true' }), this.#sentence),
    this.#announcer,
    this.#tiles,
    this.#losses,
  )
  /** what is said once the pipeline has ended; hidden before */
  readonly report = el('section', { id: 'report', class: 'report', 'aria-label': 'Final report', hidden: '' })
  readonly #shards = el('ul', { class: 'shards' })
  readonly #shardWords = el('p', { class: 'tile-words' })
  readonly #events = tile('Events', 'read from the stream')
  readonly #rows = tile('Result rows', 'written to output streams')
  readonly #watermark = tile('Watermark', 'behind the clock')
  readonly #behind = tile('Behind the tip', 'of the slowest shard')
  readonly #errors = tile('Error rows', 'in the error stream')
  readonly #delayed = tile('Event to chart', 'no rows yet')
  readonly #delay: DelayMeter
  #history: HistoryPoint[] = []
  #announcedLevel = ''
  #announcedAt = 0

  /** @param delay how long rows take to the screen */
  constructor(delay: DelayMeter) {
    this.#delay = delay
    setAttribute(this.#delayed.element, 'id', 'delay')
    const tiles = [this.#events, this.#rows, this.#watermark, this.#behind, this.#delayed, this.#errors]
    this.#tiles.append(
      ...tiles.map(({ element }) => element),
      el(
        'section',
        { class: 'tile tile-shards', 'aria-label': 'Shards' },
        el('h3', {}, 'Shards'),
        this.#shards,
        this.#shardWords,
      ),
    )
  }

  setHistory(points: readonly HistoryPoint[]): void {
    this.#history = [...points]
  }

  addHistory(points: readonly HistoryPoint[]): void {
    if (points.length === 0) return
    this.#history.push(...points)
    const oldest = (points.at(-1)?.[0] ?? 0) - HISTORY_MS
    while ((this.#history[0]?.[0] ?? oldest) < oldest) this.#history.shift()
  }

  update(status: StatusMessage): void {
    setAttribute(this.element, 'data-level', status.level)
    setText(this.#sentence, status.sentence)
    this.#announce(status)
    set(
      this.#events,
      formatValue(status.recordsPerSecond, 'perSecond'),
      `${formatValue(status.recordsIn, 'count')} in all`,
    )
    set(this.#rows, formatValue(status.rowsPerSecond, 'perSecond'), `${formatValue(status.rowsOut, 'count')} in all`)
    const { watermarkMs, watermarkLagMs } = status
    set(
      this.#watermark,
      watermarkLagMs === null ? (watermarkMs === null ? '–' : formatTime(watermarkMs)) : formatDuration(watermarkLagMs),
      watermarkWords(status),
    )
    setAttribute(this.#watermark.value, 'title', watermarkMs === null ? '' : formatUtc(watermarkMs))
    set(this.#behind, status.behindMs === null ? '–' : formatDuration(status.behindMs), behindWords(status))
    setAttribute(this.#behind.element, 'data-level', behindLevel(status.behindMs))
    const share = (status.errorRows / Math.max(1, status.recordsIn, status.errorRows)) * 100
    set(
      this.#errors,
      formatValue(status.errorRows, 'count'),
      status.errorRows === 0
        ? 'none so far'
        : `${share < 0.01 ? 'below 0.01' : formatValue(share, 'count')} % of events`,
    )
    setAttribute(this.#errors.element, 'data-level', status.errorRows > 0 ? 'warn' : 'ok')
    this.#drawLosses(status)
    this.#drawShards(status.shards, status.shardsHidden)
    this.#showReport(status.report)
  }

  draw(now: number): void {
    const start = now - HISTORY_MS
    const course = (index: 1 | 2 | 3 | 4 | 5): (readonly [number, number | null])[] =>
      this.#history.map(point => [point[0], point[index]] as const)
    this.#events.course.draw(course(1), start, now)
    this.#rows.course.draw(course(2), start, now)
    this.#watermark.course.draw(course(4), start, now)
    this.#behind.course.draw(course(5), start, now)
    this.#errors.course.draw(course(3), start, now)
    this.#drawDelay(start, now)
  }

  #drawDelay(start: number, now: number): void {
    const { delay, course } = this.#delay
    if (delay === null) return
    set(this.#delayed, formatDelay(delay.medianMs), `95 % within ${formatDelay(delay.p95Ms)}, last minute`)
    setAttribute(this.#delayed.element, 'data-median-ms', String(Math.round(delay.medianMs)))
    setAttribute(this.#delayed.element, 'data-p95-ms', String(Math.round(delay.p95Ms)))
    setAttribute(this.#delayed.element, 'data-level', delay.p95Ms > DELAY_MS_WARN ? 'warn' : 'ok')
    this.#delayed.course.draw(course, start, now)
  }

  #drawLosses({ lateRows, recordsDropped, rowtimesRaised, errorRows }: StatusMessage): void {
    const figures: readonly (readonly [number, string, string])[] = [
      [lateRows, 'late', 'rows that came after their window had been closed for good; they are in the error stream'],
      [recordsDropped, 'dropped', 'records that the pre-processing function left out'],
      [errorRows - lateRows, 'dead-lettered', 'events and rows that could not be used; they are in the error stream'],
      [rowtimesRaised, 'raised', 'records below the watermark whose rowtime was raised to it; none is lost'],
    ]
    resizeChildren(this.#losses, figures.length, () => el('li', {}, el('strong', { class: 'number' }), el('span')))
    figures.forEach(([count, name, title], index) => {
      const item = this.#losses.children[index]
      const [value, words] = item?.children ?? []
      if (item === undefined || value === undefined || words === undefined) return
      setText(value, formatValue(count, 'count'))
      setText(words, name)
      setAttribute(item, 'title', title)
      setAttribute(item, 'data-count', String(count))
    })
  }

  #announce(status: StatusMessage): void {
    const now = Date.now()
    if (status.level === this.#announcedLevel && now - this.#announcedAt < ANNOUNCE_MS) return
    this.#announcedLevel = status.level
    this.#announcedAt = now
    setText(this.#announcer, status.sentence)
  }

  #drawShards(shards: readonly ShardMessage[], hidden: number): void {
    resizeChildren(this.#shards, shards.length, () => el('li', { class: 'shard' }))
    shards.forEach((shard, index) => {
      const cell = this.#shards.children[index]
      if (cell === undefined) return
      const level = shard.state === 'open' ? behindLevel(shard.behindMs) : shard.state
      const words = shardWords(shard)
      setAttribute(cell, 'data-level', level)
      setAttribute(cell, 'title', words)
      setAttribute(cell, 'aria-label', words)
      setText(cell, shards.length <= 16 ? shortName(shard.shardId) : '')
    })
    const open = shards.filter(shard => shard.state === 'open').length
    const more = hidden > 0 ? `, ${hidden} more not shown` : ''
    setText(this.#shardWords, shards.length === 0 ? 'none known yet' : `${open} open of ${shards.length}${more}`)
  }

  #showReport(report: ReportMessage | null): void {
    this.report.hidden = report === null
    if (report === null || this.report.childElementCount > 0) return
    const facts = el('dl', { class: 'facts' })
    for (const { name, value } of report.facts)
      facts.append(el('div', {}, el('dt', {}, dataText(name)), el('dd', { class: 'number' }, dataText(value))))
    this.report.append(
      el('h2', {}, report.ok ? 'Final report' : 'Ended with an error'),
      dataText(report.sentence),
      facts,
    )
  }
}

function watermarkWords({ watermarkMs, watermarkLagMs, watermarkHolder }: StatusMessage): string {
  if (watermarkMs === null) return 'no event yet'
  if (watermarkLagMs === null) return 'event time'
  const holder = watermarkHolder === null ? '' : `, held by shard ${watermarkHolder}`
  return `at ${formatTime(watermarkMs)}${holder}`
}

function behindWords({ behindMs, catchUpMs }: StatusMessage): string {
  if (behindMs === null) return 'not read yet'
  if (behindMs <= BEHIND_MS_WARN) return 'up to date'
  return catchUpMs === null ? 'slowest shard' : `clears in about ${formatDuration(catchUpMs)}`
}

function tile(name: string, words: string): Tile {
  const value = el('strong', { class: 'tile-value number' }, '–')
  const below = el('p', { class: 'tile-words' }, words)
  const course = sparkline('tile-spark')
  const element = el('section', { class: 'tile', 'aria-label': name }, el('h3', {}, name), value, below, course.element)
  return { element, value, words: below, course }
}

function set({ value, words }: Tile, text: string, below: string): void {
  setText(value, text)
  setText(words, below)
}

function behindLevel(behindMs: number | null): string {
  if (behindMs === null) return 'waiting'
  if (behindMs > BEHIND_MS_BAD) return 'bad'
  return behindMs > BEHIND_MS_WARN ? 'warn' : 'ok'
}

function shortName(shardId: string): string {
  return /^shardId-0*(\d+)$/.exec(shardId)?.[1] ?? shardId.slice(-4)
}

function shardWords({ shardId, state, behindMs, boundMs, recordsIn }: ShardMessage): string {
  const records = `${formatValue(recordsIn, 'count')} events`
  if (state === 'ended') return `${shardId}: read to its end, ${records}`
  if (state === 'waiting') return `${shardId}: waits for its parents`
  const behind =
    behindMs === null ? 'not read yet' : behindMs === 0 ? 'at the tip' : `${formatDuration(behindMs)} behind`
  return `${shardId}: ${behind}, ${records}${boundMs === null ? '' : `, bound ${formatTime(boundMs)}`}`
}
