/**
 * The lock of a lease file, held for one change at a time. It only keeps processes from working in vain: the file is safe without it
 * (file-items.ts). So a holder that stands still (SIGSTOP, a debugger, a disk that hangs) loses it, and holds up nobody for long.
 */
import { type Env, hasCode, MillraceError } from '../../../core/index.ts'
import { lockDirectory, lockInTheWay, takeLockAway } from '../../../streams/local/directory-lock.ts'

/** Waiting for the lock: tries this far apart, and so long at most. */
const TRY_MS = 5
const WAIT_MS_MAX = 10_000
/** A change takes some milliseconds; a lock that is held for so long is taken away. */
export const STALE_MS = 1_000

export type FileLockEnv = Pick<Env, 'clock' | 'files' | 'processes' | 'random'>

export class FileLock {
  readonly #env: FileLockEnv
  readonly #directory: string
  readonly #name: string
  /** the lock that is in the way, and when it was first seen, by the monotonic clock */
  #seen: { readonly file: string; readonly sinceMs: number } | null = null

  /** @param name shown to others who find it locked */
  constructor(env: FileLockEnv, directory: string, name: string) {
    this.#env = env
    this.#directory = directory
    this.#name = name
  }

  /** @returns gives it back @throws MillraceError `throttled` when others had it for 10 s */
  async acquire(): Promise<() => Promise<void>> {
    const { clock, files, random } = this.#env
    await files.makeDirectory(this.#directory)
    for (const until = clock.monotonicMs() + WAIT_MS_MAX; ; ) {
      try {
        const unlock = await lockDirectory(this.#env, this.#directory, this.#name)
        this.#seen = null
        return unlock
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

  /** Takes a lock away that one and the same taking has had for too long. */
  async #breakStale(): Promise<void> {
    const file = await lockInTheWay(this.#env, this.#directory)
    const now = this.#env.clock.monotonicMs()
    if (file === null || file !== this.#seen?.file) this.#seen = file === null ? null : { file, sinceMs: now }
    else if (now - this.#seen.sinceMs >= STALE_MS) await takeLockAway(this.#env, this.#directory, file)
  }
}
