/** Reads `millrace.config.ts`: Node 20 runs no TypeScript, so jiti does, and leaves plain JavaScript to Node. */
import { pathToFileURL } from 'node:url'
import { createJiti } from 'jiti'
import { MillraceError } from '../core/index.ts'
import type { PreprocessorFunction } from '../processors/index.ts'

/**
 * The default export of a configuration file.
 * @param path absolute
 * @throws MillraceError `config` when the file does not load or has no default export
 */
export async function loadDefault(path: string): Promise<unknown> {
  let exported: unknown
  try {
    exported = await createJiti(pathToFileURL(path).href, { moduleCache: false }).import(path, { default: true })
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new MillraceError('config', `${path} does not load: ${what}`, { cause })
  }
  if (typeof exported !== 'object' || exported === null || Object.keys(exported).length === 0)
    throw new MillraceError('config', `${path} has no default export; write: export default definePipeline({ ... })`)
  return exported
}

/**
 * The pre-processing function that a module exports: `handler`, as for Lambda, or its default export.
 * @param path absolute
 * @throws MillraceError `config`
 */
export async function loadHandler(path: string): Promise<PreprocessorFunction> {
  let exported: unknown
  try {
    exported = await createJiti(pathToFileURL(path).href, { moduleCache: false }).import(path)
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new MillraceError('config', `${path} does not load: ${what}`, { cause })
  }
  const named = exported as { handler?: unknown; default?: unknown } | null | undefined
  const inner = named?.default as { handler?: unknown } | null | undefined
  const found = [named?.handler, named?.default, inner?.handler, exported].find(each => typeof each === 'function')
  if (found === undefined)
    throw new MillraceError(
      'config',
      `${path} exports no function; write: export async function handler(event) { ... }`,
    )
  return found as PreprocessorFunction
}
