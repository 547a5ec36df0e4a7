/** Asks a running pipeline, as its pages do: where it is, the token, and what an answer that is none means to the user. */
import { MillraceError, nodeFetch } from '../core/index.ts'
import { TOKEN_VARIABLE } from '../dashboards/index.ts'
import type { CommandOptions } from './options.ts'

/** Where `millrace dev` and `millrace demo` serve their page unless they are told otherwise. */
export const LIVE_URL_DEFAULT = 'http://127.0.0.1:8321/'

export class LiveClient {
  readonly #url: URL
  readonly #token: string | null

  /**
   * @param given `--url`, with the token behind it as it was printed, or not; `--token`
   * @throws MillraceError `usage` for an address that is none
   */
  constructor(given: CommandOptions, environment: Readonly<Record<string, string | undefined>> = process.env) {
    const text = given['url'] ?? LIVE_URL_DEFAULT
    try {
      this.#url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`)
    } catch {
      throw new MillraceError('usage', `--url "${text}" is no address; write it as it was printed, ${LIVE_URL_DEFAULT}`)
    }
    const inAddress = new URLSearchParams(this.#url.hash.slice(1)).get('token')
    this.#token = given['token'] ?? inAddress ?? environment[TOKEN_VARIABLE] ?? null
    this.#url.hash = ''
  }

  /** The address, without the token. */
  get address(): string {
    return this.#url.origin
  }

  /** @throws MillraceError as `ask` does; `not_found` too where the pipeline goes in the middle of its answer */
  async json<T>(path: string, options: { readonly body?: unknown; readonly signal?: AbortSignal } = {}): Promise<T> {
    const answer = await this.ask(path, options)
    try {
      return (await answer.json()) as T
    } catch (cause) {
      if (options.signal?.aborted === true) throw new MillraceError('aborted', 'stopped', { cause })
      throw new MillraceError('not_found', `the connection to ${this.address} was lost before its answer ended`, {
        cause,
      })
    }
  }

  /**
   * An answer of the pipeline that is one.
   * @throws MillraceError `not_found` where nothing answers; `config` where the token is missing or wrong; `invalid_argument` with
   * the server's own words for what it refuses
   */
  async ask(
    path: string,
    { body, signal }: { readonly body?: unknown; readonly signal?: AbortSignal } = {},
  ): Promise<Response> {
    let answer: Response
    try {
      answer = await nodeFetch(new URL(path, this.#url), {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        redirect: 'error',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (cause) {
      if (signal?.aborted === true) throw new MillraceError('aborted', 'stopped', { cause })
      throw new MillraceError(
        'not_found',
        `no pipeline answers at ${this.address}; start one with millrace dev or millrace demo, or say --url`,
        { cause },
      )
    }
    if (answer.ok) return answer
    const words = (await answer.text()).trim().slice(0, 2_000)
    if (answer.status === 401) {
      const what = this.#token === null ? 'this needs' : 'this is not'
      throw new MillraceError(
        'config',
        `${what} the token of the pipeline at ${this.address}; it was printed at its start: give the whole address as --url, or set ${TOKEN_VARIABLE}`,
      )
    }
    throw new MillraceError('invalid_argument', words === '' ? `${this.address} answers ${answer.status}` : words)
  }
}

/** Text of the data that cannot move the cursor, colour the screen or turn its direction. */
export function terminalText(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
