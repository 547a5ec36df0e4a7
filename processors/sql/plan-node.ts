/**
 * The plan of a program: what it computes, before it runs. Plain data, so that it can be printed, compared and tested.
 * Nodes name their input; operators (the running side) know only their output.
 */
import type { TextSpan } from '../../core/errors.ts'
import type { Schema } from '../../core/schema.ts'
import type { IntervalUnit, SqlType } from '../../core/sql-type.ts'
import type { TableFunctionPlan } from '../analytics/table-functions.ts'
import type { EventTimePlan, EventWindow, WatermarkPlan } from './event-time.ts'
import type { Expression } from './expression.ts'
import type { SlidingFunctionPlan, SlidingWindowPlan } from './sliding-plan.ts'

/** An in-application stream: created by the input configuration or by CREATE STREAM. */
export interface StreamPlan {
  readonly name: string
  readonly schema: Schema
  /** `input`: rows are decoded records; `program`: rows come from pumps */
  readonly origin: 'input' | 'program'
  /** what CREATE STREAM promises about event time; absent without WATERMARK FOR */
  readonly watermark?: WatermarkPlan
  /** its CREATE STREAM; absent for inputs */
  readonly span?: TextSpan
}

/** A standing INSERT ... SELECT. */
export interface PumpPlan {
  readonly name: string
  /** name of the stream that it writes */
  readonly target: string
  readonly source: PlanNode
  /** one for each column of the target, over the rows of `source`; conversions are in it */
  readonly values: readonly Expression[]
  /** the time of the inserted row where the program sets it (a ROWTIME column in the list or in the select), else null: the rowtime of the source row */
  readonly rowtime: Expression | null
  readonly running: boolean
  readonly span: TextSpan
}

/** A reference table: rows that the host brings, and may replace between two batches. */
export interface TablePlan {
  readonly name: string
  readonly schema: Schema
}

export interface ProgramPlan {
  /** inputs first, then in the order of the text */
  readonly streams: readonly StreamPlan[]
  /** reference tables that the program may read */
  readonly tables?: readonly TablePlan[]
  /** finite queries that expressions ask (IN, EXISTS, scalar subqueries), by the number in the expression */
  readonly subqueries?: readonly PlanNode[]
  /** in the order of the text, which decides ties between pumps that write one stream */
  readonly pumps: readonly PumpPlan[]
  readonly warnings: readonly PlanWarning[]
}

export interface PlanWarning {
  readonly message: string
  readonly span: TextSpan
}

export interface PlanItem {
  readonly name: string
  readonly expression: Expression
}

export type AggregateName =
  | 'COUNT'
  | 'SUM'
  | 'AVG'
  | 'MIN'
  | 'MAX'
  | 'STDDEV_POP'
  | 'STDDEV_SAMP'
  | 'VAR_POP'
  | 'VAR_SAMP'
  | 'ANY'
  | 'EVERY'
  | 'FIRST_VALUE'
  | 'FIRST_VALUE IGNORE NULLS'
  | 'LAST_VALUE'
  | 'LAST_VALUE IGNORE NULLS'

export interface AggregatePlan {
  readonly name: AggregateName
  /** null for COUNT(*); of type DOUBLE for STDDEV and VAR */
  readonly argument: Expression | null
  /** default false */
  readonly distinct?: boolean
  readonly type: SqlType
  readonly span: TextSpan
}

/**
 * When a tumbling group is complete, given the value v of its monotonic key.
 * `moment`: all rows of a value have one rowtime, as results of a window have; complete when v changes or time has passed it.
 * `step`, `step-months`, `floor`: v starts the window, it ends before v + size. `ceil`: v ends the window and belongs to it.
 * `instant`: one group for each value of ROWTIME. `change`: complete when v changes in either direction.
 * `offsetMs` is what the program added to the rounded time (a constant), so that v - offsetMs is the plain window start.
 * `insideMs`, default 0, was added to ROWTIME before it was rounded to a unit of the calendar: the window is so much earlier.
 */
export type WindowEnd =
  | { readonly kind: 'step'; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: 'step-months'; readonly months: number; readonly offsetMs: number; readonly insideMs?: number }
  | {
      readonly kind: 'floor' | 'ceil'
      readonly unit: IntervalUnit
      readonly offsetMs: number
      readonly insideMs?: number
    }
  | { readonly kind: 'instant'; readonly offsetMs?: number }
  | { readonly kind: 'moment' }
  | { readonly kind: 'change' }

