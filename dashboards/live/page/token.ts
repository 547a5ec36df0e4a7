/** The token for row samples: from the fragment of the address, which never travels, or typed in. Kept for this tab. */

const KEY = 'millrace-token'
let token: string | null = null

/** Takes the token out of the address, so that it is not in a shared link or on a shared screen. */
export function takeTokenFromAddress(): void {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given !== null) {
    setToken(given)
    history.replaceState(null, '', location.pathname + location.search)
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
