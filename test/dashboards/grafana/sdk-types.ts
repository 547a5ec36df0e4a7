/** Grafana's Foundation SDK as a judge of JSON: its types, and the compiler. It is in test/oracles, as most users need none of its 12 MB. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GrafanaDashboard } from '../../../dashboards/index.ts'

const ORACLES = join(import.meta.dirname, '../../oracles')
const SDK = join(ORACLES, 'node_modules/@grafana/grafana-foundation-sdk')
const TSC = join(import.meta.dirname, '../../../node_modules/.bin/tsc')

export const HAS_SDK = existsSync(SDK)

/** The units that the SDK names. */
export async function sdkUnits(): Promise<ReadonlySet<string>> {
  const units = (await import(join(SDK, 'dist/units/index.js'))) as Readonly<Record<string, unknown>>
  return new Set(Object.values(units).filter(value => typeof value === 'string'))
}

/** JSON holds the values of enums, and any member that the type does not have is a mistake. */
const PREAMBLE = `
import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import type * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import type * as stat from '@grafana/grafana-foundation-sdk/stat'
import type * as bargauge from '@grafana/grafana-foundation-sdk/bargauge'
import type * as barchart from '@grafana/grafana-foundation-sdk/barchart'
import type * as table from '@grafana/grafana-foundation-sdk/table'
import type * as heatmap from '@grafana/grafana-foundation-sdk/heatmap'
import type * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline'

type Json<T> = 0 extends 1 & T ? T : T extends string ? \`\${T}\` : T extends object ? { [K in keyof T]: Json<T[K]> } : T
type Query = Json<Omit<prometheus.Dataquery, '_implementsDataqueryVariant'>>
type Fields<C> = Omit<Json<dashboard.FieldConfigSource>, 'defaults'> & {
  defaults: Omit<Json<dashboard.FieldConfig>, 'custom'> & { custom?: Json<C> }
}
type Panel<T extends string, O, C> = Omit<Json<dashboard.Panel>, 'type' | 'targets' | 'options' | 'fieldConfig'> & {
  type: T
  targets: Query[]
  options: Json<O>
  fieldConfig: Fields<C>
}
type AnyPanel =
  | Panel<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | Panel<'stat', stat.Options, never>
  | Panel<'bargauge', bargauge.Options, never>
  | Panel<'barchart', barchart.Options, barchart.FieldConfig>
  | Panel<'table', table.Options, Partial<table.FieldConfig>>
  | Panel<'heatmap', heatmap.Options, heatmap.FieldConfig>
  | Panel<'state-timeline', statetimeline.Options, statetimeline.FieldConfig>
type Annotation = Omit<Json<dashboard.AnnotationQuery>, 'target'> & { target?: Query }
type Whole = Omit<Json<dashboard.Dashboard>, 'panels' | 'annotations'> & { panels: AnyPanel[]; annotations: { list: Annotation[] } }
`

/** What the compiler says of dashboards as objects of the SDK; empty where it says nothing. */
export function compilerSays(dashboards: readonly (GrafanaDashboard | object)[]): string {
  const directory = mkdtempSync(join(ORACLES, 'node_modules/.grafana-'))
  try {
    const bodies = dashboards.map(
      (dashboard, index) => `export const d${index}: Whole = ${JSON.stringify(dashboard, null, 1)}`,
    )
    writeFileSync(join(directory, 'judged.ts'), `${PREAMBLE}\n${bodies.join('\n')}\n`)
    writeFileSync(
      join(directory, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          module: 'nodenext',
          target: 'es2022',
          types: [],
          skipLibCheck: true,
        },
        files: ['judged.ts'],
      }),
    )
    return spawnSync(TSC, ['-p', directory], { encoding: 'utf8' }).stdout
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
