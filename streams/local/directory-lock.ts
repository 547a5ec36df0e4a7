/**
 * One process at a time writes below a directory. Whoever wants it puts a file of its own there, whole before it has its name, which
 * names it; then it looks for others:
 *
 *   announce ─► look ─┬─ nobody else that lives ──────────────────────────► held
 *                     ├─ one whose name comes first, or one that stays ───► withdraw: in use
 *                     └─ only later ones: they withdraw when they look ───► look again, for a while
 *
 * Of two that announce themselves, the later one sees the other when it looks; so two never hold it. A file is removed by its owner, or
 * by anybody once its process has ended. Names are never given twice, so that a process which stands still between a check and a
 * removal cannot remove a lock that somebody took meanwhile. A process is known by its id and the instant of its start, for ids come
 * round again. Threads, and copies of this module in one process, count as processes do: they know nothing of one another, and hit on
 * the same names.
 */
import { type Env, type FileHandle, hasCode, MillraceError } from '../../core/index.ts'

const PREFIX = '.lock'
/** The end of a name under which nobody looks: its file is not whole yet. */
const UNFINISHED = '.new'
/** Of a file that cannot be read, or is not whole: its writer ended in the middle. This long is enough to write it. */
const WRITING_MS_MAX = 10_000
/** So long is waited for later ones to withdraw, who may wait for the processor; waits grow from the first to the longest. */
const WITHDRAWAL_MS_MAX = 1_500
const LOOK_MS = 5
const LOOK_MS_MAX = 100

type LockEnv = Pick<Env, 'clock' | 'files' | 'processes'>

interface Holder {
  readonly pid: number
  readonly startedAt: string
  readonly name: string
}

interface Lock {
  /** its name in the directory */
  readonly file: string
  /** null where it cannot be read */
  readonly holder: Holder | null
}

/** Makes names of one instant differ, as far as this copy of the module gives them. */
let announced = 0

/** Whether a name in a locked directory is the lock's own. */
export function isLockFile(name: string): boolean {
  return name.startsWith(PREFIX)
}

/**
 * Takes the lock of a directory, which must be there.
 * @param name shown to others who want the directory
 * @returns gives it back
 * @throws MillraceError `directory_in_use` with name and process id of the holder; what Files throws
 */
export async function lockDirectory(env: LockEnv, directory: string, name: string): Promise<() => Promise<void>> {
  const { clock, files } = env
  const [there] = await locksIn(env, directory)
  if (there !== undefined) throw inUse(directory, there)
  const own = await announce(env, directory, name)
  const withdraw = (): Promise<void> => files.remove(`${directory}/${own}`)
  try {
    const until = clock.monotonicMs() + WITHDRAWAL_MS_MAX
    for (let waitMs = LOOK_MS; ; waitMs = Math.min(2 * waitMs, LOOK_MS_MAX)) {
      const locks = await locksIn(env, directory)
      const [first] = locks.filter(({ file }) => file !== own)
      // Taken away while this process stood still; only those do that whom a second holder does not harm.
      if (!locks.some(({ file }) => file === own)) throw inUse(directory, first)
      if (first === undefined) return withdraw
      if (first.file < own) throw inUse(directory, first)
      // It may hold the directory, or be about to withdraw: so it is not named as the holder.
      if (clock.monotonicMs() >= until) throw inUse(directory, undefined)
      await clock.sleep(waitMs)
    }
  } catch (error) {
    await withdraw()
    throw error
  }
}

/** The file of the lock that is in the way at the moment; null without one. */
export async function lockInTheWay(env: LockEnv, directory: string): Promise<string | null> {
  return (await locksIn(env, directory))[0]?.file ?? null
}

/** Takes a lock away from a holder that may live. Only for those whom a second holder does not harm. */
export function takeLockAway({ files }: Pick<Env, 'files'>, directory: string, file: string): Promise<void> {
  return files.remove(`${directory}/${file}`)
}

function inUse(directory: string, lock: Lock | undefined): MillraceError {
  return lock?.holder
    ? new MillraceError(
        'directory_in_use',
        `${directory} is in use by ${lock.holder.name} (process ${lock.holder.pid}); end that process, or choose another directory`,
      )
    : new MillraceError('directory_in_use', `${directory} is just being opened by another process; try again`)
}

/** Puts a file of this process there; its name, which was never given before. */
async function announce(env: LockEnv, directory: string, name: string): Promise<string> {
  const self = await env.processes.self()
  const content = JSON.stringify({ ...self, name } satisfies Holder)
  for (;;) {
    const file = `${PREFIX}-${self.pid}-${env.clock.now()}-${announced++}`
    if (await publish(env, directory, file, content)) return file
  }
}

/**
 * Gives a file its name once it is whole; false when somebody has the name, or is about to. Only one at a time has a file under the
 * unfinished name, and only that one gives the name: whoever had both before is seen. (A hard link would do as well, where there are any.)
 */
async function publish({ files }: LockEnv, directory: string, file: string, content: string): Promise<boolean> {
  const path = `${directory}/${file}`
  const handle = await createdAlone(files, path + UNFINISHED)
  if (handle === null) return false
  try {
    await handle.write(new TextEncoder().encode(content), 0)
    // After a power cut an empty lock would look like one that is being written.
    await handle.sync()
  } finally {
    await handle.close()
  }
  if ((await files.stat(path)) !== null) {
    await files.remove(path + UNFINISHED)
    return false
  }
  try {
    await files.rename(path + UNFINISHED, path)
    return true
  } catch (error) {
    // Swept, for this process stood still for so long.
    if (hasCode(error, 'not_found')) throw inUse(directory, undefined)
    throw error
  }
}

/** A new file; null where there is one. */
async function createdAlone(files: Env['files'], path: string): Promise<FileHandle | null> {
  try {
    return await files.open(path, 'create')
  } catch (error) {
    if (hasCode(error, 'already_exists')) return null
    throw error
  }
}

/** The locks of a directory whose processes live, in the order of their names; those of others are removed. */
async function locksIn(env: LockEnv, directory: string): Promise<readonly Lock[]> {
  const { clock, files, processes } = env
  const locks: Lock[] = []
  for (const file of await files.list(directory)) {
    if (!isLockFile(file)) continue
    const path = `${directory}/${file}`
    const isUnfinished = file.endsWith(UNFINISHED)
    const text = isUnfinished ? '' : await textOf(files, path)
    if (text === null) continue
    const holder = holderIn(text)
    if (holder === null) {
      const stat = await files.stat(path)
      if (stat === null) continue
      if (clock.now() - stat.modifiedAt >= WRITING_MS_MAX) await files.remove(path)
      else if (!isUnfinished) locks.push({ file, holder })
    } else if (await isAlive(processes, holder)) locks.push({ file, holder })
    else await files.remove(path)
  }
  return locks
}

async function textOf(files: Env['files'], path: string): Promise<string | null> {
  try {
    return new TextDecoder().decode(await files.readAll(path))
  } catch (error) {
    if (hasCode(error, 'not_found')) return null
    throw error
  }
}

function holderIn(text: string): Holder | null {
  try {
    const { pid, startedAt, name } = JSON.parse(text) as Partial<Holder>
    return typeof pid === 'number' && typeof startedAt === 'string' && typeof name === 'string'
      ? { pid, startedAt, name }
      : null
  } catch {
    return null
  }
}

async function isAlive(processes: Env['processes'], holder: Holder): Promise<boolean> {
  const found = await processes.find(holder.pid)
  if (found === null) return false
  // Where the system does not tell when a process began, its id has to do.
  return found.startedAt === holder.startedAt || found.startedAt === '' || holder.startedAt === ''
}
