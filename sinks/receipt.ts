/** What one object is known to hold: enough to prove a delivery without reading the source again. */
import { createHash } from 'node:crypto'
import { compareSequenceNumbers } from '../core/index.ts'
import type { DeliveredObject } from './manifest.ts'

/** Ranges of numbers that a receipt keeps; an object of more tells its records by their count alone. */
export const NUMBER_RANGES_MAX = 1_000

/** A place in a shard. */
export interface ShardPlace {
  readonly sequenceNumber: string
  readonly subsequenceNumber: number
}

/** The records of one shard in an object: both ends are in it. */
export interface ShardRange {
  readonly shardId: string
  readonly first: ShardPlace
  readonly last: ShardPlace
  readonly records: number
}

/** Both ends included. */
export type NumberRange = readonly [first: number, last: number]

export interface Receipt extends DeliveredObject {
  readonly kind: 'data' | 'error' | 'backup'
  /** of the bytes as stored, hexadecimal */
  readonly sha256: string
  /** by shard, for records of a source that told their place; in order of shard ids */
  readonly shards: readonly ShardRange[]
  /** The numbers that the stream gave the records, in ascending ranges; null for more ranges than `NUMBER_RANGES_MAX`. */
  readonly numbers: readonly NumberRange[] | null
}

export function compareShardPlaces(one: ShardPlace, other: ShardPlace): number {
  return (
    compareSequenceNumbers(one.sequenceNumber, other.sequenceNumber) || one.subsequenceNumber - other.subsequenceNumber
  )
}

/** A record as far as receipts look at it. */
export interface CountedRecord {
  readonly number: number
  readonly source: (ShardPlace & { readonly shardId: string }) | null
}

/** Collects what a receipt says while an object is written. */
export class ReceiptCounter {
  readonly #hash = createHash('sha256')
  readonly #shards = new Map<string, { first: ShardPlace; last: ShardPlace; records: number }>()
  #ranges: [number, number][] | null = []

  add({ number, source }: CountedRecord): void {
    this.#count(number)
    if (source === null) return
    const { shardId, sequenceNumber, subsequenceNumber } = source
    const place = { sequenceNumber, subsequenceNumber }
    const range = this.#shards.get(shardId)
    if (range === undefined) {
      this.#shards.set(shardId, { first: place, last: place, records: 1 })
      return
    }
    range.records++
    if (compareShardPlaces(place, range.last) > 0) range.last = place
    else if (compareShardPlaces(place, range.first) < 0) range.first = place
  }

  /** Bytes of the object, in order. */
  bytes(slice: Uint8Array): void {
    this.#hash.update(slice)
  }

  /** Ends the digest; nothing may follow. */
  end(): Pick<Receipt, 'sha256' | 'shards' | 'numbers'> {
    return {
      sha256: this.#hash.digest('hex'),
      shards: [...this.#shards]
        .map(([shardId, range]) => ({ shardId, ...range }))
        .sort((a, b) => (a.shardId < b.shardId ? -1 : 1)),
      numbers: this.#ranges === null ? null : mergedRanges(this.#ranges),
    }
  }

  #count(number: number): void {
    const ranges = this.#ranges
    if (ranges === null) return
    const last = ranges[ranges.length - 1]
    if (last !== undefined && number === last[1] + 1) last[1] = number
    else if (ranges.length < NUMBER_RANGES_MAX) ranges.push([number, number])
    else this.#ranges = null
  }
}

/** In ascending order, neighbours joined; numbers that come twice stay twice. */
export function mergedRanges(ranges: readonly NumberRange[]): readonly NumberRange[] {
  const merged: [number, number][] = []
  for (const [first, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged[merged.length - 1]
    if (last !== undefined && first === last[1] + 1) last[1] = end
    else merged.push([first, end])
  }
  return merged
}
