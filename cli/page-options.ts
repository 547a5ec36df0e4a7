/** Who may ask the live page, as the options and the environment of a command say. */
import { MillraceError } from '../core/index.ts'
import { TOKEN_VARIABLE } from '../dashboards/index.ts'
import type { CommandOptions } from './options.ts'

/** Names that the page answers to, and its token from the environment, which Grafana is given as well. */
export function pageOptions(given: CommandOptions): { readonly hosts: readonly string[]; readonly token?: string } {
  const token = process.env[TOKEN_VARIABLE]
  return { hosts: parseHosts(given['allowHost']), ...(token === undefined || token === '' ? {} : { token }) }
}

/** Names of a repeated `--allow-host`, lower case, without port. */
function parseHosts(text: string | undefined): readonly string[] {
  return (text?.split('\n') ?? []).map(name => {
    const host = name.trim().toLowerCase()
    if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(host))
      throw new MillraceError('usage', `--allow-host "${name}" is no name of a host; write it without scheme and port`)
    return host
  })
}
