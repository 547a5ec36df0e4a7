/**
 * Reference tables that are read again while a program runs: each table's source is asked at its interval, and what has
 * changed waits until the task takes it between two batches. A source that fails leaves the table as it was.
 *
 *   source ──every n s──► waiting (the newest of each table) ──take()──► task ──► Program.replaceTable
 */
import type { Clock, Files } from '../core/env.ts'
import { MillraceError } from '../core/errors.ts'
import { checkReferenceSize } from './reference-table.ts'

/** Where a table's object lies: a file, an object of a store. */
export interface ReferenceSource {
  /** of the reference table */
  readonly table: string
  /**
   * What is there now, or null where it is still what `version` names.
   * @param version what an earlier call gave; null at first
   * @throws MillraceError `not_found`, `unreadable_input`, `state_limit`
   */
  read(version: string | null): Promise<{ readonly version: string; readonly bytes: Uint8Array } | null>
}

export interface RefreshedTable {
  readonly table: string
  readonly bytes: Uint8Array
}

export interface ReferenceRefreshOptions {
  readonly sources: readonly {
    readonly source: ReferenceSource
    /** milliseconds between two looks; null: read once */
    readonly everyMs: number | null
  }[]
  readonly clock: Clock
  /** hears what was read again, and what could not be */
  readonly onNotice: (text: string) => void
}

export class ReferenceRefresh {
  readonly #options: ReferenceRefreshOptions
  readonly #versions = new Map<string, string>()
  readonly #waiting = new Map<string, RefreshedTable>()
  readonly #reading = new Set<string>()
  /** what was told of a table last, so that a file that stays away is told of once */
  readonly #told = new Map<string, string>()
  #stops: (() => void)[] = []

  constructor(options: ReferenceRefreshOptions) {
    this.#options = options
  }

  /**
   * Reads every table for the start of a program, and looks again from then on until `stop`.
   * @throws what a source throws
   */
  async start(): Promise<ReadonlyMap<string, Uint8Array>> {
    const contents = new Map<string, Uint8Array>()
    const { sources, clock } = this.#options
    for (const { source } of sources) {
      const found = await source.read(null)
      if (found === null) continue
      this.#versions.set(source.table, found.version)
      contents.set(source.table, found.bytes)
    }
    for (const { source, everyMs } of sources)
      if (everyMs !== null) this.#stops.push(clock.every(everyMs, () => void this.#look(source)))
    return contents
  }

  /** The tables that have changed since the last call, the newest content of each. */
  take(): readonly RefreshedTable[] {
    if (this.#waiting.size === 0) return []
    const taken = [...this.#waiting.values()]
    this.#waiting.clear()
    return taken
  }

  /** A table that was taken and could not be used. */
  refused({ table }: RefreshedTable, error: MillraceError): void {
    this.#tell(table, `reference table "${table}" keeps its rows: ${error.message}`)
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    this.#stops = []
  }

  async #look(source: ReferenceSource): Promise<void> {
    const { table } = source
    // A source that is slower than its interval is asked once at a time.
    if (this.#reading.has(table)) return
    this.#reading.add(table)
    try {
      const found = await source.read(this.#versions.get(table) ?? null)
      if (found === null) return
      this.#versions.set(table, found.version)
      this.#waiting.set(table, { table, bytes: found.bytes })
      this.#told.delete(table)
      this.#options.onNotice(`reference table "${table}" was read again (${found.bytes.length} bytes)`)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#tell(table, `reference table "${table}" keeps its rows: ${why}`)
    } finally {
      this.#reading.delete(table)
    }
  }

  #tell(table: string, text: string): void {
    if (this.#told.get(table) === text) return
    this.#told.set(table, text)
    this.#options.onNotice(text)
  }
}

/** A table's rows in a file. It counts as changed when its size or its time of change is another. */
export function fileReference(files: Files, table: string, path: string): ReferenceSource {
  const versionOf = async (): Promise<string> => {
    const stat = await files.stat(path)
    if (stat === null || stat.isDirectory)
      throw new MillraceError('not_found', `file of reference table "${table}" is missing: ${path}`)
    checkReferenceSize(table, stat.sizeBytes)
    return `${stat.modifiedAt} ${stat.sizeBytes}`
  }
  return {
    table,
    read: async version => {
      const before = await versionOf()
      if (before === version) return null
      const bytes = await files.readAll(path)
      // A file that is being written is taken when it is whole; the first read has nothing to wait for.
      if (version !== null && (await versionOf()) !== before) return null
      return { version: before, bytes }
    },
  }
}
