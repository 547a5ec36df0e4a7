/**
 * The other end of Firehose's HTTP endpoint contract: a handler for a listener, for tests and for small receivers. It checks what
 * the contract promises of a request, takes each request id once, and answers as the contract asks.
 */
import { gunzipSync } from 'node:zlib'
import { type Clock, type HttpHandler, type HttpRequest, MillraceError } from '../../core/index.ts'
import { HTTP_BODY_BYTES_MAX, HTTP_RECORDS_MAX } from './http-endpoint.ts'

/** Request ids that are remembered, so that a repeat is told; the oldest is forgotten. */
export const REQUEST_IDS_MAX = 10_000

export interface ReceivedRequest {
  readonly requestId: string
  readonly records: readonly Uint8Array[]
  readonly sourceArn: string
  readonly commonAttributes: Readonly<Record<string, string>>
  /** epoch milliseconds, by the sender's clock */
  readonly sentAt: number
}

export interface HttpEndpointReceiverOptions {
  readonly clock: Clock
  /** what X-Amz-Firehose-Access-Key must be; any where it is left out */
  readonly accessKey?: string
  /** Takes a request over. A repeat of one that resolved does not come again; a rejection is answered with 500. */
  readonly onRequest: (request: ReceivedRequest) => Promise<void>
}

class BadRequest extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export function httpEndpointReceiver({ clock, accessKey, onRequest }: HttpEndpointReceiverOptions): HttpHandler {
  const taken = new Set<string>()
  const atWork = new Map<string, Promise<void>>()
  return async (request, reply) => {
    const requestId = request.headers['x-amz-firehose-request-id'] ?? ''
    let status = 200
    let errorMessage: string | undefined
    try {
      const received = await readRequest(request, requestId, accessKey)
      if (!taken.has(requestId)) {
        // A sender that has waited too long repeats while the first is at work.
        const work = atWork.get(requestId) ?? onRequest(received).finally(() => atWork.delete(requestId))
        atWork.set(requestId, work)
        await work
      }
      taken.add(requestId)
      const [oldest] = taken
      if (taken.size > REQUEST_IDS_MAX && oldest !== undefined) taken.delete(oldest)
    } catch (error) {
      status = error instanceof BadRequest ? error.status : 500
      errorMessage = error instanceof Error ? error.message : String(error)
    }
    const body = Buffer.from(
      JSON.stringify({ requestId, timestamp: clock.now(), ...(errorMessage !== undefined && { errorMessage }) }),
    )
    reply.start(status, { 'content-type': 'application/json', 'content-length': String(body.length) })
    reply.end(body)
  }
}

async function readRequest(
  request: HttpRequest,
  requestId: string,
  accessKey: string | undefined,
): Promise<ReceivedRequest> {
  const { headers } = request
  const need = (met: boolean, message: string, status = 400): void => {
    if (!met) throw new BadRequest(status, message)
  }
  need(request.method === 'POST', `${request.method}; a request is a POST`, 405)
  need(headers['x-amz-firehose-protocol-version'] === '1.0', 'X-Amz-Firehose-Protocol-Version is not 1.0')
  need(requestId !== '', 'X-Amz-Firehose-Request-Id is missing')
  need(
    accessKey === undefined || headers['x-amz-firehose-access-key'] === accessKey,
    'X-Amz-Firehose-Access-Key is another one',
    401,
  )
  need(headers['content-type'] === 'application/json', 'Content-Type is not application/json')
  const encoding = headers['content-encoding']
  need(encoding === undefined || encoding === 'gzip', `Content-Encoding ${encoding} is none of the contract`)
  const body = parsed(await bodyOf(request, encoding === 'gzip'), 'the body')
  need(body['requestId'] === requestId, 'requestId of the body is not that of the header')
  const sentAt = body['timestamp']
  const records: unknown = body['records']
  if (typeof sentAt !== 'number' || !Number.isSafeInteger(sentAt))
    throw new BadRequest(400, 'timestamp is no whole number')
  if (!Array.isArray(records) || records.length < 1 || records.length > HTTP_RECORDS_MAX)
    throw new BadRequest(400, `records is no list of 1 to ${HTTP_RECORDS_MAX}`)
  const attributes = headers['x-amz-firehose-common-attributes']
  const common = attributes === undefined ? {} : parsed(attributes, 'X-Amz-Firehose-Common-Attributes')
  return {
    requestId,
    sentAt,
    sourceArn: headers['x-amz-firehose-source-arn'] ?? '',
    commonAttributes: textsOf(common['commonAttributes']),
    records: (records as readonly unknown[]).map(record => {
      const data: unknown = typeof record === 'object' && record !== null && 'data' in record ? record.data : undefined
      if (typeof data !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(data) || data.length % 4 !== 0)
        throw new BadRequest(400, 'data of a record is no base64')
      return Buffer.from(data, 'base64')
    }),
  }
}

async function bodyOf(request: HttpRequest, gzipped: boolean): Promise<string> {
  try {
    const bytes = await request.body(HTTP_BODY_BYTES_MAX)
    return Buffer.from(gzipped ? gunzipSync(bytes, { maxOutputLength: HTTP_BODY_BYTES_MAX }) : bytes).toString('utf8')
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'limit_exceeded')
      throw new BadRequest(413, `the body has more than ${HTTP_BODY_BYTES_MAX} bytes`)
    throw new BadRequest(400, `the body cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function parsed(text: string, what: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Told below.
  }
  throw new BadRequest(400, `${what} is no JSON object`)
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
