/** The results of a replay as files, `DIR/STREAM.jsonl` or another ending. They appear all together under their names, complete, or not at all. */
import { ByteWriter } from '../../core/byte-writer.ts'
import type { Encoder } from '../../core/codec.ts'
import type { FileHandle, Files } from '../../core/env.ts'
import { MillraceError } from '../../core/errors.ts'
import type { RowBatch } from '../../core/rows.ts'
import type { Sink } from '../../core/sink.ts'

/** Bytes that are collected before they are written. */
const WRITE_BYTES = 256 * 1_024

/** How the rows of one stream are written. */
export interface ResultFormat {
  readonly encoder: Encoder
  /** of file names, without the dot */
  readonly extension: string
}

export interface ResultFile {
  readonly stream: string
  readonly path: string
  readonly rows: number
  readonly sizeBytes: number
}

export class ResultFiles {
  readonly #files: Files
  readonly #directory: string
  readonly #sinks: readonly FileSink[]

  private constructor(files: Files, directory: string, sinks: readonly FileSink[]) {
    this.#files = files
    this.#directory = directory
    this.#sinks = sinks
  }

  /**
   * Starts a file for each stream, under a name that begins with a dot.
   * @throws MillraceError `config` when two streams would share a file name; `unwritable_output`
   */
  static async open(
    files: Files,
    directory: string,
    streams: readonly string[],
    formatOf: (stream: string) => ResultFormat,
  ): Promise<ResultFiles> {
    const names = new Map<string, string>()
    for (const stream of streams) {
      const name = fileNameOf(stream, formatOf(stream).extension)
      const other = names.get(name.toLowerCase())
      if (other !== undefined)
        throw new MillraceError(
          'config',
          `streams "${other}" and "${stream}" would be the same file where case does not count; rename one of them`,
        )
      names.set(name.toLowerCase(), stream)
    }
    await files.makeDirectory(directory)
    const sinks: FileSink[] = []
    const results = new ResultFiles(files, directory, sinks)
    try {
      for (const stream of streams) {
        const { encoder, extension } = formatOf(stream)
        const name = fileNameOf(stream, extension)
        const partial = `${directory}/.${name}.partial`
        await files.remove(partial)
        const handle = await files.open(partial, 'create')
        sinks.push(new FileSink({ stream, path: `${directory}/${name}`, partial, handle, encoder }))
      }
    } catch (error) {
      await results.discard()
      throw error
    }
    return results
  }

  /** By stream; closing one makes its file complete, still under its hidden name. */
  get sinks(): ReadonlyMap<string, Sink> {
    return new Map(this.#sinks.map(sink => [sink.stream, sink] as const))
  }

  /** Gives the closed files their names, in place of older ones. */
  async publish(): Promise<readonly ResultFile[]> {
    for (const { partial, path } of this.#sinks) await this.#files.rename(partial, path)
    await this.#files.syncDirectory(this.#directory)
    return this.#sinks.map(({ stream, path, rows, sizeBytes }) => ({ stream, path, rows, sizeBytes }))
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    for (const sink of this.#sinks) {
      await sink.abandon()
      await this.#files.remove(sink.partial)
    }
  }
}

class FileSink implements Sink {
  readonly stream: string
  readonly path: string
  readonly partial: string
  rows = 0
  sizeBytes = 0
  readonly #handle: FileHandle
  readonly #encoder: Encoder
  readonly #writer = new ByteWriter(WRITE_BYTES)
  #isClosed = false

  constructor(options: {
    readonly stream: string
    readonly path: string
    readonly partial: string
    readonly handle: FileHandle
    readonly encoder: Encoder
  }) {
    this.stream = options.stream
    this.path = options.path
    this.partial = options.partial
    this.#handle = options.handle
    this.#encoder = options.encoder
  }

  async write(rows: RowBatch): Promise<void> {
    this.rows += rows.length
    this.#encoder.encode(rows, this.#writer)
    if (this.#writer.length >= WRITE_BYTES) await this.#flush()
  }

  advance(): void {
    // A file has no windows of its own.
  }

  async close(): Promise<void> {
    await this.#flush()
    await this.#handle.sync()
    await this.abandon()
  }

  async abandon(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#handle.close()
  }

  async #flush(): Promise<void> {
    const bytes = this.#writer.take()
    if (bytes.length === 0) return
    await this.#handle.write(bytes, this.sizeBytes)
    this.sizeBytes += bytes.length
  }
}

/** A stream's file name without its extension: characters that a file system may not take are written as their code in hexadecimal. */
function fileNameOf(stream: string, extension: string): string {
  const safe = stream.replace(/[^A-Za-z0-9_.$-]/gu, character => `%${(character.codePointAt(0) ?? 0).toString(16)}`)
  return `${safe.startsWith('.') ? `%2e${safe.slice(1)}` : safe}.${extension}`
}
