/**
 * Random expressions as text: of a wanted type, over columns that are in sight. An expression of the `judged` kind means the
 * same in DuckDB and never fails there; its second text is DuckDB's.
 */
import type { SeededRandom } from '../../support/seeded-random.ts'

/** INTEGER, BIGINT, DOUBLE, DECIMAL(18,2), VARCHAR(64), TIMESTAMP, BOOLEAN */
export type Kind = 'I' | 'L' | 'D' | 'M' | 'S' | 'T' | 'B'

export const KINDS: readonly Kind[] = ['I', 'L', 'D', 'M', 'S', 'T', 'B']

export const SQL_TYPES: Readonly<Record<Kind, string>> = {
  I: 'INTEGER',
  L: 'BIGINT',
  D: 'DOUBLE',
  M: 'DECIMAL(18,2)',
  S: 'VARCHAR(64)',
  T: 'TIMESTAMP',
  B: 'BOOLEAN',
}

/** Something that can be named: a column or the ROWTIME of a relation. */
export interface Reference {
  readonly kind: Kind
  readonly text: string
  readonly duck: string
}

export interface Term {
  readonly text: string
  readonly duck: string
}

const UNITS = ['SECOND', 'MINUTE', 'HOUR', 'DAY'] as const
const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='] as const

export class Expressions {
  readonly #random: SeededRandom
  readonly #references: readonly Reference[]
  readonly #judged: boolean

  constructor(random: SeededRandom, references: readonly Reference[], judged: boolean) {
    this.#random = random
    this.#references = references
    this.#judged = judged
  }

  /** An expression of a kind; deeper ones hold others. */
  of(kind: Kind, depth: number): Term {
    if (depth <= 0 || this.#random.below(4) === 0) return this.#leaf(kind)
    switch (kind) {
      case 'I':
        return this.#integer(depth)
      case 'L':
        return this.#bigint(depth)
      case 'D':
        return this.#double(depth)
      case 'M':
        return this.#decimal(depth)
      case 'S':
        return this.#text(depth)
      case 'T':
        return this.#timestamp(depth)
      case 'B':
        return this.truth(depth)
    }
  }

  /** A column of a kind, or null where none is in sight. */
  column(kind: Kind): Reference | null {
    const found = this.#references.filter(reference => reference.kind === kind)
    return found.length === 0 ? null : this.#random.pick(found)
  }

  anyColumn(): Reference {
    return this.#random.pick(this.#references)
  }

  #leaf(kind: Kind): Term {
    const column = this.column(kind)
    return column !== null && this.#random.below(5) > 0 ? column : this.literal(kind)
  }

  literal(kind: Kind): Term {
    const { below, pick } = this.#random
    switch (kind) {
      case 'I':
        return same(pick(['0', '1', '2', '3', '7', '-4']))
      case 'L':
        return both(`CAST(${below(9)} AS BIGINT)`)
      case 'D':
        return pick([
          { text: '1.5E0', duck: '1.5::double' },
          { text: '-2.25E0', duck: '(-2.25::double)' },
          { text: '0.5E0', duck: '0.5::double' },
        ])
      case 'M':
        return pick([
          { text: '1.25', duck: '1.25::decimal(5,2)' },
          { text: '10.00', duck: '10.00::decimal(6,2)' },
          { text: '0.05', duck: '0.05::decimal(5,2)' },
        ])
      case 'S':
        return same(`'${pick(['a', 'b', 'ab', 'x y', '', 'A'])}'`)
      case 'T':
        return both(`TIMESTAMP '2024-02-29 23:59:${10 + below(50)}'`)
      case 'B':
        return same(pick(['TRUE', 'FALSE']))
    }
  }

