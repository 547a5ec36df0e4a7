/** The known word that a reader may have meant. */

/** Candidates that are looked at. */
const CANDIDATES_MAX = 1_000

/** The nearest of the known words by edits, without regard to case; null when none is near. */
export function nearestName(word: string, known: readonly string[]): string | null {
  const upper = word.toUpperCase()
  let nearest: string | null = null
  // Two letters have every other pair as neighbour.
  let best = (upper.length < 3 ? 0 : Math.max(1, Math.floor(upper.length / 3))) + 1
  for (const candidate of known.slice(0, CANDIDATES_MAX)) {
    const distance = editDistance(upper, candidate.toUpperCase(), best)
    if (distance < best) {
      best = distance
      nearest = candidate
    }
  }
  return nearest
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
