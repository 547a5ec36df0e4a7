/** Sessions by their end, while ends move: a heap whose entries are put right when they come to the top. */

export interface DueSession {
  /** first seen first, where ends are equal */
  readonly sequence: number
  /** rises only */
  end: number
  /** joined to another session */
  isGone: boolean
}

interface Entry<Session> {
  readonly session: Session
  /** the session's end when it was put here */
  readonly end: number
}

export class SessionQueue<Session extends DueSession> {
  readonly #heap: Entry<Session>[] = []

  push(session: Session): void {
    const entry = { session, end: session.end }
    let at = this.#heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(entry, this.#heap[parent]!)) break
      this.#heap[at] = this.#heap[parent]!
      at = parent
    }
    this.#heap[at] = entry
  }

  /** The session that ends first, or null. */
  get first(): Session | null {
    for (;;) {
      const top = this.#heap[0]
      if (top === undefined) return null
      if (!top.session.isGone && top.end === top.session.end) return top.session
      this.#removeTop()
      if (!top.session.isGone) this.push(top.session)
    }
  }

  /** Removes the session that ends first; there is one. */
  shift(): Session {
    const session = this.first!
    this.#removeTop()
    return session
  }

  #removeTop(): void {
    const entry = this.#heap.pop()!
    const length = this.#heap.length
    if (length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && isBefore(this.#heap[child + 1]!, this.#heap[child]!)) child++
      if (!isBefore(this.#heap[child]!, entry)) break
      this.#heap[at] = this.#heap[child]!
      at = child
    }
    this.#heap[at] = entry
  }
}

function isBefore<Session extends DueSession>(a: Entry<Session>, b: Entry<Session>): boolean {
  return a.end !== b.end ? a.end < b.end : a.session.sequence < b.session.sequence
}
