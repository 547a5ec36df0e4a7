/** SubscribeToShard: a reply that goes on, one message an event. Source: Kinesis API reference, SubscribeToShard. */
import type { HttpReply } from '../../../core/index.ts'
import type { FaultPlan, Refusal } from '../faults/fault-plan.ts'
import { type SubscriptionEvent, subscriptionEvents } from '../subscription.ts'
import { CONSUMER_ARN, consumerOfArn } from './consumers.ts'
import { eventMessage } from './event-stream.ts'
import { recordMembers, recordsJson } from './get-records.ts'
import { POSITION_RULES, refuseUnknownShard, startIn } from './iterators.ts'
import { JSON_PROTOCOL, type Protocol } from './protocol.ts'
import { type Call, EventAnswer } from './service.ts'
import { ServiceError } from './service-error.ts'
import { shardMembers } from './shard-members.ts'
import { NAME_RULE } from './stream-name.ts'
import { Input } from './validate.ts'

/** How rules of faults name the events of a subscription. */
export const EVENT_OPERATION = 'SubscribeToShardEvent'

export async function subscribeToShard({ service, body, protocol }: Call): Promise<EventAnswer> {
  const input = new Input(body, {
    ConsumerARN: { ...CONSUMER_ARN, required: true },
    ShardId: { ...NAME_RULE, required: true },
    StartingPosition: { type: 'structure', required: true },
  })
  const { stream, consumer } = consumerOfArn(service, input.text('ConsumerARN') ?? '')
  const shardId = input.text('ShardId') ?? ''
  const position = input.structure('StartingPosition', POSITION_RULES)
  const from = position === undefined ? { kind: 'latest' as const } : startIn(position, 'Type', 'SequenceNumber')
  if (consumer.status !== 'ACTIVE')
    throw new ServiceError(
      'ResourceInUseException',
      `Consumer ${consumer.consumerName} is not ACTIVE, instead in state ${consumer.status}.`,
    )
  refuseUnknownShard(stream, shardId)
  const shard = stream.shard(shardId)
  const counter = await stream.startCounter(shard, from)
  const { ended, end } = stream.consumers.subscribe(consumer.consumerName, shardId)
  return new EventAnswer(async (reply, gone) => {
    const encryption = stream.description.encryptionKeyId === null ? undefined : 'KMS'
    try {
      await reply.write(message(protocol, 'initial-response', protocol.encode({})))
      const events = subscriptionEvents(stream, shard, counter, AbortSignal.any([ended, gone]))
      for await (const event of events) {
        const refusal = await faultOf(service.faults, service.clock, stream.streamName, shardId)
        if (refusal === 'drop') return reply.abort()
        if (refusal !== null) return await tell(reply, protocol, refusalError(refusal))
        await reply.write(message(protocol, 'SubscribeToShardEvent', payloadOf(event, protocol, encryption)))
      }
      if (gone.aborted) return
      if (ended.aborted)
        await tell(
          reply,
          protocol,
          new ServiceError('ResourceInUseException', 'Another subscription of this consumer took this shard over.'),
        )
      else if (stream.isClosed)
        await tell(
          reply,
          protocol,
          new ServiceError('ResourceNotFoundException', `Stream ${stream.streamName} is gone.`),
        )
    } finally {
      end()
    }
  })
}

function payloadOf(event: SubscriptionEvent, protocol: Protocol, encryption: string | undefined): Uint8Array {
  const { millisBehindLatest: MillisBehindLatest, childShards } = event.read
  const rest = {
    MillisBehindLatest,
    ContinuationSequenceNumber: event.continuation ?? undefined,
    ChildShards: childShards.length === 0 ? undefined : childShards.map(shard => shardMembers(shard, null)),
  }
  return protocol === JSON_PROTOCOL
    ? recordsJson(event.read, encryption, rest)
    : protocol.encode({ Records: recordMembers(event.read, encryption), ...rest })
}

function message({ contentType }: Protocol, type: string, payload: Uint8Array): Uint8Array {
  return eventMessage({ ':event-type': type, ':content-type': contentType, ':message-type': 'event' }, payload)
}

async function tell(reply: HttpReply, protocol: Protocol, error: ServiceError): Promise<void> {
  const headers = {
    ':exception-type': error.type,
    ':content-type': protocol.contentType,
    ':message-type': 'exception',
  }
  await reply.write(eventMessage(headers, protocol.encode({ message: error.message })))
}

async function faultOf(
  faults: FaultPlan,
  clock: { sleep(ms: number): Promise<void> },
  streamName: string,
  shardId: string,
): Promise<Refusal | null> {
  const { delayMs, refuse, loseReply } = faults.decide({ operation: EVENT_OPERATION, streamName, shardId })
  if (delayMs > 0) await clock.sleep(delayMs)
  return loseReply ? 'drop' : refuse
}

function refusalError(refusal: Refusal): ServiceError {
  return refusal === 'throttle'
    ? new ServiceError('LimitExceededException', 'Rate exceeded for this subscription.')
    : new ServiceError('InternalFailureException', 'Internal service failure.')
}
