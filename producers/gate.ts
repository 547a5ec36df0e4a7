/**
 * Where callers wait before a put: for room, and now and then for a turn of the event loop. Without the turns a caller who puts in
 * a loop is woken by one settled promise after the other, and neither timers nor sockets get their time until the room is full:
 * deadlines pass, and calls that could be on the wire wait in memory.
 */
import { type Clock, KIBIBYTE } from '../core/index.ts'

/** Bytes that callers put in one turn of the event loop, and one record more. */
export const TURN_BYTES_MAX = 64 * KIBIBYTE

const PASSED = Promise.resolve()

export class Gate {
  readonly #clock: Clock
  readonly #isOpen: () => boolean
  #waits: (() => void)[] = []
  #bytesInTurn = 0
  #turn: Promise<void> | null = null
  #isClosed = false

  /** @param isOpen whether there is room */
  constructor(clock: Clock, isOpen: () => boolean) {
    this.#clock = clock
    this.#isOpen = isOpen
  }

  /** Whether a caller should wait before its next put. */
  get holds(): boolean {
    return !this.#isClosed && (this.#bytesInTurn >= TURN_BYTES_MAX || !this.#isOpen())
  }

  /** Resolves when there is room, or when the gate closes. */
  pass(): Promise<void> {
    return this.holds ? this.#wait() : PASSED
  }

  /** So much was put. */
  entered(sizeBytes: number): void {
    this.#bytesInTurn += sizeBytes
  }

  /** There may be room now. */
  wake(): void {
    if (this.#waits.length === 0 || !this.#isOpen()) return
    this.#wakeAll()
  }

  /** Nobody waits any more. */
  close(): void {
    this.#isClosed = true
    this.#wakeAll()
  }

  async #wait(): Promise<void> {
    if (this.#bytesInTurn >= TURN_BYTES_MAX) await (this.#turn ??= this.#nextTurn())
    while (!this.#isClosed && !this.#isOpen()) await new Promise<void>(resolve => this.#waits.push(resolve))
  }

  async #nextTurn(): Promise<void> {
    await this.#clock.sleep(0)
    this.#turn = null
    this.#bytesInTurn = 0
  }

  #wakeAll(): void {
    const waits = this.#waits
    this.#waits = []
    for (const wake of waits) wake()
  }
}
