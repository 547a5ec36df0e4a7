/** What the emitter asks about trees: which nodes are equal, how high they are, and which depend on one text alone. */
import { sqlTypeText, storageOf } from '../../core/sql-type.ts'
import { type Expression, operandsOf } from '../sql/expression.ts'

/** Nodes of the expressions of one generated function. The engine of the host does not optimise functions that are much larger. */
export const NODES_MAX = 600
/** Levels of one of them: blocks of generated code stand within each other as deep. */
export const HEIGHT_MAX = 60

/** No column at all, one text column alone (its index), or something else. */
export type Source = 'nothing' | number | 'more'

interface Facts {
  /** equal for expressions that compute the same from the same row */
  readonly number: number
  /** equal for those that also stand at the same place of the program, so that they fail with the same words */
  readonly placed: number
  readonly height: number
  readonly nodes: number
  readonly source: Source
}

export class Analysis {
  readonly #numbers = new Map<string, number>()
  readonly #facts = new WeakMap<Expression, Facts>()

  of(expression: Expression): Facts {
    let facts = this.#facts.get(expression)
    if (facts === undefined) {
      const operands = operandsOf(expression).map(operand => this.of(operand))
      facts = {
        number: this.#number(
          keyOf(
            expression,
            operands.map(({ number }) => number),
          ),
        ),
        placed: this.#number(
          placedKeyOf(
            expression,
            operands.map(({ placed }) => placed),
          ),
        ),
        height: 1 + operands.reduce((height, operand) => Math.max(height, operand.height), 0),
        nodes: 1 + operands.reduce((nodes, operand) => nodes + operand.nodes, 0),
        source: operands.reduce((source, operand) => joined(source, operand.source), ownSource(expression)),
      }
      this.#facts.set(expression, facts)
    }
    return facts
  }

  #number(key: string): number {
    let number = this.#numbers.get(key)
    if (number === undefined) this.#numbers.set(key, (number = this.#numbers.size))
    return number
  }
}

/** Only a literal has free text, and it has no operands: no two different nodes give one key. */
function keyOf(expression: Expression, operands: readonly number[]): string {
  return [expression.kind, sqlTypeText(expression.type), operands.join(','), payloadOf(expression)].join(' ')
}

function placedKeyOf(expression: Expression, operands: readonly number[]): string {
  const { line, column } = expression.span
  return `${line}:${column} ${keyOf(expression, operands)}`
}

function joined(a: Source, b: Source): Source {
  if (a === 'nothing') return b
  return b === 'nothing' || a === b ? a : 'more'
}

function ownSource(expression: Expression): Source {
  switch (expression.kind) {
    case 'column':
      return storageOf(expression.type) === 'text' ? expression.index : 'more'
    case 'rowtime':
    case 'metadata':
    case 'in-query':
    case 'exists':
    case 'scalar-query':
      return 'more'
    case 'call':
      return expression.name === 'CURRENT_ROW_TIMESTAMP' ? 'more' : 'nothing'
    default:
      return 'nothing'
  }
}

function payloadOf(expression: Expression): string {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression
      return `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`
    }
    case 'column':
      return String(expression.index)
    case 'metadata':
    case 'call':
      return expression.name
    case 'arithmetic':
    case 'comparison':
      return expression.operator
    case 'is':
      return `${expression.what} ${expression.negated}`
    case 'distinct':
      return String(expression.negated)
    case 'case':
      return String(expression.otherwise !== null)
    case 'in-query':
    case 'exists':
    case 'scalar-query':
      return String(expression.subquery)
    default:
      return ''
  }
}
