// Reads what the demo delivered with DuckDB, which is not ours, and compares it with the demo's own closing report:
// node scripts/verify-demo.mjs DIR REPORT.json
import { readFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

const [, , directory, reportFile] = process.argv
const report = JSON.parse(readFileSync(reportFile, 'utf8'))
const connection = await (await DuckDBInstance.create(':memory:')).connect()
const scalar = async sql => Number((await connection.runAndReadAll(sql)).getRows()[0][0])

const problems = []
/** Prints one comparison and remembers it when it does not hold. */
function compare(what, found, expected) {
  const holds = found === expected
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}: ${found}${holds ? '' : `, expected ${expected}`}`)
  if (!holds) problems.push(what)
}

const views = Object.keys(report.outputs).filter(stream => stream !== 'error_stream' && report.outputs[stream].rows > 0)
compare('at least five views have rows', Math.min(views.length, 5), 5)
for (const stream of views) {
  const parquet = `read_parquet('${directory}/parquet/${stream}/**/*.parquet')`
  const json = `read_json('${directory}/json/${stream}/**/*.gz', format = 'newline_delimited')`
  compare(`${stream}: rows in Parquet`, await scalar(`SELECT count(*) FROM ${parquet}`), report.outputs[stream].rows)
  compare(`${stream}: rows in JSON`, await scalar(`SELECT count(*) FROM ${json}`), report.outputs[stream].rows)
}

const errorFiles = `read_json('${directory}/json/error_stream/**/*.gz', format = 'newline_delimited')`
const errorRows = report.errorRows === 0 ? 0 : await scalar(`SELECT count(*) FROM ${errorFiles}`)
const counted = await scalar(`SELECT sum(events) FROM read_parquet('${directory}/parquet/FUNNEL/**/*.parquet')`)
compare('error rows in files', errorRows, report.errorRows)
compare('malformed events that the shop made', report.malformed, report.errorRows)
compare('events counted in files + error rows = events put', counted + errorRows, report.put)
compare('at least one thousand events', Math.min(report.put, 1000), 1000)

process.exit(problems.length === 0 ? 0 : 1)