  #integer(depth: number): Term {
    const { below, pick } = this.#random
    const a = (): Term => this.of('I', depth - 1)
    const small = (): Term => same(pick(['2', '3', '5']))
    switch (below(this.#judged ? 10 : 15)) {
      case 0:
        return join2(a(), '+', a())
      case 1:
        return join2(a(), '-', a())
      case 2:
        return join2(a(), '*', same(pick(['2', '-1'])))
      case 3: {
        const [x, y] = [a(), small()]
        return { text: `(${x.text} / ${y.text})`, duck: `(${x.duck} // ${y.duck})` }
      }
      case 4: {
        const [x, y] = [a(), small()]
        return { text: `MOD(${x.text}, ${y.text})`, duck: `(${x.duck} % ${y.duck})` }
      }
      case 5:
        return call('ABS', 'abs', a())
      case 6:
        return call('CHAR_LENGTH', 'length', this.of('S', depth - 1))
      case 7:
        return this.#choose('I', depth)
      case 8:
        return this.#coalesce('I', depth)
      case 9: {
        const [x, y] = [a(), this.literal('I')]
        return { text: `NULLIF(${x.text}, ${y.text})`, duck: `nullif(${x.duck}, ${y.duck})` }
      }
      case 10:
        return both(`(${a().text} / ${a().text})`)
      case 11:
        return both(`CAST(${this.of('S', depth - 1).text} AS INTEGER)`)
      case 12:
        return both(`CAST(${this.of('D', depth - 1).text} AS INTEGER)`)
      case 13:
        return both(`POSITION(${this.literal('S').text} IN ${this.of('S', depth - 1).text})`)
      default:
        return both(`CAST(EXTRACT(${pick(['MINUTE', 'HOUR', 'DAY'])} FROM ${this.of('T', depth - 1).text}) AS INTEGER)`)
    }
  }

