/**
 * Bound expressions: names are resolved to columns, every node has its type, implicit conversions are explicit casts.
 * Plain data; the binder makes it, the optimizer rewrites it, the expression compiler runs it, explain prints it.
 */
import type { TextSpan } from '../../core/errors.ts'
import type { Value } from '../../core/rows.ts'
import type { SqlType } from '../../core/sql-type.ts'

/** Columns that an input stream has beside its schema; their values come from the record, not from its bytes. */
export type MetadataName = 'APPROXIMATE_ARRIVAL_TIME' | 'PARTITION_KEY' | 'SEQUENCE_NUMBER' | 'SHARD_ID'

export type ArithmeticOperator = '+' | '-' | '*' | '/'
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>='

/**
 * Why a value is converted. `implicit`: operands brought to a common type. `assignment`: a select item into a target column
 * (numbers round to the scale, text that is too long is a row error). `explicit`: the program says CAST.
 */
export type CastReason = 'implicit' | 'assignment' | 'explicit'

interface Typed {
  readonly type: SqlType
  readonly span: TextSpan
}

export type Expression =
  | (Typed & { readonly kind: 'literal'; readonly value: Value })
  /** a column of the input row */
  | (Typed & { readonly kind: 'column'; readonly index: number })
  /** the rowtime of the input row */
  | (Typed & { readonly kind: 'rowtime' })
  | (Typed & { readonly kind: 'metadata'; readonly name: MetadataName })
  /** both operands have the storage of the result unless one is an interval or a datetime */
  | (Typed & {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: Expression
      readonly right: Expression
    })
  | (Typed & { readonly kind: 'negate'; readonly operand: Expression })
  /** both operands have the same type up to length */
  | (Typed & {
      readonly kind: 'comparison'
      readonly operator: ComparisonOperator
      readonly left: Expression
      readonly right: Expression
    })
  /** Kleene logic; operands are evaluated left to right, and only for the rows that the ones before left open */
  | (Typed & { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] })
  | (Typed & { readonly kind: 'not'; readonly operand: Expression })
  | (Typed & {
      readonly kind: 'is'
      readonly what: 'NULL' | 'TRUE' | 'FALSE' | 'UNKNOWN'
      readonly negated: boolean
      readonly operand: Expression
    })
  | (Typed & {
      readonly kind: 'distinct'
      readonly negated: boolean
      readonly left: Expression
      readonly right: Expression
    })
  /** searched form; branches are evaluated only for the rows that reach them; all results have the type of the node */
  | (Typed & { readonly kind: 'case'; readonly branches: readonly CaseBranch[]; readonly otherwise: Expression | null })
  | (Typed & { readonly kind: 'cast'; readonly reason: CastReason; readonly operand: Expression })
  /** `name` is a key of the function table (functions/); arguments have the types that its signature asks for */
  | (Typed & { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] })
  /** three-valued: whether the operands are a row of a subquery of the program (ProgramPlan.subqueries) */
  | (Typed & { readonly kind: 'in-query'; readonly subquery: number; readonly operands: readonly Expression[] })
  | (Typed & { readonly kind: 'exists'; readonly subquery: number })
  /** the one value of a subquery; NULL where it has no row, an error where it has several */
  | (Typed & { readonly kind: 'scalar-query'; readonly subquery: number })

export interface CaseBranch {
  readonly condition: Expression
  readonly result: Expression
}

export type ExpressionKind = Expression['kind']

/** Direct operands in evaluation order. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'column':
    case 'rowtime':
    case 'metadata':
    case 'exists':
    case 'scalar-query':
      return []
    case 'in-query':
      return expression.operands
    case 'arithmetic':
    case 'comparison':
    case 'distinct':
      return [expression.left, expression.right]
    case 'negate':
    case 'not':
    case 'is':
    case 'cast':
      return [expression.operand]
    case 'and':
    case 'or':
      return expression.operands
    case 'case':
      return [
        ...expression.branches.flatMap(branch => [branch.condition, branch.result]),
        ...(expression.otherwise === null ? [] : [expression.otherwise]),
      ]
    case 'call':
      return expression.args
  }
}
