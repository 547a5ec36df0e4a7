/** The names that an expression may use: the relations in FROM, their columns, and the system columns of streams. */
import type { TextSpan } from '../../../core/errors.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import type { Name } from '../ast.ts'
import type { EventWindow } from '../event-time.ts'
import type { Expression, MetadataName } from '../expression.ts'
import type { PlanNode } from '../plan-node.ts'
import { nameText } from '../reserved-words.ts'
import { fail, nameHint } from './errors.ts'
import { type LogRecord, logField } from './log-records.ts'
import type { Monotonicity } from './monotonicity.ts'

export interface RelationColumn {
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
  /** index into the row of the node */
  readonly index: number
  /** read by its position only: a select item that is plainly ROWTIME, a system column of one side of a join */
  readonly hidden: boolean
  /** what parses the text of the column, where it stands for a record */
  readonly record?: LogRecord | null
}

export interface Relation {
  /** the alias; without one the name of the stream; null for a subquery without alias, and for a join */
  readonly name: string | null
  /** the name behind an alias, for the hint to those who use it */
  readonly streamName: string | null
  readonly node: PlanNode
  readonly columns: readonly RelationColumn[]
  /** of each column of the node's row */
  readonly monotonic: readonly Monotonicity[]
  /** has the metadata columns of an input stream */
  readonly metadata: boolean
  /** where FROM is a window function */
  readonly eventWindow?: RelationWindow
  /** where ROWTIME and the metadata are: with the row, nowhere (a finite relation), or in hidden columns of a join's row */
  readonly system?: 'row' | 'none' | ReadonlyMap<string, number>
  /** of a join: the relations joined, with the indexes of the joined row */
  readonly parts?: readonly Relation[]
  /** of a join by USING or NATURAL: columns that stand for one of each side */
  readonly merged?: readonly MergedColumn[]
}

export interface MergedColumn {
  readonly name: string
  readonly expression: Expression
  readonly record?: LogRecord | null
}

/** The windows of a window function. Its columns are those of the stream, then WINDOW_START, WINDOW_END, WINDOW_TIME. */
export interface RelationWindow {
  readonly window: EventWindow
  /** columns of a session's PARTITION BY */
  readonly partitionBy: readonly number[]
  /** columns of the stream */
  readonly width: number
  /** of the function */
  readonly name: string
}

/** Widths are not published; AWS API limits for the three texts, in characters. */
const METADATA: Readonly<Record<MetadataName, SqlType>> = {
  APPROXIMATE_ARRIVAL_TIME: { kind: 'TIMESTAMP' },
  PARTITION_KEY: { kind: 'VARCHAR', length: 512 },
  SEQUENCE_NUMBER: { kind: 'VARCHAR', length: 128 },
  SHARD_ID: { kind: 'VARCHAR', length: 64 },
}

function metadataName(name: string): MetadataName | null {
  return Object.hasOwn(METADATA, name) ? (name as MetadataName) : null
}

/** Whether a name, perhaps with an alias, is one of a query around. */
export type Around = (name: Name, qualifier: Name | null) => boolean
const nothingAround: Around = () => false

function failAround(name: Name, qualifier: Name | null): never {
  const text = qualifier === null ? shown(name) : `${shown(qualifier)}.${shown(name)}`
  const span = qualifier === null ? name.span : { ...qualifier.span, end: name.span.end }
  fail(
    `${text} belongs to the query around; a subquery cannot use columns of the query around it`,
    span,
    'join the table in FROM instead',
  )
}

export class Scope {
  /** the whole row: one relation, or the join of several */
  readonly relation: Relation

  readonly #around: Around

  /** @param around what the query around this one has, where there is one: it cannot be read, and errors say so */
  constructor(relation: Relation, around: Around = nothingAround) {
    this.relation = relation
    this.#around = around
  }

  /** Whether the name means something here or around. */
  has(name: Name, qualifier: Name | null): boolean {
    const relations = qualifier === null ? this.#parts : this.#parts.filter(part => part.name === qualifier.text)
    if (relations.some(({ columns }) => columns.some(column => column.name === name.text && !column.hidden)))
      return true
    return (qualifier !== null && relations.length > 0) || this.#around(name, qualifier)
  }

