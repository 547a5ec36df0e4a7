/** The columns of a table from Glue's JSON: what `aws glue get-table` prints, or its `Table`, or a `TableInput`. */
import { MillraceError } from '../../core/index.ts'
import { type HiveColumn, hiveTypeOf } from './hive-type.ts'

export interface GlueTable {
  readonly name: string
  /** without the partition keys, which a table has beside its files */
  readonly columns: readonly HiveColumn[]
}

/** @throws MillraceError `config` with every column that cannot be used */
export function glueTableOf(json: unknown): GlueTable {
  const root = objectOf(json)
  const table = objectOf(root['Table'] ?? root['TableInput'] ?? root)
  const name = typeof table['Name'] === 'string' ? table['Name'] : ''
  const columns = objectOf(table['StorageDescriptor'])['Columns']
  if (!Array.isArray(columns) || columns.length === 0)
    throw new MillraceError(
      'config',
      `table "${name}": StorageDescriptor.Columns is missing; give what aws glue get-table prints`,
    )
  const problems: string[] = []
  const seen = new Set<string>()
  const result: HiveColumn[] = []
  for (const item of columns as readonly unknown[]) {
    const { Name, Type = 'string' } = objectOf(item)
    if (typeof Name !== 'string' || typeof Type !== 'string') {
      problems.push(`a column has no Name or no Type: ${JSON.stringify(item).slice(0, 80)}`)
      continue
    }
    const lower = Name.toLowerCase()
    if (seen.has(lower)) problems.push(`column "${Name}" stands twice, as names ignore case`)
    seen.add(lower)
    const type = hiveTypeOf(Type)
    if (typeof type === 'string') problems.push(`column "${Name}": ${type}`)
    else result.push({ name: lower, type })
  }
  if (problems.length > 0)
    throw new MillraceError(
      'config',
      `table "${name}" cannot be written as Parquet:${problems.map(text => `\n  ${text}`).join('')}`,
    )
  return { name, columns: result }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}
