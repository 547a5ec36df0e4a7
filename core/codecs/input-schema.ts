/**
 * The schema of an input as its owner already has it: SourceSchema of Kinesis Data Analytics (API reference, SourceSchema,
 * RecordFormat, RecordColumn), read from `unknown` and checked, with all problems told at once.
 */
import { MillraceError } from '../errors.ts'
import { parseSqlType, type SqlType } from '../sql-type.ts'
import { planRows, type RowPlan, type RowPlanProblem } from './json/path.ts'

/** API reference, SourceSchema: RecordColumns has 1 to 1,000 members. */
export const RECORD_COLUMNS_MAX = 1_000
/** API reference v2, RecordColumn: length of Name and SqlType. */
export const COLUMN_NAME_CHARACTERS_MAX = 256
export const SQL_TYPE_CHARACTERS_MAX = 100
/** API reference v2, RecordColumn: length of Mapping is up to 150; longer ones occur in flattened data, so we read more. */
export const MAPPING_CHARACTERS_MAX = 1_024

export interface InputColumn {
  /** as configured; case counts */
  readonly name: string
  readonly type: SqlType
  /** JSONPath; null where the format is CSV */
  readonly mapping: string | null
}

export type RecordFormat =
  | { readonly kind: 'JSON'; readonly recordRowPath: string; readonly plan: RowPlan }
  /** delimiters are not empty */
  | { readonly kind: 'CSV'; readonly recordRowDelimiter: string; readonly recordColumnDelimiter: string }

export interface InputSchema {
  readonly format: RecordFormat
  readonly columns: readonly InputColumn[]
}

/** Collects what is wrong with a configuration, a line each: where, what, and what to do. */
export type Problems = string[]

/** Throws all problems as one `config` error; returns when there is none. */
export function throwProblems(problems: Problems, what: string): void {
  if (problems.length === 0) return
  throw new MillraceError('config', `${what} cannot be used:\n${problems.map(line => `  ${line}`).join('\n')}`)
}

/** The members of an object that came from outside, or null (with a problem) when it is none. */
export function membersAt(value: unknown, path: string, problems: Problems): ReadonlyMap<string, unknown> | null {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value))
  problems.push(`${path}: ${value === undefined ? 'missing' : `must be an object, not ${kindName(value)}`}`)
  return null
}

/** A text from outside within its length limits, or null with a problem. */
export function textAtPath(
  value: unknown,
  path: string,
  limits: { readonly min?: number; readonly max: number },
  problems: Problems,
): string | null {
  const min = limits.min ?? 1
  if (typeof value !== 'string') {
    problems.push(`${path}: ${value === undefined ? 'missing; give a text' : `must be a text, not ${kindName(value)}`}`)
    return null
  }
  if (value.length < min || value.length > limits.max) {
    problems.push(`${path}: has ${value.length} characters; give from ${min} to ${limits.max}`)
    return null
  }
  return value
}

/** What a value from outside is, for an error text. */
export function kindName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/**
 * Reads a SourceSchema, InputSchema or ReferenceSchema.
 * @param path how problems name the place of the value, such as `Inputs[0].InputSchema`
 * @throws MillraceError `config` with one line for every problem
 */
export function parseInputSchema(value: unknown, path = 'InputSchema'): InputSchema {
  const problems: Problems = []
  const schema = readInputSchema(value, path, problems)
  throwProblems(problems, path)
  if (schema === null) throw new MillraceError('config', `${path} cannot be used`)
  return schema
}

/** Like `parseInputSchema`, for callers that collect problems of more than the schema; null when there is any. */
export function readInputSchema(value: unknown, path: string, problems: Problems): InputSchema | null {
  const before = problems.length
  const members = membersAt(value, path, problems)
  if (members === null) return null
  const encoding = members.get('RecordEncoding')
  if (encoding !== undefined && encoding !== null && (typeof encoding !== 'string' || !/^utf-?8$/i.test(encoding)))
    problems.push(`${path}.RecordEncoding: ${JSON.stringify(encoding)} is not read; records must be "UTF-8"`)
  const formatPath = `${path}.RecordFormat`
  const format = membersAt(members.get('RecordFormat'), formatPath, problems)
  const kind = format?.get('RecordFormatType')
  if (format !== null && kind !== 'JSON' && kind !== 'CSV')
    problems.push(`${formatPath}.RecordFormatType: must be "JSON" or "CSV", not ${JSON.stringify(kind)}`)
  const columns = readColumns(members.get('RecordColumns'), `${path}.RecordColumns`, kind === 'JSON', problems)
  if (format === null || columns === null || problems.length > before) {
    if (format !== null) readFormat(format, kind, formatPath, path, columns ?? [], problems)
    return null
  }
  const recordFormat = readFormat(format, kind, formatPath, path, columns, problems)
  return problems.length > before || recordFormat === null ? null : { format: recordFormat, columns }
}

