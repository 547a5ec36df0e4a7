/**
 * Table functions of the service in FROM. What each takes and gives is told by analytics/table-functions.ts; here its literals are
 * read, and what it says about one of them gets the place of that one.
 */
import { type ErrorCode, MillraceError, type TextSpan } from '../../../core/errors.ts'
import {
  type BoundTableFunction,
  TABLE_FUNCTIONS,
  type TableFunctionArgument,
  tableFunctionPlan,
} from '../../analytics/table-functions.ts'
import type { ExpressionNode, TableNode } from '../ast.ts'
import { fail, nameHint } from './errors.ts'
import { type Monotonicity, NOT_MONOTONIC } from './monotonicity.ts'
import type { BoundQuery } from './projection.ts'
import { type Relation, shown } from './scope.ts'

type TableFunctionNode = Extract<TableNode, { kind: 'table-function' }>

/** Names of the arguments as errors say them, in the order of a call. */
const FOREST = ['numberOfTrees', 'subSampleSize', 'timeDecay', 'shingleSize', 'withDirectionality']
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  RANDOM_CUT_FOREST: FOREST,
  RANDOM_CUT_FOREST_WITH_EXPLANATION: FOREST,
  HOTSPOTS: ['windowSize', 'scanRadius', 'minimumNumberOfPointsInAHotspot'],
  TOP_K_ITEMS_TUMBLING: ['column', 'k', 'window'],
  COUNT_DISTINCT_ITEMS_TUMBLING: ['column', 'window'],
  GROUP_RANK: ['column', 'rankOut', 'sortOrder', 'outputOrder', 'maxIdle', 'outputMax'],
}

/** The rows that a table function gives, as FROM sees them. */
export function bindTableFunction(table: TableFunctionNode, cursor: BoundQuery): Relation {
  const { plan, schema } = planOf(table, cursor)
  // Functions over windows have columns of their own, the others add to those of the cursor.
  const keepsRows = plan.kind !== 'top-k-items' && plan.kind !== 'count-distinct-items'
  const kept = keepsRows ? cursor.outputs : []
  const hidden = new Set(kept.flatMap(({ plainRowtime, index }) => (plainRowtime ? [index] : [])))
  return {
    name: table.alias?.name.text ?? null,
    streamName: null,
    node: { kind: 'table-function', name: table.name.text, input: cursor.node, plan, schema },
    columns: schema.columns.map((column, index) => ({ ...column, index, hidden: hidden.has(index) })),
    monotonic: schema.columns.map((_, index): Monotonicity => {
      return (keepsRows ? cursor.monotonic[index] : undefined) ?? NOT_MONOTONIC
    }),
    metadata: false,
  }
}

function planOf({ name, args, span }: TableFunctionNode, cursor: BoundQuery): BoundTableFunction {
  if (!TABLE_FUNCTIONS.includes(name.text)) {
    fail(
      `table function ${shown(name)} not found`,
      name.span,
      nameHint(name, TABLE_FUNCTIONS, text => text),
    )
  }
  const literals = args.map(arg => literalOf(arg, name.text))
  try {
    return tableFunctionPlan(name.text, literals, cursor.node.schema)
  } catch (error) {
    const codes: readonly ErrorCode[] = ['invalid_argument', 'state_limit']
    if (!(error instanceof MillraceError) || !codes.includes(error.code)) throw error
    const [message = '', ...hints] = error.message.split('; ')
    return fail(message, placeOf(message, name.text, args) ?? span, hints.length === 0 ? null : hints.join('; '))
  }
}

/** The argument that an error is about: it begins with its name. */
function placeOf(message: string, name: string, args: readonly ExpressionNode[]): TextSpan | null {
  const word = /^(\w+)/.exec(message)?.[1] ?? ''
  const index = ARGUMENTS[name]?.indexOf(word) ?? -1
  return args[index]?.span ?? null
}

function literalOf(node: ExpressionNode, name: string): TableFunctionArgument {
  if (node.kind === 'string') return node.value
  if (node.kind === 'boolean' && node.value !== null) return node.value
  return numberOf(node) ?? fail(`arguments of ${name} are literals`, node.span, 'columns are named in single quotes')
}

function numberOf(node: ExpressionNode): number | null {
  if (node.kind === 'number') return Number(node.text)
  if (node.kind !== 'sign') return null
  const value = numberOf(node.operand)
  return value === null || node.operator === '+' ? value : -value
}
