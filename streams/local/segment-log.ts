/**
 * The files of one shard: append, commit in groups, read, delete whole segments. Readers of the log see a record once it is
 * committed; what committed means is the durability.
 */
import { assert, type FileHandle, type Files, MillraceError } from '../../core/index.ts'
import { FrameBuffer, SEGMENT_MAGIC } from './frame.ts'
import type { StreamNotice } from './notice.ts'
import { RecordBlock } from './record-block.ts'
import { Segment } from './segment.ts'

/**
 * When a put is answered. `each-put`: after the record survives a power cut (puts that wait together share one sync).
 * `interval`: after the system has the record, so that it survives the end of the process; the disk has it `syncIntervalMs` later.
 */
export type Durability = { readonly kind: 'each-put' } | { readonly kind: 'interval'; readonly syncIntervalMs: number }

export interface SegmentLogOptions {
  readonly files: Files
  readonly directory: string
  readonly shardId: string
  readonly durability: Durability
  /** a segment that has reached this size is followed by another */
  readonly segmentBytesMax: number
  /** decides how long a segment takes records, so that retention finds whole old segments */
  readonly retentionMs: number
  readonly onCorruption: 'refuse' | 'truncate'
  readonly notice: (notice: StreamNotice) => void
}

interface Waiting {
  readonly counter: number
  readonly arrivedAt: number
  readonly putAt: number
  /** from the beginning of the frames that wait */
  readonly offset: number
}

/** A segment holds at most this part of the retention. */
const SEGMENTS_IN_RETENTION = 8
const SEGMENT_NAME = /^(\d{16})\.log$/

export class SegmentLog {
  readonly #options: SegmentLogOptions
  /** oldest first; replaced and not changed, so that a read under way keeps its list */
  #segments: readonly Segment[] = []
  readonly #frames = new FrameBuffer()
  #waiting: Waiting[] = []
  /** work on the files goes one after the other */
  #turn: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null
  /** a failed write takes the records with it that came meanwhile; this is what they are told */
  #failure: { readonly error: unknown } | null = null
  #handle: FileHandle | null = null
  #unsynced = false
  /** true when a failed write may have left bytes after the end */
  #dirtyEnd = false
  /** a segment whose first record is older is followed by another */
  #segmentMsMax: number
  #committed = Number.NEGATIVE_INFINITY
  /** called when all records that are not committed are lost, those included that wait for the next write */
  onLost: () => void = () => {}

  private constructor(options: SegmentLogOptions) {
    this.#options = options
    this.#segmentMsMax = options.retentionMs / SEGMENTS_IN_RETENTION
  }

  /**
   * Opens a shard's log, made if missing, and reads it through.
   * @throws MillraceError `corrupt_log` when sound records follow unreadable bytes and `onCorruption` is `refuse`
   */
  static async open(options: SegmentLogOptions): Promise<SegmentLog> {
    const log = new SegmentLog(options)
    await options.files.makeDirectory(options.directory)
    const names = (await options.files.list(options.directory)).filter(name => SEGMENT_NAME.test(name))
    for (const [i, name] of names.entries()) await log.#recover(name, i === names.length - 1)
    return log
  }

  /** counter of the last committed record; minus infinity when there was none */
  get lastCounter(): number {
    return this.#committed
  }

  /** no record to come may have a smaller counter, whatever the records say */
  get counterFloor(): number {
    return this.#segments.at(-1)?.firstCounter ?? 0
  }

  get lastPutAt(): number {
    return this.#segments.findLast(segment => segment.records > 0)?.lastPutAt ?? Number.NEGATIVE_INFINITY
  }

  get waitingBytes(): number {
    return this.#frames.sizeBytes
  }

  append(counter: number, arrivedAt: number, putAt: number, key: string, data: Uint8Array): void {
    this.#waiting.push({ counter, arrivedAt, putAt, offset: this.#frames.sizeBytes })
    this.#frames.append(counter, arrivedAt, putAt, key, data)
  }

