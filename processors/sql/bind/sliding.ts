/** Calls with OVER: their arguments and types, and the plan node that computes all of those of one select. */
import type { TextSpan } from '../../../core/errors.ts'
import { type SqlType, sqlTypeText } from '../../../core/sql-type.ts'
import type { ExpressionNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { optimizeExpression } from '../optimize.ts'
import type { PlanNode } from '../plan-node.ts'
import type { SlidingFunctionName, SlidingFunctionPlan, SlidingWindowPlan } from '../sliding-plan.ts'
import { aggregateType } from './aggregates.ts'
import { BIGINT, coerce, DOUBLE, expressionKey, literal } from './build.ts'
import { settled } from './calls.ts'
import { type BindContext, bindCondition } from './context.ts'
import { fail } from './errors.ts'
import { commonType, familyOf, isInteger, isMonths, isNumeric } from './types.ts'
import { checkOrder, frameOf, type NamedWindows } from './windows.ts'

type CallNode = Extract<ExpressionNode, { kind: 'call' }>

interface Shape {
  readonly name: SlidingFunctionName
  /** how many arguments, from and to */
  readonly args: readonly [number, number]
  readonly nulls?: true
  readonly distinct?: true
}

const COMPUTED = { args: [1, 1], distinct: true } as const
const SHAPES: Readonly<Record<string, Shape>> = {
  COUNT: { name: 'COUNT', args: [1, 1] },
  SUM: { name: 'SUM', ...COMPUTED },
  AVG: { name: 'AVG', ...COMPUTED },
  MIN: { name: 'MIN', ...COMPUTED },
  MAX: { name: 'MAX', ...COMPUTED },
  STDDEV_POP: { name: 'STDDEV_POP', ...COMPUTED },
  STDDEV_SAMP: { name: 'STDDEV_SAMP', ...COMPUTED },
  STDDEV: { name: 'STDDEV_SAMP', ...COMPUTED },
  VAR_POP: { name: 'VAR_POP', ...COMPUTED },
  VAR_SAMP: { name: 'VAR_SAMP', ...COMPUTED },
  VARIANCE: { name: 'VAR_SAMP', ...COMPUTED },
  FIRST_VALUE: { name: 'FIRST_VALUE', args: [1, 1], nulls: true },
  LAST_VALUE: { name: 'LAST_VALUE', args: [1, 1], nulls: true },
  NTH_VALUE: { name: 'NTH_VALUE', args: [2, 2], nulls: true },
  LAG: { name: 'LAG', args: [1, 3], nulls: true },
  EXP_AVG: { name: 'EXP_AVG', args: [2, 2] },
}
/** What to write in place of functions of other dialects. */
const ABSENT: Readonly<Record<string, string>> = {
  LEAD: 'the next row is not known yet: use LAG from it',
  ANY: 'use MAX(CASE WHEN ... THEN 1 ELSE 0 END)',
  EVERY: 'use MIN(CASE WHEN ... THEN 1 ELSE 0 END)',
}

export class SlidingFunctions {
  readonly #context: BindContext
  readonly #names: NamedWindows
  readonly #input: PlanNode
  readonly #windows: SlidingWindowPlan[] = []
  readonly #windowKeys = new Map<string, number>()
  readonly #functions: SlidingFunctionPlan[] = []
  readonly #functionKeys = new Map<string, number>()

  /**
   * @param context binds arguments, partitions and bounds, over the rows of `input`
   * @param input what the select reads, after WHERE
   */
  constructor(context: BindContext, names: NamedWindows, input: PlanNode) {
    this.#context = context
    this.#names = names
    this.#input = input
  }

  /** The node over whose rows the select items are: the input itself where nothing has OVER. */
  get node(): PlanNode {
    if (this.#functions.length === 0) return this.#input
    const results = this.#functions.map(({ name, type }, index) => {
      return { name: `${name}_${index + 1}`, type, nullable: name !== 'COUNT' }
    })
    return {
      kind: 'slide',
      input: this.#input,
      windows: this.#windows,
      functions: this.#functions,
      schema: { columns: [...this.#input.schema.columns, ...results] },
    }
  }

  /** A call with OVER as a column of the node. */
  bind(node: CallNode): Expression {
    const plan = this.#plan(node)
    const key = JSON.stringify([
      plan.name,
      plan.window,
      plan.distinct,
      plan.ignoreNulls,
      plan.parameter,
      plan.fromLast,
      plan.argument === null ? null : expressionKey(plan.argument),
      plan.otherwise === null ? null : expressionKey(plan.otherwise),
    ])
    const index = this.#functionKeys.get(key) ?? this.#functions.push(plan) - 1
    this.#functionKeys.set(key, index)
    return { kind: 'column', index: this.#input.schema.columns.length + index, type: plan.type, span: node.span }
  }

  #plan(node: CallNode): SlidingFunctionPlan {
    const { text } = node.name
    const shape = Object.hasOwn(SHAPES, text) ? SHAPES[text] : undefined
    if (shape === undefined) {
      fail(`${text} cannot be used with OVER`, node.name.span, Object.hasOwn(ABSENT, text) ? ABSENT[text] : null)
    }
    const { name } = shape
    this.#check(node, shape)
    const window = this.#window(node)
    const [first, second, third] = node.args
    const plain = node.star || first === undefined ? null : this.#argument(name, text, first)
    const argument = node.filter === null ? plain : this.#filtered(node.filter, plain)
    const common = {
      name,
      window,
      argument,
      // The greatest and the least of some values do not change when one is repeated.
      distinct: node.distinct && name !== 'MIN' && name !== 'MAX',
      ignoreNulls: node.nulls === 'IGNORE',
      fromLast: node.fromLast,
      parameter: 0,
      otherwise: null,
      type: argument === null ? BIGINT : this.#type(name, argument),
      span: node.span,
    }
    if (name === 'EXP_AVG') return { ...common, parameter: second === undefined ? 0 : this.#halfLife(second) }
    if (name === 'NTH_VALUE' || name === 'LAG') {
      const parameter = second === undefined ? 1 : this.#rows(name, second)
      return third === undefined || argument === null
        ? { ...common, parameter }
        : { ...common, parameter, otherwise: this.#otherwise(third, argument) }
    }
    return common
  }

  #check(node: CallNode, { name, args: [low, high], nulls, distinct }: Shape): void {
    if (node.filter !== null && SHAPES[name]?.distinct !== true && name !== 'COUNT') {
      fail(`FILTER cannot be used with ${name} OVER`, node.filter.span, 'filter in a FROM subquery first')
    }
    if (node.nulls !== null && nulls !== true) fail(`${name} takes no ${node.nulls} NULLS`, node.span)
    if (node.distinct && distinct !== true) {
      fail(
        `${name}(DISTINCT) cannot be used with OVER`,
        node.span,
        name === 'COUNT' ? 'COUNT(DISTINCT x) needs GROUP BY' : null,
      )
    }
    if (node.star && name !== 'COUNT') fail(`${name} takes an expression, not *`, node.span)
    const count = node.args.length
    if (!node.star && (count < low || count > high)) {
      const wanted = low === high ? `${low}` : `${low} to ${high}`
      fail(`${name} takes ${wanted} ${wanted === '1' ? 'argument' : 'arguments'}, not ${count}`, node.span)
    }
  }

  /** The index of the window after OVER, entered if new. */
  #window({ over, span }: CallNode): number {
    if (over === null) return fail('OVER is missing', span)
    const window = this.#names.resolve(over)
    checkOrder(this.#context, window)
    const frame = frameOf(this.#context, window)
    const partition = window.partitionBy.map(node => settled(this.#context.bind(node)))
    if (frame.preceding === null) this.#warnUnbounded(window.span, partition.length > 0)
    else if (frame.unit === 'ROWS' && partition.length > 0) this.#warnRows(window.span, frame.preceding)
    const key = JSON.stringify([frame, ...partition.map(expressionKey)])
    const index = this.#windowKeys.get(key) ?? this.#windows.push({ partition, frame }) - 1
    this.#windowKeys.set(key, index)
    return index
  }

  #warnUnbounded(span: TextSpan, keyed: boolean): void {
    const state = keyed ? ', and a result for each key of PARTITION BY is held for ever' : ''
    this.#context.warn(`the window has no beginning: results are over all rows since the start${state}`, span)
  }

  #warnRows(span: TextSpan, preceding: number): void {
    const rows = preceding === 0 ? '1 row' : `up to ${preceding + 1} rows`
    this.#context.warn(`the window holds ${rows} for each key of PARTITION BY for ever; RANGE lets idle keys go`, span)
  }

  #argument(name: SlidingFunctionName, written: string, node: ExpressionNode): Expression {
    const argument = settled(this.#context.bind(node))
    if (!name.startsWith('STDDEV') && !name.startsWith('VAR') && name !== 'EXP_AVG') return argument
    if (!isNumeric(argument.type)) fail(`${written} cannot be applied to ${sqlTypeText(argument.type)}`, argument.span)
    return coerce(argument, DOUBLE)
  }

  /** `f(x) FILTER (WHERE c)` as f of x where c, else of NULL, which the functions that take it skip. */
  #filtered(filter: ExpressionNode, argument: Expression | null): Expression {
    const condition = bindCondition(this.#context, filter, 'FILTER')
    const { span } = filter
    const result = argument ?? literal(1, { kind: 'INTEGER' }, span)
    return { kind: 'case', branches: [{ condition, result }], otherwise: null, type: result.type, span }
  }

  #type(name: SlidingFunctionName, argument: Expression): SqlType {
    switch (name) {
      case 'COUNT':
      case 'SUM':
      case 'AVG':
      case 'MIN':
      case 'MAX':
        return aggregateType(name, argument)
      case 'FIRST_VALUE':
      case 'LAST_VALUE':
      case 'NTH_VALUE':
      case 'LAG':
        return argument.type
      default:
        return DOUBLE
    }
  }

  #rows(name: string, node: ExpressionNode): number {
    const bound = optimizeExpression(this.#context.bind(node))
    const rows = bound.kind === 'literal' && isInteger(bound.type) && bound.value !== null ? Number(bound.value) : 0
    if (rows < 1) fail(`argument 2 of ${name} must be a constant of at least 1`, node.span)
    return rows
  }

  #halfLife(node: ExpressionNode): number {
    const bound = optimizeExpression(this.#context.bind(node))
    const { type } = bound
    const value = bound.kind === 'literal' && type.kind === 'INTERVAL' && !isMonths(type) ? Number(bound.value) : 0
    if (!(value > 0)) {
      fail('argument 2 of EXP_AVG must be a constant interval', node.span, "write INTERVAL '10' SECOND, its half-life")
    }
    return value
  }

  #otherwise(node: ExpressionNode, argument: Expression): Expression {
    const bound = this.#context.bind(node)
    const type = commonType(argument.type, bound.type)
    const family = familyOf(argument.type)
    if (type === null || (family === 'number' && familyOf(type) !== family)) {
      fail(
        `argument 3 of LAG must be ${sqlTypeText(argument.type)}, not ${sqlTypeText(bound.type)}`,
        node.span,
        'use CAST',
      )
    }
    if (family !== 'number' || bound.type.kind === 'NULL') return coerce(bound, argument.type)
    const { type: target } = argument
    return { kind: 'cast', reason: 'assignment', operand: bound, type: target, span: bound.span }
  }
}
