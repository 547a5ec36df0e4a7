/** Random typed expressions of every kind that a plan can hold, over random batches with NULLs and extreme values. */
import { Dictionary } from '../../../core/dictionary.ts'
import type { ColumnVector, RowBatch, Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import type { Expression } from '../../../processors/sql/expression.ts'
import { type SeededRandom, seededRandom } from '../../support/seeded-random.ts'
import { asSpans, batchOf, schemaOf, type } from '../expressions/builders.ts'

export const SCHEMA = schemaOf({
  i: 'INTEGER',
  t: 'TINYINT',
  b: 'BIGINT',
  d: 'DOUBLE',
  e: 'REAL',
  m: 'DECIMAL(10,2)',
  w: 'DECIMAL(18,4)',
  p: 'BOOLEAN',
  s: 'VARCHAR(20)',
  u: 'VARCHAR(8)',
  c: 'CHAR(4)',
  at: 'TIMESTAMP',
  on: 'DATE',
  tod: 'TIME',
})

type Family = 'number' | 'exact' | 'truth' | 'text' | 'time' | 'interval'

const TEXTS = [
  '',
  'a',
  'ab',
  'abc',
  'true',
  '12',
  '-3.5',
  '2024-02-29',
  '10:11:12',
  'x y',
  'é',
  '\u{1f600}',
  "it's",
  '`${1}`',
  '\u2028',
]
const DAY = 86_400_000
const VALUES: Readonly<Record<string, readonly Value[]>> = {
  i: [0, 1, -1, 7, 2_147_483_647, -2_147_483_648, null],
  t: [0, 1, -1, 127, -128, null],
  b: [0n, 1n, -1n, 10n, 9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, null],
  d: [0, -0, 1.5, -2.25, 1e308, -1e308, 5e-324, 1e15, null],
  e: [0, 1.5, Math.fround(0.1), Math.fround(3e38), null],
  m: [0n, 1n, -1n, 12_345n, 9_999_999_999n, -9_999_999_999n, null],
  w: [0n, 1n, 10_000n, 999_999_999_999_999_999n, null],
  p: [0, 1, null],
  s: [...TEXTS, null],
  u: [...TEXTS.filter(text => text.length < 8), null],
  c: ['', 'a', 'ab', 'abcd', null],
  at: [0, 1_709_212_455_678, -1, 253_402_300_799_999, -62_135_596_800_000, null],
  on: [0, 19_782 * DAY, -DAY, null],
  tod: [0, 1, DAY - 1, 3_661_001, null],
}

export class RandomExpressions {
  readonly #random: SeededRandom
  #line = 1

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  below(count: number): number {
    return this.#random.below(count)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!
  }

  batch(rows: number): RowBatch {
    const values = Array.from({ length: rows }, () => SCHEMA.columns.map(({ name }) => this.pick(VALUES[name]!)))
    const batch = batchOf(
      SCHEMA,
      values,
      Array.from({ length: rows }, (_, row) => row * 1_000),
    )
    const kind = this.below(4)
    if (kind === 0) return asSpans(batch)
    if (kind === 2) leaveValuesUnderNulls(batch.columns)
    return kind === 1 ? { ...batch, columns: sharedDictionary(batch.columns) } : batch
  }

  /** Rising rows of a batch. */
  selection(rows: number): { rows: Int32Array; length: number } {
    const all = this.below(3) === 0
    const chosen = Int32Array.from({ length: rows }, (_, row) => row).filter(() => all || this.below(3) > 0)
    return { rows: chosen, length: chosen.length }
  }

  any(depth: number): Expression {
    return this.of(this.pick(['number', 'exact', 'truth', 'text', 'time', 'interval'] as const), depth)
  }

  of(family: Family, depth: number): Expression {
    const general = depth > 0 ? this.below(12) : 99
    if (general === 0) return this.#case(family, depth)
    if (general === 1) return this.#coalesce(family, depth)
    switch (family) {
      case 'number':
        return this.#number(depth)
      case 'exact':
        return this.#exact(depth)
      case 'truth':
        return this.truth(depth)
      case 'text':
        return this.#text(depth)
      case 'time':
        return this.#time(depth)
      case 'interval':
        return this.#interval(depth)
    }
  }

  #node<T extends object>(node: T, typeText: string | SqlType): T & { type: SqlType; span: Expression['span'] } {
    const line = this.#line++
    const span = { start: line, end: line + 1, line, column: 1 }
    return { ...node, type: typeof typeText === 'string' ? type(typeText) : typeText, span }
  }

  #column(...names: readonly string[]): Expression {
    const index = SCHEMA.columns.findIndex(({ name }) => name === this.pick(names))
    const found = index < 0 ? SCHEMA.columns.findIndex(({ name }) => name === names[0]) : index
    return this.#node({ kind: 'column' as const, index: found }, SCHEMA.columns[found]!.type)
  }

  #literal(value: Value, typeText: string): Expression {
    return this.#node({ kind: 'literal' as const, value }, typeText)
  }

  cast(operand: Expression, typeText: string): Expression {
    return this.#node({ kind: 'cast' as const, reason: 'explicit' as const, operand }, typeText)
  }

  call(name: string, args: readonly Expression[], typeText: string | SqlType): Expression {
    return this.#node({ kind: 'call' as const, name, args }, typeText)
  }

  #arithmetic(left: Expression, right: Expression, typeText: string | SqlType): Expression {
    return this.#node(
      { kind: 'arithmetic' as const, operator: this.pick(['+', '-', '*', '/'] as const), left, right },
      typeText,
    )
  }

  #case(family: Family, depth: number): Expression {
    const first = this.of(family, depth - 1)
    const same = (): Expression => this.#like(this.of(family, depth - 1), first)
    const branches = [{ condition: this.truth(depth - 1), result: first }]
    if (this.below(2) === 0) branches.push({ condition: this.truth(depth - 1), result: same() })
    const otherwise = this.below(3) === 0 ? null : same()
    return this.#node({ kind: 'case' as const, branches, otherwise }, first.type)
  }

  #coalesce(family: Family, depth: number): Expression {
    const first = this.of(family, depth - 1)
    const args = [first, this.#like(this.of(family, depth - 1), first)]
    return this.call(this.below(2) === 0 ? 'COALESCE' : 'NULLIF', args, first.type)
  }

  /** An expression in the type of another. */
  #like(expression: Expression, other: Expression): Expression {
    if (JSON.stringify(expression.type) === JSON.stringify(other.type)) return expression
    if (other.type.kind === 'CHAR' || other.type.kind === 'VARCHAR') return expression
    if (other.type.kind === 'INTERVAL' || expression.type.kind === 'INTERVAL') return other
    const times = ['DATE', 'TIME', 'TIMESTAMP']
    if (times.includes(other.type.kind) || times.includes(expression.type.kind)) return other
    return this.#node({ kind: 'cast' as const, reason: 'implicit' as const, operand: expression }, other.type)
  }

  #number(depth: number): Expression {
    const typeText = this.pick(['INTEGER', 'DOUBLE', 'REAL', 'TINYINT', 'SMALLINT'])
    const own = { INTEGER: 'i', DOUBLE: 'd', REAL: 'e', TINYINT: 't', SMALLINT: 't' }[typeText]!
    const leaf = (): Expression =>
      this.below(3) > 0
        ? this.#in(this.#column(own), typeText)
        : this.#literal(this.pick([0, 1, -1, 3, 100, null]), typeText)
    if (depth === 0) return leaf()
    const operand = (): Expression => this.#in(this.of('number', depth - 1), typeText)
    switch (this.below(10)) {
      case 0:
      case 1:
      case 2:
        return this.#arithmetic(operand(), operand(), typeText)
      case 3:
        return this.#node({ kind: 'negate' as const, operand: operand() }, typeText)
      case 4:
        return this.cast(this.pick([() => this.of('exact', depth - 1), () => this.of('text', depth - 1)])(), typeText)
      case 5:
        return this.call(this.pick(['ABS', 'FLOOR', 'CEIL']), [operand()], typeText)
      case 6: {
        const integers = [this.#in(operand(), 'INTEGER'), this.#in(operand(), 'INTEGER')]
        return this.call(this.pick(['MOD', 'STEP_NUMBER']), integers, 'INTEGER')
      }
      case 7:
        return this.call(this.pick(['EXP', 'LN', 'LOG10', 'SQRT']), [this.#in(operand(), 'DOUBLE')], 'DOUBLE')
      case 8:
        return this.pick([
          () => this.call('CHAR_LENGTH', [this.of('text', depth - 1)], 'INTEGER'),
          () => this.call('POSITION', [this.#text(0), this.of('text', depth - 1)], 'INTEGER'),
          () => this.call('POWER', [this.#in(operand(), 'DOUBLE'), this.#in(operand(), 'DOUBLE')], 'DOUBLE'),
        ])()
      default:
        return leaf()
    }
  }

  #in(expression: Expression, typeText: string): Expression {
    return expression.type.kind === typeText ? expression : this.cast(expression, typeText)
  }

  #exact(depth: number): Expression {
    const typeText = this.pick(['BIGINT', 'DECIMAL(10,2)', 'DECIMAL(18,4)'])
    const leaf = (): Expression =>
      this.below(3) > 0 ? this.#column('b', 'm', 'w') : this.#literal(this.pick([0n, 1n, -5n, 100n, null]), typeText)
    if (depth === 0) return leaf()
    const operand = (): Expression => this.of('exact', depth - 1)
    switch (this.below(7)) {
      case 0:
      case 1:
        return this.#arithmetic(operand(), operand(), typeText)
      case 2:
        return this.#node({ kind: 'negate' as const, operand: this.cast(operand(), typeText) }, typeText)
      case 3:
        return this.cast(this.of(this.pick(['number', 'exact', 'text'] as const), depth - 1), typeText)
      case 4:
        return this.call(this.pick(['ABS', 'FLOOR', 'CEIL']), [this.cast(operand(), typeText)], typeText)
      case 5: {
        const unit = this.#literal(this.pick(['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE']), 'VARCHAR(6)')
        return this.call(
          'EXTRACT',
          [unit, this.pick([() => this.#column('at', 'on'), () => this.of('time', depth - 1)])()],
          'BIGINT',
        )
      }
      default:
        return leaf()
    }
  }

  truth(depth: number): Expression {
    if (depth === 0) return this.below(4) > 0 ? this.#column('p') : this.#literal(this.pick([0, 1, null]), 'BOOLEAN')
    const node = <T extends object>(made: T) => this.#node(made, 'BOOLEAN')
    const family = this.pick(['number', 'exact', 'text', 'time', 'truth', 'interval'] as const)
    switch (this.below(9)) {
      case 0:
      case 1: {
        const left = this.of(family, depth - 1)
        const right = this.#comparable(left, this.of(family, depth - 1))
        return node({
          kind: 'comparison' as const,
          operator: this.pick(['=', '<>', '<', '<=', '>', '>='] as const),
          left,
          right,
        })
      }
      case 2:
      case 3: {
        const operands = Array.from({ length: 2 + this.below(2) }, () => this.of('truth', depth - 1))
        return node({ kind: this.pick(['and', 'or'] as const), operands })
      }
      case 4:
        return node({ kind: 'not' as const, operand: this.of('truth', depth - 1) })
      case 5: {
        const what = this.pick(['NULL', 'TRUE', 'FALSE', 'UNKNOWN'] as const)
        const operand = this.of(what === 'NULL' ? family : 'truth', depth - 1)
        return node({ kind: 'is' as const, what, negated: this.below(2) === 0, operand })
      }
      case 6: {
        const left = this.of(family, depth - 1)
        return node({
          kind: 'distinct' as const,
          negated: this.below(2) === 0,
          left,
          right: this.#comparable(left, this.of(family, depth - 1)),
        })
      }
      case 7:
        return this.call(
          'LIKE',
          [this.of('text', depth - 1), this.#literal(this.pick(['a%', '%b%', '_', '%']), 'VARCHAR(3)')],
          'BOOLEAN',
        )
      default:
        return this.cast(this.of('text', depth - 1), 'BOOLEAN')
    }
  }

  #comparable(left: Expression, right: Expression): Expression {
    return left.type.kind === 'DECIMAL' || left.type.kind === 'BIGINT' ? right : this.#like(right, left)
  }

  #text(depth: number): Expression {
    const leaf = (): Expression =>
      this.below(3) > 0 ? this.#column('s', 'u', 'c') : this.#literal(this.pick([...TEXTS, null]), 'VARCHAR(20)')
    if (depth === 0) return leaf()
    const operand = (): Expression => this.of('text', depth - 1)
    switch (this.below(8)) {
      case 0:
        return this.call(this.pick(['LOWER', 'UPPER', 'INITCAP']), [operand()], 'VARCHAR(20)')
      case 1:
        return this.call('CONCAT', [operand(), operand()], 'VARCHAR(40)')
      case 2:
        return this.cast(this.any(depth - 1), this.pick(['VARCHAR(3)', 'CHAR(4)', 'VARCHAR(40)']))
      case 3:
        return this.call(
          'SUBSTRING_COMMA',
          [operand(), this.#in(this.of('number', depth - 1), 'INTEGER')],
          'VARCHAR(20)',
        )
      case 4:
        return this.call(
          'SUBSTRING_FROM',
          [operand(), this.#literal(2, 'INTEGER'), this.#literal(2, 'INTEGER')],
          'VARCHAR(20)',
        )
      default:
        return leaf()
    }
  }

  #time(depth: number): Expression {
    if (depth === 0 || this.below(4) === 0)
      return this.below(4) === 0
        ? this.#node({ kind: 'rowtime' as const }, 'TIMESTAMP')
        : this.#column('at', 'on', 'tod')
    const operand = this.of('time', depth - 1)
    switch (this.below(3)) {
      case 0: {
        const operator = this.pick(['+', '-'] as const)
        return this.#node(
          { kind: 'arithmetic' as const, operator, left: operand, right: this.of('interval', depth - 1) },
          operand.type,
        )
      }
      case 1: {
        const unit =
          operand.type.kind === 'TIME' ? 'HOUR' : this.pick(['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND'])
        return this.call(this.pick(['FLOOR_TO', 'CEIL_TO']), [operand, this.#literal(unit, 'VARCHAR(6)')], operand.type)
      }
      default:
        return this.call('STEP_DATETIME', [operand, this.of('interval', depth - 1)], operand.type)
    }
  }

  #interval(depth: number): Expression {
    if (depth === 0 || this.below(3) === 0)
      return this.below(2) === 0
        ? this.#literal(this.pick([0, 1_000, 60_000, DAY, -5_000, null]), 'DAY TO SECOND')
        : this.#literal(this.pick([1, 12, -1, null]), 'MONTH')
    if (this.below(2) === 0) {
      const left = this.#column('at')
      return this.#node(
        { kind: 'arithmetic' as const, operator: '-' as const, left, right: this.#column('at') },
        this.pick(['DAY TO SECOND', 'HOUR', 'MONTH']),
      )
    }
    const left = this.of('interval', depth - 1)
    return this.#node(
      {
        kind: 'arithmetic' as const,
        operator: this.pick(['*', '/'] as const),
        left,
        right: this.#in(this.#number(depth - 1), 'DOUBLE'),
      },
      left.type,
    )
  }
}

/** All texts in one dictionary, as a decoder may have it. */
function sharedDictionary(columns: readonly ColumnVector[]): readonly ColumnVector[] {
  const dictionary = new Dictionary()
  return columns.map(column =>
    column.layout === 'dictionary'
      ? {
          ...column,
          dictionary,
          ids: column.ids.map(id => (id === 0 ? 0 : dictionary.idOf(column.dictionary.textOf(id)))),
        }
      : column,
  )
}

/** What stands in a column where it is NULL means nothing: here it is the value of a row that has one. */
function leaveValuesUnderNulls(columns: readonly ColumnVector[]): void {
  for (const column of columns) {
    if (column.layout !== 'number' && column.layout !== 'bigint') continue
    const given = column.values.length === 0 ? -1 : column.nulls.indexOf(0)
    if (given < 0) continue
    column.nulls.forEach((isNull, row) => {
      if (isNull === 1) column.values[row] = column.values[given]!
    })
  }
}
