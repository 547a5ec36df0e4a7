/** Consumers with enhanced fan-out: register, describe, list, deregister. Source: Kinesis API reference. */
import { ACCOUNT, consumerArn, consumerInArn, streamArn, streamNameInArn } from '../arn.ts'
import type { Consumer } from '../consumers.ts'
import type { LocalStream } from '../local-stream.ts'
import { Instant } from './cbor.ts'
import { decodeToken, encodeToken } from './page-token.ts'
import { type Answer, type Call, type Service, streamNamed } from './service.ts'
import { ServiceError } from './service-error.ts'
import { NAME_RULE, STREAM_RULES, streamNameIn } from './stream-name.ts'
import { MAP_OF_TAGS, tagsIn } from './tags.ts'
import { Input, type Rule } from './validate.ts'

export const CONSUMER_ARN: Rule = {
  type: 'string',
  min: 1,
  max: 2_048,
  pattern: '^(arn):aws.*:kinesis:.*:\\d{12}:.*stream/[a-zA-Z0-9_.-]+/consumer/[a-zA-Z0-9_.-]+:[0-9]+',
}
const STREAM_ARN: Rule = { ...(STREAM_RULES['StreamARN'] as Rule), required: true }
const RESULTS_DEFAULT = 100
const RESULTS_MAX = 10_000

export async function registerStreamConsumer({ service, body }: Call): Promise<Answer> {
  const input = new Input(body, {
    StreamARN: STREAM_ARN,
    ConsumerName: { ...NAME_RULE, required: true },
    Tags: MAP_OF_TAGS,
  })
  const stream = streamNamed(service.streams, streamNameIn(input))
  const consumerName = input.text('ConsumerName') ?? ''
  if (stream.consumers.find(consumerName) !== undefined)
    throw new ServiceError(
      'ResourceInUseException',
      `Consumer ${consumerName} under stream ${stream.streamName} already exists for account ${ACCOUNT}.`,
    )
  if (stream.status !== 'ACTIVE' && stream.status !== 'UPDATING')
    throw new ServiceError(
      'ResourceInUseException',
      `Stream ${stream.streamName} under account ${ACCOUNT} not ACTIVE, instead in state ${stream.status}`,
    )
  const consumer = await stream.consumers.register(consumerName, tagsIn(input.structure('Tags', {})))
  return { Consumer: membersOf(stream, consumer, service) }
}

export async function deregisterStreamConsumer(call: Call): Promise<Answer> {
  const { stream, consumer } = consumerIn(call)
  if (consumer.status !== 'DELETING') await stream.consumers.deregister(consumer.consumerName)
  return null
}

export function describeStreamConsumer(call: Call): Answer {
  const { stream, consumer } = consumerIn(call)
  return {
    ConsumerDescription: {
      ...membersOf(stream, consumer, call.service),
      StreamARN: streamArn(call.service.region, stream.streamName),
    },
  }
}

export function listStreamConsumers({ service, body }: Call): Answer {
  const input = new Input(body, {
    StreamARN: STREAM_ARN,
    NextToken: { type: 'string', min: 1, max: 1_048_576 },
    MaxResults: { type: 'integer', min: 1, max: RESULTS_MAX },
    StreamCreationTimestamp: { type: 'timestamp' },
  })
  const now = service.clock.now()
  const stream = streamNamed(service.streams, streamNameIn(input))
  const { createdAt } = stream.description
  const given = input.text('NextToken')
  const token = given === undefined ? null : decodeToken(given, 'consumers', now)
  if (token !== null && (token.streamName !== stream.streamName || token.createdAt !== createdAt))
    throw new ServiceError('InvalidArgumentException', 'NextToken is of another stream.')
  const limit = input.number('MaxResults') ?? RESULTS_DEFAULT
  const left = stream.consumers.list().filter(({ consumerName }) => consumerName > (token?.after ?? ''))
  const shown = left.slice(0, limit)
  const after = shown.at(-1)?.consumerName ?? ''
  const { streamName } = stream
  return {
    Consumers: shown.map(consumer => membersOf(stream, consumer, service)),
    NextToken:
      left.length > limit
        ? encodeToken({ of: 'consumers', streamName, createdAt, issuedAt: now, after, filter: null })
        : undefined,
  }
}

function consumerIn({ service, body }: Call): { readonly stream: LocalStream; readonly consumer: Consumer } {
  const input = new Input(body, {
    ConsumerARN: CONSUMER_ARN,
    ConsumerName: NAME_RULE,
    StreamARN: STREAM_RULES['StreamARN'] as Rule,
  })
  const arn = input.text('ConsumerARN')
  if (arn !== undefined) return consumerOfArn(service, arn)
  const consumerName = input.text('ConsumerName')
  if (consumerName === undefined || !input.has('StreamARN'))
    throw new ServiceError(
      'InvalidArgumentException',
      'Either ConsumerARN, or StreamARN and ConsumerName, must be provided.',
    )
  const stream = streamNamed(service.streams, streamNameIn(input))
  const consumer = stream.consumers.find(consumerName)
  if (consumer !== undefined) return { stream, consumer }
  throw notFound(`Consumer ${consumerName}, account ${ACCOUNT}`)
}

/**
 * The consumer that an ARN names; it must have been created when the ARN says, so that one of the same name that came later
 * is not taken for it.
 * @throws ServiceError ResourceNotFoundException
 */
export function consumerOfArn(
  service: Service,
  arn: string,
): { readonly stream: LocalStream; readonly consumer: Consumer } {
  const stream = streamNamed(service.streams, streamNameInArn(arn) ?? arn)
  const named = consumerInArn(arn)
  const consumer = named === null ? undefined : stream.consumers.find(named.consumerName)
  if (consumer === undefined || Math.floor(consumer.createdAt / 1_000) !== named?.createdSecond) throw notFound(arn)
  return { stream, consumer }
}

function notFound(what: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `${what} not found.`)
}

function membersOf(stream: LocalStream, { consumerName, createdAt, status }: Consumer, { region }: Service): object {
  return {
    ConsumerName: consumerName,
    ConsumerARN: consumerArn(region, stream.streamName, consumerName, createdAt),
    ConsumerStatus: status,
    ConsumerCreationTimestamp: new Instant(createdAt),
  }
}
