/**
 * Keeps the order of each key: which of its records may leave next. A record may leave when every earlier one of its key that has
 * not settled is in the same bundle; so at most one bundle with records of a key is under way, and a record that comes back from
 * a failed attempt holds the later ones.
 */
import type { PendingRecord } from './pending.ts'

/** The records of one key that have not settled. A record knows its lane, so that only a put looks for it. */
export interface Lane {
  readonly name: string
  /** in the order of their puts; never empty */
  readonly records: PendingRecord[]
  /** how many of the first are in a bundle that is under way */
  taken: number
  /** how many of the first the present `take` has found */
  found: number
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>()

  /** A record was put. */
  enter(record: PendingRecord): void {
    const name = laneName(record)
    let lane = this.#lanes.get(name)
    if (lane === undefined) {
      lane = { name, records: [], taken: 0, found: 0 }
      this.#lanes.set(name, lane)
    }
    lane.records.push(record)
    record.lane = lane
  }

  /** A record has settled. */
  leave(record: PendingRecord): void {
    const { lane } = record
    if (lane === null) return
    record.lane = null
    const at = lane.records.indexOf(record)
    if (at === 0) lane.records.shift()
    else lane.records.splice(at, 1)
    if (at < lane.taken) lane.taken--
    if (lane.records.length === 0) this.#lanes.delete(lane.name)
  }

  /** A record comes back from a bundle; those after it that were taken with it come back too. */
  giveBack(record: PendingRecord): void {
    if (record.lane !== null) record.lane.taken = 0
  }

  /**
   * The records that may leave together, in the order of their puts.
   * @param waiting sorted by that order
   * @param fits asked before each record is taken; false ends the search
   */
  take(waiting: readonly PendingRecord[], fits: (record: PendingRecord) => boolean): PendingRecord[] {
    const taken: PendingRecord[] = []
    for (const record of waiting) {
      const { lane } = record
      if (lane === null || lane.taken > 0 || lane.records[lane.found] !== record) continue
      if (!fits(record)) break
      lane.found++
      taken.push(record)
    }
    for (const { lane } of taken)
      if (lane !== null && lane.found > 0) {
        lane.taken = lane.found
        lane.found = 0
      }
    return taken
  }
}

/** A record without a key is ordered after nobody. */
function laneName({ key, explicitKey, topicPlace, order }: PendingRecord): string {
  if (key.text === '')
    return topicPlace?.partition === undefined ? `without key ${order}` : `partition ${topicPlace.partition}`
  return explicitKey === null ? key.text : `${explicitKey.text} ${key.text}`
}
