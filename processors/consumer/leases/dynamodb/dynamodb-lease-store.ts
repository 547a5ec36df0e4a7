/** Lease, worker and coordinator rows in DynamoDB, beside Java workers of the KCL 3.x if need be. */
import { isDenied, MillraceError } from '../../../../core/index.ts'
import { ItemCoordinatorTable } from '../item-coordinator-table.ts'
import { itemLeaseStore } from '../item-lease-store.ts'
import { ItemWorkerMetricsTable } from '../item-worker-metrics.ts'
import type { LeaseStore } from '../lease-table.ts'
import { DynamoClient, type DynamoClientOptions } from './dynamodb-client.ts'
import { DynamoItems } from './dynamodb-items.ts'
import { type LayoutOfNow, MovingCoordinatorTable, MovingWorkerMetrics } from './moving-tables.ts'
import { checkPermissions } from './permissions.ts'
import { findLayout, type TableLayout } from './table-layout.ts'
import { TableMigration } from './table-migration.ts'
import { describeTable, refuseForeign, setUpLeaseTable, type TableSettings } from './table-setup.ts'

/** KCL: bounds and default of the bake time. */
const BAKE_SECONDS_MIN = 3_600
const BAKE_SECONDS_MAX = 604_800
const BAKE_SECONDS = 86_400
/** How often the state of a table migration is read again. */
const LAYOUT_LIFE_MS = 60_000

export interface DynamoLeaseStoreOptions extends DynamoClientOptions {
  readonly applicationName: string
  /** default: the application name */
  readonly tableName?: string | undefined
  readonly consistentReads?: boolean | undefined
  /** KCL: leaseTableScanTotalSegments; 0, the default: by the size of the table */
  readonly scanSegments?: number | undefined
  /** how the lease table is made, where there is none */
  readonly settings?: TableSettings | undefined
  readonly migrateAllEntitiesToLeaseTable?: boolean | undefined
  /** KCL: tableMigrationCompleteBakeTimeSeconds; taken for an hour at least and seven days at most. Default a day */
  readonly tableMigrationCompleteBakeTimeSeconds?: number | undefined
  /** true: a table that is not there is an error and not made, for those who only look. Default false */
  readonly mustExist?: boolean | undefined
}

/**
 * Opens the store of an application; makes its table when there is none.
 * @throws MillraceError `not_found` with `mustExist`; `config` when the SDK is missing, when the table belongs to something else, or with every permission that
 *   is missing; `throttled` and `internal` with retry `backoff`
 */
export async function openDynamoLeaseStore(options: DynamoLeaseStoreOptions): Promise<LeaseStore> {
  checkTableName(options)
  const client = await DynamoClient.open(options)
  try {
    return await open(client, options)
  } catch (error) {
    client.close()
    throw error
  }
}

async function open(client: DynamoClient, options: DynamoLeaseStoreOptions): Promise<LeaseStore> {
  const { applicationName, tableName = applicationName } = options
  const found = await describeTable(client, tableName)
  if (found !== null) refuseForeign(found, tableName, 'leaseKey')
  else if (options.mustExist === true)
    throw new MillraceError('not_found', `there is no lease table ${tableName}; check its name and region`)
  const items = new DynamoItems(client, { ...options, tableName, keyName: 'leaseKey', isShared: true })
  const isKnown = async (): Promise<boolean> => found === null || (await items.get('Leader')) !== null
  const legacyCoordinator = await legacyItems(client, options, `${applicationName}-CoordinatorState`, 'key', isKnown)
  const legacyMetrics =
    legacyCoordinator && (await legacyItems(client, options, `${applicationName}-WorkerMetricStats`, 'wid', isKnown))
  const migrates = options.migrateAllEntitiesToLeaseTable ?? false
  const layout = new KnownLayout(client, legacyCoordinator, migrates)
  await layout.now()
  await setUpLeaseTable(client, tableName, options.settings ?? {})
  await checkPermissions(client, tableName, 'leaseKey', true)
  const shared = itemLeaseStore(items)
  const oldMetrics = legacyMetrics && new ItemWorkerMetricsTable(legacyMetrics)
  const bakeSeconds = options.tableMigrationCompleteBakeTimeSeconds ?? BAKE_SECONDS
  return {
    ...shared,
    ...(legacyCoordinator === null
      ? {}
      : {
          workerMetrics: new MovingWorkerMetrics(shared.workerMetrics, oldMetrics, () => layout.now()),
          coordinator: new MovingCoordinatorTable(
            shared.coordinator,
            new ItemCoordinatorTable(legacyCoordinator),
            layout,
          ),
          migration: new TableMigration({
            client,
            legacy: legacyCoordinator,
            shared: items,
            legacyMetrics: oldMetrics,
            sharedMetrics: shared.workerMetrics,
            migrates,
            completeBakeMs: Math.max(BAKE_SECONDS_MIN, Math.min(BAKE_SECONDS_MAX, bakeSeconds)) * 1_000,
            changed: () => layout.forget(),
          }),
        }),
    close() {
      client.close()
      return Promise.resolve()
    },
  }
}

/** Amazon DynamoDB, naming rules: 3 to 255 letters, digits, dots, dashes and underscores. */
function checkTableName({ applicationName, tableName }: DynamoLeaseStoreOptions): void {
  const name = tableName ?? applicationName
  if (/^[a-zA-Z0-9_.-]{3,255}$/.test(name)) return
  throw new MillraceError(
    'config',
    tableName === undefined
      ? `the lease table gets the name of the application, and applicationName ${JSON.stringify(name)} is no name that DynamoDB takes for a table: 3 to 255 letters, digits, dots, dashes and underscores; choose another applicationName, or give tableName`
      : `tableName ${JSON.stringify(name)} is no name that DynamoDB takes for a table; give 3 to 255 letters, digits, dots, dashes and underscores`,
  )
}

/**
 * A legacy table, if it is there: none is ever made. A policy for one table cannot see the others; that is no matter for a new
 * application, or for one whose leader's lock lies beside its leases already.
 */
async function legacyItems(
  client: DynamoClient,
  options: DynamoLeaseStoreOptions,
  tableName: string,
  keyName: string,
  isKnown: () => Promise<boolean>,
): Promise<DynamoItems | null> {
  try {
    const table = await describeTable(client, tableName)
    if (table === null) return null
    refuseForeign(table, tableName, keyName)
  } catch (error) {
    if (error instanceof MillraceError && isDenied(error.cause) && (await isKnown())) return null
    throw error
  }
  await checkPermissions(client, tableName, keyName, false)
  return new DynamoItems(client, { ...options, tableName, keyName, isShared: false })
}

/** The layout as it was read last. It may change while a worker runs. */
class KnownLayout implements LayoutOfNow {
  readonly #client: DynamoClient
  readonly #legacy: DynamoItems | null
  readonly #migrates: boolean
  #known: { readonly layout: Promise<TableLayout>; readonly until: number } | null = null
  #isFirst = true

  constructor(client: DynamoClient, legacy: DynamoItems | null, migrates: boolean) {
    this.#client = client
    this.#legacy = legacy
    this.#migrates = migrates
  }

  now(): Promise<TableLayout> {
    const now = this.#client.clock.monotonicMs()
    if (this.#known !== null && now < this.#known.until) return this.#known.layout
    const layout = findLayout(this.#legacy, this.#migrates, this.#isFirst)
    this.#known = { layout, until: now + LAYOUT_LIFE_MS }
    layout.then(
      () => {
        this.#isFirst = false
      },
      // A reading that failed is none.
      () => this.forget(),
    )
    return layout
  }

  forget(): void {
    this.#known = null
  }
}
