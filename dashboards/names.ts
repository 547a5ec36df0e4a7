/** Finds what a dashboard names among what there is, and says what there is when it is not found. */
import { nearestName } from '../core/index.ts'

const NAMES_LISTED_MAX = 12

/** The stored name for a written one: exact, else folded to upper case as SQL does; null when there is neither. */
export function findName(name: string, names: readonly string[]): string | null {
  if (names.includes(name)) return name
  const folded = name.toUpperCase()
  return names.includes(folded) ? folded : null
}

/** The end of a sentence about a name that was not found: what was probably meant, else what there is. */
export function listed(intro: string, names: readonly string[], wanted: string): string {
  if (names.length === 0) return '; there are none'
  const near = nearestName(wanted, names)
  if (near !== null) return `; did you mean "${near}"?`
  const shown = names.slice(0, NAMES_LISTED_MAX).join(', ')
  return `; ${intro} ${shown}${names.length > NAMES_LISTED_MAX ? ', ...' : ''}`
}
