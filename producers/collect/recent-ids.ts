/** Ids that were seen lately. Two generations: when the young one is full, the old one is forgotten and they change places. */
export class RecentIds {
  readonly #perGeneration: number
  #young = new Set<string>()
  #old = new Set<string>()

  /** @param idsMax how many are held at most, 2 or more; at least half as many of the latest are always known */
  constructor(idsMax: number) {
    this.#perGeneration = Math.floor(idsMax / 2)
  }

  /** False for an id that is known; true for a new one, which is known from then on. */
  add(id: string): boolean {
    if (this.#young.has(id) || this.#old.has(id)) return false
    if (this.#young.size >= this.#perGeneration) {
      this.#old = this.#young
      this.#young = new Set()
    }
    this.#young.add(id)
    return true
  }

  /** The id was not used after all. */
  forget(id: string): void {
    this.#young.delete(id)
    this.#old.delete(id)
  }
}
