/** Events as JSON bytes, good and bad ones. Keys come in a fixed order, and those that do not apply are left out, as trackers do. */
import { type Dice } from './random.ts'
import type { Visit } from './visit.ts'

/**
 * What is wrong with a malformed event. `truncated`: the JSON ends too early. `wrong_type`: a text where a number must be, or a
 * time that is none. `unknown_shape`: correct JSON of another program; it decodes, with nothing in it that the shop knows.
 */
export type Defect = 'truncated' | 'wrong_type' | 'unknown_shape'
export const DEFECTS: readonly Defect[] = ['truncated', 'wrong_type', 'unknown_shape']

/** New bytes are reserved in pieces of this size; events are views into them. */
const PIECE_BYTES = 65_536
/** Longest event in bytes, with room to spare: a piece with less left is not written to. */
const EVENT_BYTES_MAX = 1_536

const utf8 = new TextEncoder()

export class EventWriter {
  readonly #run: string
  #piece = new Uint8Array(PIECE_BYTES)
  #end = 0
  #count = 0
  #orders = 0
  #second = Number.NaN
  #secondText = ''

  /** @param seed makes ids differ between runs of different seeds */
  constructor(seed: number) {
    this.#run = (seed >>> 0).toString(16).padStart(8, '0')
  }

  /**
   * The bytes of an event.
   * @param eventTimeMs time on the visitor's device
   * @param sentAtMs when the device sent it
   */
  write(visit: Visit, eventTimeMs: number, sentAtMs: number, defect: Defect | null, dice: Dice): Uint8Array {
    const text = this.#json(visit, eventTimeMs, sentAtMs, defect)
    switch (defect) {
      case null:
      case 'wrong_type':
        return this.#encode(text)
      case 'truncated':
        return this.#encode(text.slice(0, 20 + dice.below(text.length - 40)))
      case 'unknown_shape':
        return this.#encode(`{"level":"info","logger":"health","message":"check ok","took_ms":${dice.below(90)}}`)
    }
  }

  #json(visit: Visit, eventTimeMs: number, sentAtMs: number, defect: Defect | null): string {
    const event = visit.event
    const count = this.#count++
    const badTime = defect === 'wrong_type' && count % 2 === 0
    const status = defect === 'wrong_type' && !badTime ? '"teapot"' : visit.status
    let text = `{"event_id":"${this.#run}-${count.toString(16).padStart(10, '0')}","event_name":"${event}","event_timestamp":"${badTime ? 'yesterday' : this.#time(eventTimeMs)}","sent_timestamp":"${this.#time(sentAtMs)}","user_pseudo_id":"${visit.visitor}","session_id":"${visit.sessionId}","session_number":${visit.sessionNumber},"page_path":"${visit.path}","page_referrer":"${visit.referrer}","country":"${visit.country}","device":"${visit.device}","user_agent":"${visit.userAgent}","status":${status}`
    if (visit.item >= 0) text += `,"item_id":"${visit.path.slice(6)}"`
    if (visit.valueCents > 0) text += `,"value":${amount(visit.valueCents)},"currency":"${visit.currency}"`
    if (event === 'purchase') text += `,"transaction_id":"T-${this.#run}-${++this.#orders}"`
    if (event === 'search') text += `,"search_term":"${visit.searchTerm}"`
    return `${text}}`
  }

  #encode(text: string): Uint8Array {
    if (this.#end + EVENT_BYTES_MAX > PIECE_BYTES) {
      this.#piece = new Uint8Array(PIECE_BYTES)
      this.#end = 0
    }
    const start = this.#end
    this.#end += utf8.encodeInto(text, this.#piece.subarray(start)).written
    return this.#piece.subarray(start, this.#end)
  }

  /** `yyyy-MM-dd HH:mm:ss.SSS`, UTC. */
  #time(atMs: number): string {
    const at = Math.floor(atMs)
    const second = Math.floor(at / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#secondText = new Date(second * 1_000).toISOString().slice(0, 19).replace('T', ' ')
    }
    const ms = at - second * 1_000
    return `${this.#secondText}.${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}`
  }
}

/** Hundredths as a JSON number with two places: exact, where a double would not be. */
function amount(cents: number): string {
  const whole = Math.floor(cents / 100)
  const rest = cents - whole * 100
  return `${whole}.${rest < 10 ? '0' : ''}${rest}`
}
