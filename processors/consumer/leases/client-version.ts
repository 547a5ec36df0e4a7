/**
 * Which algorithms a fleet runs that comes from KCL 2.x: those of 2.x (everybody takes, the shuffle leads) or those of 3.x (the
 * leader assigns). One row, `Migration3.0`, says it to every worker; a worker's own setting counts where there is no row.
 *
 *                        every owner reports metrics,
 *                        for ten minutes                   a worker configured as 3X starts
 *   UPGRADE_FROM_2X ───────────────────► 3X_WITH_ROLLBACK ───────────────────► 3X
 *        ▲ │                                    │
 *        │ └─────── roll back (KCL's tool) ─────┤
 *        └── roll forward (the tool) ── 2X ◄────┘
 *
 * Source: KCL 3.5, `MigrationClientVersionStateInitializer` and the states beside it; the row is `MigrationState`.
 */
import { type Clock, MillraceError } from '../../../core/index.ts'
import { type AttributeValue, type Item, numberIn, textIn } from './item.ts'
import { numberValue } from './lease-item.ts'
import type { CoordinatorTable } from './lease-table.ts'

export const CLIENT_VERSION_KEY = 'Migration3.0'
const PREFIX = 'CLIENT_VERSION_'
/** KCL: earlier versions that the row remembers, newest first. */
const HISTORY_MAX = 10
/** Tries to write a row that others write as well. */
const TRIES = 5

export const CLIENT_VERSIONS = ['INIT', 'UPGRADE_FROM_2X', '2X', '3X_WITH_ROLLBACK', '3X'] as const
/** `INIT` is nowhere stored: the fleet is of 2.x, and this worker does nothing that 2.x does not. */
export type ClientVersion = (typeof CLIENT_VERSIONS)[number]

export const CLIENT_VERSION_CONFIGS = [
  'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X_PHASE1',
  'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X',
  'CLIENT_VERSION_CONFIG_3X',
] as const
export type ClientVersionConfig = (typeof CLIENT_VERSION_CONFIGS)[number]

/**
 * The version a worker starts with.
 * @param stored what the row says; null where there is none
 */
export function startVersion(config: ClientVersionConfig, stored: ClientVersion | null): ClientVersion {
  if (stored === '3X_WITH_ROLLBACK' && config === 'CLIENT_VERSION_CONFIG_3X') return '3X'
  if (stored !== null && stored !== 'INIT') return stored
  switch (config) {
    case 'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X_PHASE1':
      return 'INIT'
    case 'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X':
      return 'UPGRADE_FROM_2X'
    case 'CLIENT_VERSION_CONFIG_3X':
      return '3X'
  }
}

/** Where a running worker follows the row. */
const FOLLOWED: Readonly<Record<ClientVersion, readonly ClientVersion[]>> = {
  INIT: [],
  UPGRADE_FROM_2X: ['2X', '3X_WITH_ROLLBACK'],
  '2X': ['UPGRADE_FROM_2X'],
  '3X_WITH_ROLLBACK': ['2X', '3X'],
  '3X': [],
}

export function mayFollow(from: ClientVersion, to: ClientVersion): boolean {
  return FOLLOWED[from].includes(to)
}

/** True where the row may still change what a worker does. */
export function isFinal(version: ClientVersion): boolean {
  return FOLLOWED[version].length === 0
}

/** True where the leader assigns; else everybody takes. */
export function isAssigned(version: ClientVersion): boolean {
  return version === '3X' || version === '3X_WITH_ROLLBACK'
}

/** True where workers report their load: what has not left 2.x, or went back, does not. */
export function reportsMetrics(version: ClientVersion): boolean {
  return version !== 'INIT' && version !== '2X'
}

/** The row, as one worker reads and writes it. */
export class ClientVersionRow {
  readonly #table: CoordinatorTable
  readonly #clock: Clock
  readonly #workerId: string

  constructor(table: CoordinatorTable, clock: Clock, workerId: string) {
    this.#table = table
    this.#clock = clock
    this.#workerId = workerId
  }

  /**
   * What the row says; null where there is none.
   * @throws MillraceError `config` for a row that says something unknown
   */
  async read(): Promise<ClientVersion | null> {
    const row = await this.#table.get(CLIENT_VERSION_KEY)
    return row === null ? null : versionIn(row.attributes)
  }

  /**
   * The version to start with, with the row made to say so.
   * @throws MillraceError `internal` with retry `backoff` when others write it all the time
   */
  async enter(config: ClientVersionConfig): Promise<ClientVersion> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const stored = await this.read()
      const version = startVersion(config, stored)
      if (version === stored || version === 'INIT' || (await this.move(stored, version))) return version
    }
    throw new MillraceError(
      'internal',
      `the row ${CLIENT_VERSION_KEY} was written by others ${TRIES} times while this worker started; it starts again`,
      { retry: 'backoff' },
    )
  }

  /** Writes a version in place of another. False when the row says something else by now. */
  async move(from: ClientVersion | null, to: ClientVersion): Promise<boolean> {
    const now = { cv: { S: PREFIX + to }, mb: { S: this.#workerId }, mts: numberValue(this.#clock.now()) }
    if (from === null) {
      const { cv: _, ...rest } = now
      const h: AttributeValue = { L: [{ M: { ...rest, cv: { S: `${PREFIX}INIT` } } }] }
      return this.#table.create(CLIENT_VERSION_KEY, 'CLIENT_VERSION_MIGRATION', { ...now, h })
    }
    const row = await this.#table.get(CLIENT_VERSION_KEY)
    if (row === null || versionIn(row.attributes) !== from) return false
    const { cv, mb, mts, h } = row.attributes
    const before: Item = { ...(cv && { cv }), ...(mb && { mb }), ...(mts && { mts }) }
    const history = [{ M: before }, ...(h !== undefined && 'L' in h ? h.L : [])].slice(0, HISTORY_MAX)
    return this.#table.update(CLIENT_VERSION_KEY, { ...now, h: { L: history } }, { cv: { S: PREFIX + from } })
  }

  /** Who wrote the row last, and when; for people. */
  async writtenBy(): Promise<string> {
    const attributes = (await this.#table.get(CLIENT_VERSION_KEY))?.attributes ?? {}
    const at = numberIn(attributes, 'mts', null)
    return `${textIn(attributes, 'mb') ?? 'somebody'}${at === null ? '' : ` at ${new Date(at).toISOString()}`}`
  }
}

function versionIn(attributes: Item): ClientVersion {
  const text = textIn(attributes, 'cv')
  const version = CLIENT_VERSIONS.find(known => text === PREFIX + known)
  if (version !== undefined) return version
  throw new MillraceError(
    'config',
    `the row ${CLIENT_VERSION_KEY} says ${text ?? 'nothing'}, which no version of the KCL up to 3.5 writes; a newer one may have been there`,
  )
}
