/**
 * Whether Zstandard data is there to its end. Node 22 gives what it could read of data that was cut off, without a word; so the
 * frames are walked first (RFC 8878, section 3.1): magic, header, blocks until the last one, checksum.
 */
const MAGIC = 0xfd2fb528
/** Frames to be skipped have this magic, with any last four bits. */
const SKIPPABLE = 0x184d2a50
const RLE_BLOCK = 1

export function isWholeZstandard(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at < bytes.length) {
    if (at + 5 > bytes.length) return false
    const magic = view.getUint32(at, true)
    if (magic === MAGIC) at = endOfFrame(view, at + 4)
    else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE)
      at = at + 8 > bytes.length ? Number.POSITIVE_INFINITY : at + 8 + view.getUint32(at + 4, true)
    else return false
    if (at > bytes.length) return false
  }
  return true
}

/** @param at behind the magic. @returns Infinity for a frame that does not end */
function endOfFrame(view: DataView, at: number): number {
  const descriptor = view.getUint8(at)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >> 6
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
  let block = at + 1 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes
  for (;;) {
    if (block + 3 > view.byteLength) return Number.POSITIVE_INFINITY
    const header = view.getUint16(block, true) | (view.getUint8(block + 2) << 16)
    const isRepeated = ((header >> 1) & 3) === RLE_BLOCK
    block += 3 + (isRepeated ? 1 : header >> 3)
    if ((header & 1) === 1) return block + ((descriptor & 4) === 0 ? 0 : 4)
  }
}
