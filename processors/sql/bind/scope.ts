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
  /** read by its position only: a select item that is plainly ROWTIME */
  readonly hidden: boolean
  /** what parses the text of the column, where it stands for a record */
  readonly record?: LogRecord | null
}

export interface Relation {
  /** the alias; without one the name of the stream; null for a subquery without alias */
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

export class Scope {
  readonly relation: Relation

  constructor(relation: Relation) {
    this.relation = relation
  }

  /** A column, ROWTIME or a metadata column; null for an unqualified name that nothing has. */
  resolve(parts: readonly Name[], span: TextSpan): Expression | null {
    const last = parts[parts.length - 1]
    if (last === undefined) return null
    const field = this.#field(parts, last, span)
    if (field !== null) return field
    if (parts.length > 1) this.#qualify(parts)
    return this.#column(last, span)
  }

  /** @throws SqlError saying what the relation has in its place */
  failColumn(name: Name): never {
    const known = this.relation.columns.filter(column => !column.hidden).map(column => column.name)
    const where = this.relation.streamName ?? this.relation.name
    fail(
      `column ${shown(name)} not found in ${where === null ? 'the subquery' : nameText(where)}`,
      name.span,
      nameHint(name, [...known, 'ROWTIME', ...(this.relation.metadata ? Object.keys(METADATA) : [])]),
    )
  }

  /** Checks `alias.column`; with three parts the first is ignored, as a schema would be. */
  #qualify(parts: readonly Name[]): void {
    const qualifier = parts[parts.length - 2]
    if (qualifier === undefined || qualifier.text === this.relation.name) return
    this.failAlias(qualifier)
  }

  failAlias(qualifier: Name): never {
    const { name, streamName } = this.relation
    if (name !== null && streamName !== null && name !== streamName && qualifier.text === streamName) {
      fail(
        `${shown(qualifier)} has the alias ${nameText(name)} in this query`,
        qualifier.span,
        `write ${nameText(name)} in its place`,
      )
    }
    const hint =
      name === null ? 'the subquery has no alias' : (nameHint(qualifier, [name]) ?? `FROM has ${nameText(name)}`)
    fail(`${shown(qualifier)} is not in FROM`, qualifier.span, hint)
  }

  /** `alias.record.field`, or `record.field` where no relation has the name of the record. */
  #field(parts: readonly Name[], field: Name, span: TextSpan): Expression | null {
    const name = parts[parts.length - 2]
    const qualifier = parts[parts.length - 3]
    if (name === undefined || (qualifier === undefined && name.text === this.relation.name)) return null
    const column = this.relation.columns.find(one => one.name === name.text && !one.hidden)
    if (column?.record === undefined || column.record === null) return null
    if (qualifier !== undefined && qualifier.text !== this.relation.name) this.failAlias(qualifier)
    return logField({ kind: 'column', index: column.index, type: column.type, span }, column.record, field, span)
  }

  #column(name: Name, span: TextSpan): Expression | null {
    const found = this.relation.columns.filter(column => column.name === name.text && !column.hidden)
    const [column] = found
    if (column !== undefined) {
      if (found.length > 1) fail(`column ${shown(name)} is ambiguous`, name.span, 'give one of them another alias')
      if (column.record !== undefined && column.record !== null)
        fail(`${shown(name)} is a record`, name.span, `name a field: ${shown(name)}.${column.record.columns[0]?.name}`)
      return { kind: 'column', index: column.index, type: column.type, span }
    }
    if (name.text === 'ROWTIME') return { kind: 'rowtime', type: { kind: 'TIMESTAMP' }, span }
    const metadata = metadataName(name.text)
    if (metadata !== null && this.relation.metadata) {
      return { kind: 'metadata', name: metadata, type: METADATA[metadata], span }
    }
    if (metadata !== null && !name.quoted) {
      fail(`${name.text} is only known in an input stream`, name.span, 'select it in the pump that reads the input')
    }
    return null
  }
}

/** A name as the program wrote it, up to the case of a plain one. */
export function shown(name: Name): string {
  return name.quoted ? `"${name.text}"` : name.text
}
