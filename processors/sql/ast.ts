/**
 * The tree of a program as it is written: no name is looked up and no type is derived yet. Every node has its place in
 * the text, and the root of each union is told apart by `kind`.
 */
import type { TextSpan } from '../../core/errors.ts'
import type { IntervalUnit, SqlType } from '../../core/sql-type.ts'

interface Node {
  readonly span: TextSpan
}

/** A name as stored: a plain one is in upper case already. */
export interface Name extends Node {
  readonly text: string
  readonly quoted: boolean
}

/** One or more names with dots between; for streams all but the last are ignored. */
export interface Path extends Node {
  readonly parts: readonly Name[]
}

export interface TypeName extends Node {
  readonly type: SqlType
  /** VARCHAR or VARBINARY without its length */
  readonly unsized: boolean
}

export interface Qualifier extends Node {
  readonly from: IntervalUnit
  readonly to: IntervalUnit
  /** digits of the first field, null if not written */
  readonly leadingPrecision: number | null
  /** digits of the fraction of a second, null if not written */
  readonly fractionPrecision: number | null
}

export type ExpressionNode =
  | (Node & { readonly kind: 'number'; readonly form: 'integer' | 'decimal' | 'double'; readonly text: string })
  | (Node & { readonly kind: 'string'; readonly value: string })
  | (Node & { readonly kind: 'binary'; readonly bytes: Uint8Array })
  /** null is UNKNOWN */
  | (Node & { readonly kind: 'boolean'; readonly value: boolean | null })
  | (Node & { readonly kind: 'null' })
  | (Node & { readonly kind: 'datetime'; readonly type: 'DATE' | 'TIME' | 'TIMESTAMP'; readonly text: string })
  | (Node & {
      readonly kind: 'interval'
      readonly negative: boolean
      readonly text: string
      readonly textSpan: TextSpan
      readonly qualifier: Qualifier
    })
  | (Node & { readonly kind: 'path'; readonly parts: readonly Name[] })
  | (Node & { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: ExpressionNode })
  | (Node & {
      readonly kind: 'binary-operator'
      readonly operator: '+' | '-' | '*' | '/' | '||'
      readonly operatorSpan: TextSpan
      readonly left: ExpressionNode
      readonly right: ExpressionNode
    })
  | (Node & {
      readonly kind: 'comparison'
      readonly operator: '=' | '<>' | '<' | '<=' | '>' | '>='
      readonly left: ExpressionNode
      readonly right: ExpressionNode
    })
  | (Node & { readonly kind: 'and' | 'or'; readonly operands: readonly ExpressionNode[] })
  | (Node & { readonly kind: 'not'; readonly operand: ExpressionNode })
  | (Node & {
      readonly kind: 'between'
      readonly negated: boolean
      readonly symmetric: boolean
      readonly operand: ExpressionNode
      readonly low: ExpressionNode
      readonly high: ExpressionNode
    })
  | (Node & {
      readonly kind: 'in-list'
      readonly negated: boolean
      readonly operand: ExpressionNode
      readonly items: readonly ExpressionNode[]
    })
  | (Node & {
      readonly kind: 'in-query'
      readonly negated: boolean
      readonly operand: ExpressionNode
      readonly query: QueryNode
    })
  | (Node & {
      readonly kind: 'like' | 'similar'
      readonly negated: boolean
      readonly operand: ExpressionNode
      readonly pattern: ExpressionNode
      readonly escape: ExpressionNode | null
    })
  | (Node & {
      readonly kind: 'is'
      readonly what: 'NULL' | 'TRUE' | 'FALSE' | 'UNKNOWN'
      readonly negated: boolean
      readonly operand: ExpressionNode
    })
  | (Node & {
      readonly kind: 'distinct'
      readonly negated: boolean
      readonly left: ExpressionNode
      readonly right: ExpressionNode
    })
  | (Node & {
      readonly kind: 'period'
      readonly operator: PeriodOperator
      readonly modifier: 'STRICTLY' | 'IMMEDIATELY' | null
      readonly left: PeriodNode
      /** one expression where CONTAINS takes a point */
      readonly right: PeriodNode | ExpressionNode
    })
  | (Node & { readonly kind: 'exists' | 'subquery'; readonly query: QueryNode })
  | (Node & { readonly kind: 'row'; readonly items: readonly ExpressionNode[] })
  | (Node & {
      readonly kind: 'case'
      readonly operand: ExpressionNode | null
      readonly branches: readonly { readonly when: ExpressionNode; readonly result: ExpressionNode }[]
      readonly otherwise: ExpressionNode | null
    })
  | (Node & { readonly kind: 'cast'; readonly operand: ExpressionNode; readonly type: TypeName })
  /** `(a - b) MINUTE` */
  | (Node & { readonly kind: 'qualified'; readonly operand: ExpressionNode; readonly qualifier: Qualifier })
  | (Node & { readonly kind: 'extract'; readonly unit: IntervalUnit; readonly operand: ExpressionNode })
  | (Node & {
      readonly kind: 'round-to'
      readonly function: 'FLOOR' | 'CEIL'
      readonly operand: ExpressionNode
      readonly unit: IntervalUnit
    })
  | (Node & { readonly kind: 'step'; readonly operand: ExpressionNode; readonly by: ExpressionNode })
  | (Node & {
      readonly kind: 'substring'
      /** `similar`: `from` is the pattern and `count` the escape character */
      readonly form: 'from' | 'comma' | 'similar'
      readonly operand: ExpressionNode
      readonly from: ExpressionNode
      readonly count: ExpressionNode | null
    })
  | (Node & {
      readonly kind: 'trim'
      readonly side: 'LEADING' | 'TRAILING' | 'BOTH'
      readonly character: ExpressionNode | null
      readonly operand: ExpressionNode
    })
  | (Node & { readonly kind: 'position'; readonly sought: ExpressionNode; readonly operand: ExpressionNode })
  | (Node & {
      readonly kind: 'overlay'
      readonly operand: ExpressionNode
      readonly placing: ExpressionNode
      readonly from: ExpressionNode
      readonly count: ExpressionNode | null
    })
  | (Node & {
      readonly kind: 'call'
      readonly name: Name
      /** `*` alone, as in COUNT(*) */
      readonly star: boolean
      readonly distinct: boolean
      readonly args: readonly ExpressionNode[]
      readonly fromLast: boolean
      readonly nulls: 'RESPECT' | 'IGNORE' | null
      readonly filter: ExpressionNode | null
      readonly over: WindowReference | null
    })
  /** a word that is a call without parentheses, such as CURRENT_TIMESTAMP */
  | (Node & { readonly kind: 'niladic'; readonly name: string })

