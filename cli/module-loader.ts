/** Reads `millrace.config.ts`: Node 20 runs no TypeScript, so jiti does, and leaves plain JavaScript to Node. */
import { pathToFileURL } from 'node:url'
import { createJiti } from 'jiti'
import { MillraceError } from '../core/index.ts'

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
