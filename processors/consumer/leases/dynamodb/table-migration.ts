/**
 * The way of a fleet from three tables to one, as its leader goes it. Every step can be gone back until COMPLETE:
 *
 *                 every worker reports        every worker of the fleet is        bake time, and the legacy
 *                 support, for an hour        told to migrate, rows are moved     tables stayed empty
 *   (no row) ──► INIT ─────────────► DEPLOYED ─────────────────────────► PENDING ─────────────────────► COMPLETE
 *       ▲──────── one does not ──┘       ▲──────── one is told not to, or rows lie there again ──┘
 *
 * Rows are moved in transactions that hold only while this worker has the leader's lock; what another worker wrote meanwhile is moved
 * at the next try. Source: KCL 3.5, `TableMigrationStateMachineImpl`.
 */
import { errorName, MillraceError } from '../../../../core/index.ts'
import { type Item, numberIn, textIn } from '../item.ts'
import { LEADER_KEY } from '../leader-lock.ts'
import { ENTITY_TYPE, numberValue } from '../lease-item.ts'
import type {
  CoordinatorEntity,
  MigrationFleet,
  StoreMigration,
  WorkerMetrics,
  WorkerMetricsTable,
} from '../lease-table.ts'
import type { DynamoClient } from './dynamodb-client.ts'
import { dynamoError } from './dynamodb-error.ts'
import type { DynamoItems } from './dynamodb-items.ts'
import { conditionInput } from './expression.ts'
import { MIGRATION_KEY, type MigrationStatus, migrationStatus, STATUS_PREFIX } from './table-layout.ts'

/** KCL: for so long every worker must have reported that it can work on one table. */
const DEPLOYED_BAKE_MS = 3_600_000
/** KCL: rows of one transaction. */
const ROWS_PER_TRANSACTION = 25
/** KCL: steps that the row remembers, newest first. */
const HISTORY_MAX = 10
/** KCL: reporting periods after which a row of metrics, or what it says of support, counts no more. */
const STALE_REPORTS = 2
const SUPPORT_REPORTS = 3
/** As the KCL numbers them for its metric. */
const ORDINALS: Readonly<Record<MigrationStatus, number>> = { INIT: 1, DEPLOYED: 2, PENDING: 3, COMPLETE: 4 }

export interface TableMigrationOptions {
  readonly client: DynamoClient
  readonly legacy: DynamoItems
  readonly shared: DynamoItems
  readonly legacyMetrics: WorkerMetricsTable | null
  readonly sharedMetrics: WorkerMetricsTable
  /** KCL: migrateAllEntitiesToLeaseTable */
  readonly migrates: boolean
  /** KCL: tableMigrationCompleteBakeTimeSeconds, within its bounds */
  readonly completeBakeMs: number
  /** what was read of the layout holds no more */
  readonly changed: () => void
}

type Step = 'stay' | 'forget' | 'move' | MigrationStatus

export class TableMigration implements StoreMigration {
  readonly #options: TableMigrationOptions

  constructor(options: TableMigrationOptions) {
    this.#options = options
  }

  async step(fleet: MigrationFleet): Promise<number> {
    const { legacy } = this.#options
    const row = await legacy.get(MIGRATION_KEY)
    const status = migrationStatus(row)
    if (status === 'COMPLETE') this.#options.changed()
    else await this.#go(await this.#plan(row, status, fleet), row, status, fleet)
    return status === null ? 0 : ORDINALS[status]
  }

