/**
 * A shop with synthetic visitors, for the demo and for tests. The same seed and the same calls give the same bytes: time is
 * passed in, and nothing else comes from outside.
 *
 * Events leave at evenly spaced instants, so that the rate is held exactly. At each instant the visitor who is due goes on; when
 * nobody is due, a new visitor comes. So the number of visitors settles by itself where the rate and the thinking times meet.
 */
import { assert, MillraceError } from '../../core/index.ts'
import { Agenda } from './agenda.ts'
import { DEVICE_SHARES, itemPaths, MOBILE } from './catalogue.ts'
import { DEFECTS, type Defect, EventWriter } from './event-writer.ts'
import { Dice } from './random.ts'
import { type EventName, Visit } from './visit.ts'

export interface ShopOptions {
  /** default 1 */
  readonly seed?: number
  /** events a second without bursts, above 0, up to 1,000,000 */
  readonly ratePerSecond: number
  /** epoch milliseconds of the first event, a whole number */
  readonly startMs: number
  /** mean time that a visitor thinks between two events, milliseconds; default 2,500 */
  readonly thinkMs?: number
  /** share of events that come minutes after they happened, 0 to 0.5; default 0.01 */
  readonly lateShare?: number
  /** share of malformed events, 0 to 1; default 0.002 */
  readonly malformedShare?: number
  /** share of page views that end in an error, 0 to 1; default 0.02 */
  readonly errorShare?: number
  /** the rate follows the hour (UTC): least at 4, most at 16, and `ratePerSecond` on average; default false */
  readonly dayShape?: boolean
  /** how long the shop has been open at the start, milliseconds; default 60,000, so that every step of the funnel is met at once */
  readonly openForMs?: number
}

export interface ShopEvent {
  /** the visitor, so that a visit stays in one shard */
  readonly partitionKey: string
  /** JSON, or what is left of it */
  readonly data: Uint8Array
  /** what the event is, or would have been */
  readonly eventName: EventName
  readonly malformed: boolean
  readonly defect: Defect | null
  /** true: it happened minutes before `sentMs` */
  readonly late: boolean
  readonly bot: boolean
  /** when it leaves, epoch milliseconds; whole numbers, never falling */
  readonly sentMs: number
}

export interface BurstOptions {
  /** events a second on top of the visitors'; default four times the shop's rate */
  readonly ratePerSecond?: number
  /** default 15,000 */
  readonly durationMs?: number
  /** default 3 */
  readonly bots?: number
}

/** Events that one call of `next` returns at most. */
export const EVENTS_PER_CALL_MAX = 100_000
/** Visits under way at most; at that number the next due visitor is hurried instead of letting a new one in. */
export const VISITS_MAX = 500_000
/** Events that are made up, and thrown away, for the time before the start. */
const EVENTS_BEFORE_START_MAX = 100_000
/** A late event is 2 to 15 minutes old. */
const LATE_MS_MIN = 120_000
const LATE_MS_MAX = 900_000
/** Visitors that come again, of all that leave. */
const RETURN_SHARE = 0.3

/** Times in milliseconds since the shop's start. */
interface Burst {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  readonly bots: readonly Visit[]
  nextMs: number
  count: number
}

export class Shop {
  readonly #dice: Dice
  readonly #writer: EventWriter
  readonly #agenda: Agenda<Visit>
  readonly #stepMs: number
  readonly #thinkMs: number
  readonly #lateShareOfMobile: number
  readonly #malformedShare: number
  readonly #errorShare: number
  readonly #dayShape: boolean
  readonly #startMs: number
  /** visitors' events so far, and when the next one leaves, in milliseconds since the start: an epoch would eat the fractions */
  #count = 0
  #nextMs = 0
  /** where the last call of next ended, likewise */
  #endMs = 0
  #visitors = 0
  #bots = 0
  #burst: Burst | null = null

