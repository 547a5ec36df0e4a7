/**
 * The HTTP end of a stream for browsers and servers: `POST /collect` takes events, `GET /tracker.js` is the script that sends them.
 *
 *   204  every good event is stored; bad ones went to `onBad`, one by one, with their reasons
 *   400  the body is none of ours (and went to `onBad`)      413  more than 60 KB
 *   403  an Origin or a Host that is not allowed              415  neither text/plain nor application/json
 *   429  too many events of one client, with Retry-After      503  not all events could be stored now: send the same again
 *
 * `text/plain` is on purpose: a browser sends it to another origin without asking first (Fetch standard, CORS-safelisted request
 * header), which is what a beacon needs. Ids that came lately are dropped, so a repeat is harmless; one that comes while the first is
 * still being put has the same answer as the first.
 */
import { type Env, type HttpReply, type HttpRequest, hasCode, isAllowedRequest } from '../../core/index.ts'
import type { Outcome } from '../outcome.ts'
import type { UserRecordInput } from '../user-record.ts'
import { clientAddress, truncatedAddress } from './client-address.ts'
import { ClientRates } from './client-rates.ts'
import { BODY_BYTES_MAX, type CollectBody, parseBody } from './collect-body.ts'
import { type Arrival, type GoodEvent, judgeEvent } from './collect-event.ts'
import { RecentIds } from './recent-ids.ts'

/** The part of a producer that is used. */
export interface EventPutter {
  put(record: UserRecordInput): Promise<Outcome>
}

/** Something that could not be taken, with what came. */
export interface BadEvent {
  readonly reason: string
  /** epoch milliseconds */
  readonly receivedAt: number
  /** the event as JSON, or the body as it came */
  readonly data: Uint8Array
}

export interface CollectorOptions {
  readonly producer: EventPutter
  readonly env: Pick<Env, 'clock'>
  /** gets what is bad; it must neither throw nor wait */
  readonly onBad: (bad: BadEvent) => void
  /** `https://shop.example`: pages that may post beside those of this listener itself; `*` for all. Default none */
  readonly origins?: readonly string[]
  /** names that a Host header may carry beside those of loopback, lower case, without port */
  readonly hosts?: readonly string[]
  /** a proxy of ours adds the client's address to X-Forwarded-For; default false */
  readonly isBehindProxy?: boolean
  /** events a second of one client; default 50, with four times as many at once */
  readonly eventsPerSecond?: number
  /** requests that wait for their events to be stored; default 1,000 */
  readonly pendingRequestsMax?: number
}

export interface CollectorCounters {
  readonly requests: number
  readonly good: number
  readonly bad: number
  /** dropped, because their ids came before */
  readonly duplicates: number
  /** requests that were answered with another status than 204 */
  readonly refused: number
}

/** Ids that are remembered, to drop repeats: at 1,000 events a second, the last minute and more. */
const IDS_MAX = 200_000
/** Addresses whose rates are remembered. */
const CLIENTS_MAX = 20_000
const BURST_SECONDS = 4
const PREFLIGHT_SECONDS = 86_400

export class Collector {
  readonly #options: CollectorOptions
  readonly #ids = new RecentIds(IDS_MAX)
  /** events whose put has not ended, by id: at most those of the requests that wait. True in the end: stored */
  readonly #underWay = new Map<string, Promise<boolean>>()
  readonly #rates: ClientRates
  readonly #counters = { requests: 0, good: 0, bad: 0, duplicates: 0, refused: 0 }
  #pending = 0

  constructor(options: CollectorOptions) {
    this.#options = options
    const perSecond = options.eventsPerSecond ?? 50
    const burst = perSecond * BURST_SECONDS
    this.#rates = new ClientRates({ clock: options.env.clock, perSecond, burst, clientsMax: CLIENTS_MAX })
  }

