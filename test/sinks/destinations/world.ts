/** A delivery stream with a destination that is no store of objects, on a simulated clock. */
import type { HttpHandler } from '../../../core/index.ts'
import type { DeliveryStreamDefinition, DestinationMember } from '../../../sinks/definition/delivery-stream.ts'
import type { DestinationFactory } from '../../../sinks/destinations/open-destination.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import type { DeliveryStreamOptions, DeliveryStreamParts } from '../../../sinks/pipeline/stream-options.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { type CountingFetch, type Fault, memoryFetch } from '../../support/memory-fetch.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { destination, type Json, S3 } from '../support/definitions.ts'

export const START = Date.UTC(2026, 10, 22, 23, 58)

export interface DestinationWorld {
  readonly clock: SimClock
  readonly stream: DeliveryStream
  /** copies and errors */
  readonly bucket: MemoryStore
  readonly fetch: CountingFetch
}

export interface WorldOptions {
  readonly members?: Json
  readonly options?: Partial<DeliveryStreamOptions>
  readonly parts?: Partial<DeliveryStreamParts>
  readonly fault?: (call: number, path: string) => Fault
  readonly clock?: SimClock
}

/** @param handler is the other side, whatever the host */
export function destinationWorld(
  member: DestinationMember,
  handler: HttpHandler,
  { members = {}, options = {}, parts = {}, fault = () => null, clock = new SimClock(START) }: WorldOptions = {},
): DestinationWorld {
  const bucket = new MemoryStore()
  const fetch = memoryFetch({ clock, handler, fault })
  const stream = new DeliveryStream(
    {
      definition: destination(member, {
        S3Configuration: { ...S3, BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } },
        ...members,
      }) as DeliveryStreamDefinition,
      ...options,
    },
    { clock, random: seededRandom(5), store: () => bucket, fetch, ...parts },
  )
  return { clock, stream, bucket, fetch }
}

/** A stream whose destination the test hands in. */
export function customWorld(
  destinationOf: DestinationFactory,
  { members = {}, parts = {}, ...rest }: WorldOptions = {},
): DestinationWorld {
  const nobody: HttpHandler = async () => {}
  return destinationWorld('CustomDestinationConfiguration', nobody, {
    ...rest,
    members,
    parts: { ...parts, destination: destinationOf },
  })
}
