/**
 * The records of open objects as bytes, so that another process can open the objects again.
 *
 *   segment = frame*        uint32 length of the head, uint32 length of the data, both big-endian; head; data
 *   head    = JSON          an open object (its records follow), or a record
 */
import { MillraceError } from '../../core/index.ts'
import type { RecordSource, StreamRecord } from '../pipeline/record.ts'

/** An open object: what is needed to open it again. */
export interface OpenedObject {
  readonly id: string
  readonly kind: 'data' | 'error' | 'backup'
  /** its partition, or its type of errors */
  readonly group: string
  /** what the output that made it must know */
  readonly context: unknown
  /** wall clock when its first record came, epoch milliseconds */
  readonly openedAt: number
}

/** Records of one open object. */
export interface OpenedRecords {
  readonly opened: OpenedObject
  readonly records: readonly StreamRecord[]
}

interface RecordHead {
  readonly id: string
  readonly at: number
  readonly n: number
  readonly source?: RecordSource
}

/** Pieces of a journal double from the first size to the last. */
const PIECE_BYTES_FIRST = 1_024
const PIECE_BYTES_LAST = 65_536

/** The records of one open object as frames. They are copied: a record is a view of the batch that it came in, and would keep it. */
export class ObjectFrames {
  #pieces: Uint8Array[] = []
  #last: Buffer = Buffer.alloc(0)
  #used = 0
  #sizeBytes = 0

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  add({ recordId, arrivedAt, number, source, data }: StreamRecord): void {
    const head: RecordHead = { id: recordId, at: arrivedAt, n: number, ...(source !== null && { source }) }
    const text = Buffer.from(JSON.stringify(head))
    const at = this.#room(8 + text.length + data.length)
    this.#last.writeUInt32BE(text.length, at)
    this.#last.writeUInt32BE(data.length, at + 4)
    this.#last.set(text, at + 8)
    this.#last.set(data, at + 8 + text.length)
  }

  /** The frames so far, behind that of their object; begins anew. */
  take(opened: OpenedObject): readonly Uint8Array[] {
    const text = Buffer.from(JSON.stringify({ opened }))
    const lengths = Buffer.alloc(8)
    lengths.writeUInt32BE(text.length, 0)
    const pieces = [lengths, text, ...this.#pieces, this.#last.subarray(0, this.#used)]
    this.clear()
    return pieces
  }

  clear(): void {
    this.#pieces = []
    this.#last = Buffer.alloc(0)
    this.#used = 0
    this.#sizeBytes = 0
  }

  /** @returns where in the last piece so many bytes begin */
  #room(sizeBytes: number): number {
    if (this.#used + sizeBytes > this.#last.length) {
      if (this.#used > 0) this.#pieces.push(this.#last.subarray(0, this.#used))
      const next = Math.min(PIECE_BYTES_LAST, Math.max(PIECE_BYTES_FIRST, 2 * this.#last.length))
      this.#last = Buffer.alloc(Math.max(next, sizeBytes))
      this.#used = 0
    }
    const at = this.#used
    this.#used += sizeBytes
    this.#sizeBytes += sizeBytes
    return at
  }
}

/** @throws MillraceError `corrupt_log` */
export function readSegment(name: string, bytes: Uint8Array): readonly OpenedRecords[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const all: { opened: OpenedObject; records: StreamRecord[] }[] = []
  for (let at = 0; at < view.length; ) {
    if (at + 8 > view.length) throw cut(name)
    const [headLength, dataLength] = [view.readUInt32BE(at), view.readUInt32BE(at + 4)]
    const dataAt = at + 8 + headLength
    at = dataAt + dataLength
    if (at > view.length) throw cut(name)
    const head = JSON.parse(view.toString('utf8', dataAt - headLength, dataAt)) as
      | { readonly opened: OpenedObject }
      | RecordHead
    if ('opened' in head) {
      all.push({ opened: head.opened, records: [] })
      continue
    }
    const last = all[all.length - 1]
    if (last === undefined) throw cut(name)
    const data = new Uint8Array(view.subarray(dataAt, at))
    last.records.push({
      recordId: head.id,
      number: head.n,
      data,
      // Only records that can still fail need what they were before; these were placed already.
      rawData: data,
      arrivedAt: head.at,
      source: head.source ?? null,
      lambdaKeys: {},
    })
  }
  return all
}

function cut(name: string): MillraceError {
  return new MillraceError('corrupt_log', `segment ${name}: it is cut off`)
}
