/**
 * Expressions and conditions of a question as text for the engine. Every literal becomes a parameter. Conditions are written
 * without NOT above them, and each comparison asks for its operands first, so that what SQL calls unknown counts as not true,
 * whatever the engine makes of NULL.
 */

import { parseDate, parseTimestamp } from '../../core/codecs/datetime-text.ts'
import { SqlError, type TextSpan } from '../../core/errors.ts'
import type { ExpressionNode } from '../sql/ast.ts'
import { isAggregate } from './aggregates.ts'
import { type QuestionTables, refuse, type Typed } from './question-tables.ts'

/** Operations and operands of the text for the engine. The caller's own thread writes it, whatever limits the engine has. */
export const QUESTION_NODES_MAX = 2_000
/** Characters of that text: some functions write their operand twice, so that nesting them doubles it. */
export const QUESTION_TEXT_MAX = 100_000

/** Where an expression stands: in each row, or in what GROUP BY or an aggregate makes of many. */
export type Scope = 'row' | 'group'

const UNIT_MS: Readonly<Record<string, number>> = { SECOND: 1_000, MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 }

export class Expressions {
  readonly #tables: QuestionTables
  readonly #parameters: (string | number | boolean)[] = []
  /** texts of the keys of GROUP BY */
  readonly #groups = new Set<string>()
  #scope: Scope = 'row'
  #nodes = 0

  constructor(tables: QuestionTables) {
    this.#tables = tables
  }

  /** In the order of the text. */
  get parameters(): readonly (string | number | boolean)[] {
    return this.#parameters
  }

  get groups(): readonly string[] {
    return [...this.#groups]
  }

  enter(scope: Scope): void {
    this.#scope = scope
  }

  /** Adds a key of GROUP BY; these have no parameters. */
  group(node: ExpressionNode): void {
    if (node.kind !== 'path' && !(node.kind === 'round-to' && node.operand.kind === 'path'))
      refuse('GROUP BY of a question holds columns, and times as FLOOR(ROWTIME TO MINUTE)', node.span)
    this.#groups.add(this.value(node).text)
  }

  /** Counts a node before it is written. */
  #count(node: ExpressionNode): void {
    if (++this.#nodes > QUESTION_NODES_MAX) tooLong(node.span)
  }

  bounded(text: string, { span }: { readonly span: TextSpan }): void {
    if (text.length > QUESTION_TEXT_MAX || this.#parameters.length > QUESTION_TEXT_MAX) tooLong(span)
  }

  /** Parameters of a text that stands twice. */
  #repeatParameters(from: number): void {
    const to = this.#parameters.length
    for (let index = from; index < to; index++) this.#parameters.push(this.#parameters[index] ?? 0)
  }

  #parameter(value: string | number | boolean): string {
    this.#parameters.push(value)
    return '?'
  }

  value(node: ExpressionNode): Typed {
    this.#count(node)
    const value = this.#valueOf(node)
    this.bounded(value.text, node)
    return value
  }

