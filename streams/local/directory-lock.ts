/**
 * One process at a time writes below a directory. The lock is a file that names its holder; one whose process has ended is
 * stale and is taken over. A process is known by its id and the instant of its start, for ids come round again.
 */
import { dirname } from 'node:path'
import { type Env, hasCode, MillraceError } from '../../core/index.ts'

const FILE = '.lock'
/** A lock that cannot be read is being written, or its writer ended in the middle; this long is enough to write it. */
const WRITING_MS_MAX = 10_000
const TRIES_MAX = 5

interface Holder {
  readonly pid: number
  readonly startedAt: string
  readonly name: string
}

/** Whether a name in a locked directory is the lock's own. */
export function isLockFile(name: string): boolean {
  return name.startsWith(FILE)
}

/**
 * Takes the lock of a directory, which must be there.
 * @param name shown to others who want the directory
 * @returns gives it back
 * @throws MillraceError `directory_in_use` with name and process id of the holder; what Files throws
 */
export async function lockDirectory(
  env: Pick<Env, 'clock' | 'files' | 'processes'>,
  directory: string,
  name: string,
): Promise<() => Promise<void>> {
  const { files, processes } = env
  const path = `${directory}/${FILE}`
  const self = await processes.self()
  const text = JSON.stringify({ ...self, name } satisfies Holder)
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (await create(files, path, text)) return () => files.remove(path)
    const found = await textOf(files, path)
    if (found === null) continue
    const holder = holderIn(found)
    if (holder === null ? await isBeingWritten(env, path) : await isAlive(processes, holder))
      throw holder === null
        ? busy(directory)
        : new MillraceError(
            'directory_in_use',
            `${directory} is in use by ${holder.name} (process ${holder.pid}); end that process, or choose another directory`,
          )
    await breakLock(env, path, found)
  }
  throw busy(directory)
}

function busy(directory: string): MillraceError {
  return new MillraceError('directory_in_use', `${directory} is just being opened by another process; try again`)
}

/**
 * Removes a stale lock. Whoever does so holds a second lock meanwhile: else one process could remove the lock that another has
 * just taken in place of the stale one.
 */
async function breakLock(env: Pick<Env, 'clock' | 'files'>, path: string, stale: string): Promise<void> {
  const { files } = env
  const breaker = `${path}.breaking`
  if (!(await create(files, breaker, ''))) {
    if (await isBeingWritten(env, breaker)) throw busy(dirname(path))
    // Its maker ended within the few steps below.
    await files.remove(breaker)
    return
  }
  try {
    if ((await textOf(files, path)) === stale) await files.remove(path)
  } finally {
    await files.remove(breaker)
  }
}

async function create(files: Env['files'], path: string, text: string): Promise<boolean> {
  try {
    const handle = await files.open(path, 'create')
    try {
      await handle.write(new TextEncoder().encode(text), 0)
      // After a power cut an empty lock would look like one that is being written.
      await handle.sync()
    } finally {
      await handle.close()
    }
    return true
  } catch (error) {
    if (hasCode(error, 'already_exists')) return false
    throw error
  }
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

async function isBeingWritten({ clock, files }: Pick<Env, 'clock' | 'files'>, path: string): Promise<boolean> {
  const stat = await files.stat(path)
  return stat !== null && clock.now() - stat.modifiedAt < WRITING_MS_MAX
}
