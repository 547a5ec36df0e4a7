/**
 * The lock of a lease file, which is held for one change at a time. A holder that stands still (SIGSTOP, a debugger, a disk that hangs)
 * must not hold up every other worker of the machine, so its lock is taken away after a while. It may go on at any later moment, even
 * within the call that replaces the file; so it is fenced first, by the name of the file that it writes:
 *
 *   holder:  create NAME.new-TOKEN (must not exist) ─► write ─► rename it to NAME
 *   others:  make a directory NAME.new-TOKEN: the holder cannot create it any more, and learns that it is fenced
 *            ... or, where it is there already, rename it away: the holder has nothing left to rename
 *
 * Either the holder's file is in place before the fence, and is read by whoever comes next, or it never will be.
 */
import { type Env, hasCode, MillraceError } from '../../../core/index.ts'
import { lockDirectory, seenLock, takeLockAway } from '../../../streams/local/directory-lock.ts'

/** Waiting for the lock: tries this far apart, and so long at most. */
const TRY_MS = 5
const WAIT_MS_MAX = 10_000
/** A change takes some milliseconds; a lock that is held for so long is taken away. */
export const STALE_MS = 3_000

export type FileLockEnv = Pick<Env, 'clock' | 'files' | 'processes' | 'random'>

export interface HeldLock {
  /** what the next state of the file is written to, before it is renamed */
  readonly newPath: string
  /** Gives the lock back, unless it was taken away. */
  release(): Promise<void>
}

export class FileLock {
  readonly #env: FileLockEnv
  readonly #directory: string
  readonly #path: string
  readonly #name: string
  #mustSweep = true
  /** how long the lock that is in the way has been seen, by the monotonic clock */
  #seen: { readonly text: string; readonly sinceMs: number } | null = null

  /**
   * @param path of the file that is replaced
   * @param name shown to others who find it locked
   */
  constructor(env: FileLockEnv, directory: string, path: string, name: string) {
    this.#env = env
    this.#directory = directory
    this.#path = path
    this.#name = name
  }

  /** @throws MillraceError `throttled` when others had it for 10 s */
  async acquire(): Promise<HeldLock> {
    const { clock, files, random } = this.#env
    await files.makeDirectory(this.#directory)
    const token = `${(await this.#env.processes.self()).pid}-${random.uuid()}`
    for (const until = clock.monotonicMs() + WAIT_MS_MAX; ; ) {
      const beganMs = clock.monotonicMs()
      try {
        const unlock = await lockDirectory(this.#env, this.#directory, this.#name, token)
        this.#seen = null
        if (this.#mustSweep) await this.#sweep(token)
        this.#mustSweep = false
        return { newPath: this.#newPath(token), release: () => this.#release(token, beganMs, unlock) }
      } catch (error) {
        if (!hasCode(error, 'directory_in_use')) throw error
        if (clock.monotonicMs() >= until)
          throw new MillraceError('throttled', `the lease file was locked for ${WAIT_MS_MAX} ms: ${error.message}`, {
            retry: 'backoff',
            cause: error,
          })
      }
      await this.#breakStale()
      await clock.sleep(TRY_MS * (0.5 + random.next()))
    }
  }

  /** Whether an error of writing or renaming says that the lock was taken away meanwhile. */
  async wasTaken(error: unknown, { newPath }: HeldLock): Promise<boolean> {
    const { files } = this.#env
    const isFenced = (await files.stat(newPath))?.isDirectory === true
    // The fence has done its work: this token does not come again.
    if (isFenced) await files.remove(newPath)
    return isFenced || hasCode(error, 'not_found')
  }

  /** Within half the time nobody takes it away; later it may be another's by now. */
  async #release(token: string, beganMs: number, unlock: () => Promise<void>): Promise<void> {
    const isOurs =
      this.#env.clock.monotonicMs() - beganMs < STALE_MS / 2 ||
      (await seenLock(this.#env, this.#directory))?.token === token
    if (isOurs) return unlock()
    // Taken away after the change was in place: the fence is needed no more.
    await this.#env.files.remove(this.#newPath(token))
  }

  /** Takes a lock away that one and the same taking has had for too long. */
  async #breakStale(): Promise<void> {
    const lock = await seenLock(this.#env, this.#directory)
    const now = this.#env.clock.monotonicMs()
    if (lock === null || lock.text !== this.#seen?.text) {
      this.#seen = lock === null ? null : { text: lock.text, sinceMs: now }
      return
    }
    if (lock.token === null || now - this.#seen.sinceMs < STALE_MS) return
    await this.#fence(lock.token)
    this.#mustSweep = true
    try {
      await takeLockAway(this.#env, this.#directory, lock)
    } catch (error) {
      if (!hasCode(error, 'directory_in_use')) throw error
    }
  }

  async #fence(token: string): Promise<void> {
    const { files } = this.#env
    const path = this.#newPath(token)
    try {
      await files.makeDirectory(path)
    } catch (error) {
      if ((await files.stat(path))?.isDirectory === false) return this.#moveAway(path)
      throw error
    }
  }

  /** The holder creates it once. Where it is not there any more it is in place, or another worker was quicker. */
  async #moveAway(path: string): Promise<void> {
    const { files } = this.#env
    const broken = `${path}.broken`
    try {
      await files.rename(path, broken)
    } catch (error) {
      if (!hasCode(error, 'not_found')) throw error
      return
    }
    await files.remove(broken)
  }

  /** What holders left behind that died, and fences of processes that have ended. By the holder of the lock alone. */
  async #sweep(own: string): Promise<void> {
    const { files, processes } = this.#env
    const prefix = baseOf(this.#newPath(''))
    for (const name of await files.list(this.#directory)) {
      if (!name.startsWith(prefix) || name === prefix + own) continue
      const path = `${this.#directory}/${name}`
      const isFence = (await files.stat(path))?.isDirectory === true
      if (!isFence || (await processes.find(pidIn(name.slice(prefix.length)))) === null) await files.remove(path)
    }
  }

  #newPath(token: string): string {
    return `${this.#path}.new-${token}`
  }
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Tokens begin with the process that took the lock. */
function pidIn(token: string): number {
  return Number.parseInt(token, 10)
}
