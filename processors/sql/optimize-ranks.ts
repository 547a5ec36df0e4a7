/** `WHERE n <= 3` above ROW_NUMBER: only the first rows of a part need be held and numbered. The condition itself stays. */
import type { Expression } from './expression.ts'
import type { PlanNode } from './plan-node.ts'

/** @param condition of a filter over `node`, optimized */
export function firstRows(node: PlanNode, condition: Expression): PlanNode {
  const conditions = condition.kind === 'and' ? condition.operands : [condition]
  return conditions.reduce((of, each) => {
    const bound = boundOf(each)
    return bound === null ? of : limited(of, bound.column, bound.limit)
  }, node)
}

/** A column that is at most a constant. */
function boundOf(condition: Expression): { readonly column: number; readonly limit: number } | null {
  if (condition.kind !== 'comparison') return null
  const { left, operator, right } = condition
  const forward = operator === '<' || operator === '<=' || operator === '='
  const backward = operator === '>' || operator === '>=' || operator === '='
  const [column, value] = left.kind === 'column' && forward ? [left, right] : backward ? [right, left] : [left, right]
  if (column.kind !== 'column' || value.kind !== 'literal') return null
  if (!(forward && column === left) && !(backward && column === right)) return null
  if (typeof value.value !== 'number' && typeof value.value !== 'bigint') return null
  if (value.type.kind === 'DECIMAL' || value.type.kind === 'INTERVAL') return null
  const number = Number(value.value)
  const limit = operator === '<' || operator === '>' ? Math.ceil(number) - 1 : Math.floor(number)
  return Number.isSafeInteger(limit) && limit >= 0 ? { column: column.index, limit } : null
}

function limited(node: PlanNode, column: number, limit: number): PlanNode {
  if (node.kind === 'filter') return { ...node, input: limited(node.input, column, limit) }
  if (node.kind === 'project') {
    const item = node.items[column]?.expression
    return item?.kind === 'column' ? { ...node, input: limited(node.input, item.index, limit) } : node
  }
  if (node.kind !== 'rank' || node.functions[column - node.input.schema.columns.length] !== 'ROW_NUMBER') return node
  const least = Math.min(limit, node.limit ?? limit)
  const input = node.whole && node.input.kind === 'sort' ? { ...node.input, limit: least } : node.input
  return { ...node, limit: least, input }
}
