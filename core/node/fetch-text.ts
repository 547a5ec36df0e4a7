/** Text behind a URL on this machine's own network, such as the metadata of a container. */

/** @throws when nobody answers in time, or with an error */
export async function fetchText(url: string, timeoutMs: number): Promise<string> {
  const reply = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
  if (!reply.ok) throw new Error(`${url} answered with status ${reply.status}`)
  return reply.text()
}
