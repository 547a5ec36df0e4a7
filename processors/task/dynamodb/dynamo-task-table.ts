/**
 * The row of a task and its snapshots in DynamoDB, for tasks whose machine may go for good. Every change of the row is one
 * conditional write on its version, epoch and incarnation; what is too large for an item lies in pieces that were written before, which the row
 * names.
 */
import { createHash } from 'node:crypto'
import { MillraceError, type Random } from '../../../core/index.ts'
import { DynamoClient, type DynamoClientOptions } from '../../consumer/leases/dynamodb/dynamodb-client.ts'
import type { SnapshotRef, TaskCommit, TaskRow, TaskSnapshots, TaskTable } from '../task-table.ts'
import { type AttributeValue, PIECE_BYTES_MAX, piecesOf, type TaskItem, TaskItems } from './task-items.ts'

const ROW = 'row'
/** Names of snapshots begin with their round, those of pieces of commits with their epoch. */
const NUMBER_DIGITS = 10
/** A commit lists the objects of a round: of more it is better to make more rounds. */
export const COMMIT_BYTES_MAX = 64 * PIECE_BYTES_MAX
/** Of a hash key (DynamoDB developer guide, "Service, account, and table quotas"). */
const TASK_BYTES_MAX = 2_048
/** Larger state takes minutes to write here: a thousand write units for each megabyte. */
export const SNAPSHOT_BYTES_MAX = 256 * 1_048_576

export interface DynamoTaskTableOptions extends DynamoClientOptions {
  readonly random: Random
  /** made on demand when it is missing, without a bound for its throughput */
  readonly tableName: string
  /** one of those in the table; 1 to 2,048 bytes of UTF-8 */
  readonly task: string
}

/** One owner at a time, by the last `takeOver`. */
export class DynamoTaskTable implements TaskTable, TaskSnapshots {
  readonly #items: TaskItems
  readonly #client: DynamoClient
  readonly #random: Random
  #version = 0
  #row: TaskRow | null = null
  /** what the row names: pieces of the commit */
  #pieces: Pieces | null = null
  /** those of the last large commit, which wait for its row while that is tried again */
  #written: Pieces | null = null

  private constructor(client: DynamoClient, { tableName, task, random }: DynamoTaskTableOptions) {
    this.#client = client
    this.#random = random
    this.#items = new TaskItems(client, random, tableName, task)
  }

  /**
   * @throws MillraceError `config` when the SDK is missing or the table belongs to something else; as the service fails, with retry
   * `backoff` where it may do better later
   */
  static async open(options: DynamoTaskTableOptions): Promise<DynamoTaskTable> {
    const nameBytes = Buffer.byteLength(options.task)
    if (nameBytes === 0 || nameBytes > TASK_BYTES_MAX)
      throw new MillraceError(
        'config',
        `task "${options.task.slice(0, 60)}": its name has ${nameBytes} bytes of UTF-8, and may have 1 to ${TASK_BYTES_MAX}`,
      )
    const client = await DynamoClient.open(options)
    const table = new DynamoTaskTable(client, options)
    try {
      await table.#items.setUp()
      return table
    } catch (error) {
      client.close()
      throw error
    }
  }

  /** Lets go of the client, unless it was given. */
  close(): void {
    this.#client.close()
  }

