/**
 * Messages of an event stream (application/vnd.amazon.eventstream), from chunks cut anywhere. All numbers are big-endian:
 *
 *   message ::= total length u32 | headers length u32 | CRC-32 of these 8 bytes u32 | headers | payload | CRC-32 of all before it u32
 *   header  ::= name length u8 | name | type u8 | value      text (type 7) and bytes (type 6): length u16 | bytes
 *
 * Source: "Event stream encoding" in the AWS Transcribe guide, the only place where it is written out.
 */
import { crc32 } from '../local/crc32.ts'
import { brokenReply } from './reply.ts'

const PRELUDE_BYTES = 12
const OVERHEAD_BYTES = PRELUDE_BYTES + 4
/** One message at most: the largest event carries 10 MiB of records as base64, with keys and numbers. */
export const MESSAGE_BYTES_MAX = 32 * 1_048_576
/** Source: as above. */
const HEADERS_BYTES_MAX = 131_072
/** Sizes of header values by type; -1: the size is written before the value. */
const VALUE_BYTES = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16] as const
const TEXT_TYPE = 7

export interface EventMessage {
  /** those whose value is a text; the others mean nothing here */
  readonly headers: ReadonlyMap<string, string>
  readonly payload: Uint8Array
}

/** Collects chunks; each message is complete and checked when it comes out. */
export class EventStreamReader {
  #chunks: Uint8Array[] = []
  #sizeBytes = 0
  /** bytes of the message under way; 0 while its prelude is not here */
  #wanted = 0

  /**
   * The messages that a chunk completes, in their order.
   * @throws MillraceError `internal` with retry `backoff` when a checksum or a length is wrong; nothing can be read after it
   */
  push(chunk: Uint8Array): EventMessage[] {
    this.#chunks.push(chunk)
    this.#sizeBytes += chunk.length
    const messages: EventMessage[] = []
    for (;;) {
      if (this.#wanted === 0) {
        if (this.#sizeBytes < PRELUDE_BYTES) return messages
        this.#wanted = wantedBytes(this.#together())
      }
      if (this.#sizeBytes < this.#wanted) return messages
      const bytes = this.#together()
      messages.push(messageOf(bytes.subarray(0, this.#wanted)))
      const rest = bytes.subarray(this.#wanted)
      this.#chunks = rest.length === 0 ? [] : [rest]
      this.#sizeBytes = rest.length
      this.#wanted = 0
    }
  }

  /** @throws MillraceError `internal` with retry `backoff` when the stream ended inside a message */
  end(): void {
    if (this.#sizeBytes > 0) throw brokenReply(`its event stream ends ${this.#sizeBytes} bytes into a message`)
  }

  /** Chunks are joined when a message is whole, not one by one: joining costs as much as there is. */
  #together(): Uint8Array {
    const [first] = this.#chunks
    if (this.#chunks.length === 1 && first !== undefined) return first
    const whole = Buffer.concat(this.#chunks, this.#sizeBytes)
    this.#chunks = [whole]
    return whole
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function wantedBytes(bytes: Uint8Array): number {
  const view = viewOf(bytes)
  const [total, headers] = [view.getUint32(0), view.getUint32(4)]
  if (crc32(bytes.subarray(0, 8)) !== view.getUint32(8))
    throw brokenReply('the prelude of a message has a wrong checksum')
  if (total > MESSAGE_BYTES_MAX)
    throw brokenReply(`a message has ${total} bytes; at most ${MESSAGE_BYTES_MAX} are read`)
  if (headers > HEADERS_BYTES_MAX || headers + OVERHEAD_BYTES > total)
    throw brokenReply(`a message of ${total} bytes says that its headers have ${headers}`)
  return total
}

function messageOf(bytes: Uint8Array): EventMessage {
  const view = viewOf(bytes)
  const checked = bytes.length - 4
  if (crc32(bytes.subarray(0, checked)) !== view.getUint32(checked)) throw brokenReply('a message has a wrong checksum')
  const headersEnd = PRELUDE_BYTES + view.getUint32(4)
  return { headers: headersOf(bytes, headersEnd), payload: bytes.subarray(headersEnd, checked) }
}

function headersOf(bytes: Uint8Array, end: number): ReadonlyMap<string, string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const headers = new Map<string, string>()
  let at = PRELUDE_BYTES
  const take = (sizeBytes: number): number => {
    const start = at
    at += sizeBytes
    if (at > end) throw brokenReply('a header of a message ends behind the headers')
    return start
  }
  while (at < end) {
    const nameBytes = buffer[take(1)] ?? 0
    const nameAt = take(nameBytes)
    const type = buffer[take(1)] ?? 0
    const fixed = VALUE_BYTES[type]
    if (fixed === undefined) throw brokenReply(`a header of a message has the type ${type}, which there is not`)
    const sizeBytes = fixed < 0 ? buffer.readUInt16BE(take(2)) : fixed
    const valueAt = take(sizeBytes)
    if (type === TEXT_TYPE)
      headers.set(
        buffer.toString('utf8', nameAt, nameAt + nameBytes),
        buffer.toString('utf8', valueAt, valueAt + sizeBytes),
      )
  }
  return headers
}
