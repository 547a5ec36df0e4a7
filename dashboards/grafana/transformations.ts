/** What Grafana does with the rows of instant queries before it draws them: tables, and the bars of a bar chart. */
import type { StreamMetrics } from '../prometheus/metric-names.ts'
import { isNumeric, type ResolvedPanel } from '../resolve-dashboard.ts'
import { BARS_DEFAULT, TABLE_ROWS_DEFAULT } from '../view-model.ts'
import type { FieldOverride, Transformation } from './model.ts'
import { type PanelQuery, ROW_TIME } from './panel-queries.ts'

/** The answers to the queries side by side, with the names of the columns, newest first. */
export function tableFields(
  { panel, values, schema }: ResolvedPanel,
  metrics: StreamMetrics,
  queries: readonly PanelQuery[],
): { readonly overrides: readonly FieldOverride[]; readonly transformations: readonly Transformation[] } {
  const renameByName: Record<string, string> = {}
  const indexByName: Record<string, number> = {}
  const excludeByName: Record<string, boolean> = { Time: true, __name__: true }
  const nameOf = (index: number): string => schema.columns[index]?.name ?? ''
  const place = (field: string, name: string, isShown: boolean): void => {
    if (isShown) {
      renameByName[field] = name
      indexByName[field] = name === ROW_TIME ? 0 : 1 + values.findIndex(index => nameOf(index) === name)
    } else excludeByName[field] = true
  }
  for (const { index, name } of metrics.labels) place(name, nameOf(index), values.includes(index))
  const columns = new Set(values.map(nameOf))
  queries.forEach(({ legend }, at) => {
    place(valueField(queries, at), legend, legend === ROW_TIME || columns.has(legend))
  })
  const time: FieldOverride = {
    matcher: { id: 'byName', options: ROW_TIME },
    properties: [{ id: 'unit', value: 'dateTimeAsIso' }],
  }
  const hasTime = queries.some(({ legend }) => legend === ROW_TIME)
  return {
    overrides: hasTime ? [time] : [],
    transformations: [
      { id: 'merge', options: {} },
      { id: 'organize', options: { excludeByName, indexByName, renameByName } },
      ...(hasTime ? [{ id: 'sortBy', options: { fields: {}, sort: [{ field: ROW_TIME, desc: true }] } }] : []),
      {
        id: 'limit',
        options: { limitField: panel.kind === 'table' ? (panel.topN ?? TABLE_ROWS_DEFAULT) : TABLE_ROWS_DEFAULT },
      },
    ],
  }
}

/** The field that holds the values of a query: one query alone has no letter. */
function valueField(queries: readonly PanelQuery[], at: number): string {
  return queries.length === 1 ? 'Value' : `Value #${refId(at)}`
}

/** A row for each bar, with a number for each of its values or parts. */
export function barRows(
  { panel, series, stack, schema }: ResolvedPanel,
  metrics: StreamMetrics,
  queries: readonly PanelQuery[],
): readonly Transformation[] {
  if (panel.kind !== 'bar') return []
  const labelOf = (index: number): string => metrics.labels.find(one => one.index === index)?.name ?? ''
  const label = labelOf(series)
  const column = schema.columns[series]
  const convert = (destinationType: 'number' | 'string'): Transformation => ({
    id: 'convertFieldType',
    options: { fields: {}, conversions: [{ targetField: label, destinationType }] },
  })
  const sort = (field: string, desc: boolean): Transformation => ({
    id: 'sortBy',
    options: { fields: {}, sort: [{ field, desc }] },
  })
  // Numbers are in the order of numbers, and the axis has texts.
  const isNumber = column !== undefined && isNumeric(column)
  const ordered =
    panel.order !== 'label'
      ? [sort(valueField(queries, 0), true)]
      : isNumber
        ? [convert('number'), sort(label, false), convert('string')]
        : [sort(label, false)]
  const limit: Transformation = { id: 'limit', options: { limitField: panel.topN ?? BARS_DEFAULT } }
  if (stack >= 0)
    return [
      ...ordered,
      {
        id: 'groupingToMatrix',
        options: {
          rowField: label,
          columnField: labelOf(stack),
          valueField: valueField(queries, 0),
          emptyValue: 'null',
        },
      },
      limit,
    ]
  const renameByName = Object.fromEntries(queries.map(({ legend }, at) => [valueField(queries, at), legend]))
  return [
    ...(queries.length > 1 ? [{ id: 'merge', options: {} }] : []),
    ...ordered,
    { id: 'organize', options: { excludeByName: { Time: true }, indexByName: {}, renameByName } },
    limit,
  ]
}

/** Texts of states over time, a frame for each label. */
export function stateRows({ panel, series, values }: ResolvedPanel, metrics: StreamMetrics): readonly Transformation[] {
  if (panel.kind !== 'stateTimeline') return []
  const labelOf = (index: number): string => metrics.labels.find(one => one.index === index)?.name ?? ''
  const state = labelOf(values[0] ?? -1)
  return [
    { id: 'sortBy', options: { fields: {}, sort: [{ field: 'Time', desc: false }] } },
    {
      id: 'organize',
      options: {
        excludeByName: { Value: true },
        indexByName: {},
        renameByName: { [state]: series < 0 ? panel.title : state },
      },
    },
    ...(series < 0
      ? []
      : [
          {
            id: 'partitionByValues',
            options: { fields: [labelOf(series)], keepFields: false, naming: { asLabels: true } },
          },
        ]),
  ]
}

/** `A` to `Z`, then `A1`. */
export function refId(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26))
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`
}
