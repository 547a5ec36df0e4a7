/**
 * Files in memory. With `writeCache` a crash loses what was not synced, as a power cut does: bytes until `sync` of their file,
 * names (creations, renames, removals) until `syncDirectory` of their directory.
 */
import type { Clock, FileHandle, FileStat, Files } from '../../core/env.ts'
import { MillraceError } from '../../core/errors.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface MemoryFilesOptions {
  /** true: a crash loses what was not synced. Default false: everything written stays */
  readonly writeCache?: boolean
  /** bytes that fit; writing more is `unwritable_output`, retry `backoff`. Default without bound */
  readonly capacityBytes?: number
}

/** A change that is not synced yet, with what it replaced. */
interface Change {
  readonly position: number
  /** the file from there to its end */
  readonly before: Uint8Array
  readonly sizeBefore: number
  readonly after: Uint8Array
}

class Inode {
  bytes = new Uint8Array(256)
  size = 0
  modifiedAt = 0
  changes: Change[] = []

  change(position: number, after: Uint8Array, sizeAfter: number): void {
    const from = Math.min(position, this.size)
    this.changes.push({ position, before: this.bytes.slice(from, this.size), sizeBefore: this.size, after })
    this.apply(position, after, sizeAfter)
  }

  apply(position: number, bytes: Uint8Array, size: number): void {
    if (size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.bytes.length * 2))
      grown.set(this.bytes.subarray(0, this.size))
      this.bytes = grown
    }
    this.bytes.set(bytes, position)
    if (size < this.size) this.bytes.fill(0, size, this.size)
    this.size = size
  }

  /** Takes back changes until `keep` are left; the first one taken back may have got through in part. */
  undo(keep: number, tornBytes: number): void {
    let torn: Change | undefined
    while (this.changes.length > keep) {
      torn = this.changes.pop()
      if (torn === undefined) break
      const from = Math.min(torn.position, torn.sizeBefore)
      this.apply(0, new Uint8Array(), from)
      this.apply(from, torn.before, torn.sizeBefore)
    }
    if (torn !== undefined && tornBytes > 0 && torn.after.length > 0) {
      const part = torn.after.subarray(0, Math.min(tornBytes, torn.after.length))
      this.apply(torn.position, part, Math.max(this.size, torn.position + part.length))
    }
    this.changes = []
  }
}

export class MemoryFiles implements Files {
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #writeCache: boolean
  readonly #capacityBytes: number
  #entries = new Map<string, Inode | 'directory'>()
  #durable = new Map<string, Inode | 'directory'>()
  #generation = 0

  constructor(clock: Clock, random: SeededRandom, options: MemoryFilesOptions = {}) {
    this.#clock = clock
    this.#random = random
    this.#writeCache = options.writeCache ?? false
    this.#capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY
  }

