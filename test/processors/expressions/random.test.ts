/** Random expressions against an evaluation of single rows written apart, and LIKE against the host's expressions. */
import { expect, test } from 'vitest'
import type { Value } from '../../../core/rows.ts'
import { matchesLike, parseLike } from '../../../processors/expressions/like.ts'
import type { ArithmeticOperator, ComparisonOperator, Expression } from '../../../processors/sql/expression.ts'
import {
  all,
  any,
  arithmetic,
  batchOf,
  choose,
  column,
  comparison,
  is,
  literal,
  not,
  schemaOf,
  valuesOf,
} from './builders.ts'

const S = schemaOf({ a: 'INTEGER', b: 'INTEGER', p: 'BOOLEAN' })

class Failed extends Error {}

type Row = readonly (number | null)[]
type Scalar = (row: Row) => number | null

let state = 99
function next(below: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
  return (state >>> 8) % below
}

function integer(depth: number): [Expression, Scalar] {
  const kind = next(depth > 0 ? 5 : 3)
  if (kind < 2) return [column(S, kind === 0 ? 'a' : 'b'), row => row[kind]!]
  if (kind === 2) {
    const value = [0, 1, -3, 7, 2_000_000_000, null][next(6)]!
    return [literal(value, 'INTEGER'), () => value]
  }
  if (kind === 3) {
    const operator = (['+', '-', '*', '/'] as const)[next(4)]! satisfies ArithmeticOperator
    const [left, a] = integer(depth - 1)
    const [right, b] = integer(depth - 1)
    return [
      arithmetic(operator, left, right, 'INTEGER'),
      row => {
        const x = a(row)
        const y = b(row)
        if (x === null || y === null) return null
        if (operator === '/' && y === 0) throw new Failed()
        const value = { '+': x + y, '-': x - y, '*': x * y, '/': Math.trunc(x / y) }[operator]
        if (Math.abs(value) > 2_147_483_647 && value !== -2_147_483_648) throw new Failed()
        return value + 0
      },
    ]
  }
  const [condition, c] = truth(depth - 1)
  const [result, r] = integer(depth - 1)
  const [otherwise, o] = integer(depth - 1)
  return [choose([[condition, result]], otherwise, 'INTEGER'), row => (c(row) === 1 ? r(row) : o(row))]
}

function truth(depth: number): [Expression, Scalar] {
  const kind = next(depth > 0 ? 6 : 1)
  if (kind === 0) return [column(S, 'p'), row => row[2]!]
  if (kind === 1) {
    const operator = (['=', '<>', '<', '<=', '>', '>='] as const)[next(6)]! satisfies ComparisonOperator
    const [left, a] = integer(depth - 1)
    const [right, b] = integer(depth - 1)
    return [
      comparison(operator, left, right),
      row => {
        const x = a(row)
        const y = b(row)
        if (x === null || y === null) return null
        return { '=': x === y, '<>': x !== y, '<': x < y, '<=': x <= y, '>': x > y, '>=': x >= y }[operator] ? 1 : 0
      },
    ]
  }
  if (kind === 2) {
    const [operand, a] = truth(depth - 1)
    return [not(operand), row => (value => (value === null ? null : 1 - value))(a(row))]
  }
  if (kind === 3) {
    const [operand, a] = truth(depth - 1)
    return [is(operand, 'UNKNOWN'), row => (a(row) === null ? 1 : 0)]
  }
  const parts = [truth(depth - 1), truth(depth - 1), truth(depth - 1)]
  const deciding = kind === 4 ? 0 : 1
  return [
    (kind === 4 ? all : any)(...parts.map(([expression]) => expression)),
    row => {
      let unknown = false
      for (const [, part] of parts) {
        const value = part(row)
        if (value === deciding) return deciding
        unknown ||= value === null
      }
      return unknown ? null : 1 - deciding
    },
  ]
}

test('random expressions give each row the value, or the error, that it has alone', () => {
  const values = [0, 1, -1, 5, 2_147_483_647, -2_147_483_648, null]
  const rows = values.flatMap(a => values.flatMap(b => [0, 1, null].map(p => [a, b, p])))
  const batch = batchOf(S, rows as Value[][])
  for (let n = 0; n < 500; n++) {
    const [expression, scalar] = next(2) === 0 ? integer(4) : truth(4)
    const expected = rows.map(row => {
      try {
        return scalar(row)
      } catch (error) {
        if (error instanceof Failed) return 'failed'
        throw error
      }
    })
    expect(valuesOf(expression, batch).map(value => (typeof value === 'string' ? 'failed' : value))).toEqual(expected)
  }
})

test('LIKE accepts what the same expression accepts', () => {
  const draw = (alphabet: string, most: number): string =>
    Array.from({ length: next(most) }, () => alphabet[next(alphabet.length)]!).join('')
  for (let n = 0; n < 5_000; n++) {
    const pattern = draw('ab%_', 8)
    const text = draw('aab', 10)
    const parsed = parseLike(pattern, null)
    if (typeof parsed === 'string') throw new Error(parsed)
    const regex = new RegExp(`^${pattern.replaceAll('%', '.*').replaceAll('_', '.')}$`)
    expect([pattern, text, matchesLike(parsed, text)]).toEqual([pattern, text, regex.test(text)])
  }
})