  /** A column, ROWTIME or a metadata column; null for an unqualified name that nothing has. */
  resolve(parts: readonly Name[], span: TextSpan): Expression | null {
    const last = parts[parts.length - 1]
    if (last === undefined) return null
    if (parts.length === 1) return this.#unqualified(last, span)
    return this.#field(parts, span) ?? this.#column(this.#qualified(parts), last, span)
  }

  /** What `*`, or `alias.*`, stands for. */
  expand(of: Name | null, span: TextSpan): readonly MergedColumn[] {
    const relations = of === null ? this.#parts : [this.#named(of)]
    const merged = of === null ? (this.relation.merged ?? []) : []
    const columns = relations.flatMap(relation => {
      return relation.columns.filter(column => !column.hidden && !merged.some(({ name }) => name === column.name))
    })
    return [
      ...merged,
      ...columns.map(({ name, index, type, record = null }) => ({
        name,
        expression: columnAt(index, type, span),
        record,
      })),
    ]
  }

  /** @throws SqlError saying what the relation has in its place */
  failColumn(name: Name, qualifier: Name | null = null): never {
    if (qualifier === null && this.#around(name, null)) failAround(name, null)
    const relations = qualifier === null ? this.#parts : [this.#named(qualifier, name)]
    const known = relations.flatMap(relation => relation.columns.filter(column => !column.hidden))
    const [only] = relations.length === 1 ? relations : []
    const where = only === undefined ? null : (only.streamName ?? only.name)
    const place = where !== null ? nameText(where) : only === undefined ? 'the relations of FROM' : 'the subquery'
    const metadata = relations.some(relation => relation.metadata) ? Object.keys(METADATA) : []
    const names = [...new Set([...known.map(column => column.name), 'ROWTIME', ...metadata])]
    const text = name.quoted && qualifier === null ? `a text stands in single quotes: '${name.text}'` : null
    fail(`column ${shown(name)} not found in ${place}`, name.span, nameHint(name, names) ?? text)
  }

  /** @throws SqlError about an alias that FROM does not have */
  failAlias(qualifier: Name, name: Name | null = null): never {
    if (name !== null && this.#around(name, qualifier)) failAround(name, qualifier)
    for (const { name, streamName } of this.#parts) {
      if (name !== null && streamName !== null && name !== streamName && qualifier.text === streamName) {
        fail(
          `${shown(qualifier)} has the alias ${nameText(name)} in this query`,
          qualifier.span,
          `write ${nameText(name)} in its place`,
        )
      }
    }
    const names = this.#parts.flatMap(({ name }) => name ?? [])
    const hint =
      names.length === 0
        ? 'the subquery has no alias'
        : (nameHint(qualifier, names) ?? `FROM has ${names.map(name => nameText(name)).join(', ')}`)
    fail(`${shown(qualifier)} is not in FROM`, qualifier.span, hint)
  }

  get #parts(): readonly Relation[] {
    return this.relation.parts ?? [this.relation]
  }

  #named(qualifier: Name, column: Name | null = null): Relation {
    const [found, second] = this.#parts.filter(({ name }) => name === qualifier.text)
    if (found === undefined) this.failAlias(qualifier, column)
    if (second !== undefined)
      fail(`${shown(qualifier)} names two relations in FROM`, qualifier.span, 'give each an alias of its own')
    return found
  }

