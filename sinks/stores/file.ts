/**
 * Objects as files below a directory.
 *
 *   write to <root>/.incomplete/<hash of the key>.tmp -> sync -> rename to the key's path -> sync the directories
 *
 * The file under the temporary name is made exclusively, and its name is a function of the key, so of two writers of one key
 * the second fails; the key's path is looked at just before the rename. A crash leaves a temporary file at most. Paths come
 * from file-path.ts and cannot leave the root; the root itself must belong to the user who runs this, since symbolic links
 * that somebody else puts below it are followed.
 */
import { createHash } from 'node:crypto'
import { dirname, join, resolve, sep } from 'node:path'
import { assert, type Clock, type FileHandle, type Files, hasCode, MillraceError } from '../../core/index.ts'
import { pathPartsOf } from './file-path.ts'
import type { ObjectStore, ObjectWriter } from './store.ts'

/** Directory of temporary files; no key can name it, as leading dots are encoded. */
export const INCOMPLETE_DIRECTORY = '.incomplete'
/** A temporary file that nobody touched for so long belongs to a process that is gone. */
export const INCOMPLETE_AGE_MAX_MS = 7 * 86_400_000

export interface FileStoreOptions {
  readonly files: Files
  readonly clock: Clock
  /** made when missing */
  readonly directory: string
}

export class FileStore implements ObjectStore {
  readonly #files: Files
  readonly #clock: Clock
  readonly #root: string
  #prepared = false
  #parents: readonly string[] | null = null

  constructor(options: FileStoreOptions) {
    this.#files = options.files
    this.#clock = options.clock
    this.#root = resolve(options.directory)
  }

  /** The file that holds the object with a key, once it is complete. */
  pathOf(key: string): string {
    const path = join(this.#root, ...pathPartsOf(key))
    assert(path.startsWith(this.#root.endsWith(sep) ? this.#root : this.#root + sep), 'an object lies below the root')
    return path
  }

  async begin(key: string): Promise<ObjectWriter> {
    const path = this.pathOf(key)
    const incomplete = join(this.#root, INCOMPLETE_DIRECTORY)
    await this.#prepare(incomplete)
    if ((await this.#files.stat(path)) !== null) throw taken(path)
    const temporary = join(incomplete, `${createHash('sha256').update(key).digest('hex')}.tmp`)
    const handle = await this.#files.open(temporary, 'create').catch((cause: unknown) => {
      if (!hasCode(cause, 'already_exists')) throw cause
      throw new MillraceError(
        'already_exists',
        `object file ${path}: another writer is at work on it in ${temporary}`,
        {
          cause,
        },
      )
    })
    return new FileWriter(this.#files, handle, temporary, path, this.#root)
  }

  /** Once: makes the directories last and removes what crashed processes left long ago. */
  async #prepare(incomplete: string): Promise<void> {
    if (this.#prepared) return
    this.#parents ??= await this.#missingParents()
    await this.#files.makeDirectory(incomplete)
    for (const parent of this.#parents) await this.#files.syncDirectory(parent)
    for (const name of await this.#files.list(incomplete)) {
      const path = join(incomplete, name)
      const found = await this.#files.stat(path)
      if (found !== null && this.#clock.now() - found.modifiedAt > INCOMPLETE_AGE_MAX_MS) await this.#files.remove(path)
    }
    this.#prepared = true
  }

  /** The directories in which the root and its missing parents will be made. */
  async #missingParents(): Promise<readonly string[]> {
    const parents: string[] = []
    for (let at = this.#root; at !== dirname(at) && (await this.#files.stat(at)) === null; at = dirname(at))
      parents.push(dirname(at))
    return parents
  }
}

class FileWriter implements ObjectWriter {
  readonly #files: Files
  readonly #handle: FileHandle
  readonly #temporary: string
  readonly #path: string
  readonly #root: string
  #sizeBytes = 0
  /** writing -> closed -> renamed -> done; a repeated `complete` goes on where it failed. */
  #state: 'writing' | 'closed' | 'renamed' | 'done' = 'writing'

  constructor(files: Files, handle: FileHandle, temporary: string, path: string, root: string) {
    this.#files = files
    this.#handle = handle
    this.#temporary = temporary
    this.#path = path
    this.#root = root
  }

  async write(bytes: Uint8Array): Promise<void> {
    assert(this.#state === 'writing', 'nothing is written after complete or abort')
    // A repeated write lands on the same place.
    await this.#handle.write(bytes, this.#sizeBytes)
    this.#sizeBytes += bytes.length
  }

  async complete(): Promise<void> {
    if (this.#state === 'writing') {
      await this.#handle.sync()
      await this.#handle.close()
      this.#state = 'closed'
    }
    const directory = dirname(this.#path)
    if (this.#state === 'closed') {
      await this.#files.makeDirectory(directory)
      if ((await this.#files.stat(this.#path)) !== null) throw taken(this.#path)
      await this.#files.rename(this.#temporary, this.#path)
      this.#state = 'renamed'
    }
    if (this.#state === 'renamed') {
      // New directories last only when their parents are written too.
      for (let at = directory; at.length >= this.#root.length; at = dirname(at)) {
        await this.#files.syncDirectory(at)
        if (at === this.#root) break
      }
      this.#state = 'done'
    }
  }

  async abort(): Promise<void> {
    if (this.#state === 'renamed' || this.#state === 'done') return
    try {
      if (this.#state === 'writing') await this.#handle.close()
    } finally {
      this.#state = 'done'
      await this.#files.remove(this.#temporary)
    }
  }
}

function taken(path: string): MillraceError {
  return new MillraceError(
    'already_exists',
    `object file ${path}: it exists already and is never written over; move it away`,
  )
}