  #bigint(depth: number): Term {
    switch (this.#random.below(this.#judged ? 3 : 5)) {
      case 0:
        return join2(this.of('L', depth - 1), '+', this.of('I', depth - 1))
      case 1:
        return this.#choose('L', depth)
      case 2: {
        const x = this.of('I', depth - 1)
        return { text: `CAST(${x.text} AS BIGINT)`, duck: `(${x.duck})::bigint` }
      }
      case 3:
        return both(`UNIX_TIMESTAMP(${this.of('T', depth - 1).text})`)
      default:
        return both(`(${this.of('L', depth - 1).text} * ${this.of('L', depth - 1).text})`)
    }
  }

  #double(depth: number): Term {
    const a = (): Term => this.of('D', depth - 1)
    switch (this.#random.below(this.#judged ? 6 : 9)) {
      case 0:
        return join2(a(), '+', a())
      case 1:
        return join2(a(), '-', this.of('I', depth - 1))
      case 2:
        return join2(a(), '*', this.literal('D'))
      case 3:
        return this.#choose('D', depth)
      case 4:
        return this.#coalesce('D', depth)
      case 5: {
        const x = this.of('I', depth - 1)
        return { text: `CAST(${x.text} AS DOUBLE)`, duck: `(${x.duck})::double` }
      }
      case 6:
        return both(`(${a().text} / ${a().text})`)
      case 7:
        return both(`SQRT(ABS(${a().text}))`)
      default:
        return both(`FLOOR(${a().text})`)
    }
  }

  #decimal(depth: number): Term {
    switch (this.#random.below(this.#judged ? 3 : 5)) {
      case 0:
        return this.#choose('M', depth)
      case 1:
        return join2(this.#leaf('M'), '+', this.literal('M'))
      case 2:
        return join2(this.#leaf('M'), '-', this.literal('M'))
      case 3:
        return both(`CAST(${this.of('D', depth - 1).text} AS DECIMAL(18,2))`)
      default:
        return both(`CAST(${this.#leaf('M').text} * ${this.of('I', depth - 1).text} AS DECIMAL(18,2))`)
    }
  }

  #text(depth: number): Term {
    const { below, pick } = this.#random
    const s = (): Term => this.of('S', depth - 1)
    switch (below(this.#judged ? 7 : 11)) {
      case 0:
        return join2(s(), '||', this.#leaf('S'))
      case 1:
        return call('UPPER', 'upper', s())
      case 2:
        return call('LOWER', 'lower', s())
      case 3:
        return this.#choose('S', depth)
      case 4:
        return this.#coalesce('S', depth)
      case 5: {
        const [x, from, count] = [s(), 1 + below(3), below(3)]
        return {
          text: `SUBSTRING(${x.text} FROM ${from} FOR ${count})`,
          duck: `substring(${x.duck}, ${from}, ${count})`,
        }
      }
      case 6:
        return call('TRIM', 'trim', s())
      case 7:
        return both(`CAST(${this.of('I', depth - 1).text} AS VARCHAR(12))`)
      case 8:
        return both(
          `REGEX_REPLACE(${s().text}, '${pick(['[a-m]', '(.)b', '^x'])}', '${pick(['-', '$0$0', ''])}', 1, ${below(3)})`,
        )
      case 9:
        return both(`OVERLAY(${s().text} PLACING ${this.literal('S').text} FROM ${1 + below(3)})`)
      default:
        return both(`TIMESTAMP_TO_CHAR('HH:mm:ss', ${this.of('T', depth - 1).text})`)
    }
  }

  #timestamp(depth: number): Term {
    const { below, pick } = this.#random
    const t = this.of('T', depth - 1)
    switch (below(3)) {
      case 0: {
        const [sign, amount, unit] = [pick(['+', '-']), 1 + below(40), pick(UNITS)]
        return {
          text: `(${t.text} ${sign} INTERVAL '${amount}' ${unit})`,
          duck: `(${t.duck} ${sign} interval ${amount} ${unit.toLowerCase()})`,
        }
      }
      case 1: {
        const unit = pick(UNITS)
        return { text: `FLOOR(${t.text} TO ${unit})`, duck: `date_trunc('${unit.toLowerCase()}', ${t.duck})` }
      }
      default: {
        const seconds = pick([2, 5, 10, 20])
        return {
          text: `STEP(${t.text} BY INTERVAL '${seconds}' SECOND)`,
          duck: `time_bucket(interval ${seconds} second, ${t.duck})`,
        }
      }
    }
  }

  /** A condition. */
  truth(depth: number): Term {
    const { below, pick } = this.#random
    const kind = pick(['I', 'I', 'S', 'D', 'M', 'T', 'L'] as const)
    const of = (): Term => this.of(kind, depth - 1)
    const b = (): Term => this.of('B', depth - 1)
    switch (below(this.#judged ? 9 : 10)) {
      case 0:
      case 1:
        return join2(of(), pick(COMPARISONS), of())
      case 2:
        return join2(b(), 'AND', b())
      case 3:
        return join2(b(), 'OR', b())
      case 4: {
        const x = b()
        return { text: `(NOT ${x.text})`, duck: `(not ${x.duck})` }
      }
      case 5: {
        const [x, negated] = [of(), pick(['', 'NOT '])]
        return { text: `(${x.text} IS ${negated}NULL)`, duck: `(${x.duck} is ${negated}null)` }
      }
      case 6: {
        const [x, low, high] = [of(), this.literal(kind), of()]
        return {
          text: `(${x.text} BETWEEN ${low.text} AND ${high.text})`,
          duck: `(${x.duck} between ${low.duck} and ${high.duck})`,
        }
      }
      case 7: {
        const [x, list] = [of(), [this.literal(kind), this.literal(kind), of()]]
        return {
          text: `(${x.text} IN (${list.map(({ text }) => text).join(', ')}))`,
          duck: `(${x.duck} in (${list.map(({ duck }) => duck).join(', ')}))`,
        }
      }
      case 8: {
        const [x, pattern] = [this.of('S', depth - 1), pick(['a%', '%b', '_', '%a%', ''])]
        return { text: `(${x.text} LIKE '${pattern}')`, duck: `(${x.duck} like '${pattern}')` }
      }
      default:
        return pick([
          both(`(${of().text} IS DISTINCT FROM ${of().text})`),
          both(`(${b().text} IS UNKNOWN)`),
          both(`(${this.of('S', depth - 1).text} SIMILAR TO '(a|b)+_?')`),
        ])
    }
  }

  #choose(kind: Kind, depth: number): Term {
    const [condition, result] = [this.truth(depth - 1), this.of(kind, depth - 1)]
    if (this.#random.below(3) === 0)
      return {
        text: `CASE WHEN ${condition.text} THEN ${result.text} END`,
        duck: `case when ${condition.duck} then ${result.duck} end`,
      }
    const otherwise = this.of(kind, depth - 1)
    return {
      text: `CASE WHEN ${condition.text} THEN ${result.text} ELSE ${otherwise.text} END`,
      duck: `case when ${condition.duck} then ${result.duck} else ${otherwise.duck} end`,
    }
  }

  #coalesce(kind: Kind, depth: number): Term {
    const [first, second] = [this.of(kind, depth - 1), this.literal(kind)]
    return { text: `COALESCE(${first.text}, ${second.text})`, duck: `coalesce(${first.duck}, ${second.duck})` }
  }
}

function same(text: string): Term {
  return { text, duck: text }
}

/** For what DuckDB is not asked, or says in the same words. */
function both(text: string): Term {
  return { text, duck: text }
}

function join2(left: Term, operator: string, right: Term): Term {
  return { text: `(${left.text} ${operator} ${right.text})`, duck: `(${left.duck} ${operator} ${right.duck})` }
}

function call(name: string, duck: string, argument: Term): Term {
  return { text: `${name}(${argument.text})`, duck: `${duck}(${argument.duck})` }
}
