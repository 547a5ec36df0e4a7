/** The `Records` of a PutRecords request as JSON. */

/** An entry as the SDK has it. */
export interface PutRecordsEntry {
  readonly Data: Uint8Array
  readonly PartitionKey: string
  readonly ExplicitHashKey?: string | undefined
}

/** `,{"Data":"`, what stands before the data */
const ENTRY_FRAME_BYTES = 10

/** Texts that JSON writes as they are, in a byte a character. */
const PLAIN = /^[ !#-[\]-~]*$/

/**
 * The request with its entries, in their order. Base64 is written by the system, from the memory of the data into that of the
 * request: for an aggregate it costs a tenth of what a loop in JavaScript does.
 * @param head the request up to the entries, with the `[` before them
 * @param tail the request behind them, from the `]` on
 */
export function recordsBody(head: Buffer, entries: readonly PutRecordsEntry[], tail: Buffer): Buffer {
  const keys = entries.map(keysOf)
  let sizeBytes = head.length + tail.length
  for (const { Data } of entries) sizeBytes += ENTRY_FRAME_BYTES + Math.ceil(Data.length / 3) * 4
  for (const text of keys) sizeBytes += Buffer.byteLength(text)
  const out = Buffer.allocUnsafeSlow(sizeBytes)
  out.set(head)
  let at = head.length
  for (let i = 0; i < entries.length; i++) {
    const data = entries[i]?.Data
    if (data === undefined) continue
    at += out.write(i === 0 ? '{"Data":"' : ',{"Data":"', at, 'latin1')
    at += out.write(bufferOf(data).toString('base64'), at, 'latin1')
    at += out.write(keys[i] ?? '', at)
  }
  out.set(tail, at)
  return out.subarray(0, at + tail.length)
}

/** What stands behind the data of an entry. */
function keysOf({ PartitionKey, ExplicitHashKey }: PutRecordsEntry): string {
  const hashKey = ExplicitHashKey === undefined ? '' : `,"ExplicitHashKey":${quoted(ExplicitHashKey)}`
  return `","PartitionKey":${quoted(PartitionKey)}${hashKey}}`
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** The same memory. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
