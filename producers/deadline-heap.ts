/** Items by time, earliest first; items of one time in the order in which they were added. */

export interface Timed {
  /** monotonic milliseconds; changed only through the heap while the item is in it */
  dueAt: number
  /** breaks ties; given by the owner, rising */
  readonly order: number
}

export class DeadlineHeap<T extends Timed> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  /** The earliest item, left where it is; undefined when empty. */
  peek(): T | undefined {
    return this.#items[0]
  }

  add(item: T): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = items[parentAt]
      if (parent === undefined || !before(item, parent)) break
      items[at] = parent
      at = parentAt
    }
    items[at] = item
  }

  /** Takes the earliest item out; undefined when empty. */
  take(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last === undefined || first === last) return first
    let at = 0
    for (;;) {
      const leftAt = at * 2 + 1
      const left = items[leftAt]
      if (left === undefined) break
      const right = items[leftAt + 1]
      const childAt = right !== undefined && before(right, left) ? leftAt + 1 : leftAt
      const child = childAt === leftAt ? left : right
      if (child === undefined || !before(child, last)) break
      items[at] = child
      at = childAt
    }
    items[at] = last
    return first
  }

  /** Makes no item later than `time`, and puts what became equal back into the order of their coming. */
  hasten(time: number): void {
    for (const item of this.#items) if (item.dueAt > time) item.dueAt = time
    this.#items.sort((a, b) => a.dueAt - b.dueAt || a.order - b.order)
  }

  /** Takes everything out, in no order. */
  clear(): T[] {
    return this.#items.splice(0)
  }
}

function before(a: Timed, b: Timed): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order)
}
