/**
 * One object that is written as a file.
 *
 *   temporary file -> sync -> hard link under the key's path -> sync the directories -> remove the temporary name
 *
 * A link never replaces, so of two writers of one key the second fails. Where the file system knows no links, the path is
 * looked at just before a rename.
 */
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { assert, type FileHandle, type Files, MEBIBYTE, MillraceError } from '../../core/index.ts'
import type { ObjectWriter } from './store.ts'

/** Bytes that are read at a time. */
const READ_BYTES = 1 * MEBIBYTE

export interface FilePlace {
  readonly files: Files
  /** where the object becomes visible */
  readonly path: string
  /** directory of the store */
  readonly root: string
}

export class FileWriter implements ObjectWriter {
  readonly #place: FilePlace
  readonly #handle: FileHandle
  readonly #temporary: string
  readonly #ended: () => void
  #sizeBytes = 0
  /** A repeated `complete` goes on where it failed. */
  #state: 'writing' | 'closed' | 'visible' | 'done' = 'writing'

  /** @param ended called once, when the writer has completed or aborted */
  constructor(place: FilePlace, handle: FileHandle, temporary: string, ended: () => void) {
    this.#place = place
    this.#handle = handle
    this.#temporary = temporary
    this.#ended = ended
  }

  async write(bytes: Uint8Array): Promise<void> {
    assert(this.#state === 'writing', 'nothing is written after complete or abort')
    // A repeated write lands on the same place.
    await this.#handle.write(bytes, this.#sizeBytes)
    this.#sizeBytes += bytes.length
  }

  async complete(): Promise<void> {
    const { files, path } = this.#place
    if (this.#state === 'writing') {
      await this.#handle.sync()
      await this.#handle.close()
      this.#state = 'closed'
    }
    if (this.#state === 'closed') {
      await files.makeDirectory(dirname(path))
      await this.#show()
      this.#state = 'visible'
    }
    if (this.#state === 'visible') {
      await syncParents(this.#place)
      await files.remove(this.#temporary)
      this.#state = 'done'
      this.#ended()
    }
  }

  async abort(): Promise<void> {
    if (this.#state === 'visible' || this.#state === 'done') return
    try {
      if (this.#state === 'writing') await this.#handle.close()
    } finally {
      this.#state = 'done'
      this.#ended()
      await this.#place.files.remove(this.#temporary)
    }
  }

  async #show(): Promise<void> {
    const { files, path } = this.#place
    try {
      await files.link(this.#temporary, path)
    } catch {
      if ((await files.stat(path)) === null) await files.rename(this.#temporary, path)
      // The link of an attempt that seemed to fail is ours.
      else if (!(await sameContent(files, this.#temporary, path))) throw taken(path)
    }
  }
}

/** New names last only when their directories are written too. */
export async function syncParents({ files, path, root }: FilePlace): Promise<void> {
  for (let at = dirname(path); at.length >= root.length; at = dirname(at)) {
    await files.syncDirectory(at)
    if (at === root) return
  }
}

export async function sameContent(files: Files, one: string, other: string): Promise<boolean> {
  const [a, b] = [await files.stat(one), await files.stat(other)]
  if (a === null || b === null || a.sizeBytes !== b.sizeBytes) return false
  const [left, right] = [createHash('sha256'), createHash('sha256')]
  for await (const piece of piecesOf(files, one)) left.update(piece)
  for await (const piece of piecesOf(files, other)) right.update(piece)
  return left.digest('hex') === right.digest('hex')
}

/** The bytes of a file, a mebibyte at a time. */
export async function* piecesOf(files: Files, path: string): AsyncIterable<Uint8Array> {
  const handle = await files.open(path, 'read')
  try {
    for (let at = 0; ; ) {
      const bytes = new Uint8Array(READ_BYTES)
      const read = await handle.read(bytes, at)
      if (read > 0) yield bytes.subarray(0, read)
      if (read < bytes.length) return
      at += read
    }
  } finally {
    await handle.close()
  }
}

export function taken(path: string): MillraceError {
  return new MillraceError(
    'already_exists',
    `object file ${path}: it exists already and is never written over; move it away`,
  )
}
