/** Questions of a page to its server beside the event stream. */
import type { PageContext } from './page.ts'

/** What came back: the value; `token` where one is needed or is not of this run; else why there is none, in words. */
export type ServerAnswer<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'token' }
  | { readonly kind: 'refused'; readonly words: string }

/** Asks with the token, where there is one. The connection itself says when the server is gone: then there is no value. */
export async function askServer<T>(
  path: string,
  context: PageContext,
  options: { readonly signal?: AbortSignal; readonly body?: unknown } = {},
): Promise<ServerAnswer<T>> {
  const token = context.token()
  try {
    const response = await fetch(path, {
      method: options.body === undefined ? 'GET' : 'POST',
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      cache: 'no-store',
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    if (response.status === 401) {
      if (token !== null) context.setToken(null)
      return { kind: 'token' }
    }
    if (response.ok) return { kind: 'value', value: (await response.json()) as T }
    return { kind: 'refused', words: (await response.text()).trim() }
  } catch {
    return { kind: 'refused', words: 'the server does not answer' }
  }
}

/** Calls at once and then every `intervalMs` while the tab is seen, one call at a time, until the returned function is called. */
export function poll(intervalMs: number, call: () => Promise<void>): () => void {
  let isCalling = false
  const run = (): void => {
    if (isCalling || document.hidden) return
    isCalling = true
    void call().finally(() => {
      isCalling = false
    })
  }
  run()
  const timer = setInterval(run, intervalMs)
  return () => clearInterval(timer)
}
