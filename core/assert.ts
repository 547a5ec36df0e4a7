/** A promise of ours that did not hold. It is never the fault of data or configuration; the worker stops on it. */
export class AssertionFailed extends Error {
  override name = 'AssertionFailed'
}

/**
 * Checks something that this project promises itself. On in production.
 * @param sentence what must hold, as a sentence
 */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new AssertionFailed(sentence)
}

/** Closes a switch over a union: compiling fails when a member is missing, running fails when a value is foreign. */
export function unreachable(value: never, where: string): never {
  throw new AssertionFailed(`${where}: unexpected ${JSON.stringify(value)}`)
}
