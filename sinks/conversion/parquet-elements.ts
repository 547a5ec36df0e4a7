/** Hive types as Parquet's schema (parquet-format, LogicalTypes.md): all optional, the old converted type beside the logical one. */
import type { SchemaElement } from 'hyparquet'
import type { Lane, ParquetColumn, ParquetNode } from '../formats/parquet/schema.ts'
import type { HiveColumn, PlainType } from './hive-type.ts'

const INT32_PRECISION_MAX = 9
const INT64_PRECISION_MAX = 18

/** A column of a table as one of a file. */
export function parquetNodeOf({ name, type }: HiveColumn): ParquetNode {
  switch (type.kind) {
    case 'array':
      return { kind: 'list', name, item: parquetNodeOf({ name: 'element', type: type.item }) }
    case 'map':
      return {
        kind: 'map',
        name,
        key: leafOf('key', type.key, 'REQUIRED'),
        value: parquetNodeOf({ name: 'value', type: type.value }),
      }
    case 'struct':
      return { kind: 'struct', name, fields: type.fields.map(parquetNodeOf) }
    default:
      return leafOf(name, type, 'OPTIONAL')
  }
}

function leafOf(name: string, type: PlainType, repetition_type: 'OPTIONAL' | 'REQUIRED'): ParquetColumn {
  return { element: { name, repetition_type, ...plainElement(type) }, lane: laneOf(type) }
}

function laneOf(type: PlainType): Lane {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'date':
      return 'int32'
    case 'bigint':
    case 'timestamp':
      return 'int64'
    case 'decimal':
      return type.precision <= INT32_PRECISION_MAX
        ? 'narrow'
        : type.precision <= INT64_PRECISION_MAX
          ? 'int64'
          : 'fixed'
    case 'string':
    case 'varchar':
    case 'char':
    case 'binary':
      return 'bytes'
    default:
      return type.kind
  }
}

function plainElement(type: PlainType): Omit<SchemaElement, 'name'> {
  switch (type.kind) {
    case 'boolean':
      return { type: 'BOOLEAN' }
    case 'tinyint':
      return { type: 'INT32', converted_type: 'INT_8' }
    case 'smallint':
      return { type: 'INT32', converted_type: 'INT_16' }
    case 'int':
      return { type: 'INT32' }
    case 'bigint':
      return { type: 'INT64' }
    case 'float':
      return { type: 'FLOAT' }
    case 'double':
      return { type: 'DOUBLE' }
    case 'string':
    case 'varchar':
    case 'char':
      return { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }
    case 'binary':
      return { type: 'BYTE_ARRAY' }
    case 'date':
      return { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } }
    case 'timestamp':
      return {
        type: 'INT64',
        converted_type: 'TIMESTAMP_MILLIS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
      }
    case 'decimal': {
      const { precision, scale } = type
      const common = {
        converted_type: 'DECIMAL',
        precision,
        scale,
        logical_type: { type: 'DECIMAL', precision, scale },
      } as const
      if (precision <= INT32_PRECISION_MAX) return { type: 'INT32', ...common }
      if (precision <= INT64_PRECISION_MAX) return { type: 'INT64', ...common }
      return { type: 'FIXED_LEN_BYTE_ARRAY', type_length: decimalBytes(precision), ...common }
    }
  }
}

/** The fewest bytes whose two's complement holds so many digits. */
export function decimalBytes(precision: number): number {
  const most = 10n ** BigInt(precision) - 1n
  let bytes = 1
  while (2n ** BigInt(8 * bytes - 1) - 1n < most) bytes++
  return bytes
}
