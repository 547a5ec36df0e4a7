/**
 * What a program remembers from row to row. A host that sees one batch of one shard at a time, and forgets everything between
 * two, can run a program only where that is nothing: filters, projections, look-ups in tables.
 */
import { SqlError, type TextSpan } from '../../core/errors.ts'
import { inputsOf, isFinite, type PlanNode, type ProgramPlan, type PumpPlan } from './plan-node.ts'

/** A part of a program that needs to remember rows, or to see them all. */
export interface StatefulPart {
  /** as a reader of the program would call it */
  readonly construct: string
  readonly span: TextSpan
}

/** In the order of the program; empty: it is stateless. */
export function statefulParts(plan: ProgramPlan): readonly StatefulPart[] {
  return plan.pumps.flatMap(pump =>
    isFinite(pump.source)
      ? [
          {
            construct: 'INSERT of rows that the program itself has (VALUES or a table), once at its start',
            span: pump.span,
          },
        ]
      : partsOf(pump.source, pump),
  )
}

/**
 * @param host what cannot remember, such as `a Lambda function`
 * @throws SqlError `sql_bind` for the first part that is not stateless, with its place and what to do
 */
export function requireStateless(plan: ProgramPlan, host: string): void {
  const [first, ...more] = statefulParts(plan)
  if (first === undefined) return
  const others = more.length === 0 ? '' : ` (and ${more.length} more of the kind)`
  throw new SqlError(
    'sql_bind',
    `${first.construct} remembers rows between batches and needs those of all shards${others}, and ${host} sees one batch of one shard`,
    first.span,
    'run it as an application, with millrace dev, or keep to WHERE, expressions and joins with reference tables here and leave the rest to an application that reads the results',
  )
}

function partsOf(node: PlanNode, pump: PumpPlan): readonly StatefulPart[] {
  // What ends by itself is computed anew each time.
  if (isFinite(node)) return []
  const below = inputsOf(node).flatMap(input => partsOf(input, pump))
  const construct = constructOf(node)
  return construct === null ? below : [...below, { construct, span: spanOf(node) ?? pump.span }]
}

function constructOf(node: PlanNode): string | null {
  switch (node.kind) {
    case 'scan':
    case 'filter':
    case 'project':
    case 'lookup':
    case 'table':
    case 'values':
    case 'union':
      return null
    case 'aggregate':
      return 'GROUP BY over a tumbling window'
    case 'stagger':
      return 'GROUP BY over a stagger window (WINDOWED BY STAGGER)'
    case 'distinct':
      return 'SELECT DISTINCT'
    case 'sort':
      return 'ORDER BY'
    case 'rank':
      return `${node.functions.join(' and ')} over sorted rows`
    case 'time-sort':
      return 'the order of event time'
    case 'set':
      return node.operator
    case 'table-function':
      return node.name
    case 'event-windows':
    case 'event-aggregate':
      return 'a window over event time'
    case 'slide':
      return 'a sliding window (OVER)'
    case 'join':
      return 'a join of two streams'
  }
}

function spanOf(node: PlanNode): TextSpan | null {
  if ('span' in node) return node.span
  switch (node.kind) {
    case 'aggregate':
    case 'stagger':
    case 'event-aggregate':
      return node.aggregates[0]?.span ?? null
    case 'slide':
      return node.functions[0]?.span ?? null
    default:
      return null
  }
}
