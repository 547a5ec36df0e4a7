/** Who waits until every put made so far has settled. */

interface Wait {
  readonly throughOrder: number
  left: number
  readonly done: () => void
}

export class FlushWaits {
  #waits: Wait[] = []

  /**
   * Resolves when as many puts have settled as are outstanding now.
   * @param throughOrder order of the last of them
   * @param outstanding above 0
   */
  add(throughOrder: number, outstanding: number): Promise<void> {
    return new Promise(resolve => this.#waits.push({ throughOrder, left: outstanding, done: resolve }))
  }

  /** True when somebody waits, and wants to hear of what settles. */
  get any(): boolean {
    return this.#waits.length > 0
  }

  /** A put has settled. Who waits hears of it when its own promise has, which takes two microtasks where it is rejected. */
  settled(order: number): void {
    let done = false
    for (const wait of this.#waits)
      if (order <= wait.throughOrder && --wait.left === 0) {
        queueMicrotask(() => queueMicrotask(wait.done))
        done = true
      }
    if (done) this.#waits = this.#waits.filter(wait => wait.left > 0)
  }
}