export interface WindowPlan {
  /** index of the monotonic term among the keys */
  readonly key: number
  readonly end: WindowEnd
}

/** One key of ORDER BY over the rows of its node. */
export interface SortKey {
  /** index of the column; null: the rowtime */
  readonly column: number | null
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/**
 * How long a row of one side of a join waits for partners that come later. `range`: while the other side's time is at most
 * `keptMs` above its own, 0 for the current row only, Infinity for ever. `rows`: while it is among the last `count` rows of
 * its side. Rows of equal rowtime meet in any case.
 */
export type JoinWindow =
  | { readonly kind: 'range'; readonly keptMs: number }
  | { readonly kind: 'rows'; readonly count: number }

/** One equality of a join condition, each side over the row of its own input. NULL never matches. */
export interface JoinKey {
  readonly left: Expression
  readonly right: Expression
}

/** What numbers the rows of a sorted part: RANK gives ties one number and leaves a gap behind them, DENSE_RANK leaves none. */
export type RankFunction = 'ROW_NUMBER' | 'RANK' | 'DENSE_RANK'

export type JoinKind = 'INNER' | 'LEFT' | 'RIGHT' | 'FULL'

export type PlanNode =
  /** all rows of a stream; `schema` is the stream's */
  | { readonly kind: 'scan'; readonly stream: string; readonly schema: Schema }
  /** rows for which the condition is TRUE */
  | { readonly kind: 'filter'; readonly input: PlanNode; readonly condition: Expression; readonly schema: Schema }
  /** one row for each input row; `rowtime` as in a pump */
  | {
      readonly kind: 'project'
      readonly input: PlanNode
      readonly items: readonly PlanItem[]
      readonly rowtime: Expression | null
      readonly schema: Schema
    }
  /** tumbling groups: `schema` is the keys, then the aggregates; rows leave at the window's end */
  | {
      readonly kind: 'aggregate'
      readonly input: PlanNode
      readonly keys: readonly PlanItem[]
      readonly window: WindowPlan
      /** an aggregate of all rows of a finite input: one row, also where there are none */
      readonly whole?: true
      readonly aggregates: readonly AggregatePlan[]
      readonly schema: Schema
    }
  /** a window of `sizeMs` for each combination of the keys, from its first row on; `schema` is the keys, then the aggregates */
  | {
      readonly kind: 'stagger'
      readonly input: PlanNode
      readonly keys: readonly PlanItem[]
      readonly sizeMs: number
      readonly aggregates: readonly AggregatePlan[]
      readonly schema: Schema
    }
  /** rows that differ from all before in the compared columns; what was seen is forgotten when a changing column changes */
  | {
      readonly kind: 'distinct'
      readonly input: PlanNode
      readonly compared: readonly number[]
      /** the monotonic columns among them */
      readonly changing: readonly number[]
      /** what was seen is forgotten when the rowtime changes */
      readonly byRowtime: boolean
      readonly span: TextSpan
      readonly schema: Schema
    }
  /** rows sorted within windows of the first key; `end` null: the input is finite, and all of it is sorted */
  | {
      readonly kind: 'sort'
      readonly input: PlanNode
      readonly keys: readonly SortKey[]
      readonly end: WindowEnd | null
      /** rows kept of each window; null: all */
      readonly limit: number | null
      readonly span: TextSpan
      readonly schema: Schema
    }
  /** sorted rows with their numbers within the rows of equal `partition`; `schema` is the input's columns, then the numbers */
  | {
      readonly kind: 'rank'
      readonly input: PlanNode
      readonly partition: readonly number[]
      /** columns by which the rows of a part are sorted */
      readonly order: readonly SortKey[]
      readonly functions: readonly RankFunction[]
      /** rows of a part that leave, by ROW_NUMBER; null: all */
      readonly limit: number | null
      /** the rows of a window are one part */
      readonly whole: boolean
      readonly schema: Schema
    }
  /** rows that take the TIMESTAMP of a column as their rowtime, and may be out of order by `withinMs` before */
  | {
      readonly kind: 'time-sort'
      readonly input: PlanNode
      readonly column: number
      readonly withinMs: number
      readonly span: TextSpan
      readonly schema: Schema
    }
  /** rows of the program's text, once, at the start of the program */
  | { readonly kind: 'values'; readonly rows: readonly (readonly Expression[])[]; readonly schema: Schema }
  /** UNION, EXCEPT and INTERSECT of two finite inputs, without duplicates, in order of first appearance */
  | {
      readonly kind: 'set'
      readonly operator: 'UNION' | 'EXCEPT' | 'INTERSECT'
      readonly inputs: readonly [PlanNode, PlanNode]
      readonly schema: Schema
    }
  /** rows of a table function of the service; `schema` is the input's with more columns, or of the function alone */
  | {
      readonly kind: 'table-function'
      readonly name: string
      readonly input: PlanNode
      readonly plan: TableFunctionPlan
      readonly schema: Schema
    }
  /** each row once for every event window that it lies in: `schema` is the input's, then WINDOW_START, WINDOW_END, WINDOW_TIME */
  | {
      readonly kind: 'event-windows'
      readonly input: PlanNode
      readonly time: EventTimePlan
      readonly window: EventWindow
      /** columns that keep sessions apart */
      readonly partitionBy: readonly number[]
      readonly span: TextSpan
      readonly schema: Schema
    }
  /**
   * Groups of event windows, over all rows of a stream (its watermark is theirs, whatever `condition` keeps): `schema` is the
   * keys, then WINDOW_START, WINDOW_END and WINDOW_TIME, then the aggregates. The keys of sessions keep them apart.
   */
  | {
      readonly kind: 'event-aggregate'
      readonly input: PlanNode
      readonly time: EventTimePlan
      readonly window: EventWindow
      readonly condition: Expression | null
      readonly keys: readonly PlanItem[]
      readonly aggregates: readonly AggregatePlan[]
      readonly schema: Schema
    }
  /** sliding windows: each row leaves at once with its rowtime; `schema` is the input's columns, then the functions */
  | {
      readonly kind: 'slide'
      readonly input: PlanNode
      readonly windows: readonly SlidingWindowPlan[]
      readonly functions: readonly SlidingFunctionPlan[]
      readonly schema: Schema
    }
  /** rows of all inputs in rowtime order; the first input goes first on ties */
  | { readonly kind: 'union'; readonly inputs: readonly PlanNode[]; readonly schema: Schema }
  /**
   * Pairs of rows of two streams for which the keys are equal and the condition is TRUE, at the rowtime of the later one.
   * `schema` is the columns of the left, then of the right; `condition` reads such a row. A row of a preserved side that
   * found no partner leaves when none can come any more.
   */
  | {
      readonly kind: 'join'
      readonly type: JoinKind
      readonly left: PlanNode
      readonly right: PlanNode
      readonly leftWindow: JoinWindow
      readonly rightWindow: JoinWindow
      readonly keys: readonly JoinKey[]
      readonly condition: Expression | null
      readonly schema: Schema
      readonly span: TextSpan
    }
  /**
   * Rows of a stream with each matching row of a finite relation, at once and at their own rowtime; `outer` keeps a row
   * without match. `left` is the side that stands first in `schema`; `stream` says which of the two the stream is.
   */
  | {
      readonly kind: 'lookup'
      readonly outer: boolean
      readonly stream: 'left' | 'right'
      readonly left: PlanNode
      readonly right: PlanNode
      readonly keys: readonly JoinKey[]
      readonly condition: Expression | null
      readonly schema: Schema
      readonly span: TextSpan
    }
  /** all rows of a reference table as it stands */
  | { readonly kind: 'table'; readonly table: string; readonly schema: Schema }

export type PlanNodeKind = PlanNode['kind']

/** The nodes that feed a node. */
export function inputsOf(node: PlanNode): readonly PlanNode[] {
  switch (node.kind) {
    case 'scan':
    case 'table':
    case 'values':
      return []
    case 'union':
    case 'set':
      return node.inputs
    case 'join':
    case 'lookup':
      return [node.left, node.right]
    default:
      return [node.input]
  }
}

/** True where the rows of a node come to an end: it reads no stream. */
export function isFinite(node: PlanNode): boolean {
  return node.kind !== 'scan' && inputsOf(node).every(isFinite)
}

/** The streams that a node reads. */
export function streamsOf(node: PlanNode): ReadonlySet<string> {
  if (node.kind === 'scan') return new Set([node.stream])
  return new Set(inputsOf(node).flatMap(input => [...streamsOf(input)]))
}
