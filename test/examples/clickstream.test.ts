import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { parseSqlType, type Schema } from '../../core/index.ts'
import { resolveDashboard } from '../../dashboards/index.ts'
import { clickstreamDashboard } from '../../examples/clickstream/dashboard.ts'

const folder = new URL('../../examples/clickstream/', import.meta.url)
const VIEWS = [
  'PAGE_VIEWS',
  'PAGE_VIEWS_BY_MINUTE',
  'TOP_PAGES',
  'FUNNEL',
  'REVENUE',
  'ERRORS',
  'LIVE_USERS',
  'MOVERS',
  'REFERRERS',
  'SESSIONS',
  'CONVERSION',
  'BOT_BURSTS',
]

/** The streams that the program creates, read with a pattern, so that the page is judged without the compiler. */
async function declaredStreams(): Promise<Map<string, Schema>> {
  const sql = (await readFile(new URL('clickstream.sql', folder), 'utf8'))
    .replace(/--.*$/gm, '')
    .replace(/,\s*WATERMARK .*$/gm, '')
  const streams = new Map<string, Schema>()
  for (const [, name = '', body = ''] of sql.matchAll(/CREATE OR REPLACE STREAM (\w+) \((.*?)\n\);/gs)) {
    const columns = [...body.matchAll(/(\w+)\s+(\w+(?:\([\d,]+\))?)/g)].map(([, column = '', type = '']) => ({
      name: column,
      type: parseSqlType(type),
      nullable: true,
    }))
    streams.set(name, { columns })
  }
  return streams
}

test('the program declares the views, and the dashboard names columns of each that can be drawn', async () => {
  const streams = await declaredStreams()
  for (const view of VIEWS) expect(streams.has(view), view).toBe(true)
  const { panels, annotations, variables } = resolveDashboard(clickstreamDashboard, streams)
  expect(new Set([...panels, ...annotations].map(({ stream }) => stream))).toEqual(new Set(VIEWS))
  expect([...(variables[0]?.columns.keys() ?? [])]).toEqual(['EVENTS', 'PAGE_VIEWS', 'REFERRERS'])
})

test('every quoted name in the program is a column of the schema, and every type of the schema is one', async () => {
  const sql = (await readFile(new URL('clickstream.sql', folder), 'utf8')).replace(/--.*$/gm, '')
  const schema = JSON.parse(await readFile(new URL('clicks.schema.json', folder), 'utf8')) as {
    RecordColumns: { Name: string; SqlType: string; Mapping: string }[]
  }
  const names = new Set(schema.RecordColumns.map(column => column.Name))
  for (const [, name] of sql.matchAll(/s\."(\w+)"/g)) expect(names.has(name ?? ''), name).toBe(true)
  for (const { Name, SqlType, Mapping } of schema.RecordColumns) {
    expect(() => parseSqlType(SqlType)).not.toThrow()
    expect(Mapping).toBe(`$.${Name}`)
  }
})
