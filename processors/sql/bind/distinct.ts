/** SELECT STREAM DISTINCT: which items are compared, and which of them ends the memory. */
import type { TextSpan } from '../../../core/errors.ts'
import { isFinite, type PlanNode } from '../plan-node.ts'
import { fail } from './errors.ts'
import type { BoundQuery } from './projection.ts'

/** @param span of the word DISTINCT */
export function distinctOf(query: BoundQuery, span: TextSpan): BoundQuery {
  const { node, outputs, monotonic } = query
  const rowtimes = new Set(
    outputs.flatMap(({ index, plainRowtime }) => (plainRowtime && index !== null ? [index] : [])),
  )
  const compared = node.schema.columns.map((_, index) => index).filter(index => !rowtimes.has(index))
  const changing = compared.filter(index => {
    const { direction } = monotonic[index] ?? { direction: 'none' }
    return direction === 'ascending' || direction === 'descending'
  })
  const byRowtime = changing.length === 0
  if (byRowtime && !isFinite(node) && !outputs.some(output => output.index === null || output.plainRowtime)) {
    fail(
      'DISTINCT over a stream needs a monotonic item, or it would remember every row',
      span,
      'select FLOOR(s.ROWTIME TO MINUTE) as well',
    )
  }
  const distinct: PlanNode = { kind: 'distinct', input: node, compared, changing, byRowtime, span, schema: node.schema }
  return { ...query, node: distinct }
}
