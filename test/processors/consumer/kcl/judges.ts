/** What may be said of workers by the trace of all that they did. Each judge gives sentences about what is wrong. */
import { compareExtended } from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import type { Line } from '../fleet/fleet.ts'

const placeOf = ({ rest }: Line) => ({ sequenceNumber: rest[0] ?? '', subsequenceNumber: Number(rest[1]) })
export const textOf = ({ rest }: Line): string => rest[2] ?? ''

/** Records that nobody got. */
export function missed(lines: readonly Line[], wanted: readonly string[]): string[] {
  const got = new Set(lines.filter(line => line.what === 'got').map(textOf))
  return wanted.filter(text => !got.has(text))
}

/** Records that came to a life that began after they had been saved, by whomever. */
export function repeatsOfSaved(lines: readonly Line[]): string[] {
  const saved = new Map<string, Line>()
  const before = new Map<string, Line | undefined>()
  const wrong: string[] = []
  for (const line of lines) {
    if (line.what === 'saved') saved.set(line.shard, line)
    if (line.what === 'began') before.set(line.life, saved.get(line.shard))
    const covered = line.what === 'got' ? before.get(line.life) : undefined
    if (covered !== undefined && compareExtended(placeOf(line), placeOf(covered)) <= 0)
      wrong.push(`${textOf(line)} came to ${line.life} after it was saved by ${covered.life}`)
  }
  return wrong
}