  get counters(): CollectorCounters {
    return { ...this.#counters }
  }

  /** Answers a request for `/collect`. @param port that the listener is on */
  async handle(request: HttpRequest, reply: HttpReply, port: number): Promise<void> {
    this.#counters.requests++
    const headers = this.#allowed(request, port)
    if (headers === null)
      return this.#refuse(reply, 403, 'this Host or Origin may not post here; allow it with origins or hosts')
    if (request.method === 'OPTIONS') {
      reply.start(204, {
        ...headers,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type',
        'access-control-max-age': String(PREFLIGHT_SECONDS),
      })
      return reply.end()
    }
    if (request.method !== 'POST')
      return this.#refuse(reply, 405, 'post events here', { ...headers, allow: 'POST, OPTIONS' })
    if (!/^(text\/plain|application\/json)\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
      return this.#refuse(reply, 415, 'send JSON as text/plain or application/json', headers)
    if (this.#pending >= (this.#options.pendingRequestsMax ?? 1_000))
      return this.#refuse(reply, 503, 'too many requests are waiting; send it again', {
        ...headers,
        'retry-after': '1',
      })
    this.#pending++
    try {
      await this.#collect(request, reply, headers)
    } finally {
      this.#pending--
    }
  }

  async #collect(request: HttpRequest, reply: HttpReply, headers: Readonly<Record<string, string>>): Promise<void> {
    let bytes: Uint8Array
    try {
      bytes = await request.body(BODY_BYTES_MAX)
    } catch (error) {
      if (!hasCode(error, 'limit_exceeded')) return reply.end()
      return this.#refuse(reply, 413, `more than ${BODY_BYTES_MAX} bytes; send fewer events at a time`, headers)
    }
    const receivedAt = this.#options.env.clock.now()
    const body = parseBody(bytes)
    if (typeof body === 'string') {
      this.#bad(body, receivedAt, bytes)
      return this.#refuse(reply, 400, body, headers)
    }
    const client = clientAddress(request, this.#options.isBehindProxy === true)
    const waitMs = this.#rates.take(client, Math.max(1, body.events.length))
    if (waitMs > 0) {
      const retryAfter = String(Math.ceil(waitMs / 1_000))
      return this.#refuse(reply, 429, 'too many events', { ...headers, 'retry-after': retryAfter })
    }
    const userAgent = request.headers['user-agent'] ?? null
    const puts = this.#put(body, { at: receivedAt, clientIp: truncatedAddress(client), userAgent })
    if (!(await Promise.all(puts)).every(Boolean))
      return this.#refuse(reply, 503, 'not every event could be stored; send the same again', {
        ...headers,
        'retry-after': '1',
      })
    reply.start(204, { ...headers, 'cache-control': 'no-store' })
    reply.end()
  }

  /** Puts the good events that are new, and gives the ends of those and of the ones that another request is just putting. */
  #put(body: CollectBody, arrival: Arrival): readonly Promise<boolean>[] {
    const ends: Promise<boolean>[] = []
    for (const event of body.events) {
      const judged = judgeEvent(event, body, arrival)
      if (typeof judged === 'string') {
        this.#bad(judged, arrival.at, Buffer.from(JSON.stringify(event) ?? 'null'))
        continue
      }
      const { eventId } = judged
      const underWay = this.#underWay.get(eventId)
      if (underWay !== undefined) ends.push(underWay)
      if (!this.#ids.add(eventId)) {
        this.#counters.duplicates++
        continue
      }
      const end = this.#store(judged)
      this.#underWay.set(eventId, end)
      void end.then(() => {
        if (this.#underWay.get(eventId) === end) this.#underWay.delete(eventId)
      })
      ends.push(end)
    }
    return ends
  }

  /** True when it is stored. Else it is forgotten, so that it is taken when it comes again. */
  async #store({ partitionKey, data, eventId }: GoodEvent): Promise<boolean> {
    try {
      await this.#options.producer.put({ partitionKey, data })
      this.#counters.good++
      return true
    } catch {
      this.#ids.forget(eventId)
      return false
    }
  }

  #bad(reason: string, receivedAt: number, data: Uint8Array): void {
    this.#counters.bad++
    this.#options.onBad({ reason, receivedAt, data })
  }

  /** The headers of the answer to a sender that is allowed, or null. */
  #allowed(request: HttpRequest, port: number): Readonly<Record<string, string>> | null {
    const { origins = [], hosts = [] } = this.#options
    if (isAllowedRequest(request, port, hosts)) return {}
    const { origin, ...others } = request.headers
    if (origin === undefined || !isAllowedRequest({ ...request, headers: others }, port, hosts)) return null
    if (!origins.includes('*') && !origins.includes(origin)) return null
    return { 'access-control-allow-origin': origin, vary: 'origin' }
  }

  #refuse(reply: HttpReply, status: number, sentence: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#counters.refused++
    reply.start(status, { ...headers, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
    reply.end(`${sentence}\n`)
  }
}
