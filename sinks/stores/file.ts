/**
 * Objects as files below a directory, each written under a temporary name in `<root>/.incomplete` first: file-writer.ts. A crash
 * leaves a temporary file at most. Paths come from file-path.ts and cannot leave the root; the root itself must belong to the
 * user who runs this, since symbolic links that somebody else puts below it are followed.
 */
import { createHash } from 'node:crypto'
import { dirname, join, resolve, sep } from 'node:path'
import { assert, type Clock, type FileHandle, type Files, hasCode, MillraceError } from '../../core/index.ts'
import { keyPartOf, pathPartsOf } from './file-path.ts'
import { FileWriter, piecesOf, sameContent, syncParents, taken } from './file-writer.ts'
import type { ObjectWriter, OpenStore, StoredObject } from './store.ts'

/** Directory of temporary files; no key can name it, as leading dots are encoded. */
export const INCOMPLETE_DIRECTORY = '.incomplete'
/** A temporary file that nobody touched for so long belongs to a process that is gone. */
export const INCOMPLETE_AGE_MAX_MS = 7 * 86_400_000
/** Temporary files that processes may leave of one key. */
const TEMPORARIES_MAX = 1_000

export interface FileStoreOptions {
  readonly files: Files
  readonly clock: Clock
  /** made when missing */
  readonly directory: string
}

export class FileStore implements OpenStore {
  readonly #files: Files
  readonly #clock: Clock
  readonly #root: string
  readonly #open = new Set<string>()
  #prepared = false
  #parents: readonly string[] | null = null

  constructor(options: FileStoreOptions) {
    this.#files = options.files
    this.#clock = options.clock
    this.#root = resolve(options.directory)
  }

  get place(): string {
    return this.#root
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
    if (this.#open.has(path))
      throw new MillraceError('already_exists', `object file ${path}: another writer is at work on it`)
    this.#open.add(path)
    try {
      const [temporary, handle] = await this.#temporary(
        join(incomplete, createHash('sha256').update(key).digest('hex')),
      )
      const place = { files: this.#files, path, root: this.#root }
      return new FileWriter(place, handle, temporary, () => void this.#open.delete(path))
    } catch (error) {
      this.#open.delete(path)
      throw error
    }
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    // Whole directories of the prefix need no look at their neighbours.
    const parts = prefix.split('/').slice(0, -1)
    const from = parts.length === 0 ? this.#root : this.pathOf(parts.join('/'))
    yield* this.#listDirectory(from, parts.length === 0 ? '' : `${parts.join('/')}/`, prefix)
  }

  async *read(key: string): AsyncIterable<Uint8Array> {
    yield* piecesOf(this.#files, await this.#existing(key))
  }

  async remove(key: string): Promise<void> {
    const path = await this.#existing(key).catch((error: unknown) => {
      if (hasCode(error, 'not_found')) return null
      throw error
    })
    if (path !== null) await this.#files.remove(path)
  }

  async publish(from: string, to: string): Promise<void> {
    const source = this.pathOf(from)
    const place = { files: this.#files, path: this.pathOf(to), root: this.#root }
    await this.#files.makeDirectory(dirname(place.path))
    try {
      await this.#files.link(source, place.path)
    } catch (error) {
      if (hasCode(error, 'not_found')) {
        // What was published and cleaned up since is published.
        if ((await this.#files.stat(place.path)) === null)
          throw new MillraceError('not_found', `staged object ${source}: it is gone, and so is ${place.path}`, {
            cause: error,
          })
      } else if ((await this.#files.stat(place.path)) === null) await this.#copy(from, to)
      else if (!(await sameContent(this.#files, source, place.path))) throw taken(place.path)
    }
    await syncParents(place)
  }

  /** Where the file system knows no links, the staged file stays for a repeat, and a copy becomes the object. */
  async #copy(from: string, to: string): Promise<void> {
    const writer = await this.begin(to)
    try {
      for await (const piece of this.read(from)) await writer.write(piece)
      await writer.complete()
    } catch (error) {
      await writer.abort().catch(() => {})
      throw error
    }
  }

  async *#listDirectory(directory: string, keys: string, prefix: string): AsyncIterable<StoredObject> {
    for (const name of await this.#files.list(directory)) {
      if (directory === this.#root && name === INCOMPLETE_DIRECTORY) continue
      const path = join(directory, name)
      const key = keys + keyPartOf(name)
      const found = await this.#files.stat(path)
      if (found === null) continue
      if (found.isDirectory) {
        if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`))
          yield* this.#listDirectory(path, `${key}/`, prefix)
      } else if (key.startsWith(prefix)) yield { key, sizeBytes: found.sizeBytes, modifiedAt: found.modifiedAt }
    }
  }

  /** The file of a key. Files that others put here may have names that ours never have: those are their own keys. */
  async #existing(key: string): Promise<string> {
    const path = this.pathOf(key)
    if ((await this.#files.stat(path)) !== null) return path
    const parts = key.split('/')
    const plain = join(this.#root, ...parts)
    const inside = !parts.some(part => part === '' || part === '.' || part === '..')
    if (inside && (await this.#files.stat(plain)) !== null) return plain
    throw new MillraceError('not_found', `object file ${path}: there is none`)
  }

  /** Opens a temporary file that no other process has; those of crashed ones may lie there. */
  async #temporary(name: string): Promise<readonly [string, FileHandle]> {
    for (let number = 0; ; number++) {
      const path = `${name}${number === 0 ? '' : `.${number}`}.tmp`
      try {
        return [path, await this.#files.open(path, 'create')]
      } catch (error) {
        if (!hasCode(error, 'already_exists') || number >= TEMPORARIES_MAX) throw error
      }
    }
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