  /** The relation of `alias.column`; with three parts the first is ignored, as a schema would be. */
  #qualified(parts: readonly Name[]): Relation {
    const qualifier = parts[parts.length - 2]
    if (qualifier === undefined) return this.relation
    return this.#named(qualifier, parts[parts.length - 1] ?? null)
  }

  /** `alias.record.field` or `record.field`; null where no record is meant. */
  #field(parts: readonly Name[], span: TextSpan): Expression | null {
    const [field, record, alias] = parts.toReversed()
    if (field === undefined || record === undefined) return null
    const relations = alias === undefined ? this.#parts : this.#parts.filter(({ name }) => name === alias.text)
    const isRelation = this.#parts.some(({ name }) => name === record.text)
    if (alias === undefined && isRelation) return null
    const recordsOf = ({ columns }: Relation): readonly RelationColumn[] =>
      columns.filter(column => column.name === record.text && !column.hidden && (column.record ?? null) !== null)
    const [found, second] = relations.flatMap(recordsOf)
    // Three names are an alias, a record and a field when the second is a record: the alias is the one that is wrong.
    if (alias !== undefined && relations.length === 0 && !isRelation && this.#parts.flatMap(recordsOf).length > 0)
      this.failAlias(alias)
    if (found?.record === undefined || found.record === null) return null
    if (second !== undefined) fail(`record ${shown(record)} is ambiguous`, record.span, 'write its alias in front')
    return logField(columnAt(found.index, found.type, span), found.record, field, span)
  }

  #unqualified(name: Name, span: TextSpan): Expression | null {
    const merged = this.relation.merged?.find(column => column.name === name.text)
    if (merged !== undefined) return { ...merged.expression, span }
    const { parts } = this.relation
    if (parts === undefined) return this.#column(this.relation, name, span)
    const having = parts.filter(({ columns }) => columns.some(column => column.name === name.text && !column.hidden))
    const [first, second] = having
    if (first !== undefined && second !== undefined) {
      const places = having.map(part => `${nameText(part.name ?? 'a subquery')}`).join(' and ')
      fail(`column ${shown(name)} is ambiguous: ${places} have it`, name.span, 'write its alias in front')
    }
    if (first !== undefined) return this.#column(first, name, span)
    // The operator, not a column: the time of the joined row.
    if (name.text === 'ROWTIME') return { kind: 'rowtime', type: { kind: 'TIMESTAMP' }, span }
    const recorded = parts.filter(({ metadata }) => metadata)
    if (metadataName(name.text) === null || (recorded.length === 0 && name.quoted)) return null
    if (recorded.length > 1) fail(`column ${shown(name)} is ambiguous`, name.span, 'write its alias in front')
    return this.#column(recorded[0] ?? this.relation, name, span)
  }

  #column(relation: Relation, name: Name, span: TextSpan): Expression | null {
    const found = relation.columns.filter(column => column.name === name.text && !column.hidden)
    const [column] = found
    if (column !== undefined) {
      if (found.length > 1) fail(`column ${shown(name)} is ambiguous`, name.span, 'give one of them another alias')
      if (column.record !== undefined && column.record !== null)
        fail(`${shown(name)} is a record`, name.span, `name a field: ${shown(name)}.${column.record.columns[0]?.name}`)
      return columnAt(column.index, column.type, span)
    }
    const { system = 'row' } = relation
    const metadata = metadataName(name.text)
    const type: SqlType | null =
      name.text === 'ROWTIME' ? { kind: 'TIMESTAMP' } : metadata === null ? null : METADATA[metadata]
    if (type !== null && (metadata === null || relation.metadata)) {
      if (system === 'none') {
        const where = nameText(relation.name ?? relation.streamName ?? 'the table')
        if (name.quoted) return null
        fail(`${where} is finite: its rows have no ROWTIME`, name.span, 'take that of the stream it is joined with')
      }
      if (system !== 'row') {
        const index = system.get(name.text)
        if (index !== undefined) return columnAt(index, type, span)
      }
      return metadata === null ? { kind: 'rowtime', type, span } : { kind: 'metadata', name: metadata, type, span }
    }
    if (metadata !== null && !name.quoted) {
      fail(`${name.text} is only known in an input stream`, name.span, 'select it in the pump that reads the input')
    }
    return null
  }
}

function columnAt(index: number, type: SqlType, span: TextSpan): Expression {
  return { kind: 'column', index, type, span }
}

/** Types of the columns that an input stream has beside its schema. */
export function systemType(name: string): SqlType | null {
  if (name === 'ROWTIME') return { kind: 'TIMESTAMP' }
  const metadata = metadataName(name)
  return metadata === null ? null : METADATA[metadata]
}

/** A name as the program wrote it, up to the case of a plain one. */
export function shown(name: Name): string {
  return name.quoted ? `"${name.text}"` : name.text
}