  async takeOver(plan: string): Promise<TaskRow> {
    for (;;) {
      const before = await this.#read()
      const { row, pieces } = before
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
      if (!(await this.#write(before, next, pieces))) continue
      await this.#sweep(next)
      return next
    }
  }

  async commit(commit: TaskCommit): Promise<void> {
    const row = this.#owned()
    const before = row.commit?.round ?? 0
    if (commit.round !== before + 1 || !row.published)
      throw new MillraceError(
        'invalid_argument',
        `task ${this.#place}: round ${commit.round} cannot follow round ${before}${row.published ? '' : ', which is not published'}`,
      )
    const bytes = Buffer.from(JSON.stringify(commit))
    if (bytes.length > COMMIT_BYTES_MAX)
      throw new MillraceError(
        'limit_exceeded',
        `task ${this.#place}: the commit of round ${commit.round} takes ${bytes.length} bytes, and may take ${COMMIT_BYTES_MAX}; make rounds shorter, or partitions fewer`,
      )
    let pieces: Pieces | null = null
    if (bytes.length > PIECE_BYTES_MAX) {
      // The same commit again has the same pieces: whether an attempt that failed has named them, nobody knows.
      const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
      const name = `commit#${String(row.epoch).padStart(NUMBER_DIGITS, '0')}#${digest}`
      if (this.#written?.name !== name)
        this.#written = { name, count: await this.#items.putPieces(name, piecesOf([bytes])) }
      pieces = this.#written
    }
    const old = this.#pieces
    await this.#change({ ...row, commit, published: false }, pieces)
    // What cannot be removed now is removed by the next owner.
    if (old !== null) await this.#items.removePieces(old.name).catch(() => {})
  }

  async markPublished(round: number): Promise<void> {
    const row = this.#owned()
    if (row.commit?.round === round && !row.published) await this.#change({ ...row, published: true }, this.#pieces)
  }

  async save(round: number, chunks: Iterable<Uint8Array>): Promise<SnapshotRef> {
    const hash = createHash('sha256')
    let sizeBytes = 0
    const counted = function* (): Generator<Uint8Array> {
      for (const bytes of chunks) {
        hash.update(bytes)
        sizeBytes += bytes.length
        if (sizeBytes > SNAPSHOT_BYTES_MAX)
          throw new MillraceError(
            'state_limit',
            `the state of the task takes more than ${SNAPSHOT_BYTES_MAX} bytes, which is too much for DynamoDB; keep snapshots elsewhere, or make windows and tables smaller`,
          )
        yield bytes
      }
    }
    const name = `${String(round).padStart(NUMBER_DIGITS, '0')}.${this.#nonce()}`
    await this.#items.putPieces(`snapshot#${name}`, piecesOf(counted()))
    return { name, sizeBytes, sha256: hash.digest('hex') }
  }

  async load({ name, sizeBytes, sha256 }: SnapshotRef): Promise<Uint8Array> {
    const count = Math.max(1, Math.ceil(sizeBytes / PIECE_BYTES_MAX))
    const bytes = await this.#items.getPieces(`snapshot#${name}`, count)
    if (bytes === null)
      throw new MillraceError('corrupt_log', `snapshot ${name} of task ${this.#place} is gone, and a commit needs it`)
    if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes
    throw new MillraceError(
      'corrupt_log',
      `snapshot ${name} of task ${this.#place}: its bytes are not those that were committed`,
    )
  }

  async keepOnly({ name }: SnapshotRef): Promise<void> {
    // A later round is of whoever has taken the task over since.
    const last = `snapshot#${name.slice(0, NUMBER_DIGITS)}`
    for (const part of (await this.#items.list('snapshot#')).filter(isNot({ name })))
      if (part.slice(0, last.length) <= last) await this.#items.remove(part)
  }

  get #place(): string {
    return `${this.#items.task} in the table ${this.#items.tableName}`
  }

  #owned(): TaskRow {
    if (this.#row !== null) return this.#row
    throw new MillraceError('invalid_argument', `task ${this.#place}: it was not taken over`)
  }

  async #change(row: TaskRow, pieces: Pieces | null): Promise<void> {
    if (await this.#write({ version: this.#version, row: this.#row }, row, pieces)) return
    // The reply to an attempt that worked may have been lost: nobody else writes with this owner's epoch.
    const there = await this.#read()
    if (there.version === this.#version + 1 && JSON.stringify(there.row) === JSON.stringify(row)) {
      this.#hold(there.version, row, there.pieces)
      return
    }
    this.#row = null
    throw new MillraceError('lease_lost', `task ${this.#place}: another process has taken it over; this one stops`)
  }

  /** @param before what the row must be now @returns false when somebody else has changed it */
  async #write(before: Omit<Found, 'pieces'>, row: TaskRow, pieces: Pieces | null): Promise<boolean> {
    const { version } = before
    const { commit, ...rest } = row
    const done = await this.#items.update({
      part: ROW,
      values: {
        version: numberOf(version + 1),
        incarnation: { S: rest.incarnation },
        epoch: numberOf(rest.epoch),
        plan: { S: rest.plan },
        published: { BOOL: rest.published },
        commit: { S: pieces === null ? JSON.stringify(commit) : '' },
        commitPieces: { S: pieces === null ? '' : pieces.name },
        commitPieceCount: numberOf(pieces === null ? 0 : pieces.count),
      },
      // A row that was deleted and begun anew has versions and epochs of before again.
      ...(before.row === null
        ? { condition: 'attribute_not_exists(#version)' }
        : {
            condition: '#version = :isversion AND #epoch = :isepoch AND #incarnation = :isincarnation',
            conditionValues: {
              isversion: numberOf(version),
              isepoch: numberOf(before.row.epoch),
              isincarnation: { S: before.row.incarnation },
            },
          }),
    })
    if (done) this.#hold(version + 1, row, pieces)
    return done
  }

  #hold(version: number, row: TaskRow, pieces: Pieces | null): void {
    this.#version = version
    this.#row = row
    this.#pieces = pieces
  }

