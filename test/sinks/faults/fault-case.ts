/** What a row of the fault table is: one destination on a simulated clock, and how to count what became of the rows. */
import { MEBIBYTE } from '../../../core/index.ts'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import type { DestinationName } from '../../../sinks/destinations/destination.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import type { DeliveryStreamParts } from '../../../sinks/pipeline/stream-options.ts'
import type { MemoryStore } from '../../../sinks/stores/memory.ts'
import { seededRandom } from '../../support/memory-env.ts'
import type { SimClock } from '../../support/sim-clock.ts'
import { errorsIn, texts } from '../pipeline/world.ts'
import { type Json, S3 } from '../support/definitions.ts'

export const ROWS = 600
export const ROW_BYTES = 10_000
export const INTAKE_BYTES = MEBIBYTE / 4
export const HELD_BYTES = MEBIBYTE

/** `refused`: the call has no effect. A number: milliseconds before the other side sees it. */
export type CallFault = 'refused' | number | null

export interface FaultPlan {
  readonly clock: SimClock
  /** @param call counts from 0 */
  readonly fault: (call: number) => CallFault
  /** whether a copy of every row is asked for */
  readonly all: boolean
  /** for how long calls are repeated */
  readonly retrySeconds: number
}

export interface FaultWorld {
  readonly stream: DeliveryStream
  /** numbers of the rows that the other side has, one for each time that it took them */
  readonly taken: () => Promise<readonly number[]>
  /** of the rows in the error output */
  readonly failed: () => Promise<readonly number[]>
  /** of the rows in the backup of all */
  readonly copies: () => readonly number[]
  /** Rows that have left memory; default those that metrics call delivered or failed. */
  readonly leftRows?: () => number
  readonly close?: () => Promise<void>
}

export interface FaultCase {
  readonly name: string
  /** as metrics call it */
  readonly metric: DestinationName | 'S3'
  /** calls that go well before it vanishes, and for how long calls are repeated then */
  readonly vanishes: { readonly afterCalls: number; readonly retrySeconds: number }
  /**
   * `backup`: rows that it does not take go to the error output. `bucket`: they are safe in a bucket, so that the reader need not
   * wait. `none`: it is itself what keeps the rows, and the stream ends.
   */
  readonly behind: 'backup' | 'bucket' | 'none'
  /** a call that takes so long is not given up */
  readonly slowMs: number
  readonly open: (plan: FaultPlan) => Promise<FaultWorld>
}

const PAD = 'x'.repeat(ROW_BYTES - 40)

export function rowOf(n: number): Uint8Array {
  return Buffer.from(`{"n":${n},"event":{"n":${n}},"pad":"${PAD}"}`)
}

/** The number of each row in a text, however the rows are joined and wrapped. */
export function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/"event":\{"n":(\d+)\}/g)].map(([, n]) => Number(n))
}

export function numbersOf(list: readonly Uint8Array[]): readonly number[] {
  return list.flatMap(data => numbersIn(Buffer.from(data).toString()))
}

export const HINTS = { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 10 } }
export const SIDE_BUCKET = { S3Configuration: { ...S3, BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } } }
/** Source backup of what is kept in buckets. */
export const BACKUP = {
  S3BackupMode: 'Enabled',
  S3BackupConfiguration: {
    ...S3,
    BucketARN: 'arn:aws:s3:::raw',
    BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
  },
}

/** A stream within the table's bounds. */
export function streamOf(
  definition: Json,
  { clock, retrySeconds }: FaultPlan,
  parts: Pick<DeliveryStreamParts, 'store'> & Partial<DeliveryStreamParts>,
): DeliveryStream {
  return new DeliveryStream(
    {
      definition: definition as DeliveryStreamDefinition,
      intakeBytesMax: INTAKE_BYTES,
      heldBytesMax: HELD_BYTES,
    },
    { clock, random: seededRandom(5), retryForMs: retrySeconds * 1_000, ...parts },
  )
}

/** The rows of error records below a folder, and of the copies beside them. */
export function sideCounts(bucket: MemoryStore, errors: string): Pick<FaultWorld, 'failed' | 'copies'> {
  return {
    failed: async () =>
      numbersOf(errorsIn(bucket, errors).map(({ rawData }) => Buffer.from(String(rawData), 'base64'))),
    copies: () => texts(bucket).flatMap(([key, text]) => (key.startsWith(errors) ? [] : numbersIn(text))),
  }
}

/** Numbers of the rows in all objects of a bucket below a prefix. */
export function numbersInStore(store: MemoryStore, prefix = ''): readonly number[] {
  return texts(store).flatMap(([key, text]) => (key.startsWith(prefix) ? numbersIn(text) : []))
}

/**
 * Stands before a client. Refusals come in turns as a service that is busy, as a connection that fails, and, where the service has
 * them, entry by entry.
 * @returns whether each entry is to be refused
 */
export function gateOf({ clock, fault }: FaultPlan): (signal?: AbortSignal) => Promise<'pass' | 'refuse entries'> {
  let calls = 0
  return async signal => {
    const call = calls++
    const now = fault(call)
    if (typeof now === 'number') await clock.sleep(now, signal)
    if (now !== 'refused') return 'pass'
    if (call % 3 === 0)
      throw Object.assign(new Error('rate exceeded'), {
        name: 'ThrottlingException',
        $metadata: { httpStatusCode: 429 },
      })
    if (call % 3 === 1) throw Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:443'), { code: 'ECONNREFUSED' })
    return 'refuse entries'
  }
}
