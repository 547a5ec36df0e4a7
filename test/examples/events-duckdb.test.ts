/** A second opinion on the events: DuckDB reads them with the types of the schema. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { Shop } from '../../examples/clickstream/shop.ts'

const START = Date.UTC(2026, 0, 5, 9)

test('DuckDB converts every good event to the types of the schema, and adds up the same revenue to the cent', async () => {
  const events = new Shop({ ratePerSecond: 1_000, startMs: START, malformedShare: 0.05 }).next(START + 20_000)
  const good = events.filter(event => event.defect === null)
  const lines = good.map(event => new TextDecoder().decode(event.data))
  let cents = 0n
  for (const line of lines) {
    const amount = /"event_name":"purchase".*"value":(\d+)\.(\d\d)/.exec(line)
    if (amount !== null) cents += BigInt(`${amount[1]}${amount[2]}`)
  }
  const schema = JSON.parse(
    await readFile(new URL('../../examples/clickstream/clicks.schema.json', import.meta.url), 'utf8'),
  ) as { RecordColumns: { Name: string; SqlType: string }[] }
  const columns = schema.RecordColumns.map(column => `'${column.Name}': '${column.SqlType}'`).join(', ')
  const folder = await mkdtemp(join(tmpdir(), 'millrace-shop-'))
  try {
    const file = join(folder, 'events.jsonl')
    await writeFile(file, `${lines.join('\n')}\n`)
    const duckdb = await (await DuckDBInstance.create()).connect()
    const reader = await duckdb.runAndReadAll(`
      SELECT count(*) AS n, count(event_timestamp) AS times, count(status) AS statuses, count(DISTINCT event_id) AS ids,
        CAST(sum(value) FILTER (event_name = 'purchase') AS VARCHAR) AS revenue,
        count(*) FILTER (epoch_ms(sent_timestamp) - epoch_ms(event_timestamp) >= 60000) AS late
      FROM read_json('${file}', format = 'newline_delimited', columns = {${columns}})`)
    expect(reader.getRowObjectsJson()).toEqual([
      {
        n: String(good.length),
        times: String(good.length),
        statuses: String(good.length),
        ids: String(good.length),
        revenue: `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`,
        late: String(good.filter(event => event.late).length),
      },
    ])
    duckdb.closeSync()
  } finally {
    await rm(folder, { recursive: true })
  }
})
