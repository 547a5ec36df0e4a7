/**
 * The scalar functions that are plain calls, and the canonical names of all `call` expressions.
 *
 * The running side keys its implementations on these names. Unless noted, NULL in any argument gives NULL. T is TIMESTAMP,
 * DT any of DATE, TIME, TIMESTAMP; N any numeric type, the result having the type of the expression; S is CHAR or VARCHAR.
 *
 *     strings   CHAR_LENGTH(S) INTEGER; LOWER(S), UPPER(S), INITCAP(S); CONCAT(S, S, ..) two or more
 *               LIKE(S, pattern [, escape]) BOOLEAN; SIMILAR(S, pattern [, escape]) BOOLEAN
 *               TRIM(S, side, character), side the literal LEADING, TRAILING or BOTH
 *               SUBSTRING_FROM(S, INTEGER from [, INTEGER count]), past the end ''; SUBSTRING_COMMA(..) likewise, past the end NULL; or of bytes
 *               SUBSTRING_REGEX(S, pattern), SUBSTRING_SIMILAR(S, pattern, escape)
 *               POSITION(sought S, S) INTEGER; OVERLAY(S, placing S, INTEGER from [, INTEGER count])
 *               REGEX_REPLACE(S, regex S, replacement S, INTEGER start, INTEGER occurrence)
 *     logs      LOG_FIELD(S, name of the log parsing function, INTEGER column from 0, ..constants of the call) S
 *     numbers   ABS(N), FLOOR(N), CEIL(N); MOD(a, b) of one integer type; STEP_NUMBER(n, k) of one integer type
 *               EXP, LN, LOG10, SQRT (DOUBLE) DOUBLE; POWER(DOUBLE, DOUBLE) DOUBLE
 *               FLOOR and CEIL of an INTERVAL take a unit: FLOOR_TO(INTERVAL, unit), CEIL_TO(INTERVAL, unit)
 *     time      STEP_DATETIME(DT, INTERVAL), FLOOR_TO(DT, unit), CEIL_TO(DT, unit), unit a literal such as MINUTE; type of DT
 *               EXTRACT(unit, DT or INTERVAL) BIGINT, for SECOND DECIMAL(5,3)
 *               UNIX_TIMESTAMP(T) BIGINT ms; TO_TIMESTAMP(BIGINT ms) T; TSDIFF(BIGINT a, BIGINT b) BIGINT, a - b
 *               CHAR_TO_TIMESTAMP(format S, S) T, CHAR_TO_DATE, CHAR_TO_TIME; TIMESTAMP_TO_CHAR(format S, T) S, which gives
 *               the text null for a NULL time; DATE_TO_CHAR, TIME_TO_CHAR
 *     clock     CURRENT_ROW_TIMESTAMP() T, new for every row; CURRENT_TIMESTAMP(), LOCALTIMESTAMP() T, CURRENT_DATE() DATE,
 *               CURRENT_TIME(), LOCALTIME() TIME, one value from the start of the query
 *     NULL      COALESCE(x, ..) of one type, evaluated left to right for the rows still NULL; NULLIF(a, b) of one type
 *
 * The difference of two datetimes is an `arithmetic` `-` with an INTERVAL type, truncated toward zero to its last unit. A
 * number that multiplies or divides an INTERVAL is DOUBLE. MONOTONIC never reaches a plan.
 */
import type { SqlType } from '../../../core/sql-type.ts'

/** What an argument may be, and into what it is converted. */
export type Parameter =
  | 'text'
  /** any numeric type, as it is */
  | 'number'
  /** any integer type, converted to the type of the result, which is the widest of them */
  | 'integer'
  /** an integer, converted to INTEGER */
  | 'count'
  /** an integer, converted to BIGINT */
  | 'long'
  /** any numeric type, converted to DOUBLE */
  | 'double'
  | 'DATE'
  | 'TIME'
  | 'TIMESTAMP'
  /** TIMESTAMP as it is converted to BIGINT milliseconds, or BIGINT */
  | 'instant'

export interface FunctionSignature {
  /** what the plan calls it */
  readonly name: string
  readonly parameters: readonly Parameter[]
  readonly result: (args: readonly SqlType[]) => SqlType
}

const BIGINT: SqlType = { kind: 'BIGINT' }
const INTEGER: SqlType = { kind: 'INTEGER' }
const DOUBLE: SqlType = { kind: 'DOUBLE' }
const TIMESTAMP: SqlType = { kind: 'TIMESTAMP' }
const TEXT_RESULT_MAX = 4_096

const first = (args: readonly SqlType[]): SqlType => args[0] ?? { kind: 'NULL' }

/** FLOOR and CEIL: an integer of the same family, with room for the carry of CEIL(9.9). */
function rounded(args: readonly SqlType[]): SqlType {
  const type = first(args)
  if (type.kind !== 'DECIMAL') return type
  return { kind: 'DECIMAL', precision: Math.min(18, type.precision - type.scale + 1), scale: 0 }
}

