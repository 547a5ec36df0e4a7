/** UNION ALL of streams, and UNION, EXCEPT and INTERSECT of what has an end. */
import type { TextSpan } from '../../../core/errors.ts'
import type { Schema } from '../../../core/schema.ts'
import { sameSqlType, sqlTypeText } from '../../../core/sql-type.ts'
import type { QueryNode } from '../ast.ts'
import { inputsOf, isFinite, type PlanNode } from '../plan-node.ts'
import { coerce, TIMESTAMP } from './build.ts'
import { fail } from './errors.ts'
import { type Monotonicity, NOT_MONOTONIC } from './monotonicity.ts'
import { type BoundQuery, refuseRecords } from './projection.ts'
import { commonType, isText } from './types.ts'

type SetNode = Extract<QueryNode, { kind: 'set' }>
type Bind = (query: QueryNode) => BoundQuery

const VALUES_HINT = 'INSERT the VALUES into a stream of their own'

/** @param bind binds an operand */
export function bindSet(query: SetNode, bind: Bind): BoundQuery {
  return query.operator === 'UNION' && query.all ? bindUnion(query, bind) : bindFiniteSet(query, bind)
}

function bindUnion(query: SetNode, bind: Bind): BoundQuery {
  const branches = branchesOf(query).map(({ branch, operator }) => {
    return { ...bind(branch), operatorSpan: operator.operatorSpan }
  })
  const [first, ...others] = branches
  if (first === undefined) return fail('UNION ALL is empty', query.span)
  for (const { outputs } of branches) refuseRecords(outputs, 'UNION ALL')
  const mixed = others.find(({ node }) => isFinite(node) !== isFinite(first.node))
  if (mixed !== undefined) {
    const finite = [first, ...others].find(({ node }) => isFinite(node)) ?? mixed
    const table = readsTable(finite.node)
    fail(
      `UNION ALL of a stream and of ${table ? 'a reference table' : 'VALUES'}`,
      mixed.operatorSpan,
      table ? 'a table has no time at which its rows could come: join the stream with it' : VALUES_HINT,
    )
  }
  let { columns } = first.node.schema
  let { monotonic } = first
  for (const other of others) {
    columns = commonColumns(columns, other, 'UNION ALL', other.operatorSpan)
    monotonic = monotonic.map((left, index) => merged(left, other.monotonic[index]))
  }
  const schema: Schema = { columns }
  const inputs = branches.map(({ node, operatorSpan }) => converted(node, schema, operatorSpan))
  return { node: { kind: 'union', inputs, schema }, outputs: first.outputs, monotonic }
}

function readsTable(node: PlanNode): boolean {
  return node.kind === 'table' || inputsOf(node).some(readsTable)
}

/** UNION, EXCEPT and INTERSECT, which must see all rows before they can leave one out. */
function bindFiniteSet(query: SetNode, bind: Bind): BoundQuery {
  const { all, operator, operatorSpan } = query
  const left = bind(query.left)
  const right = bind(query.right)
  for (const { outputs } of [left, right]) refuseRecords(outputs, operator)
  if (!isFinite(left.node) || !isFinite(right.node)) {
    const hint = operator === 'UNION' ? 'write UNION ALL' : null
    fail(`${operator}${all ? ' ALL' : ''} needs finite relations, streams have no end`, operatorSpan, hint)
  }
  if (all) fail(`${operator} ALL is not supported`, operatorSpan, `write ${operator}`)
  const schema: Schema = { columns: commonColumns(left.node.schema.columns, right, operator, operatorSpan) }
  const inputs = [converted(left.node, schema, operatorSpan), converted(right.node, schema, operatorSpan)] as const
  const monotonic = schema.columns.map(() => NOT_MONOTONIC)
  return { node: { kind: 'set', operator, inputs, schema }, outputs: left.outputs, monotonic }
}

/** The columns of two queries together: names of the left one, types that hold both. */
function commonColumns(
  columns: Schema['columns'],
  { node, outputs }: BoundQuery,
  operator: string,
  operatorSpan: TextSpan,
): Schema['columns'] {
  const right = node.schema.columns
  if (columns.length !== right.length) {
    fail(
      `${operator} of ${columns.length} and ${right.length} columns`,
      operatorSpan,
      'both sides need the same columns',
    )
  }
  return columns.map((column, index) => {
    const { type: otherType, nullable } = right[index] ?? column
    const type = commonType(column.type, otherType)
    if (type === null) {
      fail(
        `column ${index + 1} of ${operator} is ${sqlTypeText(column.type)} on the left and ${sqlTypeText(otherType)} on the right`,
        outputs.find(output => output.index === index)?.span ?? operatorSpan,
        'use CAST',
      )
    }
    return { name: column.name, type, nullable: column.nullable || nullable }
  })
}

/** A chain of UNION ALL is one merge; the order of its branches decides ties. Each comes with the operator before it. */
function branchesOf(query: SetNode): readonly { readonly branch: QueryNode; readonly operator: SetNode }[] {
  const branches: { branch: QueryNode; operator: SetNode }[] = []
  let at: SetNode = query
  for (;;) {
    branches.unshift({ branch: at.right, operator: at })
    if (at.left.kind !== 'set' || at.left.operator !== 'UNION' || !at.left.all) break
    at = at.left
  }
  return [{ branch: at.left, operator: at }, ...branches]
}

/** The rows of a branch in the types of the union; lengths of text change nothing. */
function converted(node: PlanNode, schema: Schema, span: TextSpan): PlanNode {
  const typeAt = (index: number) => schema.columns[index]?.type ?? TIMESTAMP
  if (node.kind === 'project') {
    const items = node.items.map((item, index) => ({ ...item, expression: coerce(item.expression, typeAt(index)) }))
    return { ...node, items, schema }
  }
  const same = node.schema.columns.every((column, index) => {
    return isText(column.type) || sameSqlType(column.type, typeAt(index))
  })
  if (same) return node
  const items = schema.columns.map(({ name, type }, index) => ({
    name,
    expression: coerce({ kind: 'column', index, type: node.schema.columns[index]?.type ?? type, span }, type),
  }))
  return { kind: 'project', input: node, items, rowtime: null, schema }
}

/** Two streams merge by ROWTIME, so only what depends on ROWTIME in the same way stays monotonic. */
function merged(left: Monotonicity | undefined, right: Monotonicity | undefined): Monotonicity {
  if (left === undefined || right === undefined || !left.rowtime || !right.rowtime) return NOT_MONOTONIC
  const same = left.direction === right.direction && JSON.stringify(left.end) === JSON.stringify(right.end)
  return same && left.end?.kind !== 'change' ? left : NOT_MONOTONIC
}
