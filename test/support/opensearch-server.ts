/**
 * The bulk API of OpenSearch, as far as a writer sees it. Facts: OpenSearch documentation, "Bulk" (action and document lines, the
 * final line feed, items in the order of the request with a status each, `errors`), "Index document" (409
 * version_conflict_engine_exception where a creation meets an id that is there), and of Elasticsearch's reference "Bulk API" (429
 * es_rejected_execution_exception of single items, 400 mapper_parsing_exception, 413 past http.max_content_length, `_type` refused
 * from version 7 on).
 */
import type { HttpHandler } from '../../core/index.ts'

export interface OpenSearchServerOptions {
  /** bytes of a request; 413 beyond */
  readonly contentBytesMax?: number
  /** answers for one item in place of the index; null lets it through */
  readonly refuse?: (
    document: Readonly<Record<string, unknown>>,
    call: number,
  ) => { status: number; type: string } | null
  /** knows types, as Elasticsearch 6 does */
  readonly types?: boolean
}

export interface OpenSearchServer {
  readonly handler: HttpHandler
  /** documents by index and id */
  readonly indexes: ReadonlyMap<string, ReadonlyMap<string, unknown>>
  /** what came, as text */
  readonly bodies: readonly string[]
}

interface Action {
  readonly _index: string
  readonly _id?: string
  readonly _type?: string
}

export function openSearchServer(options: OpenSearchServerOptions = {}): OpenSearchServer {
  const { contentBytesMax = 100 * 1_048_576, refuse = () => null, types = false } = options
  const indexes = new Map<string, Map<string, unknown>>()
  const bodies: string[] = []
  let ids = 0

  const one = (name: string, action: Action, source: string, call: number): Record<string, unknown> => {
    const { _index, _type, _id = `made-${ids++}` } = action
    const failed = (status: number, type: string): Record<string, unknown> => ({
      [name]: { _index, _id, status, error: { type, reason: `${type} of ${_id}` } },
    })
    if (_type !== undefined && !types) return failed(400, 'illegal_argument_exception')
    const document = JSON.parse(source) as Readonly<Record<string, unknown>>
    const refused = refuse(document, call)
    if (refused !== null) return failed(refused.status, refused.type)
    const index = indexes.get(_index) ?? new Map<string, unknown>()
    indexes.set(_index, index)
    if (name === 'create' && index.has(_id)) return failed(409, 'version_conflict_engine_exception')
    index.set(_id, document)
    return { [name]: { _index, _id, _version: 1, result: 'created', status: 201 } }
  }

  const handler: HttpHandler = async (request, reply) => {
    const answer = (status: number, value: unknown): void => {
      const text = JSON.stringify(value)
      reply.start(status, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) })
      reply.end(text)
    }
    const body = await request.body(Number.MAX_SAFE_INTEGER)
    if (request.method !== 'POST' || request.url !== '/_bulk') return answer(405, { error: 'method not allowed' })
    if (body.length > contentBytesMax) return answer(413, { error: 'request entity too large' })
    if (request.headers['content-type'] !== 'application/x-ndjson')
      return answer(406, { error: 'Content-Type header is not supported' })
    const text = Buffer.from(body).toString('utf8')
    bodies.push(text)
    if (!text.endsWith('\n'))
      return answer(400, { error: { reason: 'The bulk request must be terminated by a newline [\\n]' } })
    const lines = text.slice(0, -1).split('\n')
    const items: Record<string, unknown>[] = []
    try {
      for (let at = 0; at < lines.length; at += 2) {
        const [[name, action] = ['', { _index: '' }]] = Object.entries(
          JSON.parse(lines[at] ?? '') as Record<string, Action>,
        )
        items.push(one(name, action, lines[at + 1] ?? '', bodies.length - 1))
      }
    } catch {
      return answer(400, { error: { reason: 'Malformed action/metadata line' } })
    }
    const errors = items.some(item => Object.values(item).some(value => (value as { status: number }).status >= 300))
    answer(200, { took: 1, errors, items })
  }
  return { handler, indexes, bodies }
}
