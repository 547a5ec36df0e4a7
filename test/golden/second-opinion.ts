/**
 * What DuckDB answers to the question of a golden program. It has the records as the table `input`: a column `line`, then the
 * columns of the schema. Its answer is ROWTIME and the columns of the output, in the order of the output's rows; a first line
 * `-- stream: NAME` says which output is meant where there are several. Where a sum of DOUBLE is taken in another order, the
 * answers may differ by 1e-12 of their size; everything else must be equal.
 */
import { DuckDBInstance } from '@duckdb/node-api'
import { schemaOf } from '../../core/codecs/decoder.ts'
import type { Value } from '../../core/rows.ts'
import { type SqlType, sqlTypeText, storageOf } from '../../core/sql-type.ts'
import type { GoldenProgram, GoldenResult } from './golden.ts'

const DOUBLE_ERROR = 1e-12

/** Where our rows and DuckDB's differ, a line each; empty when they agree. */
export async function differencesFromDuckDb(program: GoldenProgram, ours: GoldenResult): Promise<readonly string[]> {
  const { duckdb, input, schema } = program
  if (duckdb === null || input === null) return []
  const named = /^-- stream: (.*)$/m.exec(duckdb)?.[1]?.trim()
  const [first] = ours.rows.keys()
  const output = ours.rows.get(named ?? first ?? '')
  if (output === undefined) return [`there is no output ${named}`]
  const types: readonly SqlType[] = [{ kind: 'TIMESTAMP' }, ...output.schema.columns.map(({ type }) => type)]
  const columns = schemaOf(schema).columns.map(({ name, type }) => `'${name}': '${duckType(type)}'`)
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`set timezone = 'UTC'`)
  await connection.run(`create table input as select row_number() over () as line, * from read_json(
    '${input.replaceAll("'", "''")}', format = 'newline_delimited', columns = {${columns.join(', ')}})`)
  const reply = await connection.runAndReadAll(`select columns(*)::VARCHAR from (${duckdb.replace(/;\s*$/, '')}\n) q`)
  const theirs = reply.getRows().map(row => row.map(value => (value === null ? null : String(value))))
  connection.closeSync()
  instance.closeSync()
  const differences: string[] = []
  if (theirs.length !== output.values.length)
    differences.push(`${output.values.length} rows, DuckDB has ${theirs.length}`)
  output.values.forEach((row, index) => {
    const other = theirs[index] ?? []
    if (other.length === row.length && row.every((value, at) => isSame(value, other[at] ?? null, types[at]!))) return
    differences.push(`row ${index + 1}: ${show(row, types)}, DuckDB has ${other.join(' | ')}`)
  })
  return differences
}

function duckType(type: SqlType): string {
  return type.kind === 'CHAR' ? 'VARCHAR' : sqlTypeText(type)
}

function isSame(value: Value, text: string | null, type: SqlType): boolean {
  if (value === null || text === null) return value === text
  if (type.kind === 'DOUBLE' || type.kind === 'REAL') {
    const [a, b] = [Number(value), Number(text)]
    const allowed = type.kind === 'REAL' ? 2 ** -23 : DOUBLE_ERROR
    return Math.abs(a - b) <= allowed * Math.max(Math.abs(a), Math.abs(b))
  }
  if (type.kind === 'TIMESTAMP') return value === Date.parse(`${text.replace(' ', 'T')}Z`)
  if (type.kind === 'DATE') return value === Date.parse(`${text}T00:00:00Z`)
  if (type.kind === 'BOOLEAN') return (value === 1) === (text === 'true')
  if (type.kind === 'DECIMAL') {
    const [whole = '', fraction = ''] = text.split('.')
    return fraction.length <= type.scale && String(value) === String(BigInt(whole + fraction.padEnd(type.scale, '0')))
  }
  return storageOf(type) === 'number' ? value === Number(text) : String(value) === text
}

function show(row: readonly Value[], types: readonly SqlType[]): string {
  return row
    .map((value, index) => {
      return types[index]?.kind === 'TIMESTAMP' && typeof value === 'number' ? new Date(value).toISOString() : value
    })
    .join(' | ')
}
