/** A delivery stream on a simulated clock and stores in memory. */
import { gunzipSync } from 'node:zlib'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import type { Conversion, DeliveryStreamOptions, DeliveryStreamParts } from '../../../sinks/pipeline/stream-options.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { extendedS3, type Json } from '../support/definitions.ts'

export const START = Date.UTC(2026, 10, 22, 23, 58)

export interface World {
  readonly clock: SimClock
  readonly stream: DeliveryStream
  readonly lake: MemoryStore
  readonly backup: MemoryStore
}

export function world(
  members: Json = {},
  options: Partial<DeliveryStreamOptions> = {},
  parts: Partial<DeliveryStreamParts> = {},
  conversion: Conversion | null = null,
): World {
  const clock = new SimClock(START)
  const [lake, backup] = [new MemoryStore(), new MemoryStore()]
  const stream = new DeliveryStream(
    { definition: extendedS3(members) as DeliveryStreamDefinition, ...options },
    {
      clock,
      random: seededRandom(11),
      store: arn => (arn.endsWith(':raw') ? backup : lake),
      ...parts,
    },
    conversion,
  )
  return { clock, stream, lake, backup }
}

export const bytes = (text: string): Uint8Array => Buffer.from(text)

export function put(stream: DeliveryStream, ...texts: readonly string[]): Promise<unknown> {
  return stream.putRecordBatch(texts.map(text => ({ Data: bytes(text) })))
}

/** Texts by key without the name of the object, in order of delivery. */
export function texts(store: MemoryStore): readonly (readonly [string, string])[] {
  return [...store.objects].map(([key, body]) => [
    key.replace(/clicks-\d+-[\d-]{19}-[0-9a-f-]{36}/, '*'),
    (key.endsWith('.gz') ? gunzipSync(body) : Buffer.from(body)).toString(),
  ])
}

/** Error records below a folder, parsed. */
export function errorsIn(store: MemoryStore, prefix: string): readonly Json[] {
  return texts(store)
    .filter(([key]) => key.startsWith(prefix))
    .flatMap(([, text]) => text.trimEnd().split('\n'))
    .map(line => JSON.parse(line) as Json)
}
