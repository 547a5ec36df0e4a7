/**
 * A file of lines, plain or gzipped, as a sequence of line batches. The file is streamed: what is in memory is one chunk and the
 * line that it ends in. Each line is a record, without its line break (LF or CR LF); empty lines are none; a byte order mark at
 * the start of the file belongs to no line.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { FileHandle, Files } from '../../core/env.ts'
import { MillraceError } from '../../core/errors.ts'
import { RECORD_BYTES_MAX } from '../../core/limits.ts'

/** Bytes read from the file, or unpacked, at a time. */
export const CHUNK_BYTES = 256 * 1_024

const LF = 10
const CR = 13

/** Line i is `bytes[offsets[i], offsets[i] + sizes[i])`; `numbers[i]` counts every line of the file from 1. */
export interface LineBatch {
  readonly length: number
  readonly bytes: Uint8Array
  readonly offsets: Int32Array
  readonly sizes: Int32Array
  readonly numbers: Float64Array
}

export class LineReader {
  readonly #files: Files
  readonly #path: string
  #bytesRead = 0
  #bytesTotal = 0
  #handle: FileHandle | null = null

  constructor(files: Files, path: string) {
    this.#files = files
    this.#path = path
  }

  /** Bytes of the file as it lies on the disk: read so far, and in all (0 before the first read). */
  get progress(): { readonly bytesRead: number; readonly bytesTotal: number } {
    return { bytesRead: this.#bytesRead, bytesTotal: this.#bytesTotal }
  }

  /**
   * The lines of the file, once. The file is closed at the end and when the caller leaves early.
   * @throws MillraceError `not_found`; `unreadable_input` when the file cannot be read, when its gzip is broken or cut short,
   * or when a line is longer than a record may be
   */
  async *batches(): AsyncGenerator<LineBatch> {
    this.#handle = await this.#files.open(this.#path, 'read')
    try {
      this.#bytesTotal = await this.#handle.sizeBytes()
      const magic = new Uint8Array(2)
      const isGzip = (await this.#handle.read(magic, 0)) === 2 && magic[0] === 0x1f && magic[1] === 0x8b
      yield* this.#split(isGzip ? this.#unpacked(this.#chunks(this.#handle)) : this.#chunks(this.#handle))
    } finally {
      await this.#handle.close()
    }
  }

  async *#chunks(handle: FileHandle): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES)
      const sizeBytes = await handle.read(chunk, this.#bytesRead)
      if (sizeBytes === 0) return
      this.#bytesRead += sizeBytes
      yield chunk.subarray(0, sizeBytes)
    }
  }

  async *#unpacked(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
    const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
    let failure: unknown
    const piped = pipeline(Readable.from(chunks, { objectMode: true, highWaterMark: 1 }), gunzip).catch(
      (error: unknown) => {
        failure = error
      },
    )
    try {
      for await (const chunk of gunzip as AsyncIterable<Uint8Array>) yield chunk
      await piped
      if (failure !== undefined) throw failure
    } catch (cause) {
      if (cause instanceof MillraceError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MillraceError(
        'unreadable_input',
        `unpack ${this.#path}: broken gzip after ${gunzip.bytesWritten} of ${this.#bytesTotal} bytes (${reason}); fetch the file again`,
        { cause },
      )
    } finally {
      gunzip.destroy()
      await piped
    }
    // What follows the last member would be left out without a word.
    if (gunzip.bytesWritten < this.#bytesTotal)
      throw new MillraceError(
        'unreadable_input',
        `unpack ${this.#path}: ${this.#bytesTotal - gunzip.bytesWritten} bytes after the end of the gzip data; fetch the file again`,
      )
  }

  async *#split(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<LineBatch> {
    let rest: Uint8Array = new Uint8Array(0)
    let line = 1
    let isStart = true
    for await (const chunk of chunks) {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      if (isStart && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3)
      isStart = false
      const end = bytes.lastIndexOf(LF) + 1
      rest = bytes.subarray(end)
      if (rest.length > RECORD_BYTES_MAX) throw this.#tooLong(line + countLines(bytes, end))
      if (end === 0) continue
      const batch = linesOf(bytes, end, line)
      line += countLines(bytes, end)
      if (batch.length > 0) yield batch
    }
    const last = linesOf(rest, rest.length, line)
    if (last.length > 0) yield last
  }

  #tooLong(line: number): MillraceError {
    return new MillraceError(
      'unreadable_input',
      `read ${this.#path}: line ${line} is longer than ${RECORD_BYTES_MAX} bytes; a replay reads one record a line`,
    )
  }
}

function countLines(bytes: Uint8Array, end: number): number {
  let lines = 0
  for (let at = bytes.indexOf(LF); at >= 0 && at < end; at = bytes.indexOf(LF, at + 1)) lines++
  return lines
}

/** The lines of `bytes[0, end)` that are not empty; the last one may lack its break. */
function linesOf(bytes: Uint8Array, end: number, firstLine: number): LineBatch {
  let capacity = 256
  let offsets = new Int32Array(capacity)
  let sizes = new Int32Array(capacity)
  let numbers = new Float64Array(capacity)
  let length = 0
  for (let from = 0, line = firstLine; from < end; line++) {
    const at = bytes.indexOf(LF, from)
    const next = at < 0 || at >= end ? end : at
    const to = next > from && bytes[next - 1] === CR ? next - 1 : next
    if (to > from) {
      if (length === capacity) {
        capacity *= 2
        offsets = enlarged(offsets, new Int32Array(capacity))
        sizes = enlarged(sizes, new Int32Array(capacity))
        numbers = enlarged(numbers, new Float64Array(capacity))
      }
      offsets[length] = from
      sizes[length] = to - from
      numbers[length++] = line
    }
    from = next + 1
  }
  return { length, bytes, offsets, sizes, numbers }
}

function enlarged<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
