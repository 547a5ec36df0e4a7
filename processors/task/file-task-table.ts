/**
 * The row of a task and its snapshots in a directory of this machine.
 *
 *   <directory>/rows/0000000012.json       the twelfth version of the row; the one with the largest number counts
 *   <directory>/snapshots/<round>.<nonce>  a snapshot; the commit names one
 *
 * A change writes a file and links it under the next number. Linking fails where something has the name, so of two who change the
 * same version one fails. Old versions are removed, which frees their numbers: a writer that slept through several changes may
 * link one of those. It then finds a larger number beside its own, and has lost.
 */
import { createHash } from 'node:crypto'
import type { Files, Random } from '../../core/env.ts'
import { hasCode, MillraceError } from '../../core/errors.ts'
import type { SnapshotRef, TaskCommit, TaskRow, TaskSnapshots, TaskTable } from './task-table.ts'

/** Versions of the row that stay, for people to look at. */
const VERSIONS_KEPT = 3
/** Names of snapshots begin with their round. */
const ROUND_DIGITS = 10
const VERSION_NAME = /^(\d{10})\.json$/

/** Where the files are. */
export interface FileTaskTableOptions {
  readonly files: Files
  readonly random: Random
  /** absolute; made when it is missing */
  readonly directory: string
}

/** One owner at a time, by the last `takeOver`; needs a file system with hard links. */
export class FileTaskTable implements TaskTable, TaskSnapshots {
  readonly #files: Files
  readonly #random: Random
  readonly #rows: string
  readonly #snapshots: string
  readonly #directory: string
  #version = 0
  #row: TaskRow | null = null

  constructor({ files, random, directory }: FileTaskTableOptions) {
    this.#files = files
    this.#random = random
    this.#directory = directory
    this.#rows = `${directory}/rows`
    this.#snapshots = `${directory}/snapshots`
  }

  async takeOver(plan: string): Promise<TaskRow> {
    await this.#files.makeDirectory(this.#rows)
    await this.#files.makeDirectory(this.#snapshots)
    for (;;) {
      const { version, row } = await this.#read()
      // Who cannot go on with the state fences nobody off.
      if (row !== null && row.plan !== plan) return row
      const next: TaskRow = {
        incarnation: row?.incarnation ?? this.#random.uuid(),
        epoch: (row?.epoch ?? 0) + 1,
        plan: row?.plan ?? plan,
        commit: row?.commit ?? null,
        published: row?.published ?? true,
      }
      // Somebody else who takes the task at the same moment is fenced off by the next attempt.
      if (!(await this.#write(version + 1, next))) continue
      await this.#sweep(next.commit)
      return next
    }
  }

  async commit(commit: TaskCommit): Promise<void> {
    const row = this.#owned()
    const before = row.commit?.round ?? 0
    if (commit.round !== before + 1 || !row.published)
      throw new MillraceError(
        'invalid_argument',
        `task ${this.#directory}: round ${commit.round} cannot follow round ${before}${row.published ? '' : ', which is not published'}`,
      )
    await this.#change({ ...row, commit, published: false })
  }

  async markPublished(round: number): Promise<void> {
    const row = this.#owned()
    if (row.commit?.round === round && !row.published) await this.#change({ ...row, published: true })
  }

  async save(round: number, chunks: Iterable<Uint8Array>): Promise<SnapshotRef> {
    const name = `${String(round).padStart(ROUND_DIGITS, '0')}.${nonceOf(this.#random)}`
    const written = await this.#put(`${this.#snapshots}/${name}`, chunks)
    await this.#files.syncDirectory(this.#snapshots)
    return { name, ...written }
  }

  async load({ name, sha256 }: SnapshotRef): Promise<Uint8Array> {
    const path = `${this.#snapshots}/${name}`
    const bytes = await this.#files.readAll(path).catch((cause: unknown) => {
      throw new MillraceError('corrupt_log', `snapshot ${path} cannot be read, and a commit needs it`, { cause })
    })
    if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes
    throw new MillraceError('corrupt_log', `snapshot ${path}: its bytes are not those that were committed`)
  }