  /**
   * Resolves when all that was appended so far is committed. Callers that wait at the same time share one write.
   * @throws MillraceError `unwritable_output`: nothing that waited is in the log
   */
  commit(): Promise<void> {
    this.#next ??= this.#inTurn(() => {
      this.#next = null
      return this.#write()
    })
    return this.#next
  }

  /** Makes what was written survive a power cut. */
  sync(): Promise<void> {
    return this.#inTurn(() => this.#syncNow())
  }

  /**
   * Committed records from a counter on, of one stretch of a file.
   * @param putFrom records that were put before are passed over
   */
  async read(counter: number, recordsMax: number, bytesMax: number, putFrom: number): Promise<RecordBlock> {
    const block = new RecordBlock(bytesMax)
    for (const segment of this.#segments) {
      if (segment.lastCounter < counter || segment.lastPutAt < putFrom) continue
      let sizeBytes = 0
      await segment.scan(segment.offsetForCounter(counter), frame => {
        if (frame.counter > this.#committed) return false
        if (frame.counter < counter || frame.putAt < putFrom) return true
        sizeBytes += frame.data.length + frame.partitionKey.length
        if (block.length > 0 && (sizeBytes > bytesMax || block.length >= recordsMax)) return false
        block.append(frame.counter, frame.arrivedAt, frame.putAt, frame.partitionKey, frame.data)
        return true
      })
      if (block.length > 0) break
    }
    return block
  }

  /** counter of the first committed record that arrived at or after an instant; null when there is none */
  async counterAtArrival(arrivedAt: number): Promise<number | null> {
    let found: number | null = null
    for (const segment of this.#segments) {
      if (segment.arrivedMax < arrivedAt) continue
      await segment.scan(segment.offsetForArrival(arrivedAt), frame => {
        if (frame.arrivedAt >= arrivedAt && frame.counter <= this.#committed) found = frame.counter
        return found === null
      })
      if (found !== null) return found
    }
    return null
  }

  /**
   * Deletes segments whose records were all put before an instant.
   * @param nextCounter names the new segment where the one being written is deleted
   */
  retain(putFrom: number, nextCounter: () => number): Promise<void> {
    return this.#inTurn(async () => {
      for (let oldest = this.#segments[0]; oldest !== undefined; oldest = this.#segments[0]) {
        if (oldest.records === 0 || oldest.lastPutAt >= putFrom) return
        // Records that wait have smaller counters than the one drawn now; they come first.
        if (this.#segments.length === 1) await this.#startSegment(this.#waiting[0]?.counter ?? nextCounter())
        this.#segments = this.#segments.slice(1)
        await oldest.remove()
      }
    })
  }

  setRetention(retentionMs: number): void {
    this.#segmentMsMax = retentionMs / SEGMENTS_IN_RETENTION
  }

  async close(): Promise<void> {
    await this.commit()
    await this.#inTurn(async () => {
      await this.#syncNow()
      await this.#closeHandle()
      for (const segment of this.#segments) await segment.close()
    })
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  async #syncNow(): Promise<void> {
    if (!this.#unsynced || this.#handle === null) return
    this.#unsynced = false
    await this.#handle.sync()
  }

  async #write(): Promise<void> {
    const failure = this.#failure
    this.#failure = null
    const waiting = this.#waiting
    const bytes = this.#frames.take()
    this.#waiting = []
    if (failure !== null) {
      this.onLost()
      throw failure.error
    }
    if (waiting.length === 0) return
    try {
      const segment = await this.#segmentFor(waiting[0]?.counter ?? 0, waiting[0]?.putAt ?? 0, bytes.length)
      const handle = await this.#openHandle(segment)
      if (this.#dirtyEnd) await handle.truncate(segment.sizeBytes)
      this.#dirtyEnd = true
      await handle.write(bytes, segment.sizeBytes)
      if (this.#options.durability.kind === 'each-put') await handle.sync()
      else this.#unsynced = true
      this.#dirtyEnd = false
      for (const record of waiting)
        segment.note(record.counter, record.arrivedAt, record.putAt, segment.sizeBytes + record.offset)
      segment.sizeBytes += bytes.length
      this.#committed = segment.lastCounter
    } catch (error) {
      if (this.#waiting.length > 0) this.#failure = { error }
      this.onLost()
      throw error
    }
  }

  async #segmentFor(counter: number, putAt: number, sizeBytes: number): Promise<Segment> {
    const last = this.#segments.at(-1)
    const isFull = (segment: Segment): boolean =>
      segment.records > 0 &&
      (segment.sizeBytes + sizeBytes > this.#options.segmentBytesMax || putAt - segment.firstPutAt > this.#segmentMsMax)
    return last === undefined || isFull(last) ? await this.#startSegment(counter) : last
  }

  async #startSegment(firstCounter: number): Promise<Segment> {
    await this.#syncNow()
    await this.#closeHandle()
    const { files, directory } = this.#options
    const path = `${directory}/${String(firstCounter).padStart(16, '0')}.log`
    const segment = new Segment(files, path, firstCounter)
    const handle = await files.open(path, 'update')
    try {
      await handle.truncate(0)
      await handle.write(SEGMENT_MAGIC, 0)
      await handle.sync()
      await files.syncDirectory(directory)
    } catch (error) {
      // Half a segment must not stay: a start would take it for the last one.
      await handle.close()
      await files.remove(path)
      throw error
    }
    this.#handle = handle
    segment.sizeBytes = SEGMENT_MAGIC.length
    this.#segments = [...this.#segments, segment]
    return segment
  }

  async #openHandle(segment: Segment): Promise<FileHandle> {
    this.#handle ??= await this.#options.files.open(segment.path, 'update')
    return this.#handle
  }

  async #closeHandle(): Promise<void> {
    const handle = this.#handle
    this.#handle = null
    await handle?.close()
  }

  async #recover(name: string, isLast: boolean): Promise<void> {
    const { files, directory, shardId, onCorruption, notice } = this.#options
    const path = `${directory}/${name}`
    const firstCounter = Number(SEGMENT_NAME.exec(name)?.[1])
    assert(Number.isSafeInteger(firstCounter), 'segments are named after a counter')
    const segment = new Segment(files, path, firstCounter)
    const fileBytes = (await files.stat(path))?.sizeBytes ?? 0
    const broken = await segment.recover(fileBytes)
    this.#segments = [...this.#segments, segment]
    if (broken !== null) {
      const isTorn = isLast && !broken.soundAfter
      if (!isTorn && onCorruption === 'refuse')
        throw new MillraceError(
          'corrupt_log',
          `${path}: the record at byte ${broken.soundBytes} cannot be read but records follow it; restore the file, or start with onCorruption "truncate" to cut it off there`,
        )
      await this.#cutOff(segment, broken.soundBytes)
      const kind = isTorn ? 'torn_tail' : 'corrupt_tail'
      notice({ kind, shardId, path, atByte: broken.soundBytes, droppedBytes: fileBytes - broken.soundBytes })
    }
    this.#committed = Math.max(this.#committed, segment.lastCounter)
  }

  async #cutOff(segment: Segment, soundBytes: number): Promise<void> {
    await segment.close()
    const handle = await this.#options.files.open(segment.path, 'update')
    try {
      await handle.truncate(soundBytes)
      if (soundBytes === 0) await handle.write(SEGMENT_MAGIC, 0)
      await handle.sync()
      segment.sizeBytes = Math.max(soundBytes, SEGMENT_MAGIC.length)
    } finally {
      await handle.close()
    }
  }
}
