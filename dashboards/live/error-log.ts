/** Counts and a bounded sample of error rows. Counts are for everybody, samples only for a bearer of the token. */
import { columnIndex, type ErrorRow, type RowBatch, typedValueAt } from '../../core/index.ts'
import { cutText } from './columns.ts'
import { FieldMask } from './field-mask.ts'
import type { ErrorSample, ErrorSummary } from './protocol.ts'

/** Error rows that can be looked at. */
export const ERROR_SAMPLES_MAX = 50
/** Characters of raw data that a sample keeps. */
export const ERROR_DATA_CHARACTERS_MAX = 2_048
/** Different error names that are counted one by one. */
const NAMES_MAX = 32

const utf8 = new TextDecoder('utf-8')

export class ErrorLog {
  #total = 0
  #isChanged = false
  readonly #byName = new Map<string, { count: number; lastAt: number }>()
  readonly #mask: FieldMask
  #samples: ErrorSample[] = []

  constructor(mask: FieldMask = new FieldMask()) {
    this.#mask = mask
  }

  /** Error rows of one name so far. */
  countOf(name: string): number {
    return this.#byName.get(name)?.count ?? 0
  }

  /** newest first */
  get samples(): readonly ErrorSample[] {
    return this.#samples
  }

  add(row: ErrorRow, at: number): void {
    const position =
      row.position === null
        ? null
        : `${row.position.shardId} ${row.position.sequenceNumber}:${row.position.subsequenceNumber}`
    this.#count(row.name, at, {
      at,
      name: row.name,
      ...this.#shown(row.message, utf8.decode(row.data)),
      pump: row.pump,
      position,
    })
  }

  /** Takes rows of the error stream; columns are found by name, so that a stream with more of them will do. */
  addBatch(batch: RowBatch): void {
    const read = (name: string, row: number): string | null => {
      const index = columnIndex(batch.schema, name)
      const column = batch.columns[index]
      const type = batch.schema.columns[index]?.type
      if (column === undefined || type === undefined) return null
      const value = typedValueAt(column, type, row)
      return value === null ? null : String(value)
    }
    for (let row = 0; row < batch.length; row++) {
      const at = batch.rowtimes[row] ?? 0
      const name = cutText(read('ERROR_NAME', row) ?? 'UNKNOWN', 64)
      const isSampled = row >= batch.length - ERROR_SAMPLES_MAX
      const sample = isSampled
        ? {
            at,
            name,
            ...this.#shown(read('MESSAGE', row) ?? '', textOfHex(read('DATA_ROW', row) ?? '')),
            pump: read('PUMP_NAME', row),
            position: null,
          }
        : null
      this.#count(name, at, sample)
    }
  }

  summary(): ErrorSummary {
    const byName = [...this.#byName].map(([name, { count, lastAt }]) => ({ name, count, lastAt }))
    return { total: this.#total, byName: byName.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)) }
  }

  /** The summary if it changed since the last call, else null. */
  change(): ErrorSummary | null {
    if (!this.#isChanged) return null
    this.#isChanged = false
    return this.summary()
  }

  #shown(message: string, data: string): Pick<ErrorSample, 'message' | 'data'> {
    return {
      message: cutText(this.#mask.message(message), ERROR_DATA_CHARACTERS_MAX),
      data: cutText(this.#mask.data(data), ERROR_DATA_CHARACTERS_MAX),
    }
  }

  #count(name: string, at: number, sample: ErrorSample | null): void {
    this.#total++
    this.#isChanged = true
    const known = this.#byName.get(name) ?? (this.#byName.size < NAMES_MAX ? undefined : this.#byName.get('OTHER'))
    if (known !== undefined) {
      known.count++
      known.lastAt = Math.max(known.lastAt, at)
    } else this.#byName.set(this.#byName.size < NAMES_MAX - 1 ? name : 'OTHER', { count: 1, lastAt: at })
    if (sample === null) return
    this.#samples.unshift(sample)
    if (this.#samples.length > ERROR_SAMPLES_MAX) this.#samples.pop()
  }
}

/** DATA_ROW is hexadecimal (AWS SQL reference, "Error Handling"); people read what it stands for. */
function textOfHex(text: string): string {
  return text.length % 2 === 0 && /^[0-9a-f]*$/i.test(text) ? utf8.decode(Buffer.from(text, 'hex')) : text
}
