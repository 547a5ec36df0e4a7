/** Addresses of pages: a fragment, and parameters behind it. */

/** The parts of `#views?DEVICE=mobile`; an unknown page is null. */
export function readAddress(
  hash: string,
  ids: readonly string[],
): { readonly page: string | null; readonly parameters: URLSearchParams } {
  const [name = '', query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s)
  return { page: ids.includes(name) ? name : null, parameters: new URLSearchParams(query) }
}

/** The address of a page, for links. */
export function linkTo(page: string, parameters: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(parameters).toString()
  return `#${page}${query === '' ? '' : `?${query}`}`
}
