/** Work that is done one piece after another, and the first failure of it, which stays. */

/** The first failure of a stream: it ends all that waits, and every later call is told of it. */
export class StreamFailure {
  readonly #ends: (() => void | Promise<void>)[] = []
  #kept: { readonly error: unknown } | null = null

  get happened(): boolean {
    return this.#kept !== null
  }

  /** @throws the first failure, when there was one */
  check(): void {
    if (this.#kept !== null) throw this.#kept.error
  }

  /** @param end is called once, when the first failure happens */
  onFailure(end: () => void | Promise<void>): void {
    this.#ends.push(end)
  }

  /** Keeps the first failure; never rejects, and resolves when everything that waited has been ended. */
  async keep(error: unknown): Promise<void> {
    if (this.#kept !== null) return
    this.#kept = { error }
    for (const end of this.#ends)
      try {
        await end()
      } catch {
        // The first failure is the one that is told; what could not be ended is swept later.
      }
  }
}

export class TurnsOfWork {
  readonly #failure: StreamFailure
  #last: Promise<void> = Promise.resolve()

  constructor(failure: StreamFailure) {
    this.#failure = failure
  }

  /**
   * Runs after all that was asked before.
   * @throws what the work threw, or the failure that was there before its turn came
   */
  run(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(async () => {
      this.#failure.check()
      try {
        await work()
      } catch (error) {
        await this.#failure.keep(error)
        throw error
      }
    })
    this.#last = turn.catch(() => {})
    return turn
  }
}