function readColumns(value: unknown, path: string, json: boolean, problems: Problems): InputColumn[] | null {
  if (!Array.isArray(value)) {
    problems.push(`${path}: ${value === undefined ? 'missing' : `must be an array, not ${kindName(value)}`}`)
    return null
  }
  if (value.length < 1 || value.length > RECORD_COLUMNS_MAX) {
    problems.push(`${path}: has ${value.length} columns; give from 1 to ${RECORD_COLUMNS_MAX}`)
    return null
  }
  const columns: InputColumn[] = []
  const places = new Map<string, number>()
  value.forEach((item: unknown, index) => {
    const at = `${path}[${index}]`
    const members = membersAt(item, at, problems)
    if (members === null) {
      columns.push({ name: '', type: { kind: 'NULL' }, mapping: null }) // keeps the numbers of the others in messages
      return
    }
    const name = textAtPath(members.get('Name'), `${at}.Name`, { max: COLUMN_NAME_CHARACTERS_MAX }, problems)
    const type = readType(members.get('SqlType'), `${at}.SqlType`, problems)
    let mapping: string | null = null
    if (json) {
      const given = members.get('Mapping')
      if (given === undefined || given === null || given === '')
        problems.push(`${at}.Mapping: missing; JSON columns need a path such as $.price`)
      else mapping = textAtPath(given, `${at}.Mapping`, { max: MAPPING_CHARACTERS_MAX }, problems)
    }
    const twin = name === null ? undefined : places.get(name)
    if (twin !== undefined)
      problems.push(`${at}.Name: "${name}" is the name of column ${twin} already; give each its own`)
    if (name !== null) places.set(name, index)
    columns.push({ name: name ?? '', type: type ?? { kind: 'NULL' }, mapping })
  })
  return columns
}

function readType(value: unknown, path: string, problems: Problems): SqlType | null {
  const text = textAtPath(value, path, { max: SQL_TYPE_CHARACTERS_MAX }, problems)
  if (text === null) return null
  try {
    return parseSqlType(text)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    problems.push(`${path}: ${error.message}; give a type such as INTEGER or VARCHAR(64)`)
    return null
  }
}

function readFormat(
  format: ReadonlyMap<string, unknown>,
  kind: unknown,
  path: string,
  schemaPath: string,
  columns: readonly InputColumn[],
  problems: Problems,
): RecordFormat | null {
  const given = format.get('MappingParameters')
  const parameters =
    given === undefined || given === null
      ? new Map<string, unknown>()
      : membersAt(given, `${path}.MappingParameters`, problems)
  if (parameters === null) return null
  if (kind === 'JSON') {
    const at = `${path}.MappingParameters.JSONMappingParameters`
    const json = parameters.get('JSONMappingParameters')
    const members = json === undefined || json === null ? new Map<string, unknown>() : membersAt(json, at, problems)
    const root = members?.get('RecordRowPath') ?? '$'
    const recordRowPath = textAtPath(root, `${at}.RecordRowPath`, { max: MAPPING_CHARACTERS_MAX }, problems)
    if (recordRowPath === null) return null
    const found: RowPlanProblem[] = []
    const plan = planRows(
      recordRowPath,
      columns.map(column => column.mapping ?? '$'),
      found,
    )
    for (const { column, text } of found)
      problems.push(
        column < 0 ? `${at}.RecordRowPath: ${text}` : `${schemaPath}.RecordColumns[${column}].Mapping: ${text}`,
      )
    return { kind: 'JSON', recordRowPath, plan }
  }
  if (kind !== 'CSV') return null
  const at = `${path}.MappingParameters.CSVMappingParameters`
  const csv = parameters.get('CSVMappingParameters')
  const members = csv === undefined || csv === null ? new Map<string, unknown>() : membersAt(csv, at, problems)
  const row = readDelimiter(members?.get('RecordRowDelimiter'), '\n', `${at}.RecordRowDelimiter`, problems)
  const column = readDelimiter(members?.get('RecordColumnDelimiter'), ',', `${at}.RecordColumnDelimiter`, problems)
  if (row === null || column === null) return null
  if (row === column) problems.push(`${at}: row and column delimiter are both ${JSON.stringify(row)}; give two`)
  if (row.includes('"') || column.includes('"')) problems.push(`${at}: a delimiter holds a quote, which quotes fields`)
  return { kind: 'CSV', recordRowDelimiter: row, recordColumnDelimiter: column }
}

/** Templates often hold a delimiter as a backslash and a letter; nobody's rows end in those two characters. */
const WRITTEN_DELIMITERS: ReadonlyMap<string, string> = new Map([
  ['\\n', '\n'],
  ['\\r\\n', '\r\n'],
  ['\\r', '\r'],
  ['\\t', '\t'],
])

function readDelimiter(value: unknown, missing: string, path: string, problems: Problems): string | null {
  const text = textAtPath(value ?? missing, path, { max: 1_024 }, problems)
  return text === null ? null : (WRITTEN_DELIMITERS.get(text) ?? text)
}
