/**
 * The event stream, by fetch and not by EventSource: it needs a header for the token, and to know why it was refused.
 *
 *   connecting ─► live ─► reconnecting ─► live
 *                  └────► ended (the server said so; a later loss of the connection changes nothing)
 */
import type { LiveMessage } from '../protocol.ts'
import { EventParser } from './sse.ts'

export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'ended'

export interface ConnectionHandlers {
  message(message: LiveMessage): void
  /** @param detail why, in words, or empty */
  state(state: ConnectionState, detail: string): void
}

const RETRY_MS_MIN = 500
const RETRY_MS_MAX = 8_000
/** The server speaks every 15 seconds at the latest; after this long it is gone. */
const SILENCE_MS_MAX = 40_000

export class Connection {
  readonly #handlers: ConnectionHandlers
  readonly #token: () => string | null
  #lastId: string | null = null
  #isEnded = false
  #isStopped = false
  #attempts = 0
  /** values of variables, as parameters of the address */
  #choice = ''
  #reading: AbortController | null = null
  #isChosenAnew = false

  constructor(handlers: ConnectionHandlers, token: () => string | null) {
    this.#handlers = handlers
    this.#token = token
  }

  /** Runs until the page goes away or the pipeline has ended. */
  async run(): Promise<void> {
    this.#handlers.state('connecting', '')
    while (!this.#isStopped && !this.#isEnded) {
      const reason = await this.#readOnce()
      if (this.#isChosenAnew) {
        continue
      }
      if (this.#isEnded || this.#isStopped) break
      this.#attempts++
      this.#handlers.state('reconnecting', reason)
      const wait = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(this.#attempts, 10))
      await new Promise(resolve => setTimeout(resolve, wait * (0.75 + Math.random() / 2)))
    }
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Asks for the rows of a choice only, from a snapshot on. After the end nobody is there to ask. */
  choose(choice: ReadonlyMap<string, string>): void {
    if (this.#isEnded) return
    this.#choice = new URLSearchParams(
      [...choice].map(([name, value]): [string, string] => [`var-${name}`, value]),
    ).toString()
    this.#lastId = null
    this.#isChosenAnew = true
    this.#reading?.abort()
  }

  /** One connection from start to end; resolves with why it ended. */
  async #readOnce(): Promise<string> {
    const controller = new AbortController()
    this.#reading = controller
    // A choice from while nothing was read is in this request already.
    this.#isChosenAnew = false
    let silence = setTimeout(() => controller.abort(), SILENCE_MS_MAX)
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' }
      const token = this.#token()
      if (token !== null) headers['authorization'] = `Bearer ${token}`
      if (this.#lastId !== null) headers['last-event-id'] = this.#lastId
      const request = { headers, signal: controller.signal, cache: 'no-store' } as const
      const response = await fetch(this.#choice === '' ? '/events' : `/events?${this.#choice}`, request)
      if (!response.ok || response.body === null) return (await response.text()).trim().slice(0, 200)
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      const parser = new EventParser()
      for (;;) {
        const { value, done } = await reader.read()
        if (done) return 'the server closed the connection'
        clearTimeout(silence)
        silence = setTimeout(() => controller.abort(), SILENCE_MS_MAX)
        for (const event of parser.push(value)) {
          this.#take(JSON.parse(event.data) as LiveMessage)
          this.#lastId = event.id
        }
      }
    } catch {
      return 'the server does not answer'
    } finally {
      clearTimeout(silence)
      controller.abort()
    }
  }

  #take(message: LiveMessage): void {
    this.#attempts = 0
    this.#handlers.message(message)
    // The page may have chosen when it saw its first snapshot: then the end is told with the rows of that choice.
    if (message.status?.report != null && !this.#isChosenAnew) {
      this.#isEnded = true
      this.#handlers.state('ended', '')
    } else if (!this.#isEnded) this.#handlers.state('live', '')
  }
}
