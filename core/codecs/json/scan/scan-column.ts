/** What a scanner has to know of a column: which check and conversion its type asks for, with the numbers that bound it. */
import { integerRange, type SqlType } from '../../../sql-type.ts'

/** The operations by their numbers in the compiled scanner. */
export const OPERATIONS = {
  double: 1,
  real: 2,
  integer: 3,
  bigint: 4,
  decimal: 5,
  boolean: 6,
  text: 7,
  timestamp: 8,
  date: 9,
  time: 10,
} as const

export type Operation = keyof typeof OPERATIONS

export interface ScanColumn {
  readonly operation: Operation
  /** integers: the range, both ends included; DECIMAL: `max` is the greatest scaled magnitude, as near as a double is to it */
  readonly min: number
  readonly max: number
  /** DECIMAL: the greatest scaled magnitude, which no double holds from 16 digits on */
  readonly scaledMax: bigint
  /** DECIMAL */
  readonly scale: number
  /** texts: more bytes than this go the slow way, because they may have to be cut */
  readonly bytesMax: number
  /** CHAR: trailing blanks are not kept */
  readonly padded: boolean
}

const NONE = { min: 0, max: 0, scaledMax: 0n, scale: 0, bytesMax: 0, padded: false }

/** The scan column of a type, or null for types that only the slow way writes. */
export function scanColumnOf(type: SqlType): ScanColumn | null {
  switch (type.kind) {
    case 'DOUBLE':
      return { ...NONE, operation: 'double' }
    case 'REAL':
      return { ...NONE, operation: 'real' }
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER': {
      const [min, max] = integerRange(type.kind)
      return { ...NONE, operation: 'integer', min: Number(min), max: Number(max) }
    }
    case 'BIGINT':
      return { ...NONE, operation: 'bigint' }
    case 'DECIMAL':
      return {
        ...NONE,
        operation: 'decimal',
        scale: type.scale,
        max: 10 ** type.precision - 1,
        scaledMax: 10n ** BigInt(type.precision) - 1n,
      }
    case 'BOOLEAN':
      return { ...NONE, operation: 'boolean' }
    case 'CHAR':
    case 'VARCHAR':
      return { ...NONE, operation: 'text', bytesMax: type.length, padded: type.kind === 'CHAR' }
    case 'TIMESTAMP':
      return { ...NONE, operation: 'timestamp' }
    case 'DATE':
      return { ...NONE, operation: 'date' }
    case 'TIME':
      return { ...NONE, operation: 'time' }
    case 'BINARY':
    case 'VARBINARY':
    case 'INTERVAL':
    case 'NULL':
      return null
  }
}