  async #read(): Promise<Found> {
    for (;;) {
      const item = await this.#items.get(ROW)
      if (item === null) return { version: 0, row: null, pieces: null }
      const [name, count] = [textOf(item, 'commitPieces'), Number(item['commitPieceCount']?.N ?? 0)]
      const pieces = name === '' ? null : { name, count }
      const bytes = pieces === null ? null : await this.#items.getPieces(name, count)
      // It was replaced and removed meanwhile.
      if (pieces !== null && bytes === null) {
        if (textOf((await this.#items.get(ROW)) ?? {}, 'commitPieces') !== name) continue
        throw new MillraceError('corrupt_log', `task ${this.#place}: a piece of its commit is gone`)
      }
      const text = bytes === null ? textOf(item, 'commit') : Buffer.from(bytes).toString()
      const row: TaskRow = {
        incarnation: textOf(item, 'incarnation'),
        epoch: Number(item['epoch']?.N ?? 0),
        plan: textOf(item, 'plan'),
        commit: JSON.parse(text) as TaskCommit | null,
        published: item['published']?.BOOL ?? false,
      }
      return { version: Number(item['version']?.N ?? 0), row, pieces }
    }
  }

  /** Removes snapshots and pieces of commits that owners before this one wrote and that the row does not name. */
  async #sweep({ epoch, incarnation, commit }: TaskRow): Promise<void> {
    const before = `commit#${String(epoch).padStart(NUMBER_DIGITS, '0')}`
    const kept = this.#pieces?.name
    for (const part of await this.#items.list('commit#'))
      if (part < before && (kept === undefined || !part.startsWith(`${kept}#`))) await this.#items.remove(part)
    const snapshots = await this.#items.list('snapshot#')
    const orphans = commit === null ? snapshots : snapshots.filter(isNot(commit.snapshot))
    if (orphans.length === 0) return
    // What is listed while the task is this owner's cannot be of a later one, who may commit it.
    const now = await this.#items.get(ROW)
    if (now?.['epoch']?.N !== String(epoch) || textOf(now, 'incarnation') !== incarnation) return
    for (const part of orphans) await this.#items.remove(part)
  }

  #nonce(): string {
    return Buffer.from(this.#random.bytes(8)).toString('hex')
  }
}

/** Where a commit lies that is too large for the row. */
interface Pieces {
  readonly name: string
  readonly count: number
}

/** The row as it lies there. */
interface Found {
  /** 0 when there is none */
  readonly version: number
  readonly row: TaskRow | null
  readonly pieces: Pieces | null
}

function isNot({ name }: Pick<SnapshotRef, 'name'>): (part: string) => boolean {
  return part => !part.startsWith(`snapshot#${name}#`)
}

function numberOf(value: number): AttributeValue {
  return { N: String(value) }
}

function textOf(item: TaskItem, name: string): string {
  return item[name]?.S ?? ''
}
