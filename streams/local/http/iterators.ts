/** GetShardIterator, and GetRecords up to its reply. */
import type { IteratorStart } from '../../stream.ts'
import { ACCOUNT } from '../arn.ts'
import type { LocalStream } from '../local-stream.ts'
import { decodeIterator } from '../shard-iterator.ts'
import { GET_RECORDS_RULES, getRecords } from './get-records.ts'
import { type Answer, type Call, usableStream } from './service.ts'
import { ServiceError } from './service-error.ts'
import { NAME_RULE, STREAM_RULES, streamNameIn } from './stream-name.ts'
import { Input, type Rules } from './validate.ts'

const START_TYPES = ['AFTER_SEQUENCE_NUMBER', 'AT_SEQUENCE_NUMBER', 'AT_TIMESTAMP', 'LATEST', 'TRIM_HORIZON'] as const
const SEQUENCE_NUMBER: Rules[string] = { type: 'string', pattern: '0|([1-9]\\d{0,128})' }

export async function getShardIterator({ service: { streams }, body }: Call): Promise<Answer> {
  const input = new Input(body, {
    ...STREAM_RULES,
    ShardId: { ...NAME_RULE, required: true },
    ShardIteratorType: { type: 'string', required: true, oneOf: START_TYPES },
    StartingSequenceNumber: SEQUENCE_NUMBER,
    Timestamp: { type: 'timestamp' },
  })
  const stream = usableStream(streams, streamNameIn(input))
  const shardId = input.text('ShardId') ?? ''
  const from = startIn(input, 'ShardIteratorType', 'StartingSequenceNumber')
  refuseUnknownShard(stream, shardId)
  return { ShardIterator: await stream.getIterator(shardId, from) }
}

export function readRecords({ service: { streams }, body, protocol }: Call): Promise<Answer> {
  const input = new Input(body, GET_RECORDS_RULES)
  const iterator = input.text('ShardIterator') ?? ''
  const stream = usableStream(streams, decodeIterator(iterator).streamName)
  return getRecords(stream, iterator, input.number('Limit'), protocol)
}

/** @throws ServiceError ResourceNotFoundException */
export function refuseUnknownShard(stream: LocalStream, shardId: string): void {
  if (stream.shardRecords.some(record => record.shardId === shardId)) return
  throw new ServiceError(
    'ResourceNotFoundException',
    `Shard ${shardId} in stream ${stream.streamName} under account ${ACCOUNT} does not exist`,
  )
}

/** The members of SubscribeToShard's StartingPosition. */
export const POSITION_RULES: Rules = {
  Type: { type: 'string', required: true, oneOf: START_TYPES },
  SequenceNumber: SEQUENCE_NUMBER,
  Timestamp: { type: 'timestamp' },
}

/**
 * Where a request wants to start.
 * @throws ServiceError InvalidArgumentException when number or timestamp do not go with the type
 */
export function startIn(input: Input, typeMember: string, numberMember: string): IteratorStart {
  const type = input.text(typeMember)
  const sequenceNumber = input.text(numberMember)
  const timestamp = input.number('Timestamp')
  const refuse = (text: string): never => {
    throw new ServiceError('InvalidArgumentException', text)
  }
  const takesNumber = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER'
  if (takesNumber !== (sequenceNumber !== undefined))
    refuse(
      `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and ${numberMember} or (2) TRIM_HORIZON or LATEST and no ${numberMember}. Request specified ${type} and ${takesNumber ? 'no' : 'also a'} ${numberMember}.`,
    )
  if ((type === 'AT_TIMESTAMP') !== (timestamp !== undefined))
    refuse(
      `Must specify timestamp parameter exactly for iterator type AT_TIMESTAMP. Request specified ${type} and ${timestamp === undefined ? 'no' : 'also a'} timestamp.`,
    )
  if (type === 'TRIM_HORIZON') return { kind: 'trimHorizon' }
  if (type === 'LATEST') return { kind: 'latest' }
  if (type === 'AT_TIMESTAMP') return { kind: 'atTimestamp', timestamp: Math.round((timestamp ?? 0) * 1_000) }
  if (type === 'AT_SEQUENCE_NUMBER') return { kind: 'at', sequenceNumber: sequenceNumber ?? '' }
  return { kind: 'after', position: { shardId: '', sequenceNumber: sequenceNumber ?? '', subsequenceNumber: 0 } }
}
