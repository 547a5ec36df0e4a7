/**
 * The scalar types of the SQL dialect (AWS SQL reference, "Data Types") and how each lies in a column.
 * The type grammar has one home here: SQL text and the SqlType strings of an InputSchema both end in `sqlTypeOf`.
 */
import { assert } from './assert.ts'
import { MillraceError } from './errors.ts'

export type IntervalUnit = 'YEAR' | 'MONTH' | 'DAY' | 'HOUR' | 'MINUTE' | 'SECOND'

export type SqlType =
  | { readonly kind: 'TINYINT' | 'SMALLINT' | 'INTEGER' | 'BIGINT' | 'REAL' | 'DOUBLE' | 'BOOLEAN' }
  /** precision 1..18, scale 0..precision */
  | { readonly kind: 'DECIMAL'; readonly precision: number; readonly scale: number }
  /** length 1..65535: code points for CHAR and VARCHAR, bytes for BINARY and VARBINARY */
  | { readonly kind: 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY'; readonly length: number }
  | { readonly kind: 'DATE' | 'TIME' | 'TIMESTAMP' }
  /** expressions only, never a column; `to` equals `from` for a single-field interval */
  | { readonly kind: 'INTERVAL'; readonly from: IntervalUnit; readonly to: IntervalUnit }
  /** the type of a bare NULL, before it takes the type of its surroundings */
  | { readonly kind: 'NULL' }

export type SqlTypeKind = SqlType['kind']

/** Longest CHAR, VARCHAR, BINARY, VARBINARY ("0 < n < 65535", AWS SQL reference, Data Types). */
export const LENGTH_MAX = 65_534
/** AWS SQL reference, Data Types: DECIMAL precision. */
export const DECIMAL_PRECISION_MAX = 18

/**
 * How values of a type lie in a column:
 * `number` Float64Array (TINYINT to INTEGER, REAL, DOUBLE; BOOLEAN 0 or 1; DATE and TIMESTAMP epoch milliseconds; TIME
 * milliseconds of the day; INTERVAL milliseconds, or months for YEAR and MONTH), `bigint` BigInt64Array (BIGINT; DECIMAL as
 * value * 10^scale), `text` dictionary ids or spans, `binary` spans.
 */
export type Storage = 'number' | 'bigint' | 'text' | 'binary'

export function storageOf(type: SqlType): Storage {
  switch (type.kind) {
    case 'BIGINT':
    case 'DECIMAL':
      return 'bigint'
    case 'CHAR':
    case 'VARCHAR':
      return 'text'
    case 'BINARY':
    case 'VARBINARY':
      return 'binary'
    default:
      return 'number'
  }
}

const PLAIN: Readonly<Record<string, SqlTypeKind>> = {
  TINYINT: 'TINYINT',
  SMALLINT: 'SMALLINT',
  INTEGER: 'INTEGER',
  INT: 'INTEGER',
  BIGINT: 'BIGINT',
  REAL: 'REAL',
  DOUBLE: 'DOUBLE',
  'DOUBLE PRECISION': 'DOUBLE',
  FLOAT: 'DOUBLE',
  BOOLEAN: 'BOOLEAN',
  DATE: 'DATE',
  TIME: 'TIME',
  TIMESTAMP: 'TIMESTAMP',
}
const SIZED: Readonly<Record<string, 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY'>> = {
  CHAR: 'CHAR',
  CHARACTER: 'CHAR',
  VARCHAR: 'VARCHAR',
  'CHAR VARYING': 'VARCHAR',
  'CHARACTER VARYING': 'VARCHAR',
  BINARY: 'BINARY',
  VARBINARY: 'VARBINARY',
  'BINARY VARYING': 'VARBINARY',
}

/**
 * The type for a type name and its parenthesised numbers.
 * @param name upper case, words separated by one blank, synonyms included (`INT`, `DOUBLE PRECISION`, `CHAR VARYING`)
 * @returns the type, or a sentence saying what is wrong with it
 */
export function sqlTypeOf(name: string, parameters: readonly number[]): SqlType | string {
  const plain = PLAIN[name]
  if (plain !== undefined) {
    // A precision on DOUBLE, FLOAT, TIME and TIMESTAMP has no effect in the dialect: everything is milliseconds or 64 bits.
    if (parameters.length > 0 && !['FLOAT', 'TIME', 'TIMESTAMP'].includes(name)) return `type ${name} takes no length`
    return { kind: plain } as SqlType
  }
  const sized = SIZED[name]
  if (sized !== undefined) {
    if (parameters.length > 1) return `type ${name} takes one length`
    const length = parameters[0] ?? (sized === 'VARCHAR' || sized === 'VARBINARY' ? LENGTH_MAX : 1)
    if (!Number.isInteger(length) || length < 1 || length > LENGTH_MAX)
      return `length of ${name} must be from 1 to ${LENGTH_MAX}, not ${length}`
    return { kind: sized, length }
  }
  if (name === 'DECIMAL' || name === 'DEC' || name === 'NUMERIC') {
    const precision = parameters[0] ?? DECIMAL_PRECISION_MAX
    const scale = parameters[1] ?? 0
    if (parameters.length > 2) return 'DECIMAL takes a precision and a scale'
    // Some pages allow 19 significant digits; 18 are kept, and DECIMAL(19) is accepted as the widest type there is.
    if (!Number.isInteger(precision) || precision < 1 || precision > 19)
      return `precision of DECIMAL must be from 1 to ${DECIMAL_PRECISION_MAX}, not ${precision}`
    if (!Number.isInteger(scale) || scale < 0 || scale > precision)
      return `scale of DECIMAL must be from 0 to its precision ${precision}, not ${scale}`
    return {
      kind: 'DECIMAL',
      precision: Math.min(precision, DECIMAL_PRECISION_MAX),
      scale: Math.min(scale, DECIMAL_PRECISION_MAX),
    }
  }
  return `unknown type ${name}`
}

/**
 * Reads a type as configuration writes it, such as `VARCHAR(16)` or `decimal(10, 2)`.
 * @throws MillraceError `config` when the text is no type
 */
export function parseSqlType(text: string): SqlType {
  const match = /^\s*([A-Za-z][A-Za-z ]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*$/.exec(text)
  const parameters = [match?.[2], match?.[3]].filter(part => part !== undefined).map(Number)
  const type =
    match === null ? `unknown type ${text}` : sqlTypeOf((match[1] ?? '').toUpperCase().replace(/\s+/g, ' '), parameters)
  if (typeof type === 'string') throw new MillraceError('config', `SqlType "${text}": ${type}`)
  return type
}

/** The type as SQL text, as error messages and plans print it. */
export function sqlTypeText(type: SqlType): string {
  switch (type.kind) {
    case 'DECIMAL':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return `${type.kind}(${type.length})`
    case 'INTERVAL':
      return type.from === type.to ? `INTERVAL ${type.from}` : `INTERVAL ${type.from} TO ${type.to}`
    default:
      return type.kind
  }
}

export function sameSqlType(a: SqlType, b: SqlType): boolean {
  return sqlTypeText(a) === sqlTypeText(b)
}

/** Smallest and largest value of the integer types, both included. */
export function integerRange(kind: 'TINYINT' | 'SMALLINT' | 'INTEGER' | 'BIGINT'): readonly [bigint, bigint] {
  const bits = { TINYINT: 8n, SMALLINT: 16n, INTEGER: 32n, BIGINT: 64n }[kind]
  assert(bits !== undefined, 'an integer kind has a width')
  return [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
}
