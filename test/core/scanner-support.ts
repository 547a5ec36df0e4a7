/** What the tests of the scanners share: one decoder of each kind, and answers that can be compared. */

import type { DecoderOptions } from '../../core/codecs/decoder.ts'
import { JsonDecoder } from '../../core/codecs/json/json-decoder.ts'
import type { ScannerKind } from '../../core/codecs/json/scan/scan-path.ts'
import type { Value } from '../../core/rows.ts'
import { batchOf, type ColumnText, jsonDecoder, valuesOf } from './codec-support.ts'

/** Those that scan; `none` is what they are compared with. */
export const SCANNERS: readonly ScannerKind[] = ['wasm', 'javascript']

export interface Answer {
  readonly rows: Value[][]
  readonly rowtimes: number[]
  readonly records: number[]
  readonly errors: { readonly name: string; readonly message: string; readonly sequenceNumber: string | undefined }[]
}

/** A decoder that keeps its layouts and dictionaries from call to call. */
export class Subject {
  readonly #decoder: JsonDecoder

  constructor(kind: ScannerKind, columns: readonly ColumnText[], rootPath = '$', options: DecoderOptions = {}) {
    const decoder = jsonDecoder(columns, rootPath, { scanner: kind, ...options })
    if (!(decoder instanceof JsonDecoder)) throw new Error('not a decoder of JSON')
    this.#decoder = decoder
  }

  /** Records that were scanned, not parsed, so far. */
  get kept(): number {
    return this.#decoder.scanCounts?.kept ?? 0
  }

  get scannerKind(): string {
    return this.#decoder.scannerKind
  }

  /** The layouts of the columns of each row batch of the last answer. */
  get layouts(): string[] {
    return this.#batches
  }

  #batches: string[] = []

  answer(records: readonly (string | Uint8Array)[]): Answer {
    const errors: Answer['errors'] = []
    const batches = this.#decoder.decode(batchOf(records), {
      add: row => errors.push({ name: row.name, message: row.message, sequenceNumber: row.position?.sequenceNumber }),
    })
    this.#batches = batches.map(batch => batch.columns.map(column => column.layout).join())
    return {
      rows: batches.flatMap(valuesOf),
      rowtimes: batches.flatMap(batch => [...batch.rowtimes.subarray(0, batch.length)]),
      records: batches.flatMap(batch => [...(batch.origin?.records.subarray(0, batch.length) ?? [])]),
      errors,
    }
  }
}

/** A small generator of numbers that repeats exactly. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * below)
  }
}
