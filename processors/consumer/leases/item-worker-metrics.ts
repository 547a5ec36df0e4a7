/**
 * Rows of worker metrics over any table of rows: in the lease table by entityType, or in a table of their own.
 * Source: KCL 3.x, `WorkerMetricStats`.
 */
import { type AttributeValue, type Item, type ItemTable, numberIn, textIn } from './item.ts'
import { numberValue } from './lease-item.ts'
import type { WorkerMetrics, WorkerMetricsTable } from './lease-table.ts'

const ENTITY = 'WORKER_METRIC_STATS'

export class ItemWorkerMetricsTable implements WorkerMetricsTable {
  readonly #items: ItemTable

  constructor(items: ItemTable) {
    this.#items = items
  }

  async put(metrics: WorkerMetrics): Promise<void> {
    const { supportCode, supportCodeUpdatedAtSeconds } = metrics
    // The KCL writes none where there are none.
    const properties = Object.entries(metrics.properties)
    await this.#items.change({
      key: metrics.workerId,
      conditions: [],
      set: {
        lut: numberValue(metrics.lastUpdatedAtSeconds),
        sts: numbersValue(metrics.values),
        opr: numbersValue(metrics.operatingRange),
        ...(properties.length === 0
          ? {}
          : { properties: { M: Object.fromEntries(properties.map(([name, text]) => [name, { S: text }])) } }),
        ...(this.#items.isShared ? { entityType: { S: ENTITY } } : {}),
        ...(supportCode === null ? {} : { sup: numberValue(supportCode) }),
        ...(supportCodeUpdatedAtSeconds === null ? {} : { slu: numberValue(supportCodeUpdatedAtSeconds) }),
      },
      add: {},
      remove: [],
    })
  }

  async list(): Promise<readonly WorkerMetrics[]> {
    const items = await this.#items.scan()
    return items
      .filter(item => !this.#items.isShared || textIn(item, 'entityType') === ENTITY)
      .map(item => metricsFromItem(item, this.#items.keyName))
      .sort((a, b) => (a.workerId < b.workerId ? -1 : 1))
  }

  delete({ workerId, lastUpdatedAtSeconds }: WorkerMetrics): Promise<void> {
    return this.#items.delete(workerId, [{ attribute: 'lut', is: 'equal', value: numberValue(lastUpdatedAtSeconds) }])
  }
}

function metricsFromItem(item: Item, keyName: string): WorkerMetrics {
  const { properties } = item
  return {
    workerId: textIn(item, keyName) ?? '',
    lastUpdatedAtSeconds: numberIn(item, 'lut', 0),
    values: numbersIn(item['sts']),
    operatingRange: numbersIn(item['opr']),
    properties:
      properties !== undefined && 'M' in properties
        ? Object.fromEntries(
            Object.entries(properties.M).flatMap(([name, value]) => ('S' in value ? [[name, value.S]] : [])),
          )
        : {},
    supportCode: numberIn(item, 'sup', null),
    supportCodeUpdatedAtSeconds: numberIn(item, 'slu', null),
  }
}

function numbersValue(numbers: Readonly<Record<string, readonly number[]>>): AttributeValue {
  return {
    M: Object.fromEntries(Object.entries(numbers).map(([name, values]) => [name, { L: values.map(numberValue) }])),
  }
}

function numbersIn(value: AttributeValue | undefined): Record<string, readonly number[]> {
  if (value === undefined || !('M' in value)) return {}
  return Object.fromEntries(
    Object.entries(value.M).map(([name, list]) => [
      name,
      'L' in list ? list.L.flatMap(number => ('N' in number ? [Number(number.N)] : [])) : [],
    ]),
  )
}
