/**
 * Splunk's HTTP event collector with indexer acknowledgement. Facts: Splunk documentation, "Format events for HTTP Event Collector"
 * (events one after the other, raw bytes), "About HTTP Event Collector Indexer Acknowledgment" (channel, ackId by channel, `true` is
 * told once and then forgotten, `false` for everything else), "Possible error codes".
 */
import type { Clock, HttpHandler } from '../../core/index.ts'

export interface SplunkServerOptions {
  readonly clock: Clock
  readonly token: string
  /** from a request to its indexing, milliseconds; null: never */
  readonly indexAfterMs?: (call: number) => number | null
  /** a collector's answer in place of its own */
  readonly refuse?: (call: number) => { readonly status: number; readonly code: number; readonly text: string } | null
  readonly acknowledges?: boolean
}

export interface SplunkServer {
  readonly handler: HttpHandler
  /** bodies that were indexed, in the order in which they came */
  readonly indexed: readonly string[]
  /** a restart: acknowledgements that were not told are forgotten */
  forget(): void
}

export function splunkServer(options: SplunkServerOptions): SplunkServer {
  const { clock, token, indexAfterMs = () => 0, refuse = () => null, acknowledges = true } = options
  const indexed: string[] = []
  /** by channel and id: when it is indexed, monotonic milliseconds */
  const acks = new Map<string, number>()
  let [calls, ids] = [0, 0]

  const handler: HttpHandler = async (request, reply) => {
    const body = Buffer.from(await request.body(Number.MAX_SAFE_INTEGER)).toString('utf8')
    const answer = (status: number, value: unknown): void => {
      reply.start(status, { 'content-type': 'application/json' })
      reply.end(JSON.stringify(value))
    }
    const channel = request.headers['x-splunk-request-channel']
    const given = request.headers['authorization']
    if (given === undefined) return answer(401, { text: 'Token is required', code: 2 })
    if (!given.startsWith('Splunk ')) return answer(401, { text: 'Invalid authorization', code: 3 })
    if (given !== `Splunk ${token}`) return answer(403, { text: 'Invalid token', code: 4 })
    if (channel === undefined) return answer(400, { text: 'Data channel is missing', code: 10 })
    if (request.url === '/services/collector/ack') {
      if (!acknowledges) return answer(400, { text: 'ACK is disabled', code: 14 })
      const asked = (JSON.parse(body) as { readonly acks: readonly number[] }).acks
      const told = asked.map(id => {
        const at = acks.get(`${channel}/${id}`)
        const done = at !== undefined && at <= clock.monotonicMs()
        if (done) acks.delete(`${channel}/${id}`)
        return [String(id), done] as const
      })
      return answer(200, { acks: Object.fromEntries(told) })
    }
    const call = calls++
    const refused = refuse(call)
    if (refused !== null) return answer(refused.status, { text: refused.text, code: refused.code })
    if (body.trim() === '') return answer(400, { text: 'No data', code: 5 })
    if (request.url === '/services/collector/event') {
      const problem = eventProblem(body)
      if (problem !== null) return answer(400, problem)
    } else if (request.url !== '/services/collector/raw')
      return answer(404, { text: 'The requested URL was not found', code: 404 })
    const afterMs = indexAfterMs(call)
    if (afterMs !== null) indexed.push(body)
    if (!acknowledges) return answer(200, { text: 'Success', code: 0 })
    const ackId = ids++
    if (afterMs !== null) acks.set(`${channel}/${ackId}`, clock.monotonicMs() + afterMs)
    answer(200, { text: 'Success', code: 0, ackId })
  }
  return { handler, indexed, forget: () => acks.clear() }
}

/** Events stand one after the other, with or without space between: each is an object with an `event`. */
function eventProblem(body: string): { readonly text: string; readonly code: number } | null {
  let [depth, start, inText] = [0, 0, false]
  for (let at = 0; at < body.length; at++) {
    const char = body[at]
    if (inText) {
      if (char === '\\') at++
      else if (char === '"') inText = false
    } else if (char === '"') inText = true
    else if (char === '{' && depth++ === 0) start = at
    else if (char === '}' && --depth === 0) {
      const { event } = JSON.parse(body.slice(start, at + 1)) as { readonly event?: unknown }
      if (event === undefined) return { text: 'Event field is required', code: 12 }
      if (event === '') return { text: 'Event field cannot be blank', code: 13 }
    } else if (depth === 0 && !/\s/.test(char ?? '')) return { text: 'Invalid data format', code: 6 }
  }
  return depth === 0 ? null : { text: 'Invalid data format', code: 6 }
}