function widerInteger(args: readonly SqlType[]): SqlType {
  const order = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT']
  return args.reduce((a, b) => (order.indexOf(b.kind) > order.indexOf(a.kind) ? b : a), first(args))
}

function double(name: string, parameters: readonly Parameter[] = ['double']): FunctionSignature {
  return { name, parameters, result: () => DOUBLE }
}

function fixed(name: string, parameters: readonly Parameter[], type: SqlType): FunctionSignature {
  return { name, parameters, result: () => type }
}

const SAME_TEXT = (name: string): FunctionSignature => ({ name, parameters: ['text'], result: first })
const FORMATTED: SqlType = { kind: 'VARCHAR', length: TEXT_RESULT_MAX }

/** By the name in the program. Forms with words between their arguments are bound in bind/calls.ts. */
const FUNCTIONS: Readonly<Record<string, FunctionSignature>> = {
  CHAR_LENGTH: fixed('CHAR_LENGTH', ['text'], INTEGER),
  CHARACTER_LENGTH: fixed('CHAR_LENGTH', ['text'], INTEGER),
  LOWER: SAME_TEXT('LOWER'),
  UPPER: SAME_TEXT('UPPER'),
  INITCAP: SAME_TEXT('INITCAP'),
  REGEX_REPLACE: fixed('REGEX_REPLACE', ['text', 'text', 'text', 'count', 'count'], FORMATTED),
  ABS: { name: 'ABS', parameters: ['number'], result: first },
  FLOOR: { name: 'FLOOR', parameters: ['number'], result: rounded },
  CEIL: { name: 'CEIL', parameters: ['number'], result: rounded },
  CEILING: { name: 'CEIL', parameters: ['number'], result: rounded },
  MOD: { name: 'MOD', parameters: ['integer', 'integer'], result: widerInteger },
  EXP: double('EXP'),
  LN: double('LN'),
  LOG10: double('LOG10'),
  SQRT: double('SQRT'),
  POWER: double('POWER', ['double', 'double']),
  UNIX_TIMESTAMP: fixed('UNIX_TIMESTAMP', ['TIMESTAMP'], BIGINT),
  TO_TIMESTAMP: fixed('TO_TIMESTAMP', ['long'], TIMESTAMP),
  TSDIFF: fixed('TSDIFF', ['instant', 'instant'], BIGINT),
  CHAR_TO_TIMESTAMP: fixed('CHAR_TO_TIMESTAMP', ['text', 'text'], TIMESTAMP),
  CHAR_TO_DATE: fixed('CHAR_TO_DATE', ['text', 'text'], { kind: 'DATE' }),
  CHAR_TO_TIME: fixed('CHAR_TO_TIME', ['text', 'text'], { kind: 'TIME' }),
  TIMESTAMP_TO_CHAR: fixed('TIMESTAMP_TO_CHAR', ['text', 'TIMESTAMP'], FORMATTED),
  DATE_TO_CHAR: fixed('DATE_TO_CHAR', ['text', 'DATE'], FORMATTED),
  TIME_TO_CHAR: fixed('TIME_TO_CHAR', ['text', 'TIME'], FORMATTED),
}

/** @param name in upper case */
export function functionNamed(name: string): FunctionSignature | null {
  return Object.hasOwn(FUNCTIONS, name) ? (FUNCTIONS[name] ?? null) : null
}

/** Every name that a program can call with plain arguments, for the hint after a misspelt one. */
export const FUNCTION_NAMES: readonly string[] = Object.keys(FUNCTIONS).concat(
  'AVG CAST COALESCE COUNT EXTRACT MAX MIN MONOTONIC NULLIF OVERLAY POSITION STEP SUBSTRING SUM TRIM'.split(' '),
)

/** Functions of other dialects, and what does their work here. */
export const FOREIGN_FUNCTIONS: Readonly<Record<string, string>> = {
  DATEDIFF: 'use TSDIFF(a, b), or (a - b) MINUTE',
  DATEADD: "add an interval: t + INTERVAL '1' DAY",
  DATE_TRUNC: 'use FLOOR(t TO HOUR) or STEP(t BY INTERVAL)',
  IFNULL: 'use COALESCE',
  NVL: 'use COALESCE',
  ISNULL: 'use COALESCE, or IS NULL',
  IF: 'use CASE',
  IIF: 'use CASE',
  DECODE: 'use CASE',
  GREATEST: 'use CASE',
  LEAST: 'use CASE',
  CONCAT: 'use ||',
  LENGTH: 'use CHAR_LENGTH',
  LEN: 'use CHAR_LENGTH',
  SUBSTR: 'use SUBSTRING',
  NOW: 'use CURRENT_ROW_TIMESTAMP or ROWTIME',
  ROUND: 'use CAST(x AS DECIMAL(p,s)), which rounds',
  TUMBLE: 'use GROUP BY STEP(s.ROWTIME BY INTERVAL)',
}
