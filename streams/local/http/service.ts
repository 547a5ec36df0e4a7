/** What every operation is given. */
import type { Clock } from '../../../core/index.ts'
import type { LocalStream } from '../local-stream.ts'
import type { LocalStreams } from '../local-streams.ts'
import { ACCOUNT } from './arn.ts'
import { ServiceError } from './service-error.ts'

export interface Service {
  readonly streams: LocalStreams
  readonly clock: Clock
  /** shown in ARNs */
  readonly region: string
}

/** From a request's body to a reply's; an empty text is an empty reply. */
export type Operation = (service: Service, body: unknown) => Promise<string | Uint8Array>

/** @throws ServiceError ResourceNotFoundException */
export function streamNamed(streams: LocalStreams, streamName: string): LocalStream {
  const stream = streams.find(streamName)
  if (stream !== undefined) return stream
  throw new ServiceError('ResourceNotFoundException', `Stream ${streamName} under account ${ACCOUNT} not found.`)
}
