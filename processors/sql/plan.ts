/** A whole program to its plan: statements in the order of the text, names of streams and pumps, what writes what. */
import { SqlError, type TextSpan } from '../../core/errors.ts'
import type { Schema } from '../../core/schema.ts'
import type { InsertNode, Name, Path, StatementNode } from './ast.ts'
import { assign } from './bind/assignment.ts'
import { isCallName } from './bind/calls.ts'
import { fail, nameHint } from './bind/errors.ts'
import { bindWatermark } from './bind/event-time.ts'
import { expressionBinder } from './bind/expressions.ts'
import { UserFunctions } from './bind/functions.ts'
import { NO_NAMES } from './bind/names.ts'
import type { BoundQuery } from './bind/projection.ts'
import { bindQuery } from './bind/queries.ts'
import { type QueryContext, subqueryBinder } from './bind/query-context.ts'
import { shown } from './bind/scope.ts'
import { optimizeExpression, optimizePlan } from './optimize.ts'
import { parseProgram } from './parse.ts'
import {
  inputsOf,
  isFinite,
  type PlanNode,
  type PlanWarning,
  type ProgramPlan,
  type PumpPlan,
  type StreamPlan,
  streamsOf,
  type TablePlan,
} from './plan-node.ts'
import { nameText } from './reserved-words.ts'

/** The stream to which the engine writes errors; a program can neither create nor read it. */
const ERROR_STREAM = 'ERROR_STREAM'

/** A stream that exists before the program, with its schema columns; its metadata columns are known besides. */
export interface PlanInput {
  readonly name: string
  readonly schema: Schema
}

/** A reference table, with its columns. */
export type PlanTable = PlanInput

/**
 * Parses, binds and plans a program.
 * @param text the whole program, of at most 102,400 characters
 * @param inputs the streams of the input configuration, names in their own case
 * @param tables the reference tables, names in their own case
 * @throws SqlError `sql_syntax`, `sql_bind` or `sql_limit`, with the place of the first thing that is wrong
 */
export function planProgram(
  text: string,
  inputs: readonly PlanInput[],
  tables: readonly PlanTable[] = [],
): ProgramPlan {
  const program = parseProgram(text)
  return new Planner(inputs, tables).plan(program.statements)
}

class Planner {
  readonly #streams = new Map<string, StreamPlan>()
  readonly #pumps: PumpPlan[] = []
  readonly #warnings: PlanWarning[] = []
  /** of the name of each pump, for errors about it */
  readonly #pumpSpans = new Map<string, TextSpan>()
  /** of the name of each stream that the program creates */
  readonly #streamSpans = new Map<string, TextSpan>()
  readonly #functions: UserFunctions = new UserFunctions(scope =>
    expressionBinder({
      scope,
      warn: this.#warn,
      functions: this.#functions,
      subquery: query => subqueryBinder(this.#context, NO_NAMES)(query),
      bindAggregate: node => fail(`${node.name.text} cannot stand in a function`, node.span, 'functions see one row'),
    }),
  )
  readonly #tables: ReadonlyMap<string, TablePlan>
  readonly #subqueries: PlanNode[] = []

  constructor(inputs: readonly PlanInput[], tables: readonly PlanTable[]) {
    this.#tables = new Map(tables.map(table => [table.name, { name: table.name, schema: table.schema }]))
    for (const { name, schema } of inputs) this.#streams.set(name, { name, schema, origin: 'input' })
  }

