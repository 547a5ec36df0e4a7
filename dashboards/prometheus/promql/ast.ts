/** A query as a tree. Offsets are UTF-16 units of the text; durations are milliseconds. */

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string'

export interface Matcher {
  readonly name: string
  readonly op: '=' | '!=' | '=~' | '!~'
  readonly value: string
  matches(value: string): boolean
}

/** `offset` and `@` of a selector or a subquery. */
export interface Shift {
  readonly offsetMs: number
  /** epoch milliseconds; `start` and `end` are those of the range query */
  readonly at: number | 'start' | 'end' | null
}

export interface Selector {
  readonly kind: 'selector'
  readonly at: number
  readonly matchers: readonly Matcher[]
  /** a range vector over (t - rangeMs, t]; null for an instant vector */
  readonly rangeMs: number | null
  readonly shift: Shift
}

export interface Subquery {
  readonly kind: 'subquery'
  readonly at: number
  readonly of: Expression
  readonly rangeMs: number
  /** null: the default interval */
  readonly stepMs: number | null
  readonly shift: Shift
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2'
export type ComparisonOp = '==' | '!=' | '>' | '<' | '>=' | '<='
export type SetOp = 'and' | 'or' | 'unless'
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp

export interface Matching {
  /** true: `on`; false: `ignoring`, or nothing said */
  readonly on: boolean
  readonly labels: readonly string[]
  /** which side may have several series for one of the other */
  readonly many: 'left' | 'right' | null
  /** labels that are copied from the side of one */
  readonly include: readonly string[]
}

export interface Binary {
  readonly kind: 'binary'
  readonly at: number
  readonly op: BinaryOp
  readonly left: Expression
  readonly right: Expression
  /** a comparison gives 0 or 1 instead of leaving series out */
  readonly isBool: boolean
  readonly matching: Matching
}

export type AggregateOp =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'quantile'
  | 'count_values'

export interface Aggregate {
  readonly kind: 'aggregate'
  readonly at: number
  readonly op: AggregateOp
  readonly of: Expression
  /** of topk, bottomk, quantile and count_values */
  readonly parameter: Expression | null
  /** true: all labels but these make a group */
  readonly without: boolean
  readonly labels: readonly string[]
}

export interface Call {
  readonly kind: 'call'
  readonly at: number
  readonly name: string
  readonly arguments: readonly Expression[]
}

export type Expression =
  | { readonly kind: 'number'; readonly at: number; readonly value: number }
  | { readonly kind: 'string'; readonly at: number; readonly value: string }
  | { readonly kind: 'negate'; readonly at: number; readonly of: Expression }
  | Selector
  | Subquery
  | Binary
  | Aggregate
  | Call
