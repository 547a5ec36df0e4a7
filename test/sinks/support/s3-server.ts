/** A small S3 over HTTP with conditional creates and planned faults: enough protocol for one bucket of small tests. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface StoredObject {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/**
 * What happens to one call: refused before any effect with a status and a code, the reply lost after the effect, or a good reply
 * with an error inside, before or after the effect.
 */
export type Fault =
  | { readonly status: number; readonly code: string }
  | { readonly lost: 'after' | 'before' }
  | { readonly inside: string; readonly effect: boolean }

export type Operation =
  | 'PutObject'
  | 'GetObject'
  | 'CopyObject'
  | 'DeleteObject'
  | 'ListObjectsV2'
  | 'HeadObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'

/** Keys of one answer of a listing: few, so that tests meet several. */
const LIST_PAGE = 3

interface Upload {
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly parts: Map<number, Buffer>
}

export class S3Server {
  readonly objects = new Map<string, StoredObject>()
  readonly uploads = new Map<string, Upload>()
  readonly calls: Operation[] = []
  readonly #faults = new Map<Operation, Fault[]>()
  readonly #server: Server
  #uploadNumber = 0

  constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error))
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>(resolve => void this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise(resolve => void this.#server.close(() => resolve()))
  }

  fault(operation: Operation, ...faults: readonly Fault[]): void {
    this.#faults.set(operation, [...faults])
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const url = new URL(request.url ?? '/', 'http://localhost')
    const key = decodeURIComponent(url.pathname).split('/').slice(2).join('/')
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const operation = operationOf(request.method ?? '', key, url.searchParams, headers)
    this.calls.push(operation)
    const fault = this.#faults.get(operation)?.shift()
    const answer = (status: number, text: string | Buffer = '', more: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/xml', ...more })
      response.end(text)
    }
    const refuse = (status: number, code: string): void =>
      answer(status, request.method === 'HEAD' ? '' : `<Error><Code>${code}</Code><Message>planned</Message></Error>`)
    if (fault !== undefined && 'status' in fault) return refuse(fault.status, fault.code)
    if (fault !== undefined && 'lost' in fault && fault.lost === 'before') return void response.destroy()
    if (fault !== undefined && 'inside' in fault && !fault.effect)
      return answer(200, `<?xml version="1.0"?><Error><Code>${fault.inside}</Code><Message>inside</Message></Error>`)
    const outcome = this.#effect(operation, key, url.searchParams, headers, body)
    if (fault !== undefined && 'lost' in fault) return void response.destroy()
    if (fault !== undefined)
      return answer(200, `<?xml version="1.0"?><Error><Code>${fault.inside}</Code><Message>inside</Message></Error>`)
    if ('code' in outcome) return refuse(outcome.status, outcome.code)
    answer(200, outcome.text ?? '', outcome.headers ?? {})
  }

  #effect(
    operation: Operation,
    key: string,
    query: URLSearchParams,
    headers: Readonly<Record<string, string>>,
    body: Buffer,
  ):
    | { readonly status: number; readonly code: string }
    | { readonly text?: string | Buffer; readonly headers?: Record<string, string> } {
    const exists = headers['if-none-match'] === '*' && this.objects.has(key)
    const sum = createHash('sha256').update(body).digest('base64')
    const upload = this.uploads.get(query.get('uploadId') ?? '')
    switch (operation) {
      case 'PutObject':
        if (exists) return { status: 412, code: 'PreconditionFailed' }
        if (headers['x-amz-checksum-sha256'] !== sum) return { status: 400, code: 'BadDigest' }
        this.objects.set(key, { body, headers })
        return { headers: { etag: '"whole"' } }
      case 'HeadObject': {
        const found = this.objects.get(key)
        if (found === undefined) return { status: 404, code: 'NotFound' }
        const metadata = Object.entries(found.headers).filter(([name]) => name.startsWith('x-amz-meta-'))
        return { headers: Object.fromEntries(metadata) }
      }
      case 'GetObject': {
        const found = this.objects.get(key)
        return found === undefined ? { status: 404, code: 'NoSuchKey' } : { text: found.body }
      }
      case 'CopyObject': {
        const from = decodeURIComponent(headers['x-amz-copy-source'] ?? '')
          .split('/')
          .slice(1)
          .join('/')
        const found = this.objects.get(from)
        if (found === undefined) return { status: 404, code: 'NoSuchKey' }
        if (exists) return { status: 412, code: 'PreconditionFailed' }
        this.objects.set(key, found)
        return { text: '<CopyObjectResult><ETag>"copy"</ETag></CopyObjectResult>' }
      }
      case 'DeleteObject':
        this.objects.delete(key)
        return {}
      case 'ListObjectsV2': {
        const prefix = query.get('prefix') ?? ''
        const after = query.get('continuation-token') ?? ''
        const keys = [...this.objects.keys()].filter(name => name.startsWith(prefix) && name > after).sort()
        const page = keys.slice(0, LIST_PAGE)
        const contents = page.map(name => {
          const Size = this.objects.get(name)?.body.length ?? 0
          return `<Contents><Key>${encodeURIComponent(name)}</Key><Size>${Size}</Size><LastModified>2026-11-22T00:00:00.000Z</LastModified></Contents>`
        })
        const more = keys.length > page.length
        return {
          text: `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''}${contents.join('')}</ListBucketResult>`,
        }
      }
      case 'CreateMultipartUpload': {
        const id = `upload-${++this.#uploadNumber}`
        this.uploads.set(id, { key, headers, parts: new Map() })
        return { text: `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>` }
      }
      case 'UploadPart':
        if (upload === undefined) return { status: 404, code: 'NoSuchUpload' }
        if (headers['x-amz-checksum-sha256'] !== sum) return { status: 400, code: 'BadDigest' }
        upload.parts.set(Number(query.get('partNumber')), body)
        return { headers: { etag: `"${sum}"` } }
      case 'CompleteMultipartUpload': {
        if (upload === undefined) return { status: 404, code: 'NoSuchUpload' }
        if (exists) return { status: 412, code: 'PreconditionFailed' }
        const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(match => Number(match[1]))
        const whole = Buffer.concat(numbers.map(number => upload.parts.get(number) ?? Buffer.from('missing')))
        if (Number(headers['x-amz-mp-object-size']) !== whole.length) return { status: 400, code: 'InvalidRequest' }
        this.objects.set(key, { body: whole, headers: upload.headers })
        this.uploads.delete(query.get('uploadId') ?? '')
        return { text: '<CompleteMultipartUploadResult><ETag>"all"</ETag></CompleteMultipartUploadResult>' }
      }
      case 'AbortMultipartUpload':
        if (!this.uploads.delete(query.get('uploadId') ?? '')) return { status: 404, code: 'NoSuchUpload' }
        return {}
    }
  }
}

function operationOf(
  method: string,
  key: string,
  query: URLSearchParams,
  headers: Readonly<Record<string, string>>,
): Operation {
  if (method === 'GET') return key === '' ? 'ListObjectsV2' : 'GetObject'
  if (method === 'HEAD') return 'HeadObject'
  if (method === 'DELETE') return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject'
  if (method === 'POST') return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload'
  if (headers['x-amz-copy-source'] !== undefined) return 'CopyObject'
  return query.has('partNumber') ? 'UploadPart' : 'PutObject'
}
