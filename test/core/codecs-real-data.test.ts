/** Real files decoded by us and read by DuckDB: counts and sums of every column must agree. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import type { Decoder } from '../../core/codec.ts'
import type { ErrorRow } from '../../core/error-output.ts'
import type { Value } from '../../core/rows.ts'
import { batchOf, csvDecoder, jsonDecoder, valuesOf } from './codec-support.ts'

const data = join(import.meta.dirname, '../../../shared/data')
const wikipedia = join(data, 'wikipedia-edits-2015/wikiticker-2015-09-12-sampled.json.gz')
const occupancy = ['datatest', 'datatest2', 'datatraining'].map(name => join(data, `iot-occupancy-2015/${name}.txt.gz`))
const here = [wikipedia, ...occupancy].every(file => existsSync(file))
if (!here) console.log(`skipped: decoding of real data, because ${data} is not on this machine`)

function decodeLines(decoder: Decoder, lines: readonly string[]): { rows: Value[][]; errors: ErrorRow[] } {
  const rows: Value[][] = []
  const errors: ErrorRow[] = []
  for (let i = 0; i < lines.length; i += 1_000)
    for (const batch of decoder.decode(batchOf(lines.slice(i, i + 1_000)), { add: row => errors.push(row) }))
      for (const row of valuesOf(batch)) rows.push(row)
  return { rows, errors }
}

async function duck(text: string, sql: (file: string) => string): Promise<Value[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'codecs-'))
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  try {
    const file = join(folder, 'data')
    writeFileSync(file, text)
    return (await connection.runAndReadAll(sql(file))).getRows() as Value[][]
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(folder, { recursive: true })
  }
}

describe.runIf(here)('real data', () => {
  it('has the same rows of Wikipedia edits for DuckDB and for the decoder', async () => {
    const text = gunzipSync(readFileSync(wikipedia)).toString()
    const { rows, errors } = decodeLines(
      jsonDecoder([
        ['time', 'TIMESTAMP'],
        ['page', 'VARCHAR(1000)'],
        ['countryName', 'VARCHAR(100)'],
        ['isRobot', 'BOOLEAN'],
        ['delta', 'INTEGER'],
        ['added', 'BIGINT'],
        ['deleted', 'DOUBLE'],
        ['comment', 'VARCHAR(2000)'],
        ['metroCode', 'VARCHAR(10)'],
      ]),
      text.trimEnd().split('\n'),
    )
    expect(errors).toEqual([])
    const judged = await duck(
      text,
      file =>
        `SELECT epoch_ms(CAST(replace(time, 'Z', '') AS TIMESTAMP))::DOUBLE, page, countryName, isRobot::INT, delta, added, deleted, comment, metroCode
         FROM read_json('${file}', format = 'newline_delimited', columns = {time: 'VARCHAR', page: 'VARCHAR', countryName: 'VARCHAR', isRobot: 'BOOLEAN', delta: 'INTEGER', added: 'BIGINT', deleted: 'DOUBLE', comment: 'VARCHAR', metroCode: 'VARCHAR'})`,
    )
    expect(rows).toHaveLength(39_244)
    expect(judged).toHaveLength(39_244)
    const wrong = rows.findIndex((row, i) => row.some((value, k) => value !== judged[i]?.[k]))
    expect(wrong < 0 ? null : [rows[wrong], judged[wrong]]).toBeNull()
  })

  it.each(occupancy)('has the same sums of %s for DuckDB and for the decoder', async file => {
    const text = gunzipSync(readFileSync(file)).toString()
    const columns = ['Temperature', 'Humidity', 'Light', 'CO2', 'HumidityRatio']
    const { rows, errors } = decodeLines(
      csvDecoder([
        ['n', 'INTEGER'],
        ['date', 'TIMESTAMP'],
        ...columns.map(name => [name, 'DOUBLE'] as const),
        ['Occupancy', 'TINYINT'],
      ]),
      text.trimEnd().split('\n'),
    )
    expect(errors.map(error => error.message)).toEqual(['column "n" does not take the text "date"; expected INTEGER'])
    const [judged] = await duck(
      text,
      path =>
        `SELECT count(*)::DOUBLE, sum(n)::DOUBLE, sum(epoch_ms(date))::DOUBLE, ${columns.map(name => `fsum(${name})`).join(', ')}, sum(Occupancy)::DOUBLE
         FROM read_csv('${path}', header = false, skip = 1, auto_detect = false, delim = ',', quote = '"', columns = {n: 'INTEGER', date: 'TIMESTAMP', ${columns.map(name => `${name}: 'DOUBLE'`).join(', ')}, Occupancy: 'INTEGER'})`,
    )
    const sums = Array.from({ length: 8 }, (_unused, i) => rows.reduce((sum, row) => sum + Number(row[i]), 0))
    expect(judged?.[0]).toBe(rows.length)
    sums.forEach((sum, i) => {
      expect(sum / Number(judged?.[i + 1])).toBeCloseTo(1, 12)
    })
  })
})
