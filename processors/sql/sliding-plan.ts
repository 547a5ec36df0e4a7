/** What a sliding window computes, as plain data: the parts of the plan node `slide`, and their text for explain. */
import type { TextSpan } from '../../core/errors.ts'
import { type SqlType, sqlTypeText } from '../../core/sql-type.ts'
import type { Expression } from './expression.ts'

export type SlidingFunctionName =
  | 'COUNT'
  | 'SUM'
  | 'AVG'
  | 'MIN'
  | 'MAX'
  | 'STDDEV_POP'
  | 'STDDEV_SAMP'
  | 'VAR_POP'
  | 'VAR_SAMP'
  | 'FIRST_VALUE'
  | 'LAST_VALUE'
  | 'NTH_VALUE'
  | 'LAG'
  | 'EXP_AVG'

/** One call with OVER: a column of the rows that leave. */
export interface SlidingFunctionPlan {
  readonly name: SlidingFunctionName
  /** index into the windows of the node */
  readonly window: number
  /** null for COUNT(*); of type DOUBLE for STDDEV, VAR and EXP_AVG */
  readonly argument: Expression | null
  readonly distinct: boolean
  readonly ignoreNulls: boolean
  /** NTH_VALUE: the row, LAG: how many rows back, both from 1; EXP_AVG: half-life in milliseconds; 0 for the others */
  readonly parameter: number
  /** NTH_VALUE counts from the last row of the frame */
  readonly fromLast: boolean
  /** LAG: the value where the frame has no such row, over the current row; null for NULL */
  readonly otherwise: Expression | null
  readonly type: SqlType
  readonly span: TextSpan
}

/**
 * The rows of the current row's partition that a function sees; the current row is always one of them, later rows never are.
 * RANGE: those whose rowtime is at most `preceding` milliseconds below that of the current row. ROWS: the current row and
 * `preceding` rows before it. null: every row since the start.
 */
export interface FramePlan {
  readonly unit: 'RANGE' | 'ROWS'
  readonly preceding: number | null
}

export interface SlidingWindowPlan {
  /** over the input row; NULL equals NULL */
  readonly partition: readonly Expression[]
  readonly frame: FramePlan
}

export function frameText({ unit, preceding }: FramePlan): string {
  if (preceding === null) return `${unit} UNBOUNDED PRECEDING`
  if (preceding === 0) return `${unit} CURRENT ROW`
  return unit === 'RANGE' ? `RANGE ${preceding} ms PRECEDING` : `ROWS ${preceding} PRECEDING`
}

/** What an operator of the window holds. */
export function frameStateText({ partition, frame }: SlidingWindowPlan): string {
  const keyed = partition.length > 0
  if (frame.preceding === null) return keyed ? 'one result for each key, for ever' : 'one result'
  if (frame.unit === 'RANGE') {
    const rows = frame.preceding === 0 ? 'rows of the latest rowtime' : `rows of the last ${frame.preceding} ms`
    return `${rows}${keyed ? '; a key leaves with its last row' : ''}`
  }
  const rows = `${frame.preceding + 1} ${frame.preceding === 0 ? 'row' : 'rows'}`
  return keyed ? `${rows} for each key, for ever` : rows
}

/** @param text of an expression over the input row */
export function slidingFunctionText(plan: SlidingFunctionPlan, text: (expression: Expression) => string): string {
  const args = [plan.argument === null ? '*' : (plan.distinct ? 'DISTINCT ' : '') + text(plan.argument)]
  if (plan.name === 'NTH_VALUE' || plan.name === 'LAG') args.push(String(plan.parameter))
  if (plan.name === 'EXP_AVG') args.push(`${plan.parameter} ms`)
  if (plan.otherwise !== null) args.push(text(plan.otherwise))
  const from = plan.fromLast ? ' FROM LAST' : ''
  const nulls = plan.ignoreNulls ? ' IGNORE NULLS' : ''
  return `${plan.name}(${args.join(', ')})${from}${nulls} OVER window ${plan.window + 1} ${sqlTypeText(plan.type)}`
}