  /** @throws MillraceError `invalid_argument` naming the option and its range */
  constructor(options: ShopOptions) {
    const { seed = 1, ratePerSecond, startMs, openForMs = 60_000 } = options
    inRange('ratePerSecond', ratePerSecond, Number.MIN_VALUE, 1_000_000)
    inRange('startMs', startMs, 0, 8.64e15)
    inRange('openForMs', openForMs, 0, 86_400_000)
    this.#stepMs = 1_000 / ratePerSecond
    this.#thinkMs = inRange('thinkMs', options.thinkMs ?? 2_500, 1, 60_000)
    const lateShare = inRange('lateShare', options.lateShare ?? 0.01, 0, 0.5)
    this.#lateShareOfMobile = (lateShare * DEVICE_SHARES.reduce((sum, share) => sum + share, 0)) / DEVICE_SHARES[MOBILE]
    this.#malformedShare = inRange('malformedShare', options.malformedShare ?? 0.002, 0, 1)
    this.#errorShare = inRange('errorShare', options.errorShare ?? 0.02, 0, 1)
    this.#dayShape = options.dayShape ?? false
    this.#dice = new Dice(seed)
    this.#writer = new EventWriter(seed)
    const before = Math.min(Math.floor(openForMs / this.#stepMs), EVENTS_BEFORE_START_MAX)
    this.#agenda = new Agenda(-before * this.#stepMs)
    for (let i = before; i > 0; i--) this.#goOn(this.#nextVisit(-i * this.#stepMs), -i * this.#stepMs)
    this.#startMs = startMs
  }

  /** Visits under way, bots not counted. */
  get visits(): number {
    return this.#agenda.size
  }

  /**
   * The events that leave before `untilMs`, in order, from where the call before ended; at most 100,000, so a caller that is far
   * behind calls until the answer is empty.
   * @param untilMs epoch milliseconds; what lies before the last call gives nothing
   */
  next(untilMs: number): ShopEvent[] {
    const events: ShopEvent[] = []
    const endMs = untilMs - this.#startMs
    while (events.length < EVENTS_PER_CALL_MAX) {
      const burst = this.#burst
      if (burst !== null && burst.nextMs <= this.#nextMs) {
        if (burst.nextMs >= endMs) break
        events.push(this.#botEvent(burst))
        if (burst.nextMs >= burst.endMs) this.#burst = null
        continue
      }
      if (this.#nextMs >= endMs) break
      const visit = this.#nextVisit(this.#nextMs)
      events.push(this.#event(visit, this.#nextMs, visit.isMobile && this.#dice.chance(this.#lateShareOfMobile)))
      this.#goOn(visit, this.#nextMs)
      this.#count++
      this.#nextMs = this.#dayShape
        ? this.#nextMs + this.#stepMs / dayFactor(this.#startMs + this.#nextMs)
        : this.#count * this.#stepMs
    }
    this.#endMs = Math.max(this.#endMs, Math.min(endMs, this.#nextMs, this.#burst?.nextMs ?? Number.POSITIVE_INFINITY))
    return events
  }

  /**
   * Lets bots in, from where the last call of `next` ended: they read item after item, never leave a page properly, and get 429
   * for some of it. A burst while one is on replaces it.
   */
  burst(options: BurstOptions = {}): void {
    const ratePerSecond = inRange(
      'burst ratePerSecond',
      options.ratePerSecond ?? 4_000 / this.#stepMs,
      0.001,
      1_000_000,
    )
    const durationMs = inRange('burst durationMs', options.durationMs ?? 15_000, 1, 86_400_000)
    const bots = Array.from({ length: inRange('burst bots', options.bots ?? 3, 1, 1_000) }, () => {
      const bot = new Visit(this.#dice, `bot-${++this.#bots}`)
      bot.referrer = ''
      return bot
    })
    const startMs = this.#endMs
    this.#burst = {
      startMs,
      endMs: startMs + durationMs,
      stepMs: 1_000 / ratePerSecond,
      bots,
      nextMs: startMs,
      count: 0,
    }
  }

  #nextVisit(nowMs: number): Visit {
    const due = this.#agenda.take(nowMs)
    if (due !== undefined) return due
    if (this.#agenda.size >= VISITS_MAX) {
      const hurried = this.#agenda.take(Number.POSITIVE_INFINITY)
      assert(hurried !== undefined, 'an agenda that is not empty has a next visit')
      return hurried
    }
    return new Visit(this.#dice, `v${(++this.#visitors).toString(36).padStart(7, '0')}`)
  }

  /** Plans the visitor's next event, or the next visit. */
  #goOn(visit: Visit, nowMs: number): void {
    visit.advance(this.#dice, this.#errorShare)
    if (visit.event !== null) {
      // exponential, cut at eight means: most think briefly, some go for a coffee
      const think = Math.min(8, -Math.log(1 - this.#dice.next())) * this.#thinkMs
      this.#agenda.add(visit, nowMs + think)
    } else if (this.#dice.chance(RETURN_SHARE)) {
      const again = new Visit(this.#dice, visit.visitor, visit)
      this.#agenda.add(again, nowMs + this.#thinkMs * (4 + 8 * this.#dice.next()))
    }
  }

  #event(visit: Visit, atMs: number, late: boolean): ShopEvent {
    const sentMs = this.#startMs + Math.floor(atMs)
    const dice = this.#dice
    const defect = dice.chance(this.#malformedShare) ? (DEFECTS[dice.below(DEFECTS.length)] ?? 'truncated') : null
    const eventMs = late ? sentMs - LATE_MS_MIN - dice.below(LATE_MS_MAX - LATE_MS_MIN) : sentMs - dice.below(250)
    assert(visit.event !== null, 'a visit on the agenda has a next event')
    return {
      partitionKey: visit.visitor,
      data: this.#writer.write(visit, eventMs, sentMs, defect, dice),
      eventName: visit.event,
      malformed: defect !== null,
      defect,
      late,
      bot: visit.userAgent === BOT_AGENT,
      sentMs,
    }
  }

  #botEvent(burst: Burst): ShopEvent {
    const bot = burst.bots[burst.count % burst.bots.length]
    assert(bot !== undefined, 'a burst has bots')
    const first = burst.count < burst.bots.length
    bot.userAgent = BOT_AGENT
    bot.event = first ? 'session_start' : 'page_view'
    bot.status = first || this.#dice.chance(0.7) ? 200 : 429
    if (!first) bot.path = itemPaths[burst.count % itemPaths.length] ?? '/'
    const event = this.#event(bot, burst.nextMs, false)
    burst.count++
    burst.nextMs = burst.startMs + burst.count * burst.stepMs
    return event
  }
}

export const BOT_AGENT = 'curl/8.5'

/** 0.4 to 1.6, and 1 on average over a day. */
function dayFactor(atMs: number): number {
  return 1 - 0.6 * Math.cos((2 * Math.PI * (atMs / 3_600_000 - 4)) / 24)
}

function inRange(name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value
  throw new MillraceError('invalid_argument', `shop option ${name} is ${value}; give a number from ${min} to ${max}`)
}