  async keepOnly({ name }: SnapshotRef): Promise<void> {
    // A later round is of whoever has taken the task over since.
    const round = name.slice(0, ROUND_DIGITS)
    for (const other of await this.#files.list(this.#snapshots))
      if (other !== name && other.slice(0, ROUND_DIGITS) <= round)
        await this.#files.remove(`${this.#snapshots}/${other}`)
  }

  /** Writes a new file; what a failure leaves takes no room where there is little. */
  async #put(path: string, chunks: Iterable<Uint8Array>): Promise<Omit<SnapshotRef, 'name'>> {
    const hash = createHash('sha256')
    let sizeBytes = 0
    try {
      const file = await this.#files.open(path, 'create')
      try {
        for (const bytes of chunks) {
          hash.update(bytes)
          await file.write(bytes, sizeBytes)
          sizeBytes += bytes.length
        }
        await file.sync()
      } finally {
        await file.close()
      }
    } catch (error) {
      await this.#files.remove(path).catch(() => {})
      throw error
    }
    return { sizeBytes, sha256: hash.digest('hex') }
  }

  #owned(): TaskRow {
    if (this.#row !== null) return this.#row
    throw new MillraceError('invalid_argument', `task ${this.#directory}: it was not taken over`)
  }

  async #change(row: TaskRow): Promise<void> {
    if ((await this.#write(this.#version + 1, row)) || (await this.#wrote(row))) return
    this.#row = null
    throw new MillraceError('lease_lost', `task ${this.#directory}: another process has taken it over; this one stops`)
  }

  /** @returns false when somebody else has changed the row */
  async #write(version: number, row: TaskRow): Promise<boolean> {
    const files = this.#files
    const temporary = `${this.#rows}/.${nonceOf(this.#random)}`
    const bytes = new TextEncoder().encode(`${JSON.stringify(row)}\n`)
    await this.#put(temporary, [bytes])
    try {
      await files.link(temporary, this.#path(version))
    } catch (error) {
      // Who takes the task over sweeps what others have begun.
      if (hasCode(error, 'already_exists') || hasCode(error, 'not_found')) return false
      throw error
    } finally {
      await files.remove(temporary)
    }
    const versions = await this.#versions()
    if (versions.some(other => other > version)) {
      await files.remove(this.#path(version))
      return false
    }
    await files.syncDirectory(this.#rows)
    this.#version = version
    this.#row = row
    // The row is changed; what cannot be removed now is removed by a later change.
    for (const old of versions) if (old <= version - VERSIONS_KEPT) await files.remove(this.#path(old)).catch(() => {})
    return true
  }

  /** Whether an attempt that seemed to fail has written the row: nobody else writes one with the epoch of this owner. */
  async #wrote(row: TaskRow): Promise<boolean> {
    const { version, row: there } = await this.#read()
    if (version !== this.#version + 1 || JSON.stringify(there) !== JSON.stringify(row)) return false
    await this.#files.syncDirectory(this.#rows)
    this.#version = version
    this.#row = row
    return true
  }

  async #read(): Promise<{ readonly version: number; readonly row: TaskRow | null }> {
    for (;;) {
      const version = Math.max(0, ...(await this.#versions()))
      if (version === 0) return { version, row: null }
      try {
        const text = new TextDecoder().decode(await this.#files.readAll(this.#path(version)))
        return { version, row: JSON.parse(text) as TaskRow }
      } catch (error) {
        // It was replaced and removed meanwhile.
        if (!hasCode(error, 'not_found')) throw error
      }
    }
  }

  /** Removes what a writer that died had not linked yet, and snapshots of which no commit came. */
  async #sweep(commit: TaskCommit | null): Promise<void> {
    for (const name of await this.#files.list(this.#rows))
      if (name.startsWith('.')) await this.#files.remove(`${this.#rows}/${name}`)
    const snapshots = await this.#files.list(this.#snapshots)
    // What is listed while the task is this owner's cannot be of a later one, who may commit it.
    if (Math.max(...(await this.#versions())) !== this.#version) return
    for (const name of snapshots)
      if (name !== commit?.snapshot.name) await this.#files.remove(`${this.#snapshots}/${name}`)
  }

  async #versions(): Promise<readonly number[]> {
    const names = await this.#files.list(this.#rows)
    return names.flatMap(name => {
      const digits = VERSION_NAME.exec(name)?.[1]
      return digits === undefined ? [] : [Number(digits)]
    })
  }

  #path(version: number): string {
    return `${this.#rows}/${String(version).padStart(10, '0')}.json`
  }
}

function nonceOf(random: Random): string {
  return Buffer.from(random.bytes(8)).toString('hex')
}
