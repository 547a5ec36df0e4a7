/** The token for row samples: from the fragment of the address, which never travels, or typed in. Kept for this tab. */

const KEY = 'millrace-token'
let token: string | null = null

/**
 * Takes the token out of the address, as `#token=...` or behind the name of a page (`#views?token=...`), so that it is not in a
 * shared link or on a shared screen.
 */
export function takeTokenFromAddress(): void {
  const given = /^#(?:([a-z-]*)\?)?token=([^&]+)$/.exec(location.hash)
  if (given !== null) {
    setToken(decodeURIComponent(given[2] ?? ''))
    history.replaceState(null, '', location.pathname + location.search + (given[1] ? `#${given[1]}` : ''))
    return
  }
  try {
    token = sessionStorage.getItem(KEY)
  } catch {
    token = null
  }
}

export function currentToken(): string | null {
  return token
}

export function setToken(value: string | null): void {
  token = value === null || !/^[\x21-\x7e]{1,256}$/.test(value) ? null : value
  try {
    if (token === null) sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, token)
  } catch {
    // Without storage the token lives as long as the page.
  }
}