export type ExpressionNodeKind = ExpressionNode['kind']
export type PeriodOperator = 'EQUALS' | 'CONTAINS' | 'OVERLAPS' | 'PRECEDES' | 'SUCCEEDS' | 'LEADS' | 'LAGS'

export interface PeriodNode extends Node {
  readonly kind: 'period-value'
  readonly start: ExpressionNode
  readonly end: ExpressionNode
}

export interface OrderKey extends Node {
  readonly expression: ExpressionNode
  readonly descending: boolean
  /** null: NULL is the greatest value */
  readonly nulls: 'FIRST' | 'LAST' | null
}

export interface FrameBound extends Node {
  readonly kind: 'UNBOUNDED PRECEDING' | 'UNBOUNDED FOLLOWING' | 'CURRENT ROW' | 'PRECEDING' | 'FOLLOWING'
  readonly offset: ExpressionNode | null
}

export interface WindowSpec extends Node {
  readonly base: Name | null
  readonly partitionBy: readonly ExpressionNode[]
  readonly orderBy: readonly OrderKey[]
  readonly frame: {
    readonly unit: 'ROWS' | 'RANGE'
    readonly start: FrameBound
    readonly end: FrameBound | null
  } | null
}

/** OVER name, or OVER (...) */
export type WindowReference =
  | (Node & { readonly kind: 'named'; readonly name: Name })
  | (WindowSpec & { readonly kind: 'spec' })

export type SelectItem =
  | (Node & { readonly kind: 'all'; readonly of: Name | null })
  | (Node & { readonly kind: 'item'; readonly expression: ExpressionNode; readonly alias: Name | null })

export interface Alias extends Node {
  readonly name: Name
  readonly columns: readonly Name[] | null
}

export type JoinType = 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS'

