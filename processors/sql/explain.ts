/** A plan as text: stable, so that it can be compared with what it was, and short enough to be read. */
import { unreachable } from '../../core/assert.ts'
import type { Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { type SqlType, sqlTypeText } from '../../core/sql-type.ts'
import { eventStateText, eventTimeText, eventWindowText, watermarkText } from './explain-event-time.ts'
import { tableFunctionText } from './explain-table-function.ts'
import type { Expression } from './expression.ts'
import { isFinite, type JoinWindow, type PlanNode, type ProgramPlan, type WindowEnd } from './plan-node.ts'
import { nameText } from './reserved-words.ts'
import { frameStateText, frameText, slidingFunctionText } from './sliding-plan.ts'

/** The whole plan, streams first, two blanks for each level; ends in a newline. */
export function explainProgram(plan: ProgramPlan): string {
  const lines: string[] = []
  for (const { name, origin, schema, watermark } of plan.streams) {
    lines.push(`stream ${nameText(name)} ${origin} ${schemaText(schema)}`)
    if (watermark !== undefined) lines.push(`  ${watermarkText(watermark, schema)}`)
  }
  for (const { name, schema } of plan.tables ?? []) lines.push(`table ${nameText(name)} ${schemaText(schema)}`)
  for (const [index, node] of (plan.subqueries ?? []).entries()) {
    lines.push('', `subquery ${index + 1}`)
    explainNode(node, '  ', lines)
  }
  for (const pump of plan.pumps) {
    lines.push('', `pump ${nameText(pump.name)} -> ${nameText(pump.target)}${pump.running ? '' : ' stopped'}`)
    const target = plan.streams.find(stream => stream.name === pump.target)
    for (const [index, value] of pump.values.entries()) {
      const column = target?.schema.columns[index]?.name ?? `column ${index}`
      lines.push(`  ${nameText(column)} := ${explainExpression(value, pump.source.schema)}`)
    }
    if (pump.rowtime !== null) lines.push(`  rowtime := ${explainExpression(pump.rowtime, pump.source.schema)}`)
    explainNode(pump.source, '  ', lines)
  }
  for (const { message, span } of plan.warnings) lines.push('', `warning ${span.line}:${span.column} ${message}`)
  return `${lines.join('\n')}\n`
}

/** One node and what feeds it. */
export function explainPlan(node: PlanNode): string {
  const lines: string[] = []
  explainNode(node, '', lines)
  return `${lines.join('\n')}\n`
}

function explainNode(node: PlanNode, indent: string, lines: string[]): void {
  const deeper = `${indent}  `
  switch (node.kind) {
    case 'scan':
      lines.push(`${indent}scan ${nameText(node.stream)}`)
      return
    case 'filter':
      lines.push(`${indent}filter ${explainExpression(node.condition, node.input.schema)}`)
      return explainNode(node.input, deeper, lines)
    case 'project':
      lines.push(`${indent}project`)
      for (const { name, expression } of node.items) {
        lines.push(`${deeper}${nameText(name)} := ${explainExpression(expression, node.input.schema)}`)
      }
      if (node.rowtime !== null) lines.push(`${deeper}rowtime := ${explainExpression(node.rowtime, node.input.schema)}`)
      return explainNode(node.input, deeper, lines)
    case 'aggregate':
    case 'stagger':
      lines.push(
        node.kind === 'stagger'
          ? `${indent}stagger ${node.sizeMs} ms; holds a group for each key from its first row until its end`
          : `${indent}aggregate ${endText(node.window.end)} on ${nameText(node.keys[node.window.key]?.name ?? '?')}; holds a group for each key of ${isFinite(node) ? 'the input, which is finite' : 'one window'}`,
      )
      for (const { name, expression } of node.keys) {
        lines.push(`${deeper}key ${nameText(name)} := ${explainExpression(expression, node.input.schema)}`)
      }
      for (const [index, { name, argument, distinct, type }] of node.aggregates.entries()) {
        const column = node.schema.columns[node.keys.length + index]?.name ?? name
        const each = distinct === true ? 'DISTINCT ' : ''
        const of = argument === null ? '*' : each + explainExpression(argument, node.input.schema)
        lines.push(`${deeper}${nameText(column)} := ${name}(${of}) ${sqlTypeText(type)}`)
      }
      return explainNode(node.input, deeper, lines)
    case 'distinct':
    case 'sort':
    case 'time-sort':
      lines.push(`${indent}${orderText(node)}`)
      return explainNode(node.input, deeper, lines)
    case 'rank': {
      const name = (column: number | null) =>
        column === null ? 'ROWTIME' : nameText(node.schema.columns[column]?.name ?? '?')
      const partition = node.partition.length === 0 ? 'all rows' : node.partition.map(name).join(', ')
      const limit = node.limit === null ? '' : `; the first ${node.limit} rows of each`
      lines.push(`${indent}${node.functions.join(', ')} within ${partition}${limit}; holds one row`)
      return explainNode(node.input, deeper, lines)
    }
    case 'values':
      lines.push(`${indent}values`)
      for (const row of node.rows) {
        lines.push(`${deeper}(${row.map(value => explainExpression(value, NO_COLUMNS)).join(', ')})`)
      }
      return
    case 'set':
      lines.push(`${indent}${node.operator.toLowerCase()}; holds both inputs, which are finite`)
      for (const input of node.inputs) explainNode(input, deeper, lines)
      return
    case 'table-function':
      lines.push(`${indent}${tableFunctionText(node.name, node.plan, node.input.schema)}`)
      return explainNode(node.input, deeper, lines)
    case 'event-windows':
      lines.push(`${indent}windows ${eventWindowText(node.window)} of ${eventTimeText(node.time, node.input.schema)}`)
      return explainNode(node.input, deeper, lines)
    case 'event-aggregate': {
      const { time, window, condition, keys, aggregates, input } = node
      lines.push(`${indent}aggregate ${eventWindowText(window)} of ${eventTimeText(time, input.schema)}`)
      lines.push(`${deeper}state ${eventStateText(window, time)}`)
      if (condition !== null) lines.push(`${deeper}where ${explainExpression(condition, input.schema)}`)
      for (const { name, expression } of keys)
        lines.push(`${deeper}key ${nameText(name)} := ${explainExpression(expression, input.schema)}`)
      for (const [index, { name, argument, distinct, type }] of aggregates.entries()) {
        const column = node.schema.columns[node.schema.columns.length - aggregates.length + index]?.name ?? name
        const each = distinct === true ? 'DISTINCT ' : ''
        const of = argument === null ? '*' : each + explainExpression(argument, input.schema)
        lines.push(`${deeper}${nameText(column)} := ${name}(${of}) ${sqlTypeText(type)}`)
      }
      return explainNode(input, deeper, lines)
    }
    case 'slide': {
      const text = (expression: Expression) => explainExpression(expression, node.input.schema)
      lines.push(`${indent}slide`)
      for (const [index, window] of node.windows.entries()) {
        const partition = window.partition.length === 0 ? '' : ` PARTITION BY ${window.partition.map(text).join(', ')}`
        const frame = frameText(window.frame)
        lines.push(`${deeper}window ${index + 1}${partition} ${frame} holds ${frameStateText(window)}`)
      }
      for (const [index, plan] of node.functions.entries()) {
        const column = node.schema.columns[node.input.schema.columns.length + index]?.name ?? plan.name
        lines.push(`${deeper}${nameText(column)} := ${slidingFunctionText(plan, text)}`)
      }
      return explainNode(node.input, deeper, lines)
    }
    case 'union':
      lines.push(`${indent}union; holds rows until every other input has passed their ROWTIME`)
      for (const input of node.inputs) explainNode(input, deeper, lines)
      return
    case 'join':
      lines.push(`${indent}join ${node.type}`)
      lines.push(`${deeper}left ${keptText(node.leftWindow)}; right ${keptText(node.rightWindow)}`)
      explainMatch(node, deeper, lines)
      explainNode(node.left, deeper, lines)
      return explainNode(node.right, deeper, lines)
    case 'lookup':
      lines.push(
        `${indent}lookup${node.outer ? ' outer' : ''}, stream on the ${node.stream}; holds the rows of the other side, which is finite`,
      )
      explainMatch(node, deeper, lines)
      explainNode(node.left, deeper, lines)
      return explainNode(node.right, deeper, lines)
    case 'table':
      lines.push(`${indent}table ${nameText(node.table)}`)
      return
    default:
      return unreachable(node, 'explainNode')
  }
}

const NO_COLUMNS: Schema = { columns: [] }

/** A node that orders rows or compares them, with what bounds the rows that it holds. */
function orderText(node: Extract<PlanNode, { kind: 'distinct' | 'sort' | 'time-sort' }>): string {
  const name = (column: number | null) =>
    column === null ? 'ROWTIME' : nameText(node.schema.columns[column]?.name ?? '?')
  if (node.kind === 'time-sort') {
    return `time-sort by ${name(node.column)} within ${node.withinMs} ms; holds the rows of the last ${node.withinMs} ms`
  }
  if (node.kind === 'distinct') {
    const until = node.byRowtime ? 'ROWTIME' : node.changing.map(name).join(' or ')
    return `distinct on ${node.compared.map(name).join(', ')}; remembers rows until ${until} changes`
  }
  const keys = node.keys.map(({ column, descending, nullsFirst }) => {
    return `${name(column)}${descending ? ' DESC' : ''}${nullsFirst === descending ? '' : nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'}`
  })
  const held = node.limit === null ? 'the rows' : `the first ${node.limit} rows`
  const span =
    node.end === null
      ? 'the input, which is finite'
      : `one window, ${endText(node.end)} on ${name(node.keys[0]?.column ?? null)}`
  const limit = node.limit === null ? '' : ` limit ${node.limit}`
  return `sort by ${keys.join(', ')}${limit}; holds ${held} of ${span}`
}

/** What bounds the state of one side of a join. */
function keptText(window: JoinWindow): string {
  if (window.kind === 'rows') return `keeps its last ${window.count} ${window.count === 1 ? 'row' : 'rows'}`
  if (window.keptMs === 0) return 'keeps rows of the current rowtime'
  return window.keptMs === Infinity ? 'keeps every row' : `keeps rows for ${window.keptMs} ms`
}

function explainMatch(node: Extract<PlanNode, { kind: 'join' | 'lookup' }>, indent: string, lines: string[]): void {
  for (const key of node.keys) {
    const left = explainExpression(key.left, node.left.schema)
    lines.push(`${indent}key ${left} = ${explainExpression(key.right, node.right.schema)}`)
  }
  if (node.condition !== null) lines.push(`${indent}on ${explainExpression(node.condition, node.schema)}`)
  else if (node.keys.length === 0) lines.push(`${indent}every pair`)
}

function schemaText(schema: Schema): string {
  const columns = schema.columns.map(({ name, type, nullable }) => {
    return `${nameText(name)} ${sqlTypeText(type)}${nullable ? '' : ' NOT NULL'}`
  })
  return `(${columns.join(', ')})`
}

function endText(end: WindowEnd): string {
  switch (end.kind) {
    case 'step':
      return `step ${end.sizeMs} ms${offsetText(end.offsetMs)}`
    case 'step-months':
      return `step ${end.months} months${offsetText(end.offsetMs)}${insideText(end.insideMs)}`
    case 'floor':
    case 'ceil':
      return `${end.kind} ${end.unit}${offsetText(end.offsetMs)}${insideText(end.insideMs)}`
    default:
      return end.kind
  }
}

function insideText(insideMs = 0): string {
  return insideMs === 0 ? '' : ` of ROWTIME ${insideMs < 0 ? '-' : '+'} ${Math.abs(insideMs)} ms`
}

function offsetText(offsetMs: number): string {
  return offsetMs === 0 ? '' : ` offset ${offsetMs} ms`
}

/** @param schema of the rows that the expression reads */
export function explainExpression(expression: Expression, schema: Schema): string {
  const text = (operand: Expression): string => explainExpression(operand, schema)
  const inner = (operand: Expression): string => (isAtom(operand) ? text(operand) : `(${text(operand)})`)
  switch (expression.kind) {
    case 'literal':
      return valueText(expression.value, expression.type)
    case 'column':
      return nameText(schema.columns[expression.index]?.name ?? `column ${expression.index}`)
    case 'rowtime':
      return 'ROWTIME'
    case 'metadata':
      return expression.name
    case 'arithmetic': {
      // The type of a difference of times says how it is cut.
      const unit = expression.type.kind === 'INTERVAL' && expression.left.type.kind !== 'INTERVAL'
      const suffix = unit ? ` as ${sqlTypeText(expression.type)}` : ''
      return `${inner(expression.left)} ${expression.operator} ${inner(expression.right)}${suffix}`
    }
    case 'comparison':
      return `${inner(expression.left)} ${expression.operator} ${inner(expression.right)}`
    case 'negate':
      return `-${inner(expression.operand)}`
    case 'and':
    case 'or':
      return expression.operands.map(inner).join(` ${expression.kind.toUpperCase()} `)
    case 'not':
      return `NOT ${inner(expression.operand)}`
    case 'is':
      return `${inner(expression.operand)} IS ${expression.negated ? 'NOT ' : ''}${expression.what}`
    case 'distinct':
      return `${inner(expression.left)} IS ${expression.negated ? 'NOT ' : ''}DISTINCT FROM ${inner(expression.right)}`
    case 'case': {
      const branches = expression.branches.map(
        ({ condition, result }) => `WHEN ${text(condition)} THEN ${text(result)} `,
      )
      return `CASE ${branches.join('')}${expression.otherwise === null ? '' : `ELSE ${text(expression.otherwise)} `}END`
    }
    case 'cast': {
      const word = { implicit: 'TO', assignment: 'ASSIGN', explicit: 'CAST' }[expression.reason]
      return `${word}(${text(expression.operand)} AS ${sqlTypeText(expression.type)})`
    }
    case 'call':
      return `${expression.name}(${expression.args.map(text).join(', ')})`
    case 'in-query':
      return `(${expression.operands.map(text).join(', ')}) IN subquery ${expression.subquery + 1}`
    case 'exists':
      return `EXISTS subquery ${expression.subquery + 1}`
    case 'scalar-query':
      return `subquery ${expression.subquery + 1}`
    default:
      return unreachable(expression, 'explainExpression')
  }
}

function isAtom(expression: Expression): boolean {
  return ['literal', 'column', 'rowtime', 'metadata', 'cast', 'call', 'case', 'scalar-query'].includes(expression.kind)
}

function valueText(value: Value, type: SqlType): string {
  if (value === null) return type.kind === 'NULL' ? 'NULL' : `NULL ${sqlTypeText(type)}`
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (value instanceof Uint8Array) return `X'${[...value].map(byte => byte.toString(16).padStart(2, '0')).join('')}'`
  switch (type.kind) {
    case 'BOOLEAN':
      return value === 1 ? 'TRUE' : 'FALSE'
    case 'DECIMAL':
      return decimalText(BigInt(value), type.scale)
    case 'DOUBLE':
    case 'REAL':
      return `${value}e0`
    case 'INTERVAL':
      return `INTERVAL ${value} ${type.from === 'YEAR' || type.from === 'MONTH' ? 'months' : 'ms'}`
    case 'DATE':
      return `DATE '${new Date(Number(value)).toISOString().slice(0, 10)}'`
    case 'TIME':
      return `TIME '${new Date(Number(value)).toISOString().slice(11, 23)}'`
    case 'TIMESTAMP':
      return `TIMESTAMP '${new Date(Number(value)).toISOString().slice(0, 23).replace('T', ' ')}'`
    default:
      return String(value)
  }
}

function decimalText(value: bigint, scale: number): string {
  if (scale === 0) return String(value)
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
