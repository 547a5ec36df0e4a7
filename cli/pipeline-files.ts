/** Files of text and JSON that a command or a configuration names. */
import { type Files, hasCode, MillraceError } from '../core/index.ts'

/** @throws MillraceError `config` when there is no such file */
export async function readText(files: Files, path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await files.readAll(path))
  } catch (cause) {
    if (hasCode(cause, 'not_found')) throw new MillraceError('config', `${path}: there is no such file`, { cause })
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('config', `${path} is not UTF-8 text`, { cause })
  }
}

/** @throws MillraceError `config` when the file is missing or no JSON */
export async function readJson(files: Files, path: string): Promise<unknown> {
  const text = await readText(files, path)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MillraceError('config', `${path} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
