/**
 * What may be said of any consumers by the trace of all that they did, whatever they read. Each judge gives sentences about what is
 * wrong. A record's text is the last word of its line: `KEY:NUMBER`, the number counting within the key.
 */
import { compareExtended } from '../../../processors/consumer/leases/extended-sequence-number.ts'

export interface TraceLine {
  /** `got`, `saved`, `began`, `ended` */
  readonly what: string
  /** one processor's time with one shard */
  readonly life: string
  readonly rest: readonly string[]
}

export interface ShardLine extends TraceLine {
  readonly shard: string
  readonly worker: string
}

export const textOf = ({ rest }: TraceLine): string => rest.at(-1) ?? ''
export const placeOf = ({ rest }: TraceLine) => ({ sequenceNumber: rest[0] ?? '', subsequenceNumber: Number(rest[1]) })

/** Records that nobody got. */
export function missed(lines: readonly TraceLine[], wanted: readonly string[]): string[] {
  const got = new Set(lines.filter(line => line.what === 'got').map(textOf))
  return wanted.filter(text => !got.has(text))
}

/** The first time that each record came, the records of one key came in the order in which they were put, also over splits. */
export function keyDisorder(lines: readonly TraceLine[]): string[] {
  const seen = new Set<string>()
  const next = new Map<string, number>()
  const wrong: string[] = []
  for (const line of lines) {
    const text = textOf(line)
    if (line.what !== 'got' || seen.has(text)) continue
    seen.add(text)
    const [key = '', number = ''] = text.split(':')
    if (Number(number) !== (next.get(key) ?? 0)) wrong.push(`${text} came when ${next.get(key) ?? 0} was due`)
    next.set(key, Number(number) + 1)
  }
  return wrong
}

/**
 * Records that came to a life that began after they had been saved.
 * @param failed workers whose checkpoints may be told after others had the shard
 */
export function repeatsOfSaved(lines: readonly ShardLine[], failed: ReadonlySet<string> = new Set()): string[] {
  const saved = new Map<string, ShardLine>()
  const before = new Map<string, ShardLine | undefined>()
  const wrong: string[] = []
  for (const line of lines) {
    if (line.what === 'saved') saved.set(line.shard, line)
    if (line.what === 'began') before.set(line.life, saved.get(line.shard))
    const covered = line.what === 'got' ? before.get(line.life) : undefined
    if (covered === undefined || failed.has(covered.worker)) continue
    if (compareExtended(placeOf(line), placeOf(covered)) <= 0)
      wrong.push(`${textOf(line)} came to ${line.life} after it was saved by ${covered.life}`)
  }
  return wrong
}

/**
 * Records that came again though the life that had them first gave its shard up as it should: it saved before it went.
 * @param isExcused whether a life ended otherwise, with its process, by expiry, or not at all
 */
export function repeatsOfEnded<Line extends TraceLine>(
  lines: readonly Line[],
  isExcused: (before: Line, line: Line) => boolean,
): string[] {
  const first = new Map<string, Line>()
  const wrong: string[] = []
  for (const line of lines) {
    if (line.what !== 'got') continue
    const text = textOf(line)
    const before = first.get(text)
    if (before === undefined) first.set(text, line)
    else if (!isExcused(before, line)) wrong.push(`${text} came to ${line.life} though ${before.life} had it`)
  }
  return wrong
}