  async #plan(row: Item | null, status: MigrationStatus | null, fleet: MigrationFleet): Promise<Step> {
    const { migrates, client, completeBakeMs } = this.#options
    const standsMs = client.clock.now() - (row === null ? 0 : numberIn(row, 'mts', 0))
    if (migrates) {
      if (status === 'PENDING') {
        if (!(await this.#isMoved(fleet)) || !(await this.#isEmpty())) return 'DEPLOYED'
        return standsMs >= completeBakeMs ? 'COMPLETE' : 'stay'
      }
      // Somebody deleted the row, or its worker was told to migrate while it ran.
      if (status !== 'DEPLOYED') return 'DEPLOYED'
      if (!(await this.#isMoved(fleet))) return 'stay'
      return (await this.#isEmpty()) ? 'PENDING' : 'move'
    }
    if (status === 'DEPLOYED') return 'stay'
    if (status === 'PENDING') return 'DEPLOYED'
    if (!(await this.#isSupported(fleet))) return status === null ? 'stay' : 'forget'
    if (status === null) return 'INIT'
    return standsMs >= DEPLOYED_BAKE_MS ? 'DEPLOYED' : 'stay'
  }

  async #go(step: Step, row: Item | null, status: MigrationStatus | null, fleet: MigrationFleet): Promise<void> {
    const { legacy } = this.#options
    switch (step) {
      case 'stay':
        return
      case 'forget':
        return legacy.delete(MIGRATION_KEY, [{ attribute: 'tm', is: 'equal', value: { S: `${STATUS_PREFIX}INIT` } }])
      case 'move':
        if (await this.#moveRows(fleet.workerId)) await this.#write('PENDING', row, status, fleet.workerId)
        return
      case 'COMPLETE':
        await this.#complete(row, fleet.workerId)
        this.#options.changed()
        return
      default:
        await this.#write(step, row, status, fleet.workerId)
        this.#options.changed()
    }
  }

  /** Every worker that reports can work on one table, and every owner of a lease reports. */
  async #isSupported(fleet: MigrationFleet): Promise<boolean> {
    const { sharedMetrics, legacyMetrics } = this.#options
    const active = [
      ...this.#active(await sharedMetrics.list(), fleet),
      ...this.#active((await legacyMetrics?.list()) ?? [], fleet),
    ]
    const able = active.filter(
      ({ supportCode, supportCodeUpdatedAtSeconds: at }) =>
        (supportCode ?? 0) >= 1 && at !== null && this.#isFresh(at, SUPPORT_REPORTS * fleet.reportMs),
    )
    const reporting = new Set(active.map(({ workerId }) => workerId))
    return active.length > 0 && able.length === active.length && [...fleet.owners].every(one => reporting.has(one))
  }

  /** Every owner of a lease reports beside the leases, and nobody in the legacy table. */
  async #isMoved(fleet: MigrationFleet): Promise<boolean> {
    const { sharedMetrics, legacyMetrics } = this.#options
    const there = new Set(this.#active(await sharedMetrics.list(), fleet).map(({ workerId }) => workerId))
    const left = this.#active((await legacyMetrics?.list()) ?? [], fleet)
    return left.length === 0 && [...fleet.owners].every(owner => there.has(owner))
  }

  #active(rows: readonly WorkerMetrics[], { reportMs }: MigrationFleet): readonly WorkerMetrics[] {
    return rows.filter(({ lastUpdatedAtSeconds }) => this.#isFresh(lastUpdatedAtSeconds, STALE_REPORTS * reportMs))
  }

  #isFresh(seconds: number, ms: number): boolean {
    return Math.abs(this.#options.client.clock.now() - seconds * 1_000) <= ms
  }

  /** What is to be moved: all but the lock and the row of the migration itself. */
  async #rows(): Promise<readonly Item[]> {
    const { legacy } = this.#options
    const items = await legacy.scan()
    return items.filter(item => ![LEADER_KEY, MIGRATION_KEY].includes(textIn(item, legacy.keyName) ?? ''))
  }

  async #isEmpty(): Promise<boolean> {
    return (await this.#rows()).length === 0
  }

  /** @returns whether everything lies beside the leases now; false where another worker came between */
  async #moveRows(workerId: string): Promise<boolean> {
    const { legacy, shared } = this.#options
    const rows = await this.#rows()
    for (let i = 0; i < rows.length; i += ROWS_PER_TRANSACTION) {
      const part = rows.slice(i, i + ROWS_PER_TRANSACTION)
      const isDone = await this.#transact([
        this.#whileLeading(workerId),
        ...part.flatMap(item => {
          const { [legacy.keyName]: key, ...attributes } = item
          // Only what was read is moved: whoever changed it meanwhile loses nothing.
          const conditions = Object.entries(attributes).map(
            ([attribute, value]) => ({ attribute, is: 'equal', value }) as const,
          )
          const moved = { ...attributes, [ENTITY_TYPE]: { S: kindOf(item, legacy) }, [shared.keyName]: key }
          return [
            { Put: { TableName: shared.tableName, Item: moved } },
            {
              Delete: {
                TableName: legacy.tableName,
                Key: { [legacy.keyName]: key },
                ...conditionInput([{ attribute: legacy.keyName, is: 'present' }, ...conditions]),
              },
            },
          ]
        }),
      ])
      if (!isDone) return false
    }
    return this.#isEmpty()
  }

  /** The row says so in both tables: workers of before look into the legacy one first. */
  async #complete(row: Item | null, workerId: string): Promise<void> {
    const { legacy, shared } = this.#options
    const attributes = this.#next('COMPLETE', row, workerId)
    const expected = conditionInput([{ attribute: 'tm', is: 'equal', value: { S: `${STATUS_PREFIX}PENDING` } }])
    await this.#transact([
      this.#whileLeading(workerId),
      {
        Put: {
          TableName: shared.tableName,
          Item: {
            ...attributes,
            [ENTITY_TYPE]: { S: 'TABLE_MIGRATION' satisfies CoordinatorEntity },
            [shared.keyName]: { S: MIGRATION_KEY },
          },
        },
      },
      {
        Put: {
          TableName: legacy.tableName,
          Item: { ...attributes, [legacy.keyName]: { S: MIGRATION_KEY } },
          ...expected,
        },
      },
    ])
  }

  async #write(to: MigrationStatus, row: Item | null, from: MigrationStatus | null, workerId: string): Promise<void> {
    const { legacy } = this.#options
    await legacy.change({
      key: MIGRATION_KEY,
      conditions:
        row === null
          ? [{ attribute: legacy.keyName, is: 'absent' }]
          : from === null
            ? [{ attribute: legacy.keyName, is: 'present' }]
            : [{ attribute: 'tm', is: 'equal', value: { S: STATUS_PREFIX + from } }],
      set: this.#next(to, row, workerId),
      add: {},
      remove: [],
    })
  }

  #next(to: MigrationStatus, row: Item | null, workerId: string): Item {
    const { tm, mb, mts, h } = row ?? {}
    const before = tm === undefined ? [] : [{ M: { tm, ...(mb && { mb }), ...(mts && { mts }) } }]
    const history = [...before, ...(h !== undefined && 'L' in h ? h.L : [])].slice(0, HISTORY_MAX)
    return {
      tm: { S: STATUS_PREFIX + to },
      mb: { S: workerId },
      mts: numberValue(this.#options.client.clock.now()),
      ...(history.length === 0 ? {} : { h: { L: history } }),
    }
  }

  #whileLeading(workerId: string): object {
    const { legacy } = this.#options
    return {
      ConditionCheck: {
        TableName: legacy.tableName,
        Key: { [legacy.keyName]: { S: LEADER_KEY } },
        ...conditionInput([{ attribute: 'ownerName', is: 'equal', value: { S: workerId } }]),
      },
    }
  }

  /** False where a condition does not hold, or another transaction is under way. */
  async #transact(TransactItems: readonly object[]): Promise<boolean> {
    const { client, shared } = this.#options
    try {
      await client.callRaw('TransactWriteItems', { TransactItems })
      return true
    } catch (error) {
      if (errorName(error) !== 'TransactionCanceledException')
        throw dynamoError(error, 'TransactWriteItems', shared.tableName)
      const reasons = (error as { readonly CancellationReasons?: readonly { readonly Code?: string }[] })
        .CancellationReasons
      const isForeseen = reasons?.every(({ Code }) =>
        ['None', 'ConditionalCheckFailed', 'TransactionConflict'].includes(Code ?? 'None'),
      )
      if (isForeseen === true) return false
      throw new MillraceError(
        'throttled',
        `moving rows to the table ${shared.tableName} was refused: ${reasons?.map(({ Code }) => Code).join(', ') ?? 'no reason is given'}`,
        { retry: 'backoff', cause: error },
      )
    }
  }
}

/** Tables of coordinator rows alone do not say what a row is. */
function kindOf(item: Item, { keyName, tableName }: DynamoItems): CoordinatorEntity {
  const stored = textIn(item, ENTITY_TYPE)
  if (stored === 'STREAM' || stored === 'CLIENT_VERSION_MIGRATION') return stored
  if ('cv' in item) return 'CLIENT_VERSION_MIGRATION'
  if ('streamId' in item) return 'STREAM'
  throw new MillraceError(
    'config',
    `the row ${JSON.stringify(textIn(item, keyName))} of the table ${tableName} is nothing that KCL 3.x writes there, and cannot be moved to the lease table; remove it, or set migrateAllEntitiesToLeaseTable to false`,
  )
}
