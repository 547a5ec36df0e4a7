/** Worker metrics and coordinator rows in whichever table the layout of the moment names. */
import type { AttributeValue } from '../item.ts'
import { LEADER_KEY } from '../leader-lock.ts'
import type {
  CoordinatorEntity,
  CoordinatorRow,
  CoordinatorTable,
  WorkerMetrics,
  WorkerMetricsTable,
} from '../lease-table.ts'
import { MIGRATION_KEY, type TableLayout } from './table-layout.ts'

/** The layout may change while a worker runs: it is asked at every call. */
export type LayoutNow = () => Promise<TableLayout>

export class MovingWorkerMetrics implements WorkerMetricsTable {
  readonly #shared: WorkerMetricsTable
  /** null where the table is not there */
  readonly #legacy: WorkerMetricsTable | null
  readonly #layout: LayoutNow
  #hasLeft = false

  constructor(shared: WorkerMetricsTable, legacy: WorkerMetricsTable | null, layout: LayoutNow) {
    this.#shared = shared
    this.#legacy = legacy
    this.#layout = layout
  }

  async put(metrics: WorkerMetrics): Promise<void> {
    const { own, other: old, layout } = await this.#tables()
    await own.put(metrics)
    if (layout !== 'metrics_moved' || old === null || this.#hasLeft) return
    // The leader of a migration waits until nobody reports in the legacy table.
    const row = (await old.list()).find(({ workerId }) => workerId === metrics.workerId)
    if (row !== undefined) await old.delete(row)
    this.#hasLeft = true
  }

  async list(): Promise<readonly WorkerMetrics[]> {
    const { own, other } = await this.#tables()
    if (other === null) return own.list()
    // In the order in which rows move, so that none is missed that moves meanwhile.
    const legacy = await (own === this.#shared ? other : own).list()
    const shared = await this.#shared.list()
    const [rows, others] = own === this.#shared ? [shared, legacy] : [legacy, shared]
    // While a fleet changes over some of its workers report in the one table and some in the other.
    return [...rows, ...others.filter(row => rows.every(({ workerId }) => workerId !== row.workerId))]
  }

  async delete(metrics: WorkerMetrics): Promise<void> {
    const { own, other } = await this.#tables()
    await own.delete(metrics)
    await other?.delete(metrics)
  }

  /** where this worker writes, and the table that is read besides */
  async #tables(): Promise<{
    readonly layout: TableLayout
    readonly own: WorkerMetricsTable
    readonly other: WorkerMetricsTable | null
  }> {
    const layout = await this.#layout()
    const [shared, legacy] = [this.#shared, this.#legacy]
    if (layout === 'one_table' || legacy === null) return { layout, own: shared, other: null }
    return layout === 'metrics_moved' ? { layout, own: shared, other: legacy } : { layout, own: legacy, other: shared }
  }
}

/** The layout, which may be read anew at once. */
export interface LayoutOfNow {
  now(): Promise<TableLayout>
  forget(): void
}

/**
 * Until the migration is complete the leader's lock, of which a fleet has one, and the row of the migration lie in the legacy table.
 * Other rows are moved while the fleet works: each is read and written where it is, and new ones are made where they will stay.
 */
export class MovingCoordinatorTable implements CoordinatorTable {
  readonly #shared: CoordinatorTable
  readonly #legacy: CoordinatorTable
  readonly #layout: LayoutOfNow

  constructor(shared: CoordinatorTable, legacy: CoordinatorTable, layout: LayoutOfNow) {
    this.#shared = shared
    this.#legacy = legacy
    this.#layout = layout
  }

  async get(key: string): Promise<CoordinatorRow | null> {
    if ((await this.#layout.now()) === 'one_table') return this.#shared.get(key)
    return (await this.#legacy.get(key)) ?? (isFixed(key) ? null : this.#shared.get(key))
  }

  async list(): Promise<readonly CoordinatorRow[]> {
    if ((await this.#layout.now()) === 'one_table') return this.#shared.list()
    // In the order in which rows move, so that none is missed that moves meanwhile.
    const rows = await this.#legacy.list()
    const moved = await this.#shared.list()
    return [...rows, ...moved.filter(({ key }) => !isFixed(key) && rows.every(row => row.key !== key))]
  }

  async create(key: string, entityType: CoordinatorEntity, attributes: CoordinatorRow['attributes']): Promise<boolean> {
    const layout = await this.#layout.now()
    if (layout === 'one_table') return this.#shared.create(key, entityType, attributes)
    if (isFixed(key)) return (await this.#legacy.create(key, entityType, attributes)) && this.#isStillThere(key)
    if ((await this.get(key)) !== null) return false
    return (layout === 'metrics_moved' ? this.#shared : this.#legacy).create(key, entityType, attributes)
  }

  async update(
    key: string,
    attributes: Readonly<Record<string, AttributeValue | null>>,
    expected: Readonly<Record<string, AttributeValue | null>>,
  ): Promise<boolean> {
    if ((await this.#layout.now()) === 'one_table') return this.#shared.update(key, attributes, expected)
    if (await this.#legacy.update(key, attributes, expected)) return this.#isStillThere(key)
    return isFixed(key) || (await this.#legacy.get(key)) !== null
      ? false
      : this.#shared.update(key, attributes, expected)
  }

  async delete(key: string): Promise<void> {
    const layout = await this.#layout.now()
    if (layout !== 'one_table') await this.#legacy.delete(key)
    if (layout === 'one_table' || !isFixed(key)) await this.#shared.delete(key)
  }

  /** A lock that was written where nobody looks any more is none: the migration may have ended since the layout was read. */
  async #isStillThere(key: string): Promise<boolean> {
    if (key !== LEADER_KEY) return true
    this.#layout.forget()
    return (await this.#layout.now()) !== 'one_table'
  }
}

function isFixed(key: string): boolean {
  return key === LEADER_KEY || key === MIGRATION_KEY
}
