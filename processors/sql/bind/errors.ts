/** Errors of binding and the search for what the program may have meant. */
import { SqlError, type TextSpan } from '../../../core/errors.ts'
import type { Name } from '../ast.ts'
import { nameText } from '../reserved-words.ts'

export function fail(message: string, span: TextSpan, hint: string | null = null): never {
  throw new SqlError('sql_bind', message, span, hint)
}

/**
 * What to say about a name that was not found: the same name in another case first (the commonest error: a configured
 * name that was written without its quotes), then the nearest spelling.
 */
export function nameHint(
  name: Name,
  known: readonly string[],
  text: (name: string) => string = nameText,
): string | null {
  const upper = name.text.toUpperCase()
  const sameLetters = known.find(candidate => candidate.toUpperCase() === upper)
  if (sameLetters !== undefined) {
    return name.quoted
      ? `did you mean ${text(sameLetters)}? case counts in quotes`
      : `did you mean ${text(sameLetters)}? a name without quotes is read in upper case`
  }
  let nearest: string | null = null
  // Two letters have every other pair as neighbour.
  let best = (upper.length < 3 ? 0 : Math.max(1, Math.floor(upper.length / 3))) + 1
  for (const candidate of known.slice(0, 1_000)) {
    const distance = editDistance(upper, candidate.toUpperCase(), best)
    if (distance < best) {
      best = distance
      nearest = candidate
    }
  }
  return nearest === null ? null : `did you mean ${text(nearest)}?`
}

/** Edits between two words, exact below `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const change = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? limit
}
