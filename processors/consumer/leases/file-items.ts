/**
 * Rows in one file on this machine, for workers without DynamoDB: `<directory>/leases.json`, in DynamoDB's own notation. The file is
 * replaced as a whole under a lock that processes share, so that several workers and the command line may use it at a time;
 * changes that wait for the lock are written together. Readers take no lock: they see the file before or after a change.
 */
import { type Env, hasCode, MillraceError } from '../../../core/index.ts'
import { lockDirectory } from '../../../streams/local/directory-lock.ts'
import {
  type AttributeValue,
  changed,
  holds,
  type Item,
  type ItemChange,
  type ItemCondition,
  type ItemOutcome,
  type ItemTable,
  textIn,
} from './item.ts'
import { keysByOwner } from './item-lease-table.ts'
import { LEASE_KEY } from './lease-item.ts'

const FILE = 'leases.json'
const FORMAT = 1
/** Waiting for the lock: tries this far apart, and so long at most. */
const LOCK_TRY_MS = 5
const LOCK_WAIT_MS_MAX = 10_000
/** Changes that may wait for the lock; more come from a caller that does not await. */
const WAITING_MAX = 10_000

type Rows = Map<string, Item>
interface Waiting {
  readonly apply: (rows: Rows) => boolean
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

export type FileItemsEnv = Pick<Env, 'clock' | 'files' | 'processes' | 'random'>

export class FileItems implements ItemTable {
  readonly keyName = LEASE_KEY
  readonly isShared = true
  readonly #env: FileItemsEnv
  readonly #directory: string
  readonly #name: string
  #waiting: Waiting[] = []
  #writing = false

  /** @param name of the worker, shown to others who find the lock held */
  constructor(env: FileItemsEnv, directory: string, name: string) {
    this.#env = env
    this.#directory = directory
    this.#name = name
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
        const unlock = await this.#lock()
        try {
          together = this.#waiting
          this.#waiting = []
          const rows = await this.#read()
          const changes = together.map(({ apply }) => apply(rows))
          if (changes.includes(true)) await this.#replace(rows)
        } finally {
          await unlock()
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

  async #lock(): Promise<() => Promise<void>> {
    const { clock, files, random } = this.#env
    await files.makeDirectory(this.#directory)
    for (const until = clock.monotonicMs() + LOCK_WAIT_MS_MAX; ; ) {
      try {
        return await lockDirectory(this.#env, this.#directory, this.#name)
      } catch (error) {
        if (!hasCode(error, 'directory_in_use')) throw error
        if (clock.monotonicMs() >= until)
          throw new MillraceError(
            'throttled',
            `the lease file was locked for ${LOCK_WAIT_MS_MAX} ms: ${error.message}`,
            {
              retry: 'backoff',
              cause: error,
            },
          )
        await clock.sleep(LOCK_TRY_MS * (0.5 + random.next()))
      }
    }
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

  async #replace(rows: Rows): Promise<void> {
    const { files } = this.#env
    const items = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)
    const lines = items.map(item => JSON.stringify(item, (_, value: unknown) => plain(value))).join(',\n')
    const text = `{"format":${FORMAT},"items":[\n${lines}\n]}\n`
    const temporary = `${this.#path()}.new`
    // What a process left behind that died while it wrote.
    await files.remove(temporary)
    const handle = await files.open(temporary, 'create')
    try {
      await handle.write(new TextEncoder().encode(text), 0)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await files.rename(temporary, this.#path())
    await files.syncDirectory(this.#directory)
  }

  #path(): string {
    return `${this.#directory}/${FILE}`
  }
}

/** Bytes as base64, as DynamoDB's JSON has them. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { B, BS } = value as { readonly B?: unknown; readonly BS?: unknown }
  if (B instanceof Uint8Array) return { B: Buffer.from(B).toString('base64') }
  if (Array.isArray(BS)) return { BS: BS.map(bytes => Buffer.from(bytes as Uint8Array).toString('base64')) }
  return value
}

function rowsIn(text: string, path: string): Rows {
  let parsed: { readonly format?: unknown; readonly items?: readonly Record<string, Raw>[] }
  try {
    parsed = JSON.parse(text) as typeof parsed
  } catch (error) {
    throw new MillraceError('unreadable_input', `${path} is not whole JSON; mend it, or delete it to start anew`, {
      cause: error,
    })
  }
  if (parsed.format !== FORMAT || !Array.isArray(parsed.items))
    throw new MillraceError(
      'unreadable_input',
      `${path} has format ${JSON.stringify(parsed.format)}, this version reads ${FORMAT}; use the version that wrote it`,
    )
  const rows: Rows = new Map()
  for (const raw of parsed.items as readonly Record<string, Raw>[]) {
    const item: Item = Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, valueOf(value)]))
    const key = textIn(item, LEASE_KEY)
    if (key === null) throw new MillraceError('unreadable_input', `${path} has a row without ${LEASE_KEY}; mend it`)
    rows.set(key, item)
  }
  return rows
}

/** As AttributeValue, with base64 in place of bytes. */
type Raw = Readonly<Record<string, unknown>>

function valueOf(raw: Raw): AttributeValue {
  const { B, BS, L, M } = raw
  if (typeof B === 'string') return { B: bytesOf(B) }
  if (Array.isArray(BS)) return { BS: BS.map(text => bytesOf(String(text))) }
  if (Array.isArray(L)) return { L: L.map(value => valueOf(value as Raw)) }
  if (typeof M === 'object' && M !== null)
    return { M: Object.fromEntries(Object.entries(M).map(([name, value]) => [name, valueOf(value as Raw)])) }
  return raw as AttributeValue
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}