  /**
   * The machine loses power: open handles are dead afterwards.
   * @param kept `synced`: nothing that was not synced survives. `some`: a random part does, and the last write of a file may be torn.
   */
  crash(kept: 'synced' | 'some' = 'synced'): void {
    this.#generation++
    if (!this.#writeCache) return
    const some = kept === 'some'
    for (const path of new Set([...this.#entries.keys(), ...this.#durable.keys()].sort())) {
      const [now, before] = [this.#entries.get(path), this.#durable.get(path)]
      if (now === before || (some && this.#random.below(2) === 0)) continue
      if (before === undefined) this.#entries.delete(path)
      else this.#entries.set(path, before)
    }
    for (const inode of new Set(this.#entries.values())) {
      if (inode === 'directory') continue
      const keep = some ? this.#random.below(inode.changes.length + 1) : 0
      const next = inode.changes[keep]
      inode.undo(keep, some && next !== undefined ? this.#random.below(next.after.length + 1) : 0)
    }
    this.#durable = new Map(this.#entries)
  }

  /** Puts a file there, synced, with its parents. */
  put(path: string, bytes: Uint8Array | string): void {
    const content = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
    const inode = new Inode()
    inode.apply(0, content, content.length)
    inode.modifiedAt = this.#clock.now()
    for (const parent of parentsOf(clean(path))) this.#both(parent, 'directory')
    this.#both(clean(path), inode)
  }

  /** The text of a file, or null when it is missing. */
  text(path: string): string | null {
    const inode = this.#entries.get(clean(path))
    return inode === undefined || inode === 'directory'
      ? null
      : new TextDecoder().decode(inode.bytes.subarray(0, inode.size))
  }

  /** Every file, sorted. */
  paths(): readonly string[] {
    return [...this.#entries]
      .filter(([, inode]) => inode !== 'directory')
      .map(([path]) => path)
      .sort()
  }

  async open(path: string, mode: 'read' | 'create' | 'update'): Promise<FileHandle> {
    const name = clean(path)
    let inode = this.#entries.get(name)
    if (inode === 'directory')
      throw new MillraceError(
        mode === 'read' ? 'unreadable_input' : 'unwritable_output',
        `open ${path}: it is a directory`,
      )
    if (inode === undefined && mode === 'read') throw missing(`open ${path}`)
    if (inode !== undefined && mode === 'create')
      throw new MillraceError('already_exists', `open ${path}: it exists already`)
    if (inode === undefined) {
      const parent = parentOf(name)
      if (parent !== '' && this.#entries.get(parent) !== 'directory') throw missing(`open ${path}`)
      inode = new Inode()
      inode.modifiedAt = this.#clock.now()
      this.#set(name, inode)
    }
    return this.#handle(path, inode, mode)
  }

  async stat(path: string): Promise<FileStat | null> {
    const inode = this.#entries.get(clean(path))
    if (inode === undefined) return null
    if (inode === 'directory') return { sizeBytes: 0, modifiedAt: 0, isDirectory: true }
    return { sizeBytes: inode.size, modifiedAt: inode.modifiedAt, isDirectory: false }
  }

  async list(directory: string): Promise<readonly string[]> {
    const parent = clean(directory)
    return [...this.#entries.keys()]
      .filter(path => path !== '' && parentOf(path) === parent)
      .map(baseOf)
      .sort()
  }

  async makeDirectory(path: string): Promise<void> {
    const name = clean(path)
    for (const directory of [...parentsOf(name), name]) {
      const there = this.#entries.get(directory)
      if (there !== undefined && there !== 'directory')
        throw new MillraceError('unwritable_output', `make directory ${path}: a part of the path is no directory`)
      if (there === undefined) this.#set(directory, 'directory')
    }
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [clean(from), clean(to)]
    const inode = this.#entries.get(source)
    if (inode === undefined) throw missing(`rename ${from} to ${to}`)
    if (parentOf(target) !== '' && this.#entries.get(parentOf(target)) !== 'directory')
      throw missing(`rename ${from} to ${to}`)
    const within = [...this.#entries].filter(([path]) => path.startsWith(`${source}/`))
    for (const [path, moved] of within) {
      this.#delete(path)
      this.#set(target + path.slice(source.length), moved)
    }
    this.#delete(source)
    this.#set(target, inode)
  }

  async link(from: string, to: string): Promise<void> {
    const [source, target] = [clean(from), clean(to)]
    const inode = this.#entries.get(source)
    if (inode === undefined || inode === 'directory') throw missing(`link ${to} to ${from}`)
    if (this.#entries.has(target)) throw new MillraceError('already_exists', `link ${to} to ${from}: it exists already`)
    if (parentOf(target) !== '' && this.#entries.get(parentOf(target)) !== 'directory')
      throw missing(`link ${to} to ${from}`)
    this.#set(target, inode)
  }

  async remove(path: string): Promise<void> {
    const name = clean(path)
    for (const there of this.#entries.keys()) if (there === name || there.startsWith(`${name}/`)) this.#delete(there)
  }

  async syncDirectory(path: string): Promise<void> {
    const parent = clean(path)
    for (const there of new Set([...this.#entries.keys(), ...this.#durable.keys()])) {
      if (parentOf(there) !== parent) continue
      const inode = this.#entries.get(there)
      if (inode === undefined) this.#durable.delete(there)
      else this.#durable.set(there, inode)
    }
  }

  async readAll(path: string): Promise<Uint8Array> {
    const inode = this.#entries.get(clean(path))
    if (inode === undefined) throw missing(`read ${path}`)
    if (inode === 'directory') throw new MillraceError('unreadable_input', `read ${path}: it is a directory`)
    return inode.bytes.slice(0, inode.size)
  }

  #handle(path: string, inode: Inode, mode: 'read' | 'create' | 'update'): FileHandle {
    const generation = this.#generation
    let closed = false
    const usable = (): void => {
      if (closed || generation !== this.#generation) throw new MillraceError('closed', `${path}: the file is closed`)
    }
    const change = (position: number, bytes: Uint8Array, size: number): void => {
      usable()
      if (mode === 'read') throw new MillraceError('unwritable_output', `write ${path}: it was opened for reading`)
      if (this.#usedBytes() + size - inode.size > this.#capacityBytes)
        throw new MillraceError('unwritable_output', `write ${path}: the disk is full`, { retry: 'backoff' })
      if (this.#writeCache) inode.change(position, bytes, size)
      else inode.apply(position, bytes, size)
      inode.modifiedAt = this.#clock.now()
    }
    return {
      async read(into, position) {
        usable()
        const part = inode.bytes.subarray(Math.min(position, inode.size), Math.min(inode.size, position + into.length))
        into.set(part)
        return part.length
      },
      async write(bytes, position) {
        change(position, bytes.slice(), Math.max(inode.size, position + bytes.length))
      },
      async truncate(sizeBytes) {
        change(Math.min(sizeBytes, inode.size), new Uint8Array(), sizeBytes)
      },
      async sync() {
        usable()
        inode.changes = []
      },
      async sizeBytes() {
        usable()
        return inode.size
      },
      async close() {
        closed = true
      },
    }
  }

  #usedBytes(): number {
    if (this.#capacityBytes === Number.POSITIVE_INFINITY) return 0
    let used = 0
    for (const inode of this.#entries.values()) if (inode !== 'directory') used += inode.size
    return used
  }

  #set(path: string, inode: Inode | 'directory'): void {
    this.#entries.set(path, inode)
    if (!this.#writeCache) this.#durable.set(path, inode)
  }

  #both(path: string, inode: Inode | 'directory'): void {
    this.#entries.set(path, inode)
    this.#durable.set(path, inode)
  }

  #delete(path: string): void {
    this.#entries.delete(path)
    if (!this.#writeCache) this.#durable.delete(path)
  }
}

function missing(what: string): MillraceError {
  return new MillraceError('not_found', `${what}: no such file or directory`)
}

/** Without `.`, `..`, doubled and outer slashes, so that a path has one spelling; the root and `.` are ''. */
function clean(path: string): string {
  const parts: string[] = []
  for (const part of path.split(/[/\\]/)) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function parentsOf(path: string): readonly string[] {
  const parents: string[] = []
  for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) parents.unshift(parent)
  return parents
}