export type TableNode =
  | (Node & {
      readonly kind: 'stream'
      readonly path: Path
      readonly over: WindowReference | null
      readonly alias: Alias | null
    })
  | (Node & {
      readonly kind: 'derived'
      readonly query: QueryNode
      readonly over: WindowReference | null
      readonly alias: Alias | null
    })
  | (Node & {
      readonly kind: 'table-function'
      readonly name: Name
      readonly cursor: QueryNode
      readonly args: readonly ExpressionNode[]
      readonly alias: Alias | null
    })
  /** `TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), size))` and its relatives */
  | (Node & {
      readonly kind: 'event-window'
      readonly name: Name
      readonly path: Path
      readonly partitionBy: readonly Path[]
      readonly descriptor: Name
      readonly args: readonly ExpressionNode[]
      readonly alias: Alias | null
    })
  | (Node & {
      readonly kind: 'join'
      readonly type: JoinType
      readonly natural: boolean
      readonly left: TableNode
      readonly right: TableNode
      readonly on: ExpressionNode | null
      readonly using: readonly Name[] | null
    })

export interface SelectNode extends Node {
  readonly kind: 'select'
  readonly stream: boolean
  readonly distinct: boolean
  readonly distinctSpan: TextSpan | null
  readonly items: readonly SelectItem[]
  /** comma between the members */
  readonly from: readonly TableNode[]
  readonly where: ExpressionNode | null
  readonly groupBy: readonly ExpressionNode[]
  readonly groupSpan: TextSpan | null
  readonly stagger: (Node & { readonly partitionBy: readonly ExpressionNode[]; readonly range: ExpressionNode }) | null
  readonly having: ExpressionNode | null
  readonly windows: readonly { readonly name: Name; readonly spec: WindowSpec }[]
}

export type SetOperator = 'UNION' | 'EXCEPT' | 'INTERSECT'

export type QueryNode =
  | SelectNode
  | (Node & {
      readonly kind: 'set'
      readonly operator: SetOperator
      readonly all: boolean
      readonly operatorSpan: TextSpan
      readonly left: QueryNode
      readonly right: QueryNode
    })
  | (Node & { readonly kind: 'values'; readonly rows: readonly (readonly ExpressionNode[])[] })
  | (Node & {
      readonly kind: 'ordered'
      readonly query: QueryNode
      readonly keys: readonly OrderKey[]
      readonly within: ExpressionNode | null
      /** rows of each window, our extension */
      readonly limit: (Node & { readonly count: number }) | null
    })

export interface ColumnDefinition extends Node {
  readonly name: Name
  readonly type: TypeName
  readonly notNull: boolean
}

/** `WATERMARK FOR column AS expression` among the columns of a stream */
export interface WatermarkDefinition extends Node {
  readonly column: Name
  readonly expression: ExpressionNode
}

export type OptionValue = { readonly name: Name; readonly value: ExpressionNode }

export interface InsertNode extends Node {
  readonly kind: 'insert'
  readonly target: Path
  readonly columns: readonly Name[] | null
  readonly query: QueryNode
}

export type StatementNode =
  | (Node & {
      readonly kind: 'create-stream'
      readonly name: Path
      readonly replace: boolean
      readonly columns: readonly ColumnDefinition[]
      readonly watermark: WatermarkDefinition | null
      readonly description: string | null
      readonly options: readonly OptionValue[]
    })
  | (Node & {
      readonly kind: 'create-pump'
      readonly name: Path
      readonly replace: boolean
      readonly stopped: boolean
      readonly description: string | null
      readonly insert: InsertNode
    })
  | (Node & {
      readonly kind: 'create-function'
      readonly name: Path
      readonly parameters: readonly { readonly name: Name; readonly type: TypeName }[]
      readonly returns: TypeName
      readonly nullOnNull: boolean
      readonly body: ExpressionNode
    })
  | InsertNode
  | (Node & { readonly kind: 'alter-pump'; readonly name: Path; readonly start: boolean })
  | (Node & { readonly kind: 'drop'; readonly what: 'STREAM' | 'PUMP' | 'FUNCTION'; readonly name: Path })
  | (Node & { readonly kind: 'query'; readonly query: QueryNode })

export interface ProgramNode {
  readonly statements: readonly StatementNode[]
}
