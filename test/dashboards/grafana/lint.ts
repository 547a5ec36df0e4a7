/** What must be true of a dashboard for Grafana, whatever it shows; an empty list when it is. */
import type { GrafanaDashboard } from '../../../dashboards/index.ts'
import type { Expression } from '../../../dashboards/prometheus/promql/ast.ts'
import { METRIC_NAME } from '../../../dashboards/prometheus/promql/labels.ts'
import { parseQuery } from '../../../dashboards/prometheus/promql/parse.ts'

/** Grafana puts values of the chart in place of its own variables before it asks. */
export function interpolated(expr: string, values: Readonly<Record<string, string>> = {}): string {
  return expr.replace(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? ''
    return values[name] ?? { __interval: '10s', __range: '300s', device: '.*', coin: '.*' }[name] ?? whole
  })
}

/** @param metrics names of the metrics that the plan has */
export function lint(dashboard: GrafanaDashboard, metrics: ReadonlySet<string>): string[] {
  const problems: string[] = []
  const ids = new Set<number>()
  const cells = new Map<string, string>()
  const variables = new Set(dashboard.templating.list.map(({ name }) => name))
  if (!/^[\w-]{1,40}$/.test(dashboard.uid)) problems.push(`uid ${dashboard.uid}`)
  for (const panel of dashboard.panels) {
    const where = `panel ${panel.id} "${panel.title}"`
    if (!Number.isInteger(panel.id) || panel.id < 1) problems.push(`${where}: its id is none`)
    if (ids.has(panel.id)) problems.push(`${where}: its id is not its own`)
    ids.add(panel.id)
    const { x, y, w, h } = panel.gridPos
    if (![x, y, w, h].every(Number.isInteger) || x < 0 || y < 0 || w < 1 || h < 1 || x + w > 24)
      problems.push(`${where}: ${JSON.stringify(panel.gridPos)} is not on the grid`)
    for (let column = x; column < x + w; column++)
      for (let row = y; row < y + h; row++) {
        const cell = `${column},${row}`
        const other = cells.get(cell)
        if (other !== undefined && other !== where) problems.push(`${where}: it lies over ${other}`)
        cells.set(cell, where)
      }
    if (panel.targets.length === 0) problems.push(`${where}: it asks nothing`)
    const refIds = panel.targets.map(({ refId }) => refId)
    if (new Set(refIds).size < refIds.length) problems.push(`${where}: two queries have one letter`)
    for (const { expr, refId, datasource } of panel.targets) {
      const source = /^\$\{(\w+)\}$/.exec(datasource.uid)?.[1]
      if (source === undefined || !variables.has(source)) problems.push(`${where} ${refId}: no data source`)
      for (const [, braced, bare] of expr.matchAll(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g)) {
        const name = braced ?? bare ?? ''
        if (!variables.has(name) && !['__interval', '__range'].includes(name))
          problems.push(`${where} ${refId}: there is no variable $${name}`)
      }
      try {
        const names = metricsOf(
          parseQuery(interpolated(expr, Object.fromEntries([...variables].map(name => [name, 'x'])))),
        )
        if (names.length === 0) problems.push(`${where} ${refId}: it names no metric`)
        for (const name of names) if (!metrics.has(name)) problems.push(`${where} ${refId}: there is no metric ${name}`)
      } catch (error) {
        problems.push(`${where} ${refId}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  return problems
}

/** The names of the metrics that an expression selects. */
function metricsOf(expression: Expression): string[] {
  switch (expression.kind) {
    case 'selector':
      return expression.matchers.filter(({ name, op }) => name === METRIC_NAME && op === '=').map(({ value }) => value)
    case 'negate':
    case 'subquery':
      return metricsOf(expression.of)
    case 'aggregate':
      return [...metricsOf(expression.of), ...(expression.parameter === null ? [] : metricsOf(expression.parameter))]
    case 'binary':
      return [...metricsOf(expression.left), ...metricsOf(expression.right)]
    case 'call':
      return expression.arguments.flatMap(metricsOf)
    default:
      return []
  }
}