  plan(statements: readonly StatementNode[]): ProgramPlan {
    // Streams first: a pump may stand before the stream that it uses.
    for (const statement of statements) if (statement.kind === 'create-stream') this.#createStream(statement)
    // And functions: a call may stand before its function.
    for (const statement of statements) {
      if (statement.kind === 'create-function') this.#functions.declare(nameOf(statement.name), statement, isCallName)
    }
    this.#functions.bindAll()
    for (const statement of statements) this.#statement(statement)
    this.#refuseCycles()
    return {
      streams: [...this.#streams.values()],
      tables: [...this.#tables.values()],
      subqueries: this.#subqueries,
      pumps: this.#pumps,
      warnings: this.#warnings,
    }
  }

  readonly #warn = (message: string, span: TextSpan): void => {
    // Binding may see a literal twice, in a group term and in an item.
    if (this.#warnings.some(warning => warning.span.start === span.start && warning.message === message)) return
    this.#warnings.push({ message, span })
  }

  #createStream(statement: Extract<StatementNode, { kind: 'create-stream' }>): void {
    const name = nameOf(statement.name)
    if (name.text.toUpperCase() === ERROR_STREAM) {
      fail(`stream ${shown(name)} exists already: errors go there`, name.span, 'choose another name')
    }
    const existing = this.#streams.get(name.text)
    if (existing !== undefined) {
      const what = existing.origin === 'input' ? 'is an input of the application' : 'is created twice'
      fail(`stream ${nameText(name.text)} ${what}`, name.span)
    }
    if (this.#tables.has(name.text))
      fail(`stream ${nameText(name.text)} has the name of a reference table`, name.span, 'choose another name')
    const seen = new Set<string>()
    const columns = statement.columns.map(column => {
      if (seen.has(column.name.text)) {
        fail(`column ${shown(column.name)} is defined twice in ${nameText(name.text)}`, column.name.span)
      }
      seen.add(column.name.text)
      if (column.type.unsized) {
        this.#warn(`${column.type.type.kind} without a length is taken as the longest there is`, column.type.span)
      }
      return { name: column.name.text, type: column.type.type, nullable: !column.notNull }
    })
    const schema = { columns }
    const watermark =
      statement.watermark === null
        ? {}
        : { watermark: bindWatermark(statement.watermark, statement.options, schema, this.#warn) }
    this.#streams.set(name.text, {
      name: name.text,
      schema,
      origin: 'program',
      ...watermark,
      span: statement.span,
    })
    this.#streamSpans.set(name.text, name.span)
  }

  #statement(statement: StatementNode): void {
    switch (statement.kind) {
      case 'create-stream':
      case 'create-function':
        return
      case 'create-pump':
        return this.#createPump(statement)
      case 'insert':
        return this.#insertOnce(statement)
      case 'alter-pump':
        return this.#alterPump(statement)
      case 'drop':
        return this.#drop(statement)
      case 'query':
        return fail(
          'a query outside a pump has nowhere to put its rows',
          statement.span,
          'write CREATE PUMP name AS INSERT INTO stream SELECT STREAM ...',
        )
    }
  }

  #createPump(statement: Extract<StatementNode, { kind: 'create-pump' }>): void {
    const name = nameOf(statement.name)
    if (this.#pumpSpans.has(name.text)) fail(`pump ${nameText(name.text)} is created twice`, name.span)
    const { insert } = statement
    const { query, target } = this.#bindInsert(insert)
    this.#pumpSpans.set(name.text, name.span)
    this.#addPump(name.text, insert, query, target, { running: !statement.stopped, span: statement.span })
  }

  /** INSERT outside a pump: rows of the program's text, once. */
  #insertOnce(insert: InsertNode): void {
    const { query, target } = this.#bindInsert(insert)
    if (!isFinite(query.node)) {
      fail('INSERT of a query outside a pump', insert.span, 'write CREATE PUMP name AS INSERT INTO ...')
    }
    const { line, column } = insert.span
    this.#addPump(`insert at ${line}:${column}`, insert, query, target, { running: true, span: insert.span })
  }

