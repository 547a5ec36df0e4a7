/** What every operation is given. */
import type { Clock, HttpReply } from '../../../core/index.ts'
import { ACCOUNT } from '../arn.ts'
import type { EntryFault, FaultPlan } from '../faults/fault-plan.ts'
import type { LocalStream } from '../local-stream.ts'
import type { LocalStreams } from '../local-streams.ts'
import type { Protocol } from './protocol.ts'
import { ServiceError } from './service-error.ts'

export interface Service {
  readonly streams: LocalStreams
  readonly clock: Clock
  /** shown in ARNs */
  readonly region: string
  readonly faults: FaultPlan
}

export interface Call {
  readonly service: Service
  /** the request as its protocol has decoded it */
  readonly body: unknown
  readonly protocol: Protocol
  /** entries of PutRecords that a fault refuses */
  readonly refuseEntry: EntryFault | null
}

/** An answer that goes on until its work is done or the client is gone. */
export class EventAnswer {
  readonly run: (reply: HttpReply, gone: AbortSignal) => Promise<void>

  constructor(run: (reply: HttpReply, gone: AbortSignal) => Promise<void>) {
    this.run = run
  }
}

/** The members of the reply, or the reply as it goes out; null is an empty reply. */
export type Answer = object | Uint8Array | EventAnswer | null

export type Operation = (call: Call) => Answer | Promise<Answer>

/** @throws ServiceError ResourceNotFoundException */
export function streamNamed(streams: LocalStreams, streamName: string): LocalStream {
  const stream = streams.find(streamName)
  if (stream !== undefined) return stream
  throw new ServiceError('ResourceNotFoundException', `Stream ${streamName} under account ${ACCOUNT} not found.`)
}

/**
 * The same for calls that read and write records, which a stream takes from the end of its creation on.
 * @throws ServiceError ResourceNotFoundException
 */
export function usableStream(streams: LocalStreams, streamName: string): LocalStream {
  const stream = streamNamed(streams, streamName)
  if (stream.status !== 'CREATING') return stream
  throw new ServiceError('ResourceNotFoundException', `Stream ${streamName} under account ${ACCOUNT} not found.`)
}
