/** Errors of binding and the search for what the program may have meant. */
import { SqlError, type TextSpan } from '../../../core/errors.ts'
import { nearestName } from '../../../core/nearest-name.ts'
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
  const nearest = nearestName(name.text, known)
  return nearest === null ? null : `did you mean ${text(nearest)}?`
}
