/**
 * PromQL text to a tree. The grammar is Prometheus' own for editors; precedence and the borders of the subset are here, types in
 * types.ts.
 * Everything outside the subset is refused with its place: native histograms, `fill`, `anchored`, `smoothed`, `limitk`, arithmetic in
 * durations, and the functions that `function-table.ts` does not have.
 */
import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'
import { assert } from '../../../core/index.ts'
import { PatternError } from '../../../core/patterns/pattern-error.ts'
import type { Aggregate, BinaryOp, Expression, Matcher, Matching, Selector, Shift } from './ast.ts'
import { childrenOf, flatten, type Item } from './flat.ts'
import { FUNCTIONS } from './function-table.ts'
import { METRIC_NAME } from './labels.ts'
import { durationMs, isClosed, numberOf, textOf } from './literals.ts'
import { matcherOf } from './matcher.ts'
import { AGGREGATES, isAggregate, isBinaryOp, POWER, PRECEDENCE, SETS } from './operators.ts'
import { errorAt } from './query-error.ts'
import { checkAggregate, checkBinary, checkCall, checkSign, checkSubquery } from './types.ts'

/** UTF-16 units of a query. */
export const QUERY_LENGTH_MAX = 16_384
/** Parentheses, calls and operators within each other. */
export const QUERY_NESTING_MAX = 100
/** Longest duration, 1,000 years, and latest instant: milliseconds stay exact through every nesting. */
const DURATION_MS_MAX = 31_536_000_000_000
const INSTANT_MS_MAX = 253_402_300_799_999
/** Operators of a query: a sum of so many terms is a tree as deep. */
export const QUERY_OPERATORS_MAX = 500

const NO_SHIFT: Shift = { offsetMs: 0, at: null }
const NO_MATCHING: Matching = { on: false, labels: [], many: null, include: [] }

/** @throws QueryError `bad_data` with line, column, the line and a caret */
export function parseQuery(query: string): Expression {
  if (query.length > QUERY_LENGTH_MAX)
    throw errorAt(query.slice(0, 1), 0, `the query has ${query.length} characters; the limit is ${QUERY_LENGTH_MAX}`)
  const tree = parser.parse(query)
  let wrong = -1
  tree.iterate({
    enter(node) {
      // A text without its end runs to the end of the query; that it begins is what is wrong, not that something is missing there.
      if (node.name === 'StringLiteral' && !isClosed(query.slice(node.from, node.to)))
        throw errorAt(query, node.from, 'this text has no closing quote')
      if (node.type.isError && wrong < 0) wrong = node.from
      return wrong < 0
    },
  })
  if (wrong >= 0) throw unexpected(query, wrong)
  const root = childrenOf(tree.topNode)[0]
  if (root === undefined) throw errorAt(query, 0, 'there is no expression here')
  return new Reader(query).expression(root)
}

function unexpected(query: string, at: number): Error {
  const rest = query.slice(at)
  const start = at + rest.length - rest.trimStart().length
  const word = /^(?:[a-zA-Z_:][\w:]*|\d[\w.]*|[^\s])/.exec(query.slice(start))?.[0]
  if (word === undefined) return errorAt(query, query.length, 'unexpected end of input')
  const before = /([a-zA-Z_][\w:]*)\s*$/.exec(query.slice(0, start))?.[1]
  if (word === '(' && before !== undefined)
    return errorAt(query, start - before.length, `unknown function with name "${before}"${near(before)}`)
  return errorAt(query, start, `unexpected ${JSON.stringify(word)}`)
}

function near(name: string): string {
  const known = [...FUNCTIONS.keys(), ...AGGREGATES].find(
    other => other.replaceAll('_', '') === name.toLowerCase().replaceAll('_', ''),
  )
  return known === undefined ? '' : `; did you mean "${known}"?`
}

class Reader {
  readonly #query: string
  #depth = 0
  #operators = 0

  constructor(query: string) {
    this.#query = query
  }

