/** The one place where text becomes code. Nothing gets here that the checker did not read. */
import { checkSource } from './check-source.ts'

/** Compiled functions that are kept for the next program with the same text. */
export const FUNCTIONS_KEPT_MAX = 512

/** A function of the vectors that its text names; what it returns depends on the text. */
export type GeneratedFunction = (...args: readonly unknown[]) => number

const kept = new Map<string, GeneratedFunction>()
let allowed: boolean | null = null

/** False where the host forbids code from strings, as `node --disallow-code-generation-from-strings` does. */
export function canGenerateCode(): boolean {
  if (allowed === null) {
    try {
      allowed = construct([], 'return 1;')() === 1
    } catch (error) {
      if (!(error instanceof EvalError)) throw error
      allowed = false
    }
  }
  return allowed
}

/**
 * The function of a text that passes the checker; the same function for the same text.
 * @throws UnsafeSource where it does not pass
 */
export function compileSource(parameters: readonly string[], source: string): GeneratedFunction {
  const key = `${parameters.join(' ')}\n${source}`
  let compiled = kept.get(key)
  if (compiled === undefined) {
    checkSource(parameters, source)
    compiled = construct(parameters, source)
    // Insertion order is age of use: the first is the one not used for longest.
    if (kept.size >= FUNCTIONS_KEPT_MAX)
      for (const oldest of kept.keys()) {
        kept.delete(oldest)
        break
      }
  } else kept.delete(key)
  kept.set(key, compiled)
  return compiled
}

/** How many functions are kept. */
export function functionsKept(): number {
  return kept.size
}

function construct(parameters: readonly string[], source: string): GeneratedFunction {
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- checked text only
  return new Function(...parameters, `"use strict";\n${source}`) as GeneratedFunction
}
