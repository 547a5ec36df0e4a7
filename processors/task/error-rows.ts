/**
 * The error output of a task: error rows wait until the watermark has passed them, then leave as rows of the error stream in
 * the order rowtime, position, pump, so that neither batches nor the order of kernels show.
 */
import { ERROR_STREAM_SCHEMA, type ErrorOutput, type ErrorRow } from '../../core/error-output.ts'
import { comparePositions, type Position } from '../../core/record.ts'
import { RowBuilder } from '../../core/row-builder.ts'
import type { RowBatch } from '../../core/rows.ts'
import type { StateReader } from '../operators/state-reader.ts'
import type { StateWriter } from '../operators/state-writer.ts'

/** Lengths of the columns MESSAGE and DATA_ROW (AWS SQL reference, "Error Handling"). */
const MESSAGE_CHARACTERS_MAX = 4_096
const DATA_BYTES_MAX = 49_152 / 2

export interface ErrorRowsOptions {
  /** ERROR_TIME of a row, epoch milliseconds */
  readonly errorTime: (row: ErrorRow) => number
  /** how a message names a position */
  readonly placeOf: (position: Position) => string
}

export class ErrorRows implements ErrorOutput {
  readonly #options: ErrorRowsOptions
  #waiting: ErrorRow[] = []
  #count = 0
  #lastRowtime = Number.NEGATIVE_INFINITY

  constructor(options: ErrorRowsOptions) {
    this.#options = options
  }

  /** Rows since the start. */
  get count(): number {
    return this.#count
  }

  /** Data is copied: it may be a view of a batch. */
  add(row: ErrorRow): void {
    this.#count++
    this.#waiting.push({ ...row, data: row.data.slice(0, DATA_BYTES_MAX), message: this.#messageOf(row) })
  }

  /** The rows whose rowtime is below `below`, in order. */
  take(below: number): readonly RowBatch[] {
    if (this.#waiting.length === 0) return []
    const due = this.#waiting.filter(row => row.rowtime < below)
    if (due.length === 0) return []
    this.#waiting = this.#waiting.filter(row => row.rowtime >= below)
    const builder = new RowBuilder(ERROR_STREAM_SCHEMA)
    const batches: RowBatch[] = []
    for (const row of due.sort(compareErrorRows)) {
      if (builder.full) batches.push(builder.take())
      // An operator may find an error in a row that it has held; the stream's time goes on all the same.
      this.#lastRowtime = Math.max(this.#lastRowtime, row.rowtime)
      builder.add(this.#lastRowtime, [
        this.#options.errorTime(row),
        'ERROR',
        row.name,
        row.message,
        row.rowtime,
        hexOf(row.data),
        row.pump,
      ])
    }
    batches.push(builder.take())
    return batches
  }

  /** Writes the rows that wait. */
  *snapshot(writer: StateWriter): Generator<void> {
    writer.number(this.#lastRowtime)
    writer.count(this.#waiting.length)
    for (const { data, position, ...rest } of this.#waiting) {
      writer.text(JSON.stringify({ position, ...rest }))
      writer.bytes(data)
      if (writer.sliceFull) yield
    }
  }

  /** Reads them, before the first row. */
  restore(reader: StateReader): void {
    this.#lastRowtime = reader.number()
    for (let left = reader.count(); left > 0; left--) {
      const rest = JSON.parse(reader.text()) as Omit<ErrorRow, 'data'>
      this.#waiting.push({ ...rest, data: reader.bytes().slice() })
    }
  }

  #messageOf({ message, position, data }: ErrorRow): string {
    const notes: string[] = []
    if (position !== null) notes.push(this.#options.placeOf(position))
    if (data.length > DATA_BYTES_MAX) notes.push(`first ${DATA_BYTES_MAX} of ${data.length} bytes`)
    const note = notes.length === 0 ? '' : ` (${notes.join('; ')})`
    return cut(message, MESSAGE_CHARACTERS_MAX - note.length) + note
  }
}

/** Names a position by shard and sequence number. */
export function streamPlaceOf({ shardId, sequenceNumber, subsequenceNumber }: Position): string {
  const part = subsequenceNumber === 0 ? '' : `, subsequence number ${subsequenceNumber}`
  return `${shardId}, sequence number ${sequenceNumber}${part}`
}

function compareErrorRows(a: ErrorRow, b: ErrorRow): number {
  if (a.rowtime !== b.rowtime) return a.rowtime - b.rowtime
  if (a.position === null || b.position === null) {
    if (a.position !== b.position) return a.position === null ? 1 : -1
  } else {
    const byPosition = comparePositions(a.position, b.position)
    if (byPosition !== 0) return byPosition
  }
  const [pump, otherPump] = [a.pump ?? '', b.pump ?? '']
  if (pump !== otherPump) return pump < otherPump ? -1 : 1
  // What is left comes from one record or from results: kernels run column by column, so their order means nothing.
  const byData = Buffer.compare(a.data, b.data)
  return byData !== 0 ? byData : a.message < b.message ? -1 : a.message > b.message ? 1 : 0
}

function hexOf(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')
}

/** The first characters of a text, never half a pair. */
function cut(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text
  const last = text.charCodeAt(charactersMax - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? charactersMax - 1 : charactersMax)
}
