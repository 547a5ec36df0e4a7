/**
 * Keeps the order of each key: which of its records may leave next. A record may leave when every earlier one of its key that has
 * not settled is in the same bundle; so at most one bundle with records of a key is under way, and a record that comes back from
 * a failed attempt holds the later ones.
 */
import type { PendingRecord } from './pending.ts'

interface Lane {
  /** not settled, in the order of their puts */
  readonly records: PendingRecord[]
  /** how many of the first are in a bundle that is under way */
  taken: number
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>()

  /** A record was put. */
  enter(record: PendingRecord): void {
    const key = laneKey(record)
    const lane = this.#lanes.get(key)
    if (lane === undefined) this.#lanes.set(key, { records: [record], taken: 0 })
    else lane.records.push(record)
  }

  /** A record has settled. */
  leave(record: PendingRecord): void {
    const key = laneKey(record)
    const lane = this.#lanes.get(key)
    const at = lane?.records.indexOf(record) ?? -1
    if (lane === undefined || at < 0) return
    lane.records.splice(at, 1)
    if (at < lane.taken) lane.taken--
    if (lane.records.length === 0) this.#lanes.delete(key)
  }

  /** A record comes back from a bundle; those after it that were taken with it come back too. */
  giveBack(record: PendingRecord): void {
    const lane = this.#lanes.get(laneKey(record))
    if (lane !== undefined) lane.taken = 0
  }

  /**
   * The records that may leave together, in the order of their puts.
   * @param waiting sorted by that order
   * @param fits asked before each record is taken; false ends the search
   */
  take(waiting: readonly PendingRecord[], fits: (record: PendingRecord) => boolean): PendingRecord[] {
    const taken: PendingRecord[] = []
    const open = new Map<Lane, number>()
    for (const record of waiting) {
      const lane = this.#lanes.get(laneKey(record))
      if (lane === undefined || lane.taken > 0) continue
      const mine = open.get(lane) ?? 0
      if (lane.records[mine] !== record) continue
      if (!fits(record)) break
      open.set(lane, mine + 1)
      taken.push(record)
    }
    for (const [lane, count] of open) lane.taken = count
    return taken
  }
}

/** A record without a key is ordered after nobody. */
function laneKey({ partitionKey, explicitHashKey, partition, order }: PendingRecord): string {
  if (partitionKey === '') return partition === undefined ? `without key ${order}` : `partition ${partition}`
  return explicitHashKey === undefined ? partitionKey : `${explicitHashKey} ${partitionKey}`
}
