/** The runtime's own fetch, for what reaches other servers over HTTP. */
export const nodeFetch: typeof fetch = (input, init) => fetch(input, init)