  get #context(): QueryContext {
    return {
      bindQuery,
      stream: path => {
        const table = this.#tables.get(nameOf(path).text)
        if (table !== undefined) return { ...table, input: false, watermark: null, finite: true }
        const stream = this.#stream(path, 'read')
        const { name, schema, origin, watermark = null } = stream
        return { name, schema, input: origin === 'input', watermark }
      },
      warn: this.#warn,
      addSubquery: node => this.#subqueries.push(optimizePlan(node)) - 1,
      functions: this.#functions,
    }
  }

  #bindInsert(insert: InsertNode): { readonly query: BoundQuery; readonly target: StreamPlan } {
    const target = this.#target(insert)
    const query = bindQuery(insert.query, this.#context)
    if (readsTableAlone(query.node))
      fail('a reference table alone has no rows to send on', insert.query.span, 'join a stream with it')
    return { query, target }
  }

  #addPump(
    name: string,
    insert: InsertNode,
    query: BoundQuery,
    target: StreamPlan,
    rest: Pick<PumpPlan, 'running' | 'span'>,
  ): void {
    const { source, values, rowtime } = assign(insert, query, target.name, target.schema)
    this.#pumps.push({
      name,
      target: target.name,
      source: optimizePlan(source),
      values: values.map(optimizeExpression),
      rowtime: rowtime === null ? null : optimizeExpression(rowtime),
      ...rest,
    })
  }

  #alterPump(statement: Extract<StatementNode, { kind: 'alter-pump' }>): void {
    const index = this.#pumpIndex(nameOf(statement.name))
    const pump = this.#pumps[index]
    if (pump !== undefined) this.#pumps[index] = { ...pump, running: statement.start }
  }

  /** What the program has created above goes again. */
  #drop(statement: Extract<StatementNode, { kind: 'drop' }>): void {
    const name = nameOf(statement.name)
    switch (statement.what) {
      case 'PUMP': {
        this.#pumps.splice(this.#pumpIndex(name), 1)
        this.#pumpSpans.delete(name.text)
        return
      }
      case 'STREAM': {
        const stream = this.#stream(statement.name, 'read')
        if (stream.origin === 'input') {
          fail(`stream ${nameText(stream.name)} is an input of the application: it cannot be dropped`, name.span)
        }
        const user = this.#pumps.find(
          ({ source, target }) => target === stream.name || streamsOf(source).has(stream.name),
        )
        if (user !== undefined) {
          fail(
            `stream ${nameText(stream.name)} is used by pump ${nameText(user.name)}`,
            name.span,
            `DROP PUMP ${nameText(user.name)} first`,
          )
        }
        const created = this.#streamSpans.get(stream.name)
        if (created !== undefined && created.start > name.span.start) {
          fail(`stream ${nameText(stream.name)} is only created below`, name.span, 'leave DROP STREAM out')
        }
        this.#streams.delete(stream.name)
        return
      }
      case 'FUNCTION':
        if (!this.#functions.drop(name.text)) {
          fail(`function ${shown(name)} not found`, name.span, nameHint(name, this.#functions.names))
        }
    }
  }

  #pumpIndex(name: Name): number {
    const index = this.#pumps.findIndex(pump => pump.name === name.text && this.#pumpSpans.has(pump.name))
    if (index >= 0) return index
    return fail(`pump ${shown(name)} not found`, name.span, nameHint(name, [...this.#pumpSpans.keys()]))
  }

  #target(insert: InsertNode): StreamPlan {
    const stream = this.#stream(insert.target, 'write')
    if (stream.origin === 'input') {
      fail(
        `stream ${nameText(stream.name)} is an input: a pump cannot write it`,
        insert.target.span,
        'CREATE STREAM another',
      )
    }
    return stream
  }

  #stream(path: Path, use: 'read' | 'write'): StreamPlan {
    const name = nameOf(path)
    const stream = this.#streams.get(name.text)
    if (stream !== undefined) return stream
    if (name.text.toUpperCase() === ERROR_STREAM) {
      fail(
        `stream ${shown(name)} cannot be ${use === 'read' ? 'read' : 'written'}: it can only be an output`,
        name.span,
      )
    }
    if (use === 'write' && this.#tables.has(name.text))
      fail(`${shown(name)} is a reference table: a pump cannot write it`, name.span, 'CREATE STREAM another')
    const known = [...this.#streams.keys(), ...(use === 'read' ? this.#tables.keys() : [])]
    fail(
      `stream ${shown(name)} not found`,
      name.span,
      nameHint(name, known) ?? (use === 'write' ? `add CREATE STREAM ${nameText(name.text)} (...)` : streamList(known)),
    )
  }

  /** A stream that feeds itself would never come to rest, and its rowtime could not advance. */
  #refuseCycles(): void {
    const readers = new Map<string, Set<string>>()
    for (const pump of this.#pumps) {
      for (const stream of streamsOf(pump.source)) {
        readers.set(stream, (readers.get(stream) ?? new Set()).add(pump.target))
      }
    }
    for (const pump of this.#pumps) {
      for (const start of streamsOf(pump.source)) {
        const path = pathBetween(readers, pump.target, start)
        if (path === null) continue
        const shownPath = [...path, pump.target].map(nameText).join(' -> ')
        throw new SqlError(
          'sql_bind',
          `pump ${nameText(pump.name)} closes a cycle: ${shownPath}`,
          this.#pumpSpans.get(pump.name) ?? pump.span,
          'rows would go round for ever',
        )
      }
    }
  }
}

/** True where a table is not what a stream is joined with or compared with. */
function readsTableAlone(node: PlanNode): boolean {
  if (node.kind === 'lookup') return readsTableAlone(node.stream === 'left' ? node.left : node.right)
  return node.kind === 'table' || inputsOf(node).some(readsTableAlone)
}

function nameOf(path: Path): Name {
  // The parser makes no path without a part.
  return path.parts[path.parts.length - 1] as Name
}

function streamList(known: readonly string[]): string | null {
  if (known.length === 0) return 'the application has no inputs'
  return known.length > 5 ? null : `there are ${known.map(nameText).join(', ')}`
}

/** The streams from one to another along pumps, both included, breadth first; null if there is no way. */
function pathBetween(
  readers: ReadonlyMap<string, ReadonlySet<string>>,
  from: string,
  to: string,
): readonly string[] | null {
  const cameFrom = new Map<string, string | null>([[from, null]])
  for (const stream of cameFrom.keys()) {
    if (stream === to) {
      const path: string[] = []
      for (let at: string | null = to; at !== null; at = cameFrom.get(at) ?? null) path.unshift(at)
      return path
    }
    for (const next of readers.get(stream) ?? []) if (!cameFrom.has(next)) cameFrom.set(next, stream)
  }
  return null
}
