/**
 * Embedded streams over HTTP: the JSON protocol of Kinesis (AWS JSON 1.1) on loopback. Signatures are not checked, for
 * there is no secret to check them with; Host and Origin are, so that web pages cannot reach it.
 */
import {
  type Clock,
  type HttpReply,
  type HttpRequest,
  hasCode,
  isAllowedRequest,
  isLoopbackAddress,
  type Listener,
  MEBIBYTE,
  MillraceError,
  type Network,
  type Random,
} from '../../../core/index.ts'
import type { LocalStreams } from '../local-streams.ts'
import { OPERATIONS } from './operations.ts'
import type { Service } from './service.ts'
import { ServiceError, serviceErrorOf } from './service-error.ts'

export interface ServeStreamsOptions {
  readonly streams: LocalStreams
  readonly env: { readonly network: Network; readonly clock: Clock; readonly random: Random }
  /** default 127.0.0.1; an address that others reach needs `allowRemote` */
  readonly host?: string | undefined
  /** default 0: any free one */
  readonly port?: number | undefined
  readonly allowRemote?: boolean | undefined
  /** host names besides the loopback ones under which clients reach the listener, lower case */
  readonly extraHosts?: readonly string[] | undefined
  /** shown in ARNs; default us-east-1 */
  readonly region?: string | undefined
}

export interface StreamsListener extends Listener {
  /** what to give a client as its endpoint */
  readonly url: string
}

const JSON_TYPE = 'application/x-amz-json-1.1'
const TARGET_PREFIX = 'Kinesis_20131202.'
/** 10 MiB of data and keys in Base64 and JSON, with room for member names and escapes. */
const REQUEST_BYTES_MAX = 16 * MEBIBYTE

/**
 * Serves the streams until the listener is closed.
 * @throws MillraceError `address_in_use`, `invalid_argument` for a host that is not this machine's own without `allowRemote`
 */
export async function serveStreams(options: ServeStreamsOptions): Promise<StreamsListener> {
  const { streams, env, host = '127.0.0.1', port = 0, region = 'us-east-1', extraHosts = [] } = options
  if (!isLoopbackAddress(host) && options.allowRemote !== true)
    throw new MillraceError(
      'invalid_argument',
      `host ${host} is reachable from other machines and the stream asks for no password; use 127.0.0.1, or set allowRemote`,
    )
  const service: Service = { streams, clock: env.clock, region }
  let bound = port
  const listener = await env.network.serve({ host, port }, (request, reply) =>
    isAllowedRequest(request, bound, extraHosts)
      ? answer(service, request, reply, env.random)
      : Promise.resolve(refuseHost(reply)),
  )
  bound = listener.port
  const authority = host.includes(':') ? `[${host}]` : host
  return {
    host: listener.host,
    port: bound,
    close: graceMs => listener.close(graceMs),
    url: `http://${authority}:${bound}`,
  }
}

function refuseHost(reply: HttpReply): void {
  reply.start(403, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  reply.end('refused: Host or Origin is not this listener\n')
}

async function answer(service: Service, request: HttpRequest, reply: HttpReply, random: Random): Promise<void> {
  const headers = { 'content-type': JSON_TYPE, 'x-amzn-requestid': random.uuid() }
  try {
    const body = await perform(service, request)
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    reply.start(200, { ...headers, 'content-length': String(bytes.length) })
    reply.end(bytes)
  } catch (cause) {
    if (hasCode(cause, 'aborted')) return reply.end()
    const error = serviceErrorOf(cause)
    const text = JSON.stringify({ __type: error.type, message: error.message })
    reply.start(error.status, {
      ...headers,
      'x-amzn-errortype': error.type,
      'content-length': String(Buffer.byteLength(text)),
    })
    reply.end(text)
  }
}

async function perform(service: Service, request: HttpRequest): Promise<string | Uint8Array> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/x-amz-cbor-1.1')
    throw new ServiceError(
      'SerializationException',
      'This stream speaks JSON only; switch CBOR off in the client (AWS_CBOR_DISABLE=true).',
    )
  if (request.method !== 'POST' || type !== JSON_TYPE || request.url.split('?')[0] !== '/')
    throw new ServiceError('AccessDeniedException', 'Unable to determine service/operation name to be authorized')
  const target = request.headers['x-amz-target'] ?? ''
  const name = target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : ''
  const operation = OPERATIONS.get(name)
  if (operation === undefined)
    throw new ServiceError('UnknownOperationException', `Operation ${target || '(none)'} is not known to this stream.`)
  const body = await jsonBody(request)
  if (request.headers['authorization'] === undefined && !request.url.includes('X-Amz-Algorithm='))
    throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  return operation(service, body)
}

async function jsonBody(request: HttpRequest): Promise<unknown> {
  let bytes: Uint8Array
  try {
    bytes = await request.body(REQUEST_BYTES_MAX)
  } catch (error) {
    if (hasCode(error, 'limit_exceeded'))
      throw new ServiceError('RequestEntityTooLargeException', `Request exceeds ${REQUEST_BYTES_MAX / MEBIBYTE} MiB.`)
    throw error
  }
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
  } catch {
    throw new ServiceError('SerializationException', 'The request body is no JSON.')
  }
}
