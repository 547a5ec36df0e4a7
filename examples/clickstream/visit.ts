/**
 * What a visitor does next. One visit walks through these states; each step that sells more comes only after the one before it,
 * so that in every finished visit page_view >= view_item >= add_to_cart >= begin_checkout >= purchase.
 *
 *   session_start ─► page_view ─► view_item ─► add_to_cart ─► begin_checkout ─► purchase ─► page_leave
 *                     ▲  │  ▲         │             │               │                           ▲
 *                     │  ▼  └─────────┴─────────────┘               └───────────────────────────┘
 *               search, click                                from any step: page_leave ends the visit
 */
import {
  COUNTRIES,
  CURRENCIES,
  countryShares,
  DEAD_PAGES,
  DEVICES,
  deviceShares,
  itemPaths,
  itemPopularity,
  itemPrices,
  MOBILE,
  PAGES,
  pagePopularity,
  REFERRERS,
  referrerShares,
  SEARCH_TERMS,
  USER_AGENTS,
} from './catalogue.ts'
import type { Dice } from './random.ts'

export type EventName =
  | 'session_start'
  | 'page_view'
  | 'view_item'
  | 'add_to_cart'
  | 'begin_checkout'
  | 'purchase'
  | 'page_leave'
  | 'search'
  | 'click'

/** All names; those of the sales funnel first, in its order. */
export const EVENT_NAMES = [
  'page_view',
  'view_item',
  'add_to_cart',
  'begin_checkout',
  'purchase',
  'session_start',
  'page_leave',
  'search',
  'click',
] as const satisfies readonly EventName[]

/** The steps of the sales funnel; none happens more often than the one before it. */
export const FUNNEL_STEPS = EVENT_NAMES.slice(0, 5)

const CHECKOUT_PATH = '/checkout'

/** One visit, and the event that comes next in it. */
export class Visit {
  readonly visitor: string
  readonly sessionNumber: number
  readonly country: string
  readonly currency: string
  readonly device: string
  readonly isMobile: boolean
  userAgent: string
  /** the next event; null when the visit is over */
  event: EventName | null = 'session_start'
  path: string
  referrer: string
  status = 200
  /** of view_item and add_to_cart */
  item = -1
  /** hundredths; what the event is about: a price, or the cart */
  valueCents = 0
  searchTerm = ''
  #cartCents = 0
  readonly #country: number
  readonly #device: number

  /** @param before the visitor's last visit: same person, same device */
  constructor(dice: Dice, visitor: string, before: Visit | null = null) {
    this.visitor = visitor
    this.sessionNumber = before === null ? 1 : before.sessionNumber + 1
    const country = before === null ? countryShares.pick(dice) : before.#country
    const device = before === null ? deviceShares.pick(dice) : before.#device
    this.#country = country
    this.#device = device
    this.country = COUNTRIES[country] ?? 'DE'
    this.currency = CURRENCIES[country] ?? 'EUR'
    this.device = DEVICES[device] ?? 'mobile'
    this.isMobile = device === MOBILE
    this.userAgent = USER_AGENTS[device] ?? ''
    this.referrer = REFERRERS[referrerShares.pick(dice)] ?? ''
    this.path = PAGES[pagePopularity.pick(dice)] ?? '/'
  }

  get sessionId(): string {
    return `${this.visitor}.${this.sessionNumber}`
  }

  /** Goes from the event that just happened to the next one. */
  advance(dice: Dice, errorShare: number): void {
    const roll = dice.next()
    const failed = this.status >= 400
    this.status = 200
    this.searchTerm = ''
    switch (this.event) {
      case 'session_start':
        this.#view(dice, this.path, this.#errorOf(dice, errorShare))
        return
      case 'page_view':
        // the reader of an error page leaves, or goes elsewhere
        if (failed) return roll < 0.5 ? this.#leave() : this.#browse(dice, errorShare)
        if (this.item >= 0) return this.#about('view_item', itemPrices[this.item] ?? 0)
        if (roll < 0.52) return this.#viewItem(dice, errorShare)
        if (roll < 0.72) return this.#browse(dice, errorShare)
        if (roll < 0.8) return this.#search(dice)
        if (roll < 0.88) return this.#about('click', 0)
        return this.#leave()
      case 'search':
      case 'click':
        if (roll < 0.65) return this.#viewItem(dice, errorShare)
        return roll < 0.85 ? this.#browse(dice, errorShare) : this.#leave()
      case 'view_item':
        if (roll < 0.28) {
          const price = itemPrices[this.item] ?? 0
          this.#cartCents += price
          return this.#about('add_to_cart', price)
        }
        if (roll < 0.58) return this.#viewItem(dice, errorShare)
        if (roll < 0.75) return this.#browse(dice, errorShare)
        return roll < 0.82 ? this.#about('click', 0) : this.#leave()
      case 'add_to_cart':
        if (roll < 0.5) {
          this.item = -1
          this.#go(CHECKOUT_PATH)
          this.status = dice.chance(errorShare / 2) ? 503 : 200
          return this.#about('begin_checkout', this.#cartCents)
        }
        if (roll < 0.8) return this.#viewItem(dice, errorShare)
        return roll < 0.88 ? this.#browse(dice, errorShare) : this.#leave()
      case 'begin_checkout':
        return roll < 0.62 && !failed ? this.#about('purchase', this.#cartCents) : this.#leave()
      case 'purchase':
        return this.#leave()
      case 'page_leave':
      case null:
        this.event = null
    }
  }

  #about(event: EventName, valueCents: number): void {
    this.event = event
    this.valueCents = valueCents
  }

  #leave(): void {
    this.#about('page_leave', 0)
  }

  #go(path: string): void {
    this.referrer = this.path
    this.path = path
  }

  #view(dice: Dice, path: string, status: number): void {
    this.#about('page_view', 0)
    this.item = -1
    this.status = status
    if (path !== this.path) this.#go(path)
    if (status === 404) this.path = DEAD_PAGES[dice.below(DEAD_PAGES.length)] ?? '/spring-2019'
  }

  #browse(dice: Dice, errorShare: number): void {
    this.#view(dice, PAGES[pagePopularity.pick(dice)] ?? '/', this.#errorOf(dice, errorShare))
  }

  #viewItem(dice: Dice, errorShare: number): void {
    const item = itemPopularity.pick(dice)
    const status = this.#errorOf(dice, errorShare)
    this.#view(dice, itemPaths[item] ?? '/', status)
    if (status === 200) this.item = item
  }

  #search(dice: Dice): void {
    this.#about('search', 0)
    this.searchTerm = SEARCH_TERMS[dice.below(SEARCH_TERMS.length)] ?? 'lamp'
    this.#go('/search')
  }

  #errorOf(dice: Dice, errorShare: number): number {
    if (!dice.chance(errorShare)) return 200
    return dice.chance(0.7) ? 404 : 500
  }
}
