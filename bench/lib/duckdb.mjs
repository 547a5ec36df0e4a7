// (c) DuckDB, one thread: each query over the whole file with `read_json`, and Q1 over micro-batches of 10,000 records.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const COLUMNS = `columns={event_time:'VARCHAR',event_ms:'BIGINT',user_id:'VARCHAR',session_id:'VARCHAR',page:'VARCHAR',referrer:'VARCHAR',country:'VARCHAR',device:'VARCHAR',event_type:'VARCHAR',latency_ms:'DOUBLE'}, format='newline_delimited'`
const AGGREGATES = 'COUNT(*) cnt, SUM(latency_ms) s, AVG(latency_ms) a, MIN(latency_ms) mn, MAX(latency_ms) mx'
const WATERMARK_MS = 5_000

const sessions = source =>
  `SELECT user_id, sid, MIN(event_ms) st, MAX(event_ms) en, COUNT(*) cnt FROM
     (SELECT *, SUM(nw) OVER (PARTITION BY user_id ORDER BY event_ms) sid FROM
       (SELECT user_id, event_ms, CASE WHEN event_ms-LAG(event_ms) OVER (PARTITION BY user_id ORDER BY event_ms)>1800000 THEN 1 ELSE 0 END nw FROM ${source}))
   GROUP BY ALL`

/** By query: the statement over a source, and what sums up to the check sum (null: only rows can be compared). */
const QUERIES = {
  q1: [source => `SELECT event_ms//60000 w, page, ${AGGREGATES} FROM ${source} GROUP BY ALL`, 's+mn+mx'],
  q2: [
    source =>
      `SELECT event_ms//60000-h w, country, device, COUNT(*) cnt FROM ${source}, (SELECT UNNEST([0,1,2,3,4]) h) WHERE event_type='page_view' AND latency_ms>100 GROUP BY ALL`,
    'cnt',
  ],
  q3: [sessions, 'cnt+(en-st)/1000'],
  // Its frames hold the rows of the same millisecond that came later, too.
  q4: [
    source =>
      `SELECT user_id,event_ms,COUNT(*) OVER w cnt, SUM(latency_ms) OVER w s FROM ${source} WINDOW w AS (PARTITION BY user_id ORDER BY event_ms RANGE BETWEEN 60000 PRECEDING AND CURRENT ROW)`,
    null,
  ],
  // Its result is columns and not JSON text.
  q5: [source => `SELECT user_id,page,latency_ms,event_ms FROM ${source} WHERE latency_ms>400`, null],
  q6: [source => `SELECT event_ms//60000 w, page, COUNT(DISTINCT user_id) users FROM ${source} GROUP BY ALL`, 'users'],
  q7: [
    source =>
      `SELECT event_ms//60000 w, r.category, ${AGGREGATES} FROM ${source} e JOIN ref r ON e.page=r.page GROUP BY ALL`,
    's+mn+mx',
  ],
}

/**
 * Opens DuckDB in memory over a copy of the clicks in a file.
 * @returns `scan(query)` and `microBatches(buffers)` give engines for the runner; `close` removes the files. Null where
 *   @duckdb/node-api is not installed
 */
export async function openDuckdb(clicks, table) {
  let api
  try {
    api = await import('@duckdb/node-api')
  } catch {
    return null
  }
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const [file, tableFile, batchFile] = ['events.ndjson', 'ref.ndjson', 'batch.ndjson'].map(name => join(folder, name))
  writeFileSync(file, clicks.data)
  writeFileSync(tableFile, table.map(row => JSON.stringify(row)).join('\n'))
  const instance = await api.DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(`CREATE TABLE ref AS SELECT * FROM read_json('${tableFile}')`)
  const source = `read_json('${file}', ${COLUMNS})`
  const rowsOf = async text => (await connection.runAndReadAll(text)).getRowsJS()

  /** Rows as chunks of columns; nothing is made a JavaScript value. */
  const counted = async text => {
    const result = await connection.run(text)
    let rows = 0
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return [rows, 0]
      rows += chunk.rowCount
    }
  }
  return {
    scan(name) {
      const [queryOf, check] = QUERIES[name]
      const text = queryOf(source)
      const answer = async () => {
        const [[rows, sum]] = await rowsOf(`SELECT COUNT(*), ${check === null ? '0' : `SUM(${check})`} FROM (${text})`)
        return [Number(rows), Math.round(Number(sum))]
      }
      const engine = { name: 'DuckDB, raw scan of the file', role: 'duckdbScan', run: () => counted(text), answer }
      return check === null ? { ...engine, only: 'rows' } : engine
    },
    microBatches(buffers) {
      const ways = {
        'appender and from_json': tenBatches => appendTexts(connection, tenBatches),
        'file and read_json': async tenBatches => {
          const lines = tenBatches.flatMap(batch => batch.flatMap(record => [record, LINE_FEED]))
          writeFileSync(batchFile, Buffer.concat(lines))
          await connection.run(
            `INSERT INTO ev SELECT event_ms,page,latency_ms FROM read_json('${batchFile}', ${COLUMNS})`,
          )
        },
      }
      return Object.entries(ways).map(([way, load]) => ({
        name: `DuckDB, micro-batches: ${way}`,
        role: 'duckdbMicro',
        run: () => microBatches(connection, rowsOf, buffers, load),
      }))
    },
    close() {
      connection.closeSync()
      instance.closeSync()
      rmSync(folder, { recursive: true })
    },
  }
}

const LINE_FEED = Buffer.from('\n')

async function appendTexts(connection, tenBatches) {
  const appender = await connection.createAppender('raw')
  for (const batch of tenBatches)
    for (const record of batch) {
      appender.appendVarchar(record.toString())
      appender.endRow()
    }
  appender.flushSync()
  appender.closeSync()
  await connection.run(
    `INSERT INTO ev SELECT s.event_ms,s.page,s.latency_ms FROM (SELECT from_json(j,'{"event_ms":"BIGINT","page":"VARCHAR","latency_ms":"DOUBLE"}') s FROM raw)`,
  )
  await connection.run('DELETE FROM raw')
}

/** Q1: ten batches at a time into a table; what is behind the watermark leaves aggregated and is deleted. */
async function microBatches(connection, rowsOf, buffers, load) {
  await connection.run('CREATE OR REPLACE TABLE raw(j VARCHAR)')
  await connection.run('CREATE OR REPLACE TABLE ev(event_ms BIGINT, page VARCHAR, latency_ms DOUBLE)')
  let [rows, sum, closed] = [0, 0, Number.NEGATIVE_INFINITY]
  const close = async minute => {
    const before = minute === Number.POSITIVE_INFINITY ? '' : `WHERE event_ms<${(minute + 1) * 60_000}`
    for (const [, , , s, , least, greatest] of await rowsOf(
      `SELECT event_ms//60000 w, page, ${AGGREGATES} FROM ev ${before} GROUP BY ALL`,
    )) {
      rows++
      sum += s + least + greatest
    }
    await connection.run(`DELETE FROM ev ${before}`)
  }
  for (let i = 0; i < buffers.length; i += 10) {
    await load(buffers.slice(i, i + 10))
    const [[latest]] = await rowsOf('SELECT MAX(event_ms) FROM ev')
    const minute = Math.floor((Number(latest) - WATERMARK_MS) / 60_000) - 1
    if (minute <= closed) continue
    if (closed !== Number.NEGATIVE_INFINITY) await close(minute)
    closed = minute
  }
  await close(Number.POSITIVE_INFINITY)
  return [rows, Math.round(sum)]
}
