/**
 * What DuckDB answers to the question of a golden program. It has the records as text in the table `lines` (line, text) and,
 * where every column of a JSON schema is a member of that name, as the table `input`: a column `line`, then the columns of the
 * schema. Reference tables have their own names and are read in the same way, a CSV file as it is. Its answer is ROWTIME and
 * the columns of the output, in the order of the output's rows; a first line `-- stream: NAME` says which output is meant where
 * there are several. Where a sum of DOUBLE is taken in another order, the answers may differ by 1e-12 of their size; everything
 * else must be equal.
 */
import { readFileSync } from 'node:fs'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { schemaOf } from '../../core/codecs/decoder.ts'
import type { InputSchema } from '../../core/codecs/input-schema.ts'
import type { Value } from '../../core/rows.ts'
import { type SqlType, sqlTypeText, storageOf } from '../../core/sql-type.ts'
import type { GoldenProgram } from './golden.ts'
import type { GoldenResult } from './ways.ts'

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
  const connection = await connect()
  const schemaName = `program_${++programs}`
  await connection.run(`create schema ${schemaName}; use ${schemaName}; set timezone = 'UTC'`)
  await createLines(connection, schemaName, input)
  if (isPlain(schema)) await createTable(connection, 'input', input, schema)
  for (const table of program.tables) await createTable(connection, table.name, table.file, table.schema)
  const reply = await connection.runAndReadAll(`select columns(*)::VARCHAR from (${duckdb.replace(/;\s*$/, '')}\n) q`)
  const theirs = reply.getRows().map(row => row.map(value => (value === null ? null : String(value))))
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

let connected: Promise<DuckDBConnection> | null = null
let programs = 0

/** One for all programs, each of which has a schema of its own: opening an instance takes longer than most questions. */
function connect(): Promise<DuckDBConnection> {
  return (connected ??= DuckDBInstance.create(':memory:').then(instance => instance.connect()))
}

async function createLines(connection: DuckDBConnection, schemaName: string, path: string): Promise<void> {
  await connection.run('create table lines (line INTEGER, text VARCHAR)')
  const appender = await connection.createAppender('lines', schemaName)
  readFileSync(path, 'utf8')
    .split('\n')
    .forEach((text, index) => {
      if (text === '') return
      appender.appendInteger(index + 1)
      appender.appendVarchar(text)
      appender.endRow()
    })
  appender.closeSync()
}

function isPlain({ format, columns }: InputSchema): boolean {
  if (format.kind !== 'JSON' || format.recordRowPath !== '$') return false
  return columns.every(({ name, mapping }) => mapping === `$.${name}`)
}

async function createTable(
  connection: DuckDBConnection,
  name: string,
  path: string,
  schema: InputSchema,
): Promise<void> {
  const columns = schemaOf(schema).columns.map(column => ({ name: column.name, type: duckType(column.type) }))
  const declared = columns.map(column => `"${column.name}" ${column.type}`).join(', ')
  await connection.run(`create table "${name}" (line INTEGER, ${declared})`)
  if (readFileSync(path, 'utf8').trim() === '') return
  const typed = `columns = {${columns.map(column => `'${column.name}': '${column.type}'`).join(', ')}}`
  const file = `'${path.replaceAll("'", "''")}'`
  const rows =
    schema.format.kind === 'JSON'
      ? `read_json(${file}, format = 'newline_delimited', ${typed})`
      : `read_csv(${file}, header = false, delim = '${schema.format.recordColumnDelimiter}', ignore_errors = true, ${typed})`
  // An empty field of CSV is NULL but for text.
  const fields = columns.map(column => {
    return schema.format.kind === 'CSV' && column.type.startsWith('VARCHAR')
      ? `coalesce("${column.name}", '')`
      : `"${column.name}"`
  })
  await connection.run(`insert into "${name}" select row_number() over (), ${fields.join(', ')} from ${rows}`)
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
  if (type.kind === 'TIME') return value === Date.parse(`1970-01-01T${text}Z`)
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
