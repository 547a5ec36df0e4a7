/** One file of a shard's log, and how it is read back after a start. */
import { type FileHandle, type Files, hasCode, KIBIBYTE, MEBIBYTE, MillraceError } from '../../core/index.ts'
import { type Frame, readFrame, SEGMENT_MAGIC } from './frame.ts'

/** Every so many bytes a record's place is kept in memory; a read skips at most that much. */
const INDEX_BYTES = 64 * KIBIBYTE
const SCAN_BYTES = 1 * MEBIBYTE

interface IndexEntry {
  readonly counter: number
  readonly offset: number
  /** latest arrival time of the records before this one */
  readonly arrivedMaxBefore: number
}

export class Segment {
  readonly path: string
  /** no record in it has a smaller counter */
  readonly firstCounter: number
  readonly #files: Files
  readonly #index: IndexEntry[] = []
  #handle: Promise<FileHandle> | null = null
  #readers = 0
  #removed = false
  sizeBytes = 0
  records = 0
  lastCounter = Number.NEGATIVE_INFINITY
  firstPutAt = Number.POSITIVE_INFINITY
  lastPutAt = Number.NEGATIVE_INFINITY
  arrivedMax = Number.NEGATIVE_INFINITY

  constructor(files: Files, path: string, firstCounter: number) {
    this.#files = files
    this.path = path
    this.firstCounter = firstCounter
  }

  /** Takes note of a record that stands at `offset`. */
  note(counter: number, arrivedAt: number, putAt: number, offset: number): void {
    const last = this.#index.at(-1)
    if (last === undefined || offset - last.offset >= INDEX_BYTES)
      this.#index.push({ counter, offset, arrivedMaxBefore: this.arrivedMax })
    this.records++
    this.lastCounter = counter
    this.firstPutAt = Math.min(this.firstPutAt, putAt)
    this.lastPutAt = putAt
    this.arrivedMax = Math.max(this.arrivedMax, arrivedAt)
  }

  /** where to start for the first record with a counter at or above `counter` */
  offsetForCounter(counter: number): number {
    return this.#lastEntry(entry => entry.counter <= counter)
  }

  /** where to start for the first record that arrived at or after an instant */
  offsetForArrival(arrivedAt: number): number {
    return this.#lastEntry(entry => entry.arrivedMaxBefore < arrivedAt)
  }

  /**
   * Reads frames from `offset` up to the segment's end until `visit` returns false.
   * @throws MillraceError `corrupt_log` when a frame cannot be read
   */
  async scan(offset: number, visit: (frame: Frame, offset: number) => boolean): Promise<void> {
    if (this.#removed) return
    this.#readers++
    try {
      const endsAt = await this.#walk(Math.max(offset, SEGMENT_MAGIC.length), this.sizeBytes, visit)
      if (endsAt !== null)
        throw new MillraceError(
          'corrupt_log',
          `${this.path}: the record at byte ${endsAt} cannot be read; restore the file, or start with onCorruption "truncate"`,
        )
    } catch (error) {
      // Retention came first: what it deletes is no longer to be read.
      if (!(this.#removed && hasCode(error, 'not_found'))) throw error
    } finally {
      if (--this.#readers === 0 && this.#removed) await this.close()
    }
  }

  /**
   * Reads the whole file after a start and takes note of its records.
   * @returns null when the file is sound to its end; else where the sound part ends and whether sound records follow the gap
   */
  async recover(fileBytes: number): Promise<{ soundBytes: number; soundAfter: boolean } | null> {
    // A new segment's beginning is synced before any record is written to it.
    if (!(await this.#hasMagic(fileBytes))) return { soundBytes: 0, soundAfter: fileBytes > SEGMENT_MAGIC.length }
    this.sizeBytes = SEGMENT_MAGIC.length
    const endsAt = await this.#walk(SEGMENT_MAGIC.length, fileBytes, (frame, offset) => {
      this.note(frame.counter, frame.arrivedAt, frame.putAt, offset)
      return true
    })
    this.sizeBytes = endsAt ?? fileBytes
    return endsAt === null ? null : { soundBytes: endsAt, soundAfter: await this.#soundAfter(endsAt, fileBytes) }
  }

  /** Deletes the file; reads under way end first. */
  async remove(): Promise<void> {
    this.#removed = true
    await this.#files.remove(this.path)
    if (this.#readers === 0) await this.close()
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = null
    if (handle !== null) await (await handle).close()
  }

  /** @returns null after the last frame of `[offset, end)` or when `visit` had enough; else where no frame could be read */
  async #walk(offset: number, end: number, visit: (frame: Frame, offset: number) => boolean): Promise<number | null> {
    let at = offset
    let sizeBytes = Math.min(SCAN_BYTES, end - at)
    while (at < end) {
      const bytes = await this.#read(at, sizeBytes)
      let within = 0
      let needed = SCAN_BYTES
      while (within < bytes.length) {
        const frame = readFrame(bytes, within)
        if (frame === 'bad') return at + within
        if ('short' in frame) {
          if (at + within + frame.short > end || (within === 0 && bytes.length >= frame.short)) return at + within
          needed = Math.max(frame.short, SCAN_BYTES)
          break
        }
        if (!visit(frame, at + within)) return null
        within = frame.end
      }
      at += within
      sizeBytes = Math.min(needed, end - at)
      if (within === 0 && sizeBytes <= bytes.length) return at
    }
    return null
  }

  async #hasMagic(fileBytes: number): Promise<boolean> {
    if (fileBytes < SEGMENT_MAGIC.length) return false
    const bytes = await this.#read(0, SEGMENT_MAGIC.length)
    return SEGMENT_MAGIC.every((byte, i) => bytes[i] === byte)
  }

  /** Whether a sound record of this segment stands anywhere after a place that could not be read: then it is no torn tail. */
  async #soundAfter(offset: number, fileBytes: number): Promise<boolean> {
    const bytes = await this.#read(offset, Math.min(fileBytes - offset, 12 * MEBIBYTE))
    for (let at = 1; at < bytes.length; at++) {
      const frame = readFrame(bytes, at)
      if (typeof frame === 'object' && 'counter' in frame && frame.counter > this.lastCounter) return true
    }
    return false
  }

  async #read(offset: number, sizeBytes: number): Promise<Uint8Array> {
    this.#handle ??= this.#files.open(this.path, 'read')
    const bytes = new Uint8Array(sizeBytes)
    return bytes.subarray(0, await (await this.#handle).read(bytes, offset))
  }

  #lastEntry(fits: (entry: IndexEntry) => boolean): number {
    let low = 0
    let high = this.#index.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = this.#index[middle]
      if (entry !== undefined && fits(entry)) low = middle + 1
      else high = middle
    }
    return this.#index[low - 1]?.offset ?? SEGMENT_MAGIC.length
  }
}
