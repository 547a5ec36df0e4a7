/** The operator of a table function, from its plan (analytics/table-functions.ts). */
import { unreachable } from '../../core/assert.ts'
import type { Schema } from '../../core/schema.ts'
import { hash64 } from '../analytics/hash.ts'
import type { TableFunctionPlan } from '../analytics/table-functions.ts'
import { countDistinctItems, topKItems } from '../analytics/tumbling-items.ts'
import { ItemWindows } from './item-windows.ts'
import type { StateLimits } from './limits.ts'
import type { Input, Operator } from './operator.ts'
import { RankedGroups } from './ranked-groups.ts'
import { forestScores, hotspotScores, RowScorer } from './row-scorer.ts'

export interface TableFunctionOptions {
  /** unique within the program; also what random numbers are seeded with, so that every run repeats */
  readonly name: string
  readonly plan: TableFunctionPlan
  /** columns of the cursor */
  readonly input: Schema
  /** columns of the result, as planned */
  readonly schema: Schema
  readonly output: Input
  readonly limits: StateLimits
}

/** An operator with one input, which is the operator itself. */
export function tableFunction(options: TableFunctionOptions): Operator & Input {
  const { name, plan, input, schema, output, limits } = options
  const [, seed] = hash64(name, 0)
  switch (plan.kind) {
    case 'random-cut-forest': {
      const { columns, parameters, explanation } = plan
      const names = columns.map(index => input.columns[index]!.name)
      return new RowScorer({
        name,
        schema,
        columns,
        scores: forestScores(parameters, names, explanation, seed),
        output,
      })
    }
    case 'hotspots': {
      const { columns, parameters } = plan
      return new RowScorer({ name, schema, columns, scores: hotspotScores(parameters, columns.length), output })
    }
    case 'top-k-items':
      return new ItemWindows({
        name,
        schema,
        column: plan.column,
        type: input.columns[plan.column]!.type,
        windows: topKItems(plan.k, plan.windowMs),
        rowsOf: items => ({
          count: items.length,
          row: index => [items[index]!.item, BigInt(items[index]!.count)],
        }),
        output,
      })
    case 'count-distinct-items':
      return new ItemWindows({
        name,
        schema,
        column: plan.column,
        type: input.columns[plan.column]!.type,
        windows: countDistinctItems(plan.windowMs, seed),
        rowsOf: count => ({ count: 1, row: () => [BigInt(count)] }),
        output,
      })
    case 'group-rank':
      return new RankedGroups({ name, schema, parameters: plan.parameters, output, limits })
    default:
      return unreachable(plan, 'tableFunction')
  }
}
