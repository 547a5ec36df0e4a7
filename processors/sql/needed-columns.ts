/**
 * Which columns of its input streams a program reads, from its plan alone: the decoder leaves the others out. What is said here
 * decides about speed only, because a column that was left out is decoded when somebody asks for it after all.
 */
import { type Expression, operandsOf } from './expression.ts'
import type { PlanNode, ProgramPlan } from './plan-node.ts'

/** Columns by index, or all of them. */
type Columns = ReadonlySet<number> | 'all'

const NONE: Columns = new Set()

/**
 * Indexes of the columns that some running pump reads of the input streams, over all of them: they share one schema.
 * @param outputs streams whose rows leave the program; an input stream among them needs all its columns
 */
export function neededColumns(plan: ProgramPlan, outputs: readonly string[]): Columns {
  const inputs = new Map<string, Columns>(
    plan.streams
      .filter(({ origin }) => origin === 'input')
      .map(({ name }) => [name, outputs.includes(name) ? 'all' : NONE]),
  )
  for (const pump of plan.pumps) {
    if (!pump.running) continue
    const read = [...pump.values, ...(pump.rowtime === null ? [] : [pump.rowtime])]
    visit(pump.source, columnsOf(read), (stream, columns) => {
      const before = inputs.get(stream)
      if (before !== undefined) inputs.set(stream, union(before, columns))
    })
  }
  return [...inputs.values()].reduce(union, NONE)
}

/**
 * Indexes of the input columns that are needed, yet whose values no expression looks at: they go into outputs as they come, through
 * filters and select lists alone. What other nodes keep counts as looked at.
 * @param outputs streams whose rows leave the program
 */
export function passedColumns(plan: ProgramPlan, outputs: readonly string[]): ReadonlySet<number> {
  const needed = neededColumns(plan, outputs)
  if (needed === 'all') return new Set()
  const scanned = new Set<string>()
  for (const { running, source } of plan.pumps) if (running) visit(source, 'all', stream => void scanned.add(stream))
  const inputs = plan.streams.filter(({ origin }) => origin === 'input').map(({ name }) => name)
  let looked: Columns = NONE
  for (const { running, source, target, values, rowtime } of plan.pumps) {
    if (!running) continue
    const leaves = outputs.includes(target) && !scanned.has(target)
    const read = leaves ? values.filter(({ kind }) => kind !== 'column') : values
    visitLooked(source, columnsOf([...read, rowtime]), (stream, columns) => {
      if (inputs.includes(stream)) looked = union(looked, columns)
    })
  }
  if (looked === 'all') return new Set()
  const seen: ReadonlySet<number> = looked
  return new Set([...needed].filter(index => !seen.has(index)))
}

/** As `visit`, without columns that only pass through filters and select lists. */
function visitLooked(node: PlanNode, columns: Columns, take: (stream: string, columns: Columns) => void): void {
  if (node.kind === 'filter') visitLooked(node.input, union(columns, columnsOf([node.condition])), take)
  else if (node.kind === 'project') {
    const looked = node.items.map(({ expression }, index) =>
      expression.kind !== 'column' || columns === 'all' || columns.has(index) ? expression : null,
    )
    visitLooked(node.input, columnsOf([...looked, node.rowtime]), take)
  } else visit(node, node.kind === 'scan' ? columns : 'all', take)
}

/** @param columns of the node's rows that are read after it; @param take gets what is read of a stream */
function visit(node: PlanNode, columns: Columns, take: (stream: string, columns: Columns) => void): void {
  switch (node.kind) {
    case 'scan':
      take(node.stream, columns)
      return
    case 'filter':
      return visit(node.input, union(columns, columnsOf([node.condition])), take)
    case 'project':
      return visit(node.input, columnsOf([...node.items.map(item => item.expression), node.rowtime]), take)
    case 'aggregate':
    case 'stagger':
      return visit(node.input, columnsOf(groupExpressions(node)), take)
    case 'event-aggregate':
      return visit(
        node.input,
        union(columnsOf([...groupExpressions(node), node.condition]), indexes([node.time.column])),
        take,
      )
    case 'event-windows': {
      const own = below(columns, node.input.schema.columns.length)
      return visit(node.input, union(own, indexes([node.time.column, ...node.partitionBy])), take)
    }
    case 'slide': {
      const read = [
        ...node.functions.flatMap(({ argument, otherwise }) => [argument, otherwise]),
        ...node.windows.flatMap(({ partition }) => partition),
      ]
      return visit(node.input, union(below(columns, node.input.schema.columns.length), columnsOf(read)), take)
    }
    case 'lookup':
    case 'join': {
      const joined = node.condition === null ? columns : union(columns, columnsOf([node.condition]))
      const split = node.left.schema.columns.length
      const left = union(below(joined, split), columnsOf(node.keys.map(key => key.left)))
      const right = union(from(joined, split), columnsOf(node.keys.map(key => key.right)))
      visit(node.left, left, take)
      return visit(node.right, right, take)
    }
    // These keep whole rows.
    case 'distinct':
    case 'sort':
    case 'rank':
    case 'time-sort':
    case 'table-function':
      return visit(node.input, 'all', take)
    case 'set':
    case 'union':
      for (const input of node.inputs) visit(input, 'all', take)
      return
    case 'values':
    case 'table':
  }
}

function groupExpressions(node: Extract<PlanNode, { kind: 'aggregate' | 'stagger' | 'event-aggregate' }>) {
  return [...node.keys.map(({ expression }) => expression), ...node.aggregates.map(({ argument }) => argument)]
}

function columnsOf(expressions: readonly (Expression | null)[]): Columns {
  const found = new Set<number>()
  const look = (expression: Expression): void => {
    if (expression.kind === 'column') found.add(expression.index)
    operandsOf(expression).forEach(look)
  }
  for (const expression of expressions) if (expression !== null) look(expression)
  return found
}

function indexes(of: readonly (number | null)[]): Columns {
  return new Set(of.filter(index => index !== null))
}

function union(a: Columns, b: Columns): Columns {
  return a === 'all' || b === 'all' ? 'all' : new Set([...a, ...b])
}

function below(columns: Columns, count: number): Columns {
  return columns === 'all' ? 'all' : new Set([...columns].filter(index => index < count))
}

/** Those from `start` on, counted from there. */
function from(columns: Columns, start: number): Columns {
  if (columns === 'all') return 'all'
  return new Set([...columns].filter(index => index >= start).map(index => index - start))
}
