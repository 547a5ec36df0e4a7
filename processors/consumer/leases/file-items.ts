/**
 * Rows in one file on this machine, for workers without DynamoDB: `<directory>/leases.json`. The file is replaced as a whole, so that
 * several workers and the command line may use it at a time; changes that wait are written together. Readers see the file before or
 * after a change.
 *
 * A lock keeps processes from working in vain, and no more: one that stands still (SIGSTOP, a debugger) loses it. What keeps a change
 * from being written over another is the order of steps:
 *
 *   create NAME.new-TOKEN ─► remove all others' NAME.new-* ─► read NAME ─► write ─► rename to NAME
 *
 * Of two, the one that created its file later removes the other's before it reads; so the other has either replaced the file before
 * that, or finds nothing to rename and begins again.
 */
import { hasCode, MillraceError } from '../../../core/index.ts'
import { FileLock, type FileLockEnv } from './file-lock.ts'
import { type Rows, rowsIn, textOfRows } from './file-rows.ts'
import {
  changed,
  holds,
  type Item,
  type ItemChange,
  type ItemCondition,
  type ItemOutcome,
  type ItemTable,
} from './item.ts'
import { keysByOwner } from './item-lease-table.ts'
import { LEASE_KEY } from './lease-item.ts'

const FILE = 'leases.json'
/** Changes that may wait for the lock; more come from a caller that does not await. */
const WAITING_MAX = 10_000
/** A change that others overtook so often is told to its caller. */
const TRIES_MAX = 20

interface Waiting {
  /** may be called again with other rows; says whether it changed any */
  readonly apply: (rows: Rows) => boolean
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

export type FileItemsEnv = FileLockEnv

export class FileItems implements ItemTable {
  readonly keyName = LEASE_KEY
  readonly isShared = true
  readonly #env: FileItemsEnv
  readonly #directory: string
  readonly #lock: FileLock
  #waiting: Waiting[] = []
  #writing = false

  /** @param name of the worker, shown to others who find the lock held */
  constructor(env: FileItemsEnv, directory: string, name: string) {
    this.#env = env
    this.#directory = directory
    this.#lock = new FileLock(env, directory, name)
  }

  async get(key: string): Promise<Item | null> {
    return (await this.#read()).get(key) ?? null
  }

  async scan(): Promise<readonly Item[]> {
    return [...(await this.#read()).values()]
  }

  async keysByOwner(owner: string): Promise<readonly string[]> {
    return keysByOwner((await this.#read()).values(), this.keyName, owner)
  }

  async change(change: ItemChange): Promise<ItemOutcome> {
    let outcome: ItemOutcome = { done: false, item: null }
    await this.#write(rows => {
      const before = rows.get(change.key) ?? null
      if (!holds(before, change.conditions)) {
        outcome = { done: false, item: before }
        return false
      }
      const item = changed(before, this.keyName, change)
      rows.set(change.key, item)
      outcome = { done: true, item }
      return true
    })
    return outcome
  }

  delete(key: string, conditions: readonly ItemCondition[]): Promise<void> {
    return this.#write(rows => holds(rows.get(key) ?? null, conditions) && rows.delete(key))
  }

  /** Applies a change under the lock; it says whether it changed anything. */
  #write(apply: (rows: Rows) => boolean): Promise<void> {
    if (this.#waiting.length >= WAITING_MAX)
      return Promise.reject(
        new MillraceError(
          'throttled',
          `${WAITING_MAX} changes of ${this.#path()} wait for the disk; make fewer at a time`,
          {
            retry: 'backoff',
          },
        ),
      )
    return new Promise((done, failed) => {
      this.#waiting.push({ apply, done, failed })
      if (!this.#writing) void this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      let together: Waiting[] = []
      try {
        for (let tries = 1, isDone = false; !isDone; tries++) {
          if (tries > TRIES_MAX) throw this.#overtaken()
          // Who was overtaken has lost the lock: two who tried again without it would keep removing each other's files.
          const unlock = await this.#lock.acquire()
          try {
            together = [...together, ...this.#waiting]
            this.#waiting = []
            isDone = await this.#tryToReplace(together)
          } finally {
            await unlock()
          }
        }
        for (const { done } of together) done()
      } catch (error) {
        if (together.length === 0) {
          together = this.#waiting
          this.#waiting = []
        }
        for (const { failed } of together) failed(error)
      }
    }
    this.#writing = false
  }

  async #read(): Promise<Rows> {
    let bytes: Uint8Array
    try {
      bytes = await this.#env.files.readAll(this.#path())
    } catch (error) {
      if (hasCode(error, 'not_found')) return new Map()
      throw error
    }
    return rowsIn(new TextDecoder().decode(bytes), this.#path())
  }

  #overtaken(): MillraceError {
    return new MillraceError(
      'throttled',
      `${this.#path()} was replaced by others ${TRIES_MAX} times while it was to be changed; try again later`,
      { retry: 'backoff' },
    )
  }

  /** False when another process went on in the meantime: nothing is written. */
  async #tryToReplace(together: readonly Waiting[]): Promise<boolean> {
    const { files, random } = this.#env
    const newPath = `${this.#path()}.new-${random.uuid()}`
    const handle = await files.open(newPath, 'create')
    try {
      try {
        await this.#removeOthers(newPath)
        const rows = await this.#read()
        const changes = together.map(({ apply }) => apply(rows))
        if (!changes.includes(true)) return true
        await handle.write(new TextEncoder().encode(textOfRows(rows)), 0)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await files.rename(newPath, this.#path())
    } catch (error) {
      if (hasCode(error, 'not_found') && (await files.stat(newPath)) === null) return false
      throw error
    } finally {
      await files.remove(newPath)
    }
    await files.syncDirectory(this.#directory)
    return true
  }

  /** What others are about to rename, and what those left behind that died. */
  async #removeOthers(own: string): Promise<void> {
    const { files } = this.#env
    for (const name of await files.list(this.#directory)) {
      const path = `${this.#directory}/${name}`
      if (name.startsWith(`${FILE}.new`) && path !== own) await files.remove(path)
    }
  }

  #path(): string {
    return `${this.#directory}/${FILE}`
  }
}
