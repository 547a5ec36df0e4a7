/**
 * The columns of a table from a JSON schema of the records (JSON Schema, draft 7 and 2020-12, as far as a table can say it).
 *
 *   boolean, integer, number, string     boolean, bigint, double, string
 *   format date / date-time              date / timestamp
 *   array of items                       array
 *   object of properties                 struct; of additionalProperties alone: map of texts
 *
 * Whether a member is required or nullable makes no difference: every column may be null.
 */
import { MillraceError } from '../../core/index.ts'
import type { GlueTable } from './glue-table.ts'
import type { HiveColumn, HiveType } from './hive-type.ts'

/** As deep as a type of Hive may be here. */
const DEPTH_MAX = 32

type Schema = Readonly<Record<string, unknown>>

/**
 * @param name of the table, for texts
 * @throws MillraceError `config` with every member that no column can hold
 */
export function tableOfJsonSchema(schema: unknown, name: string): GlueTable {
  const problems: string[] = []
  const root = resolved(objectOf(schema), objectOf(schema), 0)
  const columns = fieldsOf(objectOf(root?.['properties']), '', objectOf(schema), 1, problems)
  if (columns.length === 0 && problems.length === 0)
    problems.push('it has no properties; give the schema of an object, one property a column')
  if (problems.length > 0)
    throw new MillraceError(
      'config',
      `JSON schema of table "${name}" cannot be written as Parquet:${problems.map(text => `\n  ${text}`).join('')}`,
    )
  return { name, columns }
}

function fieldsOf(
  properties: Schema,
  path: string,
  root: Schema,
  depth: number,
  problems: string[],
): readonly HiveColumn[] {
  const fields: HiveColumn[] = []
  const seen = new Set<string>()
  for (const [name, schema] of Object.entries(properties)) {
    const at = path === '' ? name : `${path}.${name}`
    const lower = name.toLowerCase()
    if (seen.has(lower)) problems.push(`${at}: the name stands twice, as names of columns ignore case`)
    seen.add(lower)
    const type = typeOf(objectOf(schema), at, root, depth, problems)
    if (type !== null) fields.push({ name: lower, type })
  }
  return fields
}

/** null where a problem was told */
function typeOf(given: Schema, path: string, root: Schema, depth: number, problems: string[]): HiveType | null {
  const refuse = (text: string): null => {
    problems.push(`${path}: ${text}`)
    return null
  }
  if (depth > DEPTH_MAX) return refuse(`it is more than ${DEPTH_MAX} deep, or refers to itself`)
  const schema = resolved(given, root, 0)
  if (schema === null) return refuse(`$ref ${JSON.stringify(given['$ref'])} leads nowhere in this schema`)
  for (const word of ['anyOf', 'oneOf', 'allOf'])
    if (schema[word] !== undefined) {
      const one = onlyOne(schema[word])
      return one === null
        ? refuse(`${word} of several types has no column; give it one type`)
        : typeOf(one, path, root, depth + 1, problems)
    }
  const types = [schema['type']].flat().filter(type => type !== undefined && type !== 'null')
  if (types.length > 1 && !(types.length === 2 && types.includes('integer') && types.includes('number')))
    return refuse(`type ${JSON.stringify(schema['type'])} has no column; give it one type beside "null"`)
  switch (types.includes('number') ? 'number' : types[0]) {
    case 'boolean':
      return { kind: 'boolean' }
    case 'integer':
      return { kind: 'bigint' }
    case 'number':
      return { kind: 'double' }
    case 'string':
      return { kind: schema['format'] === 'date-time' ? 'timestamp' : schema['format'] === 'date' ? 'date' : 'string' }
    case 'array': {
      const { items } = schema
      if (Array.isArray(items) || schema['prefixItems'] !== undefined)
        return refuse('an array whose places have types of their own has no column; give it one type of items')
      const item = typeOf(objectOf(items), `${path}[]`, root, depth + 1, problems)
      return item === null ? null : { kind: 'array', item }
    }
    case 'object': {
      const properties = objectOf(schema['properties'])
      if (Object.keys(properties).length > 0)
        return { kind: 'struct', fields: fieldsOf(properties, path, root, depth + 1, problems) }
      const values = objectOf(schema['additionalProperties'])
      if (Object.keys(values).length === 0)
        return refuse('an object needs properties, or additionalProperties with a type')
      const value = typeOf(values, `${path}.*`, root, depth + 1, problems)
      return value === null ? null : { kind: 'map', key: { kind: 'string' }, value }
    }
    default:
      return refuse(
        types.length === 0 ? 'it has no type; write one' : `type ${JSON.stringify(types[0])} is none of JSON Schema`,
      )
  }
}

/** Of alternatives the only one beside null. */
function onlyOne(alternatives: unknown): Schema | null {
  if (!Array.isArray(alternatives)) return null
  const left = alternatives.map(objectOf).filter(one => one['type'] !== 'null')
  return left.length === 1 ? (left[0] ?? null) : null
}

/** What a `$ref` within the schema stands for; null where it leads nowhere. */
function resolved(schema: Schema, root: Schema, steps: number): Schema | null {
  const reference = schema['$ref']
  if (reference === undefined) return schema
  if (typeof reference !== 'string' || !reference.startsWith('#') || steps > DEPTH_MAX) return null
  let at: unknown = root
  for (const part of reference.slice(1).split('/').filter(Boolean)) {
    // RFC 6901: ~1 is a slash, ~0 a tilde.
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    at = Object.hasOwn(objectOf(at), name) ? objectOf(at)[name] : undefined
  }
  return at === undefined ? null : resolved(objectOf(at), root, steps + 1)
}

function objectOf(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {}
}
