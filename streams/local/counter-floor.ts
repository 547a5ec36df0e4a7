/**
 * Above which counter a new stream begins: that of every stream that was deleted, so that no sequence number comes twice under
 * one name and shard. A position kept of the old stream cannot be taken for one of the new. Kept in a file of the directory,
 * which is replaced in one step; `null` for a directory keeps it in memory, as its streams are.
 */
import { type Files, hasCode, MillraceError } from '../../core/index.ts'
import { FIRST_COUNTER } from './sequence-counter.ts'

const FILE = '.next-counter'

/** Whether a name in the directory is this file's own, or its next version's. */
export function isCounterFile(name: string): boolean {
  return name.startsWith(FILE)
}

export class CounterFloor {
  readonly #files: Files
  readonly #directory: string | null
  #next: number
  /** what the disk has */
  #stored: number
  #last: Promise<void> = Promise.resolve()

  private constructor(files: Files, directory: string | null, next: number) {
    this.#files = files
    this.#directory = directory
    this.#next = next
    this.#stored = next
  }

  /** @throws MillraceError `corrupt_log` when the file is there and cannot be understood; what Files throws */
  static async open(files: Files, directory: string | null): Promise<CounterFloor> {
    return new CounterFloor(files, directory, directory === null ? FIRST_COUNTER : await read(files, directory))
  }

  /** the counter of the first record of the next stream */
  get next(): number {
    return this.#next
  }

  /**
   * Takes note of the counter that a stream would have gone on with; resolves when the disk has it.
   * @throws MillraceError `unwritable_output`
   */
  raise(next: number): Promise<void> {
    this.#next = Math.max(this.#next, next)
    // One after the other: all write one temporary file.
    const done = this.#last.then(() => this.#store())
    this.#last = done.catch(() => {
      // told to whoever asked for it
    })
    return done
  }

  async #store(): Promise<void> {
    const next = this.#next
    if (this.#directory === null || next <= this.#stored) return
    const path = `${this.#directory}/${FILE}`
    await this.#files.remove(`${path}.new`)
    const handle = await this.#files.open(`${path}.new`, 'create')
    try {
      await handle.write(new TextEncoder().encode(String(next)), 0)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await this.#files.rename(`${path}.new`, path)
    await this.#files.syncDirectory(this.#directory)
    this.#stored = next
  }
}

async function read(files: Files, directory: string): Promise<number> {
  const path = `${directory}/${FILE}`
  let text: string
  try {
    text = new TextDecoder().decode(await files.readAll(path))
  } catch (error) {
    if (hasCode(error, 'not_found')) return FIRST_COUNTER
    throw error
  }
  const next = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(next) && next >= FIRST_COUNTER) return next
  throw new MillraceError(
    'corrupt_log',
    `${path} cannot be understood; remove it, and streams that are created under a deleted one's name may give its sequence numbers again`,
  )
}
