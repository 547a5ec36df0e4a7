/** Server-sent events out of text as it arrives (WHATWG HTML, section 9.2.6), as far as this server sends them. */

export interface ServerEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** Characters of one event at most; a server that sends more is not ours. */
export const EVENT_CHARACTERS_MAX = 16_777_216

export class EventParser {
  #rest = ''
  #id = ''

  /**
   * The events that are complete with this piece of text; comments and fields that are not used are skipped.
   * @throws Error when an event is longer than the limit
   */
  push(text: string): ServerEvent[] {
    this.#rest += text
    const events: ServerEvent[] = []
    for (;;) {
      const end = this.#rest.indexOf('\n\n')
      if (end < 0) break
      const event = this.#read(this.#rest.slice(0, end))
      this.#rest = this.#rest.slice(end + 2)
      if (event !== null) events.push(event)
    }
    if (this.#rest.length > EVENT_CHARACTERS_MAX) throw new Error('an event of the live view is too long')
    return events
  }

  #read(block: string): ServerEvent | null {
    let event = 'message'
    let data: string | null = null
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':')
      if (colon <= 0) continue
      const value = line.slice(colon + 1).replace(/^ /, '')
      const field = line.slice(0, colon)
      if (field === 'id') this.#id = value
      else if (field === 'event') event = value
      else if (field === 'data') data = data === null ? value : `${data}\n${value}`
    }
    return data === null ? null : { id: this.#id, event, data }
  }
}
