/**
 * SQL types as Parquet types (parquet-format, LogicalTypes.md), with the old converted type beside the logical one, so that
 * Athena, Spark and DuckDB read the same thing.
 *
 *   TINYINT, SMALLINT, INTEGER  INT32 (INT_8, INT_16, none)   DECIMAL(p, s)   INT32 up to p = 9, else INT64
 *   BIGINT                      INT64                         DATE            INT32 DATE
 *   REAL, DOUBLE, BOOLEAN       FLOAT, DOUBLE, BOOLEAN        TIME            INT32 TIME_MILLIS, not tied to UTC
 *   CHAR, VARCHAR               BYTE_ARRAY STRING             TIMESTAMP       INT64 TIMESTAMP_MILLIS, adjusted to UTC
 *   BINARY, VARBINARY           BYTE_ARRAY
 *
 * TIMESTAMPs of the dialect are instants in UTC. "Adjusted to UTC" is what the old TIMESTAMP_MILLIS means, so readers that know
 * only that (Athena, Hive, older Spark) see a timestamp too; DuckDB shows TIMESTAMP WITH TIME ZONE. Without the adjustment there
 * would be no old type, and those readers would see a plain number.
 *
 * TINYINT and SMALLINT have the old type alone: hyparquet-writer 0.17.0 writes the width of the logical INTEGER as a 32-bit
 * field where the format has 8 bits, and readers then refuse the file.
 *
 * All columns are optional, whatever the program says: a later version of the program may allow NULL, and the files of both
 * versions are then one table.
 */
import type { SchemaElement } from 'hyparquet'
import { type Column, type Schema, type SqlType, sqlTypeText } from '../../../core/index.ts'
import type { Problem } from '../../problem.ts'

/** How the values of a column lie in memory until they are encoded. */
export type Lane = 'int32' | 'day' | 'narrow' | 'int64' | 'float' | 'double' | 'boolean' | 'bytes' | 'fixed'

/** A column of plain values, or a leaf of one that nests. */
export interface ParquetColumn {
  readonly element: SchemaElement
  readonly lane: Lane
}

/** A column whose values nest (parquet-format, LogicalTypes.md): lists have three levels, maps are lists of key_value. All are optional. */
export type ParquetGroup =
  | { readonly kind: 'list'; readonly name: string; readonly item: ParquetNode }
  | { readonly kind: 'map'; readonly name: string; readonly key: ParquetColumn; readonly value: ParquetNode }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly ParquetNode[] }

export type ParquetNode = ParquetColumn | ParquetGroup

export function isGroup(node: ParquetNode): node is ParquetGroup {
  return 'kind' in node
}

export function nameOf(node: ParquetNode): string {
  return isGroup(node) ? node.name : node.element.name
}

/** The schema of a column, depth first. */
export function elementsOf(node: ParquetNode): readonly SchemaElement[] {
  if (!isGroup(node)) return [node.element]
  const group = (num_children: number, rest: Partial<SchemaElement> = {}): SchemaElement => ({
    name: node.name,
    repetition_type: 'OPTIONAL',
    num_children,
    ...rest,
  })
  const repeated = (name: string, num_children: number): SchemaElement => ({
    name,
    repetition_type: 'REPEATED',
    num_children,
  })
  switch (node.kind) {
    case 'list':
      return [
        group(1, { converted_type: 'LIST', logical_type: { type: 'LIST' } }),
        repeated('list', 1),
        ...elementsOf(node.item),
      ]
    case 'map':
      return [
        group(1, { converted_type: 'MAP', logical_type: { type: 'MAP' } }),
        repeated('key_value', 2),
        ...elementsOf(node.key),
        ...elementsOf(node.value),
      ]
    case 'struct':
      return [group(node.fields.length), ...node.fields.flatMap(elementsOf)]
  }
}

export interface ParquetColumnOptions {
  /** Name of a first column with the rowtime of each row, or null for none. */
  readonly rowtimeColumn: string | null
  /** `lower` as Glue and Athena name columns, or `stored` as the program does. */
  readonly columnNames: 'lower' | 'stored'
}

/** DECIMAL up to this precision fits an INT32 (parquet-format, LogicalTypes.md). */
const INT32_PRECISION_MAX = 9

/** The columns of a file: the rowtime, if asked for, and those of the schema. What cannot be written goes to `problems`. */
export function parquetColumnsOf(
  schema: Schema,
  options: ParquetColumnOptions,
  problems: Problem[],
): readonly ParquetColumn[] {
  const rowtime: readonly Column[] =
    options.rowtimeColumn === null
      ? []
      : [{ name: options.rowtimeColumn, type: { kind: 'TIMESTAMP' }, nullable: false }]
  const refuse = (message: string): void => void problems.push({ path: 'format', code: 'DFC_SERDE', message })
  const seen = new Map<string, string>()
  const result: ParquetColumn[] = []
  for (const { name: stored, type } of [...rowtime, ...schema.columns]) {
    // Athena and Spark do not tell names apart by case.
    const lower = stored.toLowerCase()
    const other = seen.get(lower)
    if (other !== undefined)
      refuse(`columns "${other}" and "${stored}" have one name for readers that ignore case; rename one`)
    seen.set(lower, stored)
    const column = columnOf(options.columnNames === 'lower' ? lower : stored, type)
    if (column === null) refuse(`column "${stored}" of type ${sqlTypeText(type)} has no Parquet type; cast it`)
    else result.push(column)
  }
  return result
}

function columnOf(name: string, type: SqlType): ParquetColumn | null {
  const column = (lane: Lane, element: Omit<SchemaElement, 'name'>): ParquetColumn => ({
    lane,
    element: { name, repetition_type: 'OPTIONAL', ...element },
  })
  switch (type.kind) {
    case 'TINYINT':
      return column('int32', { type: 'INT32', converted_type: 'INT_8' })
    case 'SMALLINT':
      return column('int32', { type: 'INT32', converted_type: 'INT_16' })
    case 'INTEGER':
      return column('int32', { type: 'INT32' })
    case 'BIGINT':
      return column('int64', { type: 'INT64' })
    case 'DECIMAL': {
      const { precision, scale } = type
      const narrow = precision <= INT32_PRECISION_MAX
      return column(narrow ? 'narrow' : 'int64', {
        type: narrow ? 'INT32' : 'INT64',
        converted_type: 'DECIMAL',
        precision,
        scale,
        logical_type: { type: 'DECIMAL', precision, scale },
      })
    }
    case 'REAL':
      return column('float', { type: 'FLOAT' })
    case 'DOUBLE':
      return column('double', { type: 'DOUBLE' })
    case 'BOOLEAN':
      return column('boolean', { type: 'BOOLEAN' })
    case 'CHAR':
    case 'VARCHAR':
      return column('bytes', { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } })
    case 'BINARY':
    case 'VARBINARY':
      return column('bytes', { type: 'BYTE_ARRAY' })
    case 'DATE':
      return column('day', { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } })
    case 'TIME':
      return column('int32', {
        type: 'INT32',
        converted_type: 'TIME_MILLIS',
        logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MILLIS' },
      })
    case 'TIMESTAMP':
      return column('int64', {
        type: 'INT64',
        converted_type: 'TIMESTAMP_MILLIS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
      })
    case 'INTERVAL':
    case 'NULL':
      return null
  }
}
