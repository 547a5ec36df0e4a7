/** Worker metrics and coordinator rows in whichever table the layout of the moment names. */
import type { AttributeValue } from '../item.ts'
import type {
  CoordinatorEntity,
  CoordinatorRow,
  CoordinatorTable,
  WorkerMetrics,
  WorkerMetricsTable,
} from '../lease-table.ts'
import type { TableLayout } from './table-layout.ts'

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
    const { own, old } = await this.#tables()
    await own.put(metrics)
    if (old === null || this.#hasLeft) return
    // The leader of a migration waits until nobody reports in the legacy table.
    const row = (await old.list()).find(({ workerId }) => workerId === metrics.workerId)
    if (row !== undefined) await old.delete(row)
    this.#hasLeft = true
  }

  async list(): Promise<readonly WorkerMetrics[]> {
    const { own, old } = await this.#tables()
    const rows = await own.list()
    const others =
      old === null ? [] : (await old.list()).filter(row => rows.every(({ workerId }) => workerId !== row.workerId))
    return [...rows, ...others]
  }

  async delete(metrics: WorkerMetrics): Promise<void> {
    const { own, old } = await this.#tables()
    await own.delete(metrics)
    await old?.delete(metrics)
  }

  /** where this worker writes, and the table that is read besides */
  async #tables(): Promise<{ readonly own: WorkerMetricsTable; readonly old: WorkerMetricsTable | null }> {
    const layout = await this.#layout()
    if (layout === 'one_table') return { own: this.#shared, old: null }
    if (layout === 'metrics_moved') return { own: this.#shared, old: this.#legacy }
    return { own: this.#legacy ?? this.#shared, old: null }
  }
}

export class MovingCoordinatorTable implements CoordinatorTable {
  readonly #shared: CoordinatorTable
  readonly #legacy: CoordinatorTable
  readonly #layout: LayoutNow

  constructor(shared: CoordinatorTable, legacy: CoordinatorTable, layout: LayoutNow) {
    this.#shared = shared
    this.#legacy = legacy
    this.#layout = layout
  }

  async get(key: string): Promise<CoordinatorRow | null> {
    return (await this.#table()).get(key)
  }

  async list(): Promise<readonly CoordinatorRow[]> {
    return (await this.#table()).list()
  }

  async create(key: string, entityType: CoordinatorEntity, attributes: CoordinatorRow['attributes']): Promise<boolean> {
    return (await this.#table()).create(key, entityType, attributes)
  }

  async update(
    key: string,
    attributes: Readonly<Record<string, AttributeValue | null>>,
    expected: Readonly<Record<string, AttributeValue | null>>,
  ): Promise<boolean> {
    return (await this.#table()).update(key, attributes, expected)
  }

  async delete(key: string): Promise<void> {
    return (await this.#table()).delete(key)
  }

  /** The leader's lock stays in the legacy table until the migration is complete: a fleet has one lock. */
  async #table(): Promise<CoordinatorTable> {
    return (await this.#layout()) === 'one_table' ? this.#shared : this.#legacy
  }
}