  #valueOf(node: ExpressionNode): Typed {
    switch (node.kind) {
      case 'path':
        return this.#grouped(this.#tables.column(node), node)
      case 'number':
        return { text: this.#parameter(Number(node.text)), type: 'number' }
      case 'string':
        return { text: this.#parameter(node.value), type: 'text' }
      case 'null':
        return { text: 'NULL', type: 'null' }
      case 'boolean':
        return node.value === null
          ? { text: 'NULL', type: 'null' }
          : { text: this.#parameter(node.value), type: 'boolean' }
      case 'datetime': {
        if (node.type === 'TIME') refuse('questions compare times with TIMESTAMP and DATE', node.span)
        const at = node.type === 'DATE' ? parseDate(node.text) : parseTimestamp(node.text)
        if (!Number.isFinite(at)) refuse(`'${node.text}' is no ${node.type}`, node.span)
        return { text: this.#parameter(at), type: 'time' }
      }
      case 'sign':
        return { text: `(0 ${node.operator} ${this.#number(node.operand)})`, type: 'number' }
      case 'binary-operator': {
        if (node.operator === '||') refuse('questions know no ||', node.operatorSpan)
        return { text: `(${this.#number(node.left)} ${node.operator} ${this.#number(node.right)})`, type: 'number' }
      }
      case 'round-to': {
        const unit = UNIT_MS[node.unit]
        const operand = node.operand.kind === 'path' ? this.#tables.column(node.operand) : this.value(node.operand)
        if (node.function !== 'FLOOR' || unit === undefined || operand.type !== 'time')
          refuse('questions round times with FLOOR to SECOND, MINUTE, HOUR or DAY', node.span)
        const rounded: Typed = { text: `(FLOOR(${operand.text} / ${unit}) * ${unit})`, type: 'time' }
        return node.operand.kind === 'path' ? this.#grouped(rounded, node) : rounded
      }
      case 'case': {
        if (node.operand !== null) refuse('CASE of a question is CASE WHEN condition THEN ...', node.span)
        let type: Typed['type'] = 'null'
        const branches = node.branches.map(({ when, result }) => {
          const condition = this.condition(when, false)
          const value = this.value(result)
          if (value.type !== 'null') type = value.type
          return `WHEN ${condition} THEN ${value.text}`
        })
        const otherwise = node.otherwise === null ? { text: 'NULL', type } : this.value(node.otherwise)
        return {
          text: `CASE ${branches.join(' ')} ELSE ${otherwise.text} END`,
          type: type === 'null' ? otherwise.type : type,
        }
      }
      case 'call':
        return this.#call(node)
      default:
        return refuse(`questions about results know no such expression (${node.kind})`, node.span)
    }
  }

  /** @returns the value, unless there are many of it for each row of the answer */
  #grouped(value: Typed, node: ExpressionNode): Typed {
    if (this.#scope === 'group' && !this.#groups.has(value.text))
      refuse(
        'each row of the answer stands for many of these',
        node.span,
        'put it into GROUP BY, or into COUNT, SUM, AVG, MIN or MAX',
      )
    return value
  }

  #number(node: ExpressionNode): string {
    const { text, type } = this.value(node)
    if (type !== 'number' && type !== 'time' && type !== 'null') refuse('this is no number', node.span)
    return text
  }

  #call(node: Extract<ExpressionNode, { kind: 'call' }>): Typed {
    const { name, star, distinct, filter, over, nulls, fromLast } = node
    if (filter !== null || over !== null || nulls !== null || fromLast)
      refuse('questions know no FILTER, OVER or NULLS', node.span)
    if (name.quoted) refuse('questions know no such function', name.span)
    if (isAggregate(node)) return this.#aggregate(node)
    const one = (): ExpressionNode => onlyArgument(node)
    switch (name.text) {
      case 'UPPER':
      case 'LOWER':
      case 'ABS':
      case 'CHAR_LENGTH': {
        if (distinct || star) refuse(`${name.text} takes one value`, node.span)
        const before = this.#parameters.length
        const value = this.value(one())
        const isText = name.text !== 'ABS'
        if (value.type !== (isText ? 'text' : 'number'))
          refuse(`${name.text} takes a ${isText ? 'text' : 'number'}`, node.span)
        this.#repeatParameters(before)
        const engine = name.text === 'CHAR_LENGTH' ? 'LEN' : name.text
        const text = `CASE WHEN ${value.text} IS NULL THEN NULL ELSE ${engine}(${value.text}) END`
        return { text, type: name.text === 'UPPER' || name.text === 'LOWER' ? 'text' : 'number' }
      }
      default:
        return refuse(
          `questions know no function ${name.text}`,
          name.span,
          'they know COUNT, SUM, AVG, MIN, MAX, ABS, UPPER, LOWER and CHAR_LENGTH',
        )
    }
  }

  /** Of values in each row, whatever stands around it. */
  #aggregate(node: Extract<ExpressionNode, { kind: 'call' }>): Typed {
    const { name, star, distinct } = node
    if (this.#scope === 'row')
      refuse(
        `${name.text} counts rows: it stands in the select list, in HAVING and in ORDER BY, in no other ${name.text}`,
        node.span,
      )
    if (star) return { text: 'COUNT(*)', type: 'number' }
    const isCount = name.text === 'COUNT'
    if (distinct && !isCount) refuse('DISTINCT goes with COUNT', node.span)
    const before = this.#parameters.length
    this.#scope = 'row'
    const value = this.value(onlyArgument(node))
    this.#scope = 'group'
    if (isCount) return { text: `COUNT(${distinct ? 'DISTINCT ' : ''}${value.text})`, type: 'number' }
    if (!['number', 'time'].includes(value.type))
      refuse(`${name.text} of a question takes numbers and times`, node.span)
    // The text stands twice, and so do its parameters.
    this.#repeatParameters(before)
    const text = `CASE WHEN COUNT(${value.text}) = 0 THEN NULL ELSE ${name.text}(${value.text}) END`
    return { text, type: name.text === 'SUM' ? 'number' : value.type }
  }

  /** True for the rows that SQL would keep; `negated` pushes a NOT down to the comparisons. */
  condition(node: ExpressionNode, negated: boolean): string {
    this.#count(node)
    const text = this.#conditionOf(node, negated)
    this.bounded(text, node)
    return text
  }

  #conditionOf(node: ExpressionNode, negated: boolean): string {
    switch (node.kind) {
      case 'and':
      case 'or': {
        const word = (node.kind === 'and') === negated ? ' OR ' : ' AND '
        return `(${node.operands.map(operand => this.condition(operand, negated)).join(word)})`
      }
      case 'not':
        return this.condition(node.operand, !negated)
      case 'comparison':
        return this.#comparison(node.left, negated ? OPPOSITE[node.operator] : node.operator, node.right)
      case 'between': {
        if (node.symmetric) refuse('questions know no SYMMETRIC', node.span)
        const isOutside = node.negated !== negated
        const low = this.#comparison(node.operand, isOutside ? '<' : '>=', node.low)
        return `(${low} ${isOutside ? 'OR' : 'AND'} ${this.#comparison(node.operand, isOutside ? '>' : '<=', node.high)})`
      }
      case 'in-list': {
        const isNot = node.negated !== negated
        return `(${node.items.map(item => this.#comparison(node.operand, isNot ? '<>' : '=', item)).join(isNot ? ' AND ' : ' OR ')})`
      }
      case 'like': {
        if (node.escape !== null) refuse('LIKE of a question has no ESCAPE', node.escape.span)
        const before = this.#parameters.length
        const operand = this.value(node.operand)
        this.#repeatParameters(before)
        if (node.pattern.kind !== 'string') refuse('the pattern of LIKE is a text', node.pattern.span)
        const isNot = node.negated !== negated
        return `(${operand.text} IS NOT NULL AND ${isNot ? 'NOT ' : ''}(${operand.text} LIKE ${this.#parameter(node.pattern.value)}))`
      }
      case 'is': {
        if (node.what !== 'NULL') refuse('questions know IS NULL and IS NOT NULL', node.span)
        return `(${this.value(node.operand).text} IS ${node.negated === negated ? '' : 'NOT '}NULL)`
      }
      case 'path':
      case 'boolean': {
        const { text, type } = this.value(node)
        if (type !== 'boolean') refuse('this is no condition', node.span)
        return `(${text} = ${negated ? 'FALSE' : 'TRUE'})`
      }
      default:
        return refuse(`questions about results know no such condition (${node.kind})`, node.span)
    }
  }

  #comparison(left: ExpressionNode, operator: string, right: ExpressionNode): string {
    // Operands stand twice; so do their parameters, in the order of the text.
    const from = this.#parameters.length
    const a = this.value(left)
    const b = this.value(right)
    this.#repeatParameters(from)
    const group = (type: Typed['type']): string => (type === 'time' ? 'number' : type)
    if (a.type !== 'null' && b.type !== 'null' && group(a.type) !== group(b.type))
      refuse(`a ${a.type} is not compared with a ${b.type}`, left.span)
    return `(${a.text} IS NOT NULL AND ${b.text} IS NOT NULL AND ${a.text} ${operator} ${b.text})`
  }
}

const OPPOSITE = { '=': '<>', '<>': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>' } as const

export function tooLong(span: TextSpan): never {
  throw new SqlError('sql_limit', 'the question is too long for one answer here', span, 'ask for less at a time')
}

function onlyArgument({ args, name, span }: Extract<ExpressionNode, { kind: 'call' }>): ExpressionNode {
  const [first] = args
  return first !== undefined && args.length === 1 ? first : refuse(`${name.text} takes one value`, span)
}
