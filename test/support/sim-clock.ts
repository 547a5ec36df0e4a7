/**
 * Simulated time: a heap of waits. Nothing happens by itself; the test moves the clock. Each step lets every promise run
 * (through setImmediate), then jumps to the next wait. Waits for the same instant end in the order in which they began.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../core/env.ts'

interface Wait {
  readonly at: number
  readonly order: number
  readonly wake: () => void
  /** waits of `every` alone do not keep `run` going, as they do not keep a process alive */
  readonly background: boolean
  cancelled: boolean
}

/** Turns of the event loop after which promises count as drained. One is enough for promises; I/O of the system needs more. */
const TURNS_PER_DRAIN = 2
/** Turns without a wait after which `run` gives up on work that nothing in the simulation can end. */
const IDLE_TURNS_MAX = 10_000

export class SimClock implements Clock {
  readonly #startedAt: number
  #elapsedMs = 0
  #skewMs = 0
  #order = 0
  #waits: Wait[] = []
  #outside = 0

  /** @param startAt wall clock at the start, epoch milliseconds */
  constructor(startAt = Date.UTC(2020, 0, 1)) {
    this.#startedAt = startAt
  }

  now(): number {
    return this.#startedAt + this.#elapsedMs + this.#skewMs
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  /** Moves the wall clock alone, as an operator or a time server does. */
  skew(ms: number): void {
    this.#skewMs += ms
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true || ms <= 0) return Promise.resolve()
    return new Promise(resolve => {
      const end = (): void => {
        wait.cancelled = true
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const wait = this.#add(ms, end, false)
      signal?.addEventListener('abort', end)
    })
  }

  every(intervalMs: number, callback: () => void): () => void {
    let stopped = false
    let wait: Wait
    const again = (): void => {
      wait = this.#add(
        intervalMs,
        () => {
          callback()
          if (!stopped) again()
        },
        true,
      )
    }
    again()
    return () => {
      stopped = true
      wait.cancelled = true
    }
  }

  /** Lets every promise run without moving the clock. */
  async drain(): Promise<void> {
    for (let i = 0; i < TURNS_PER_DRAIN; i++) await turn()
    while (this.#outside > 0) await turn()
  }

  /** Stands still while the system works, such as a database in this process. The work may not wait for this clock. */
  async outside<T>(work: Promise<T>): Promise<T> {
    this.#outside++
    try {
      return await work
    } finally {
      this.#outside--
    }
  }

  /** Moves the clock by `ms`, ending every wait on the way at its own instant. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsedMs + ms
    for (;;) {
      await this.drain()
      const next = this.#next()
      if (next === undefined || next.at > until) break
      this.#jump(next)
    }
    this.#elapsedMs = until
    await this.drain()
  }

  /** Moves the clock from wait to wait until nobody waits, or until `ms` have passed. */
  async run(ms = Number.POSITIVE_INFINITY): Promise<void> {
    const until = this.#elapsedMs + ms
    for (;;) {
      await this.drain()
      const next = this.#next()
      if (next === undefined || next.at > until || !this.#waits.some(wait => !wait.background && !wait.cancelled))
        return
      this.#jump(next)
    }
  }

  /**
   * Moves the clock until the work has settled, and gives its outcome.
   * @param ms simulated time after which the work counts as stuck, and the call rejects
   */
  async until<T>(work: Promise<T>, ms = 24 * 3_600_000): Promise<T> {
    let settled = false
    const done = (): void => {
      settled = true
    }
    work.then(done, done)
    const limit = this.#elapsedMs + ms
    for (let idle = 0; ; ) {
      await this.drain()
      if (settled) return work
      const next = this.#next()
      if (next !== undefined && next.at > limit) throw new Error(`work is not done after ${ms} ms of simulated time`)
      if (next !== undefined) {
        idle = 0
        this.#jump(next)
      } else if (++idle > IDLE_TURNS_MAX) throw new Error('work is not done and nothing waits: it can never end')
    }
  }

  #add(ms: number, wake: () => void, background: boolean): Wait {
    const wait = { at: this.#elapsedMs + ms, order: this.#order++, wake, background, cancelled: false }
    const waits = this.#waits
    waits.push(wait)
    for (let child = waits.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!this.#swapIfBefore(child, parent)) break
      child = parent
    }
    return wait
  }

  /** The earliest wait that still waits. */
  #next(): Wait | undefined {
    while (this.#waits[0]?.cancelled === true) this.#pop()
    return this.#waits[0]
  }

  #jump(next: Wait): void {
    this.#pop()
    this.#elapsedMs = Math.max(this.#elapsedMs, next.at)
    next.wake()
  }

  #pop(): void {
    const waits = this.#waits
    const last = waits.pop()
    if (last === undefined || waits.length === 0) return
    waits[0] = last
    for (let parent = 0; ; ) {
      const left = parent * 2 + 1
      const right = left + 1
      const least = right < waits.length && this.#before(right, left) ? right : left
      if (least >= waits.length || !this.#swapIfBefore(least, parent)) return
      parent = least
    }
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#waits[a], this.#waits[b]]
    return x !== undefined && y !== undefined && (x.at < y.at || (x.at === y.at && x.order < y.order))
  }

  #swapIfBefore(a: number, b: number): boolean {
    if (!this.#before(a, b)) return false
    const waits = this.#waits
    ;[waits[a], waits[b]] = [waits[b] as Wait, waits[a] as Wait]
    return true
  }
}
