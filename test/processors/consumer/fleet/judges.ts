/** What may be said of a fleet of workers with leases, beside what ../judges.ts says of all. */
import { compareExtended } from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { placeOf, repeatsOfEnded, repeatsOfSaved } from '../judges.ts'
import type { Line } from './fleet.ts'

/** Within one life of a shard every record lies after the one before it. */
export function disorder(lines: readonly Line[]): string[] {
  const last = new Map<string, Line>()
  const wrong: string[] = []
  for (const line of lines) {
    if (line.what !== 'got') continue
    const before = last.get(line.life)
    if (before !== undefined && compareExtended(placeOf(line), placeOf(before)) <= 0)
      wrong.push(`${line.life}: ${before.rest.join(' ')} then ${line.rest.join(' ')}`)
    last.set(line.life, line)
  }
  return wrong
}

/**
 * Records that came again though a checkpoint in the table covered them, and records that came again though the life that had them
 * ended in order. A life ends out of order with its process, when it is stopped, and when its lease expires or is taken.
 */
export function unexplainedRepeats(lines: readonly Line[], failed: ReadonlySet<string>): string[] {
  const endedInOrder = new Set(
    lines
      .filter(
        line =>
          line.what === 'ended' && /was handed over|was released|SHARD_END|gave the lease up/.test(line.rest.join(' ')),
      )
      .map(line => line.life),
  )
  const again = repeatsOfEnded(
    lines,
    (before, line) =>
      // One that was stopped goes on where it was before it learns that others had the shard meanwhile.
      (failed.has(line.worker) && !endedInOrder.has(line.life)) || !endedInOrder.has(before.life),
  )
  return [...repeatsOfSaved(lines, failed), ...again]
}

/** A time in which nobody had a shard. */
export interface Gap {
  readonly shard: string
  readonly ms: number
  /** epoch milliseconds */
  readonly toMs: number
  readonly why: string
}

/**
 * How long shards had no worker, longest first: from the end of a life, or the death of its process, to the next life; for a child
 * from the end of its last parent.
 */
export function gaps(
  lines: readonly Line[],
  downAt: ReadonlyMap<string, number>,
  parents: ReadonlyMap<string, readonly string[]>,
): readonly Gap[] {
  /** by shard, since when nobody has it; and by worker what it has */
  const free = new Map<string, { readonly atMs: number; readonly why: string }>()
  const owned = new Map<string, { readonly worker: string; readonly life: string }>()
  const down = [...downAt].sort((a, b) => a[1] - b[1])
  const found: Gap[] = []
  for (const { what, atMs, worker, life, shard, rest } of lines) {
    for (let next = down[0]; next !== undefined && next[1] <= atMs; next = down[0]) {
      down.shift()
      for (const [held, owner] of owned)
        if (owner.worker === next[0]) {
          owned.delete(held)
          free.set(held, { atMs: next[1], why: `${next[0]} was killed or stopped` })
        }
    }
    if (what === 'began') {
      const since = free.get(shard) ?? bornAt(parents.get(shard) ?? [], free)
      if (since !== null && !owned.has(shard))
        found.push({ shard, ms: atMs - since.atMs, toMs: atMs, why: `${since.why}; then ${worker} had it` })
      owned.set(shard, { worker, life })
    }
    if (what === 'ended' && owned.get(shard)?.life === life) {
      owned.delete(shard)
      free.set(shard, { atMs, why: `${worker}: ${rest.join(' ')}` })
    }
  }
  return found.sort((a, b) => b.ms - a.ms)
}

function bornAt(parents: readonly string[], free: ReadonlyMap<string, { readonly atMs: number }>) {
  const ends = parents.flatMap(parent => free.get(parent)?.atMs ?? [])
  return ends.length === 0 ? null : { atMs: Math.max(...ends), why: 'its parents ended' }
}
