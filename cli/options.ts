/** Values of command-line options, read strictly: a wrong one is a usage error that says what would be right. */
import { MillraceError } from '../core/index.ts'

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 }

/** A duration such as `15s`, `500ms`, `2m`, `1h`; a bare number is seconds. In milliseconds, above 0. */
export function parseDuration(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|min|h)?$/.exec(text.trim())
  const ms = match === null ? 0 : Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? 0)
  if (!(ms > 0))
    throw new MillraceError('usage', `${option} "${text}" is no duration; write one like 15s, 500ms, 2m or 1h`)
  return ms
}

/** A whole number from `min` to `max`, both included. */
export function parseWhole(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max))
    throw new MillraceError('usage', `${option} "${text}" must be a whole number from ${min} to ${max}`)
  return value
}

/** Options of a command by their camel-case names, as text; undefined where neither given nor defaulted. */
export type CommandOptions = Readonly<Record<string, string | undefined>>

/** Collects an option that may be given several times, as lines of one text. */
export function repeated(value: string, before?: string): string {
  return before === undefined ? value : `${before}\n${value}`
}

/** The `NAME=FILE` pairs of a repeated option; a later one wins. */
export function parsePairs(option: string, text: string | undefined): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  for (const pair of text?.split('\n') ?? []) {
    const at = pair.indexOf('=')
    if (at < 1 || at === pair.length - 1)
      throw new MillraceError('usage', `${option} "${pair}" is no pair; write it like ${option} TABLE=FILE`)
    pairs.set(pair.slice(0, at), pair.slice(at + 1))
  }
  return pairs
}