  expression(node: SyntaxNode): Expression {
    if (++this.#depth > QUERY_NESTING_MAX)
      throw errorAt(this.#query, node.from, `more than ${QUERY_NESTING_MAX} levels are within each other here`)
    const items = new Items(flatten(this.#query, node))
    const expression = this.#climb(items, 0)
    this.#depth--
    return expression
  }

  /** Precedence climbing over the items; `weakest` is the weakest operator that may still join what is read. */
  #climb(items: Items, weakest: number): Expression {
    let left = this.#unary(items)
    for (;;) {
      const item = items.peek()
      if (item?.kind !== 'binary') return left
      const op = this.#textOf(item.operator).toLowerCase()
      if (!isBinaryOp(op)) throw this.#outside(item.operator.from, `operator ${op}`)
      const precedence = PRECEDENCE[op]
      if (precedence < weakest) return left
      items.next()
      if (++this.#operators > QUERY_OPERATORS_MAX)
        throw errorAt(this.#query, item.operator.from, `more than ${QUERY_OPERATORS_MAX} operators`)
      if (++this.#depth > QUERY_NESTING_MAX)
        throw errorAt(
          this.#query,
          item.operator.from,
          `more than ${QUERY_NESTING_MAX} operators are within each other here`,
        )
      const right = this.#climb(items, op === '^' ? precedence : precedence + 1)
      this.#depth--
      left = this.#binary(op, item.node, item.operator.from, left, right)
    }
  }

  #unary(items: Items): Expression {
    const item = items.next()
    if (item.kind === 'sign') {
      if (++this.#depth > QUERY_NESTING_MAX)
        throw errorAt(this.#query, item.at, `more than ${QUERY_NESTING_MAX} signs are within each other here`)
      const of = this.#climb(items, POWER)
      this.#depth--
      checkSign(this.#query, item.at, of)
      return item.negative ? { kind: 'negate', at: item.at, of } : of
    }
    let expression: Expression
    // Parentheses end what a modifier may be hung on.
    let isBare = true
    if (item.kind === 'number') expression = { kind: 'number', at: item.at, value: numberOf(item.text) }
    else {
      assert(item.kind === 'operand', 'an operator stands between operands')
      isBare = item.node.name !== 'ParenExpr'
      expression = this.#operand(item.node)
    }
    for (let next = items.peek(); next?.kind === 'postfix'; next = items.peek()) {
      items.next()
      expression = this.#postfix(next.node, next.at, expression, isBare)
      isBare = true
    }
    return expression
  }

  #operand(node: SyntaxNode): Expression {
    const children = childrenOf(node)
    const first = children[0]
    switch (node.name) {
      case 'ParenExpr':
        assert(first !== undefined, 'parentheses hold an expression')
        return this.expression(first)
      case 'StringLiteral':
        return { kind: 'string', at: node.from, value: this.#string(node) }
      case 'VectorSelector':
        return this.#selector(node, children)
      case 'AggregateExpr':
        return this.#aggregate(node, children)
      case 'FunctionCall':
        return this.#call(node, children)
      default:
        throw this.#outside(node.from, node.name)
    }
  }

  #selector(node: SyntaxNode, children: readonly SyntaxNode[]): Selector {
    const matchers: Matcher[] = []
    const name = (value: string, at: number): void => {
      if (matchers.some(matcher => matcher.name === METRIC_NAME))
        throw errorAt(this.#query, at, 'the metric name is given twice')
      matchers.push(matcherOf(METRIC_NAME, '=', value))
    }
    for (const child of children) {
      if (child.name === 'Identifier') {
        name(this.#textOf(child), child.from)
        continue
      }
      for (const entry of childrenOf(child)) {
        if (entry.name === 'QuotedLabelName') {
          name(this.#string(entry), entry.from)
          continue
        }
        const [label, op, value] = childrenOf(entry)
        assert(label !== undefined && op !== undefined && value !== undefined, 'a matcher has three parts')
        const labelName = label.name === 'QuotedLabelName' ? this.#string(label) : this.#textOf(label)
        if (labelName === METRIC_NAME && children[0]?.name === 'Identifier')
          throw errorAt(
            this.#query,
            entry.from,
            `metric name must not be set twice: "${this.#textOf(children[0])}" stands in front`,
          )
        matchers.push(this.#matcher(labelName, this.#textOf(op), this.#string(value), value.from))
      }
    }
    if (matchers.every(matcher => matcher.matches('')))
      throw errorAt(this.#query, node.from, 'vector selector must contain at least one non-empty matcher')
    return { kind: 'selector', at: node.from, matchers, rangeMs: null, shift: NO_SHIFT }
  }

  #matcher(name: string, op: string, value: string, at: number): Matcher {
    assert(op === '=' || op === '!=' || op === '=~' || op === '!~', 'the grammar has four kinds of matchers')
    try {
      return matcherOf(name, op, value)
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      throw errorAt(this.#query, at, `this regular expression cannot be used: ${error.message}`)
    }
  }

  #postfix(node: SyntaxNode, at: number, of: Expression, isBare: boolean): Expression {
    const parts = childrenOf(node).slice(1)
    switch (node.name) {
      case 'MatrixSelector': {
        if (of.kind !== 'selector' || of.rangeMs !== null || !isBare)
          throw errorAt(
            this.#query,
            at,
            'ranges are only allowed for vector selectors; [5m:1m] makes a subquery of anything else',
          )
        if (of.shift !== NO_SHIFT)
          throw errorAt(this.#query, at, 'offset and @ stand behind the range: a[5m] offset 1m')
        return { ...of, rangeMs: this.#range(parts[0], at) }
      }
      case 'SubqueryExpr': {
        checkSubquery(this.#query, at, of)
        const stepMs = parts[1] === undefined ? null : this.#range(parts[1], at)
        return { kind: 'subquery', at, of, rangeMs: this.#range(parts[0], at), stepMs, shift: NO_SHIFT }
      }
      case 'OffsetExpr': {
        const duration = parts.find(part => part.name === 'OffsetDurationExpr')
        assert(duration !== undefined, 'an offset has a duration')
        return this.#shifted(of, at, isBare, 'offset', shift => ({ ...shift, offsetMs: this.#duration(duration) }))
      }
      case 'StepInvariantExpr': {
        const [, point] = parts
        assert(point !== undefined, 'an @ has a time')
        return this.#shifted(of, at, isBare, '@', shift => ({ ...shift, at: this.#instant(point) }))
      }
      default:
        throw this.#outside(at, this.#textOf(parts[0] ?? node))
    }
  }

  #shifted(
    of: Expression,
    at: number,
    isBare: boolean,
    word: 'offset' | '@',
    change: (shift: Shift) => Shift,
  ): Expression {
    if ((of.kind !== 'selector' && of.kind !== 'subquery') || !isBare)
      throw errorAt(this.#query, at, `${word} must stand behind a selector or a subquery`)
    const shift = change(of.shift)
    if (word === 'offset' ? of.shift.offsetMs !== 0 : of.shift.at !== null)
      throw errorAt(this.#query, at, `${word} may not be set more than once`)
    return { ...of, shift }
  }

  #range(node: SyntaxNode | undefined, at: number): number {
    assert(node !== undefined, 'a range has a duration')
    const ms = Math.round(this.#duration(node))
    if (ms <= 0) throw errorAt(this.#query, at, 'duration must be greater than 0; the shortest is 1ms')
    return ms
  }

  #duration(node: SyntaxNode): number {
    const children = childrenOf(node)
    const [first, second] = children
    if (children.length === 1 && first?.name === 'NumberDurationLiteralInDurationContext') {
      const text = this.#textOf(first)
      const seconds = numberOf(text)
      if (!Number.isFinite(seconds)) throw errorAt(this.#query, first.from, `${text} is no duration`)
      const ms = durationMs(text) ?? seconds * 1_000
      if (ms > DURATION_MS_MAX) throw errorAt(this.#query, first.from, `${text} is longer than 1,000 years`)
      return ms
    }
    if (children.length === 1 && first?.name === node.name) return this.#duration(first)
    if (first?.name === 'UnaryOp' && second !== undefined)
      return (this.#textOf(first) === '-' ? -1 : 1) * this.#duration(second)
    throw this.#outside(node.from, 'arithmetic in durations')
  }

  #instant(node: SyntaxNode): number | 'start' | 'end' {
    const text = this.#textOf(node).replaceAll(/\s/g, '').toLowerCase()
    if (text.startsWith('start')) return 'start'
    if (text.startsWith('end')) return 'end'
    const sign = text.startsWith('-') ? -1 : 1
    const ms = Math.round(sign * numberOf(text.replace(/^[-+]/, '')) * 1_000)
    if (!(Math.abs(ms) <= INSTANT_MS_MAX)) throw errorAt(this.#query, node.from, `${text} is no time`)
    return ms
  }

  #aggregate(node: SyntaxNode, children: readonly SyntaxNode[]): Aggregate {
    const word = children.find(child => child.name === 'AggregateOp')
    const body = children.find(child => child.name === 'FunctionCallBody')
    const modifier = children.find(child => child.name === 'AggregateModifier')
    assert(word !== undefined && body !== undefined, 'an aggregation has a name and a body')
    const op = this.#textOf(word).toLowerCase()
    if (!isAggregate(op)) throw this.#outside(word.from, `${op}()`)
    const given = childrenOf(body).map(child => this.expression(child))
    const { of, parameter } = checkAggregate(this.#query, node.from, op, given)
    const [kind, grouping] = modifier === undefined ? [] : childrenOf(modifier)
    const labels = grouping === undefined ? [] : this.#labels(grouping)
    return {
      kind: 'aggregate',
      at: node.from,
      op,
      of,
      parameter,
      without: kind?.name === 'Without',
      labels,
    }
  }

  #call(node: SyntaxNode, children: readonly SyntaxNode[]): Expression {
    const [identifier, body] = children
    assert(identifier !== undefined && body !== undefined, 'a call has a name and a body')
    const name = this.#textOf(identifier)
    const signature = FUNCTIONS.get(name)
    if (signature === undefined) throw this.#outside(node.from, `${name}()`)
    const given = childrenOf(body).map(child => this.expression(child))
    checkCall(this.#query, node.from, name, signature, given)
    return { kind: 'call', at: node.from, name, arguments: given }
  }

  #binary(op: BinaryOp, node: SyntaxNode, at: number, left: Expression, right: Expression): Expression {
    const parts = childrenOf(node)
    const isBool = parts.some(part => part.name === 'BoolModifier')
    const clause = parts.find(part => part.name === 'MatchingModifierClause')
    const fill = parts.find(part => part.name === 'FillModifier')
    if (fill !== undefined) throw this.#outside(fill.from, 'fill')
    checkBinary(this.#query, { op, at, left, right, isBool }, clause?.from ?? null)
    const matching = clause === undefined ? NO_MATCHING : this.#matching(clause)
    if (SETS.has(op) && matching.many !== null)
      throw errorAt(this.#query, clause?.from ?? at, `no grouping allowed for "${op}" operation`)
    return { kind: 'binary', at, op, left, right, isBool, matching }
  }

  #matching(clause: SyntaxNode): Matching {
    const parts = childrenOf(clause)
    const on = parts[0]?.name === 'On'
    const lists = parts.filter(part => part.name === 'GroupingLabels').map(list => this.#labels(list))
    const many = parts.some(part => part.name === 'GroupLeft')
      ? 'left'
      : parts.some(part => part.name === 'GroupRight')
        ? 'right'
        : null
    const [labels = [], include = []] = lists
    const both = on ? include.find(name => labels.includes(name)) : undefined
    if (both !== undefined)
      throw errorAt(this.#query, clause.from, `label "${both}" must not occur in ON and GROUP clause at once`)
    return { on, labels, many, include }
  }

  #labels(list: SyntaxNode): string[] {
    return childrenOf(list).map(label => (label.name === 'QuotedLabelName' ? this.#string(label) : this.#textOf(label)))
  }

  #string(node: SyntaxNode): string {
    const read = textOf(this.#textOf(node))
    if ('wrong' in read) throw errorAt(this.#query, node.from, read.wrong)
    return read.text
  }

  #textOf(node: SyntaxNode): string {
    return this.#query.slice(node.from, node.to)
  }

  #outside(at: number, what: string): Error {
    return errorAt(this.#query, at, `${what} is outside the subset of PromQL that is answered here`)
  }
}

/** Items with one of lookahead. */
class Items {
  readonly #items: readonly Item[]
  #at = 0

  constructor(items: readonly Item[]) {
    this.#items = items
  }

  peek(): Item | undefined {
    return this.#items[this.#at]
  }

  next(): Item {
    const item = this.#items[this.#at++]
    assert(item !== undefined, 'the grammar ends an expression with an operand')
    return item
  }
}
