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

export function segmentBytes(all: readonly OpenedRecords[]): Uint8Array {
  const parts: Uint8Array[] = []
  const frame = (head: unknown, data: Uint8Array): void => {
    const text = Buffer.from(JSON.stringify(head))
    const lengths = Buffer.alloc(8)
    lengths.writeUInt32BE(text.length, 0)
    lengths.writeUInt32BE(data.length, 4)
    parts.push(lengths, text, data)
  }
  for (const { opened, records } of all) {
    frame({ opened }, new Uint8Array())
    for (const { recordId, arrivedAt, number, source, data } of records) {
      const head: RecordHead = { id: recordId, at: arrivedAt, n: number, ...(source !== null && { source }) }
      frame(head, data)
    }
  }
  return Buffer.concat(parts)
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
