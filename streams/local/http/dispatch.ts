/** One request: its operation and protocol, the faults that hit it, its answer. */
import { type HttpReply, type HttpRequest, hasCode, MEBIBYTE, type Random } from '../../../core/index.ts'
import { streamNameInArn } from '../arn.ts'
import type { FaultCall, Refusal } from '../faults/fault-plan.ts'
import { decodeIterator } from '../shard-iterator.ts'
import { OPERATIONS } from './operations.ts'
import { JSON_PROTOCOL, type Protocol, protocolOf } from './protocol.ts'
import { type Answer, EventAnswer, type Operation, type Service } from './service.ts'
import { ServiceError, serviceErrorOf } from './service-error.ts'

const TARGET_PREFIX = 'Kinesis_20131202.'
const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream'
/** 10 MiB of data and keys in Base64 and JSON, with room for member names and escapes. */
const REQUEST_BYTES_MAX = 16 * MEBIBYTE
/** Operations on records are refused for their rate by this name, others by LimitExceededException. */
const THROUGHPUT_OPERATIONS = new Set(['GetRecords', 'GetShardIterator', 'PutRecord', 'PutRecords'])

export async function dispatch(
  service: Service,
  request: HttpRequest,
  reply: HttpReply,
  random: Random,
): Promise<void> {
  const named = protocolOf(request.headers['content-type'])
  // An error before the protocol is known is told in JSON.
  const protocol = named ?? JSON_PROTOCOL
  const headers = { 'content-type': protocol.contentType, 'x-amzn-requestid': random.uuid() }
  try {
    const { name, operation } = operationOf(request, named)
    const body = await bodyOf(request, protocol)
    if (request.headers['authorization'] === undefined && !request.url.includes('X-Amz-Algorithm='))
      throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token')
    const fault = service.faults.decide(faultCall(name, body))
    if (fault.delayMs > 0) await service.clock.sleep(fault.delayMs, request.signal)
    if (fault.refuse === 'drop') return reply.abort()
    if (fault.refuse !== null) throw refusalError(name, fault.refuse)
    const { refuseEntry } = fault
    const answer = await operation({ service, body, protocol, refuseEntry })
    if (fault.loseReply) return lose(answer, reply)
    if (answer instanceof EventAnswer) {
      reply.start(200, { ...headers, 'content-type': EVENT_STREAM_TYPE })
      await answer.run(reply, request.signal)
      return reply.end()
    }
    const bytes = answer instanceof Uint8Array ? answer : protocol.encode(answer)
    reply.start(200, { ...headers, 'content-length': String(bytes.length) })
    reply.end(bytes)
  } catch (cause) {
    if (hasCode(cause, 'aborted')) return reply.end()
    const error = serviceErrorOf(cause)
    const bytes = protocol.encode({ __type: error.type, message: error.message })
    reply.start(error.status, {
      ...headers,
      'x-amzn-errortype': error.type,
      'content-length': String(bytes.length),
    })
    reply.end(bytes)
  }
}

function operationOf(
  request: HttpRequest,
  protocol: Protocol | null,
): { readonly name: string; readonly operation: Operation } {
  if (request.method !== 'POST' || protocol === null || request.url.split('?')[0] !== '/')
    throw new ServiceError('AccessDeniedException', 'Unable to determine service/operation name to be authorized')
  const target = request.headers['x-amz-target'] ?? ''
  const name = target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : ''
  const operation = OPERATIONS.get(name)
  if (operation !== undefined) return { name, operation }
  throw new ServiceError('UnknownOperationException', `Operation ${target || '(none)'} is not known to this stream.`)
}

async function bodyOf(request: HttpRequest, protocol: Protocol): Promise<unknown> {
  try {
    return protocol.decode(await request.body(REQUEST_BYTES_MAX))
  } catch (error) {
    if (hasCode(error, 'limit_exceeded'))
      throw new ServiceError('RequestEntityTooLargeException', `Request exceeds ${REQUEST_BYTES_MAX / MEBIBYTE} MiB.`)
    throw error
  }
}

/** A call as rules of faults see it: what it names is looked for, never checked. */
function faultCall(operation: string, body: unknown): FaultCall {
  const members = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {}
  const text = (...names: readonly string[]): string | undefined =>
    names.map(name => members[name]).find((value): value is string => typeof value === 'string')
  const iterator = text('ShardIterator')
  if (iterator !== undefined) {
    try {
      const { streamName, shardId } = decodeIterator(iterator)
      return { operation, streamName, shardId }
    } catch {
      return { operation }
    }
  }
  const arn = text('StreamARN', 'ConsumerARN', 'ResourceARN')
  const streamName = text('StreamName') ?? (arn === undefined ? undefined : (streamNameInArn(arn) ?? undefined))
  return { operation, streamName, shardId: text('ShardId', 'ShardToSplit', 'ShardToMerge') }
}

function refusalError(operation: string, refusal: Exclude<Refusal, 'drop'>): ServiceError {
  switch (refusal) {
    case 'throttle':
      return THROUGHPUT_OPERATIONS.has(operation)
        ? new ServiceError('ProvisionedThroughputExceededException', 'Rate exceeded for this stream.')
        : new ServiceError('LimitExceededException', 'Rate exceeded for this operation.')
    case 'expired_iterator':
      return new ServiceError('ExpiredIteratorException', 'Iterator expired.')
    case 500:
      return new ServiceError('InternalFailure', 'Internal service failure.')
    case 503:
      return new ServiceError('ServiceUnavailable', 'Service is temporarily unavailable.')
  }
}

/** The effect stays; a subscription that nobody hears of ends. */
function lose(answer: Answer, reply: HttpReply): void {
  reply.abort()
  if (answer instanceof EventAnswer) void answer.run(reply, AbortSignal.abort())
}
