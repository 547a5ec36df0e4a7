/**
 * Hive types as Parquet's schema (parquet-format, LogicalTypes.md): lists with three levels, maps as key_value, all optional, the
 * old converted type beside the logical one.
 */
import type { SchemaElement } from 'hyparquet'
import type { Lane, ParquetColumn } from '../formats/parquet/schema.ts'
import type { HiveColumn, HiveType } from './hive-type.ts'

const INT32_PRECISION_MAX = 9
const INT64_PRECISION_MAX = 18

/** The column of a plain type; null for one that nests. */
export function parquetColumnOf({ name, type }: HiveColumn): ParquetColumn | null {
  const lane = laneOf(type)
  const [element] = elementsOf(name, type)
  return lane === null || element === undefined ? null : { element, lane }
}

function laneOf(type: HiveType): Lane | null {
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
    case 'array':
    case 'map':
    case 'struct':
      return null
    default:
      return type.kind
  }
}

/** The schema of a file, depth first, with its root. */
export function parquetElementsOf(columns: readonly HiveColumn[]): SchemaElement[] {
  return [
    { name: 'schema', num_children: columns.length },
    ...columns.flatMap(({ name, type }) => elementsOf(name, type)),
  ]
}

function elementsOf(
  name: string,
  type: HiveType,
  repetition_type: 'OPTIONAL' | 'REQUIRED' = 'OPTIONAL',
): SchemaElement[] {
  const leaf = (element: Omit<SchemaElement, 'name'>): SchemaElement[] => [{ name, repetition_type, ...element }]
  switch (type.kind) {
    case 'boolean':
      return leaf({ type: 'BOOLEAN' })
    case 'tinyint':
      return leaf({ type: 'INT32', converted_type: 'INT_8' })
    case 'smallint':
      return leaf({ type: 'INT32', converted_type: 'INT_16' })
    case 'int':
      return leaf({ type: 'INT32' })
    case 'bigint':
      return leaf({ type: 'INT64' })
    case 'float':
      return leaf({ type: 'FLOAT' })
    case 'double':
      return leaf({ type: 'DOUBLE' })
    case 'string':
    case 'varchar':
    case 'char':
      return leaf({ type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } })
    case 'binary':
      return leaf({ type: 'BYTE_ARRAY' })
    case 'date':
      return leaf({ type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } })
    case 'timestamp':
      return leaf({
        type: 'INT64',
        converted_type: 'TIMESTAMP_MILLIS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
      })
    case 'decimal': {
      const { precision, scale } = type
      const common = {
        converted_type: 'DECIMAL',
        precision,
        scale,
        logical_type: { type: 'DECIMAL', precision, scale },
      } as const
      if (precision <= INT32_PRECISION_MAX) return leaf({ type: 'INT32', ...common })
      if (precision <= INT64_PRECISION_MAX) return leaf({ type: 'INT64', ...common })
      return leaf({ type: 'FIXED_LEN_BYTE_ARRAY', type_length: decimalBytes(precision), ...common })
    }
    case 'array':
      return [
        { name, repetition_type, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...elementsOf('element', type.item),
      ]
    case 'map':
      return [
        { name, repetition_type, num_children: 1, converted_type: 'MAP', logical_type: { type: 'MAP' } },
        { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
        ...elementsOf('key', type.key, 'REQUIRED'),
        ...elementsOf('value', type.value),
      ]
    case 'struct':
      return [
        { name, repetition_type, num_children: type.fields.length },
        ...type.fields.flatMap(field => elementsOf(field.name, field.type)),
      ]
  }
}

/** The fewest bytes whose two's complement holds so many digits. */
export function decimalBytes(precision: number): number {
  const most = 10n ** BigInt(precision) - 1n
  let bytes = 1
  while (2n ** BigInt(8 * bytes - 1) - 1n < most) bytes++
  return bytes
}
