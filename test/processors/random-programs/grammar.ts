/**
 * Random programs: streams and pumps over one or two inputs and a reference table, with filters, projections, windows of every
 * kind, joins, unions, DISTINCT, sorts, event time and table functions. A seed decides a program.
 */
import type { SeededRandom } from '../../support/seeded-random.ts'
import { Expressions, KINDS, type Kind, type Reference, SQL_TYPES } from './expressions.ts'

/** Columns of both inputs; the table has K, W and NAME. */
export const INPUT_COLUMNS: Readonly<Record<string, Kind>> = {
  K: 'S',
  J: 'I',
  V: 'I',
  D: 'D',
  M: 'M',
  T: 'T',
  F: 'B',
  B: 'L',
}
export const TABLE_COLUMNS: Readonly<Record<string, Kind>> = { K: 'S', W: 'I', NAME: 'S' }

interface Column {
  readonly name: string
  readonly kind: Kind
}

interface Stream {
  readonly name: string
  readonly columns: readonly Column[]
  /** rows that it may have at most, about */
  readonly rows: number
  /** column with a watermark */
  readonly eventTime: string | null
}

interface Query {
  readonly text: string
  readonly kinds: readonly Kind[]
  readonly rows: number
}

export interface RandomProgram {
  readonly text: string
  readonly inputs: readonly string[]
  /** streams whose rows are compared: all that the program creates */
  readonly outputs: readonly string[]
}

/** Rows of a stream at most, so that chains of joins stay small. */
const ROWS_MAX = 3_000
const AGGREGATE_TYPES: readonly Kind[] = ['I', 'D', 'M', 'L']

/** @param rows of each input */
export function randomProgram(random: SeededRandom, rows: number): RandomProgram {
  return new Grammar(random, rows).program()
}

class Grammar {
  readonly #random: SeededRandom
  readonly #streams: Stream[]
  readonly #inputs: readonly string[]
  #next = 1

  constructor(random: SeededRandom, rows: number) {
    this.#random = random
    this.#inputs = random.below(3) === 0 ? ['EVENTS_001', 'EVENTS_002'] : ['EVENTS_001']
    const columns = Object.entries(INPUT_COLUMNS).map(([name, kind]) => ({ name, kind }))
    this.#streams = this.#inputs.map(name => ({ name, columns, rows, eventTime: null }))
  }

  program(): RandomProgram {
    const statements: string[] = []
    const outputs: string[] = []
    for (let left = 1 + this.#random.below(4); left > 0; left--) {
      const name = `S${this.#next++}`
      const query = this.#random.below(5) === 0 ? this.#stamped() : this.#query()
      const columns = query.kinds.map((kind, index) => ({ name: `C${index + 1}`, kind }))
      const timed = 'watermark' in query
      const declared = columns.map(column => `${column.name} ${SQL_TYPES[column.kind]}`)
      const options = timed ? this.#watermark() : { column: '', options: '' }
      statements.push(`CREATE STREAM ${name} (${declared.join(', ')}${options.column})${options.options};`)
      statements.push(`CREATE PUMP ${name}_A AS INSERT INTO ${name} ${query.text};`)
      let rows = query.rows
      if (!timed && this.#random.below(4) === 0) {
        const second = this.#project(query.kinds)
        statements.push(`CREATE PUMP ${name}_B AS INSERT INTO ${name} ${second.text};`)
        rows += second.rows
      }
      this.#streams.push({ name, columns, rows, eventTime: timed ? 'C1' : null })
      outputs.push(name)
    }
    return { text: statements.join('\n'), inputs: this.#inputs, outputs }
  }

  /** Rows with an event time in their first column, for a stream with a watermark. */
  #stamped(): Query & { readonly watermark: true } {
    const source = this.#source('x')
    const time = source.of.column('T') ?? { text: 'x.ROWTIME' }
    const kinds: Kind[] = ['T', ...this.#kinds(2)]
    const items = [time.text, ...kinds.slice(1).map(kind => source.of.of(kind, 1).text)]
    return {
      text: `SELECT STREAM ${items.join(', ')} FROM ${source.text} AS x`,
      kinds,
      rows: source.rows,
      watermark: true,
    }
  }

  #watermark(): { readonly column: string; readonly options: string } {
    const { below, pick } = this.#random
    const delay = below(4)
    const options = [
      ...(below(2) === 0 ? [`ALLOWED_LATENESS INTERVAL '${1 + below(9)}' SECOND`] : []),
      ...(below(4) === 0 ? [`IDLE_TIMEOUT INTERVAL '${1 + below(5)}' SECOND`] : []),
      ...(below(4) === 0 ? [`MAX_AHEAD ${pick(['NULL', "INTERVAL '10' SECOND"])}`] : []),
    ]
    return {
      column: `, WATERMARK FOR C1 AS C1${delay === 0 ? '' : ` - INTERVAL '${delay}' SECOND`}`,
      options: options.length === 0 ? '' : ` OPTIONS (${options.join(', ')})`,
    }
  }

  #query(): Query {
    const timed = this.#streams.filter(({ eventTime }) => eventTime !== null)
    if (timed.length > 0 && this.#random.below(2) === 0) return this.#eventTime(this.#random.pick(timed))
    switch (this.#random.below(14)) {
      case 0:
      case 1:
        return this.#project(null)
      case 2:
      case 3:
        return this.#tumbling()
      case 4:
        return this.#stagger()
      case 5:
      case 6:
        return this.#sliding()
      case 7:
        return this.#distinct()
      case 8:
        return this.#sorted()
      case 9:
        return this.#union()
      case 10:
      case 11:
        return this.#join()
      case 12:
        return this.#lookup()
      default:
        return this.#tableFunction()
    }
  }

  /** A relation of FROM: a stream, now and then a filtered or computed one in parentheses. Large ones are left alone. */
  #source(
    alias: string,
    rowsMax = ROWS_MAX,
  ): { text: string; of: Expressions; rows: number; columns: readonly Column[] } {
    const stream = this.#random.pick(this.#streams.filter(({ rows }) => rows <= rowsMax))
    const derived = this.#random.below(5) === 0
    const references = (name: string): Reference[] => [
      ...stream.columns.map(column => reference(column.kind, `${name}.${column.name}`)),
      reference('T', `${name}.ROWTIME`),
    ]
    const of = new Expressions(this.#random, references(alias), false)
    if (!derived) return { text: stream.name, of, rows: stream.rows, columns: stream.columns }
    const inner = new Expressions(this.#random, references('i'), false)
    const columns = [...stream.columns, { name: 'X1', kind: this.#random.pick(KINDS) }]
    const items = [...stream.columns.map(({ name }) => `i.${name}`), `${inner.of(columns.at(-1)!.kind, 2).text} AS X1`]
    const where = this.#random.below(2) === 0 ? ` WHERE ${inner.truth(2).text}` : ''
    return {
      text: `(SELECT STREAM ${items.join(', ')} FROM ${stream.name} AS i${where})`,
      of: new Expressions(
        this.#random,
        [
          ...columns.map(column => reference(column.kind, `${alias}.${column.name}`)),
          reference('T', `${alias}.ROWTIME`),
        ],
        false,
      ),
      rows: stream.rows,
      columns,
    }
  }

  #kinds(count: number): Kind[] {
    return Array.from({ length: count }, () => this.#random.pick(KINDS))
  }

  #where(of: Expressions): string {
    return this.#random.below(3) === 0 ? ` WHERE ${of.truth(2).text}` : ''
  }

  #project(wanted: readonly Kind[] | null): Query {
    const source = this.#source('x')
    const kinds = wanted ?? this.#kinds(1 + this.#random.below(4))
    const items = kinds.map(kind => source.of.of(kind, 3).text)
    // Now and then another time, which can make rows late.
    const retimed =
      this.#random.below(8) === 0
        ? `, x.ROWTIME ${this.#random.pick(['+', '-'])} INTERVAL '${this.#random.below(5)}' SECOND * ${this.#random.pick(['1', 'COALESCE(CHAR_LENGTH(CAST(x.ROWTIME AS VARCHAR(30))), 1)'])} AS ROWTIME`
        : ''
    return {
      text: `SELECT STREAM ${items.join(', ')}${retimed} FROM ${source.text} AS x${this.#where(source.of)}`,
      kinds,
      rows: source.rows,
    }
  }

  #monotonicTerm(): string {
    const { below, pick } = this.#random
    switch (below(8)) {
      case 0:
        return `FLOOR(x.ROWTIME TO ${pick(['SECOND', 'MINUTE', 'HOUR'])})`
      case 1:
        return `CEIL(x.ROWTIME TO ${pick(['SECOND', 'MINUTE'])})`
      case 2:
        return 'x.ROWTIME'
      case 3:
        return `STEP(x.ROWTIME BY INTERVAL '${1 + below(9)}' SECOND) + INTERVAL '1' MINUTE`
      case 4:
        return `FLOOR((x.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND)`
      case 5:
        return `STEP(x.ROWTIME - INTERVAL '${1 + below(3)}' SECOND BY INTERVAL '5' SECOND)`
      default:
        return `STEP(x.ROWTIME BY INTERVAL '${1 + below(20)}' SECOND)`
    }
  }

  /** Calls of aggregates and the kind of each. */
  #aggregates(of: Expressions, grouped: 'group' | 'over', over = ''): { text: string; kind: Kind }[] {
    return Array.from({ length: 1 + this.#random.below(4) }, () => this.#aggregate(of, grouped, over))
  }

  #aggregate(of: Expressions, grouped: 'group' | 'over', over: string): { text: string; kind: Kind } {
    const { below, pick } = this.#random
    const number = pick(AGGREGATE_TYPES)
    const any = pick(KINDS)
    const filter = grouped === 'group' && below(5) === 0 ? ` FILTER (WHERE ${of.truth(1).text})` : ''
    const end = `${filter}${over}`
    const argument = (kind: Kind): string => of.of(kind, 1).text
    switch (below(grouped === 'group' ? 9 : 11)) {
      case 0:
        return { text: `COUNT(*)${end}`, kind: 'L' }
      case 1:
        return { text: `COUNT(${argument(any)})${end}`, kind: 'L' }
      case 2:
        return { text: `SUM(${argument(number)})${end}`, kind: number === 'I' ? 'L' : number }
      case 3:
        return { text: `AVG(${argument(number)})${end}`, kind: number }
      case 4: {
        const ordered = any === 'B' ? 'S' : any
        return { text: `${pick(['MIN', 'MAX'])}(${argument(ordered)})${end}`, kind: ordered }
      }
      case 5:
        return {
          text: `${pick(['STDDEV_POP', 'STDDEV_SAMP', 'VAR_POP', 'VAR_SAMP'])}(${argument(pick(['I', 'D']))})${end}`,
          kind: 'D',
        }
      case 6: {
        if (grouped === 'over') return { text: `SUM(DISTINCT ${argument('I')})${over}`, kind: 'L' }
        return { text: `COUNT(DISTINCT ${argument(any)})${filter}`, kind: 'L' }
      }
      case 7: {
        const nulls = pick(['', ' IGNORE NULLS', ' RESPECT NULLS'])
        return { text: `${pick(['FIRST_VALUE', 'LAST_VALUE'])}(${argument(any)})${nulls}${over}`, kind: any }
      }
      case 8: {
        if (grouped === 'over') return { text: `NTH_VALUE(${argument(any)}, ${1 + below(3)})${over}`, kind: any }
        return { text: `${pick(['ANY', 'EVERY'])}(${argument('B')})${filter}`, kind: 'B' }
      }
      case 9: {
        const column = of.column(any)
        if (column === null) return { text: `COUNT(*)${over}`, kind: 'L' }
        return { text: `LAG(${column.text}${pick(['', ', 2', ''])})${pick(['', ' IGNORE NULLS'])}${over}`, kind: any }
      }
      default:
        return { text: `EXP_AVG(${argument('D')}, INTERVAL '${1 + below(9)}' SECOND)${over}`, kind: 'D' }
    }
  }

  #tumbling(): Query {
    const source = this.#source('x')
    const term = this.#monotonicTerm()
    // A second term that rises with ROWTIME is refused, and a mention of ROWTIME mostly is one: a few are left, for the others.
    const keys = this.#kinds(this.#random.below(3))
      .map(kind => ({ kind, text: source.of.of(kind, 1).text }))
      .filter(({ text }) => !text.includes('x.ROWTIME') || this.#random.below(8) === 0)
    // A constant is no key to tell groups by, and the binder says so.
    const terms = this.#random.shuffled([...keys.map(({ text }) => text), term])
    const aggregates = this.#aggregates(source.of, 'group')
    const items = [...keys, ...aggregates]
    const having =
      this.#random.below(4) === 0
        ? ` HAVING ${this.#random.pick(['COUNT(*) > 1', 'COUNT(*) < 4', 'MIN(x.ROWTIME) < MAX(x.ROWTIME)'])}`
        : ''
    return {
      text: `SELECT STREAM ${items.map(({ text }) => text).join(', ')} FROM ${source.text} AS x${this.#where(source.of)} GROUP BY ${terms.join(', ')}${having}`,
      kinds: items.map(({ kind }) => kind),
      rows: source.rows,
    }
  }

  #stagger(): Query {
    const source = this.#source('x')
    const keys = this.#kinds(1 + this.#random.below(2)).map(kind => ({ kind, text: source.of.of(kind, 1).text }))
    const items = [...keys, ...this.#aggregates(source.of, 'group')]
    const having = this.#random.below(4) === 0 ? ' HAVING COUNT(*) > 1' : ''
    return {
      text: `SELECT STREAM ${items.map(({ text }) => text).join(', ')} FROM ${source.text} AS x${this.#where(source.of)} WINDOWED BY STAGGER (PARTITION BY ${keys.map(({ text }) => text).join(', ')} RANGE INTERVAL '${1 + this.#random.below(20)}' SECOND)${having}`,
      kinds: items.map(({ kind }) => kind),
      rows: source.rows,
    }
  }

  #frame(): string {
    const { below, pick } = this.#random
    return pick([
      `RANGE INTERVAL '${below(15)}' SECOND PRECEDING`,
      `RANGE INTERVAL '${1 + below(9)}' SECOND PRECEDING`,
      `ROWS ${below(6)} PRECEDING`,
      `ROWS BETWEEN ${1 + below(4)} PRECEDING AND CURRENT ROW`,
      'RANGE CURRENT ROW',
      'ROWS UNBOUNDED PRECEDING',
      'RANGE UNBOUNDED PRECEDING',
    ])
  }

  #sliding(): Query {
    const source = this.#source('x')
    const partition =
      this.#random.below(2) === 0 ? `PARTITION BY ${source.of.of(this.#random.pick(KINDS), 1).text} ` : ''
    const windows = [
      `w AS (${partition}${this.#frame()})`,
      ...(this.#random.below(3) === 0 ? [`u AS (${this.#frame()})`] : []),
    ]
    const items = [
      ...this.#kinds(this.#random.below(3)).map(kind => ({ kind, text: source.of.of(kind, 1).text })),
      ...this.#aggregates(source.of, 'over', ' OVER w'),
      ...(windows.length > 1 ? this.#aggregates(source.of, 'over', ' OVER u').slice(0, 2) : []),
    ]
    return {
      text: `SELECT STREAM ${items.map(({ text }) => text).join(', ')} FROM ${source.text} AS x${this.#where(source.of)} WINDOW ${windows.join(', ')}`,
      kinds: items.map(({ kind }) => kind),
      rows: source.rows,
    }
  }

  #distinct(): Query {
    const source = this.#source('x')
    const kinds = this.#kinds(1 + this.#random.below(2))
    const term = this.#random.pick([
      `FLOOR(x.ROWTIME TO ${this.#random.pick(['SECOND', 'MINUTE'])})`,
      `STEP(x.ROWTIME BY INTERVAL '${1 + this.#random.below(9)}' SECOND)`,
    ])
    return {
      text: `SELECT STREAM DISTINCT ${[term, ...kinds.map(kind => source.of.of(kind, 1).text)].join(', ')} FROM ${source.text} AS x${this.#where(source.of)}`,
      kinds: ['T', ...kinds],
      rows: source.rows,
    }
  }

  #sorted(): Query {
    const { below, pick } = this.#random
    const source = this.#source('x')
    const kinds = this.#kinds(1 + below(3))
    const items = kinds.map(kind => source.of.of(kind, 2).text)
    if (below(4) === 0) {
      const time = source.of.column('T')!
      return {
        text: `SELECT STREAM ${time.text} AS ROWTIME, ${items.join(', ')} FROM ${source.text} AS x${this.#where(source.of)} ORDER BY ${time.text} WITHIN INTERVAL '${1 + below(20)}' SECOND`,
        kinds,
        rows: source.rows,
      }
    }
    const keys = this.#kinds(1 + below(2)).map(
      kind =>
        `${source.of.column(kind)?.text ?? '1'}${pick(['', ' DESC', ' ASC'])}${pick(['', '', ' NULLS FIRST', ' NULLS LAST'])}`,
    )
    const first = pick([
      'x.ROWTIME',
      `STEP(x.ROWTIME BY INTERVAL '${1 + below(9)}' SECOND)`,
      'FLOOR(x.ROWTIME TO SECOND)',
    ])
    return {
      text: `SELECT STREAM ${items.join(', ')} FROM ${source.text} AS x${this.#where(source.of)} ORDER BY ${[first, ...keys].join(', ')}${below(3) === 0 ? ` LIMIT ${1 + below(4)}` : ''}`,
      kinds,
      rows: source.rows,
    }
  }

  #union(): Query {
    const kinds = this.#kinds(1 + this.#random.below(3))
    const sides = Array.from({ length: 2 + this.#random.below(2) }, () => {
      const source = this.#source('x')
      return {
        text: `SELECT STREAM ${kinds.map(kind => source.of.of(kind, 2).text).join(', ')} FROM ${source.text} AS x${this.#where(source.of)}`,
        rows: source.rows,
      }
    })
    return {
      text: sides.map(({ text }) => text).join(' UNION ALL '),
      kinds,
      rows: sides.reduce((sum, { rows }) => sum + rows, 0),
    }
  }

  #side(): string {
    const { below, pick } = this.#random
    return pick([
      '',
      ` OVER (RANGE INTERVAL '${below(12)}' SECOND PRECEDING)`,
      ` OVER (RANGE INTERVAL '${1 + below(9)}' SECOND PRECEDING)`,
      ` OVER (ROWS ${below(4)} PRECEDING)`,
      ' OVER (ROWS CURRENT ROW)',
      ` OVER (RANGE INTERVAL '${1 + below(9)}' SECOND FOLLOWING)`,
      ` OVER (RANGE BETWEEN INTERVAL '${below(6)}' SECOND PRECEDING AND INTERVAL '${1 + below(6)}' SECOND FOLLOWING)`,
    ])
  }

  #join(): Query {
    const left = this.#source('x', 200)
    const right = this.#source('y', 200)
    const shared = this.#random.shuffled(KINDS).flatMap(kind => {
      const [a, b] = [left.of.column(kind), right.of.column(kind)]
      return a === null || b === null ? [] : [{ kind, a, b }]
    })
    const key = shared[0]!
    const kind = this.#random.pick(['', '', 'LEFT', 'RIGHT', 'FULL', 'INNER', 'LEFT OUTER'])
    const more = this.#random.below(3) === 0 ? ` AND ${this.#both(left.of, right.of)}` : ''
    const on = this.#random.below(6) === 0 ? this.#both(left.of, right.of) : `${key.a.text} = ${key.b.text}${more}`
    const kinds = this.#kinds(2 + this.#random.below(2))
    const items = kinds.map(each => this.#random.pick([left.of, right.of]).of(each, 1).text)
    const [before, other] = [this.#side(), this.#side()]
    // FOLLOWING beside ROWS is refused.
    const clash = (a: string, b: string): boolean => a.includes('ROWS') && b.includes('FOLLOWING')
    const after = clash(before, other) || clash(other, before) ? '' : other
    return {
      text: `SELECT STREAM ${items.join(', ')} FROM ${left.text}${before} AS x ${kind} JOIN ${right.text}${after} AS y ON ${on}`,
      kinds,
      rows: left.rows * right.rows,
    }
  }

  #both(left: Expressions, right: Expressions): string {
    const kind = this.#random.pick(['I', 'D', 'T', 'S'] as const)
    return `${left.of(kind, 1).text} ${this.#random.pick(['<', '<=', '<>', '>'])} ${right.of(kind, 1).text}`
  }

  #lookup(): Query {
    const source = this.#source('x', 600)
    const table = new Expressions(
      this.#random,
      Object.entries(TABLE_COLUMNS).map(([name, kind]) => reference(kind, `r.${name}`)),
      false,
    )
    const key = this.#random.pick(['S', 'I'] as const)
    const [mine, theirs] = [source.of.of(key, 1).text, table.column(key)!.text]
    if (this.#random.below(3) === 0) {
      const [not, what] = [this.#random.pick(['', 'NOT ']), this.#random.pick(['IN', 'EXISTS'])]
      const where =
        what === 'IN'
          ? `${mine} ${not}IN (SELECT ${theirs.slice(2)} FROM LOOKUP)`
          : `${not}EXISTS (SELECT 1 FROM LOOKUP AS r WHERE r.W > ${this.#random.below(5)})`
      const kinds = this.#kinds(2)
      return {
        text: `SELECT STREAM ${kinds.map(kind => source.of.of(kind, 1).text).join(', ')} FROM ${source.text} AS x WHERE ${where}`,
        kinds,
        rows: source.rows,
      }
    }
    const kinds: Kind[] = [...this.#kinds(1 + this.#random.below(2)), 'I', 'S']
    const items = kinds.map((kind, index) => (index < kinds.length - 2 ? source.of : table).of(kind, 1).text)
    return {
      text: `SELECT STREAM ${items.join(', ')} FROM ${source.text} AS x ${this.#random.pick(['', 'LEFT '])}JOIN LOOKUP AS r ON ${mine} = ${theirs}${this.#where(source.of)}`,
      kinds,
      rows: source.rows * 3,
    }
  }

  #tableFunction(): Query {
    const { below, pick } = this.#random
    const source = this.#source('x')
    const cursor = (kinds: readonly Kind[]): string =>
      `CURSOR(SELECT STREAM ${kinds.map((kind, index) => `${source.of.of(kind, 1).text} AS A${index + 1}`).join(', ')} FROM ${source.text} AS x${this.#where(source.of)})`
    const { rows } = source
    switch (below(5)) {
      case 0:
        return {
          text: `SELECT STREAM ITEM, ITEM_COUNT FROM TABLE(TOP_K_ITEMS_TUMBLING(${cursor([pick(['S', 'I', 'M'] as const)])}, 'A1', ${1 + below(4)}, ${1 + below(20)}))`,
          kinds: ['S', 'L'],
          rows,
        }
      case 1:
        return {
          text: `SELECT STREAM NUMBER_OF_DISTINCT_ITEMS FROM TABLE(COUNT_DISTINCT_ITEMS_TUMBLING(${cursor([pick(KINDS)])}, 'A1', ${1 + below(20)}))`,
          kinds: ['L'],
          rows,
        }
      case 2:
        return {
          text: `SELECT STREAM A1, A2, "place" FROM TABLE(GROUP_RANK(${cursor(['I', 'S'])}, '${pick(['A1', 'A2'])}', 'place', '${pick(['asc', 'desc'])}', '${pick(['asc', 'desc', 'none'])}', 0, ${below(3)}))`,
          kinds: ['I', 'S', 'I'],
          rows,
        }
      case 3:
        return {
          text: `SELECT STREAM A1, ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(${cursor(['D', 'I'])}, ${5 + below(5)}, 10, 1000, ${1 + below(3)}))`,
          kinds: ['D', 'D'],
          rows,
        }
      default:
        return {
          text: `SELECT STREAM A1, CHAR_LENGTH(HOTSPOTS_RESULT) FROM TABLE(HOTSPOTS(${cursor(['D', 'I'])}, 100, ${1 + below(9)}.5, ${2 + below(5)}))`,
          kinds: ['D', 'I'],
          rows,
        }
    }
  }

  #eventTime(stream: Stream): Query {
    const { below, pick } = this.#random
    const seconds = (): string => `INTERVAL '${1 + below(10)}' SECOND`
    const size = 2 + below(8)
    const of = new Expressions(
      this.#random,
      stream.columns.map(column => reference(column.kind, `x.${column.name}`)),
      false,
    )
    const time = pick([stream.eventTime!, stream.eventTime!, 'ROWTIME'])
    const keys = this.#random.shuffled(stream.columns.slice(1)).slice(0, below(3))
    const session = keys.length === 0 ? '' : ` PARTITION BY ${keys.map(({ name }) => name).join(', ')}`
    const call = pick([
      `TUMBLE(TABLE ${stream.name}, DESCRIPTOR(${time}), ${seconds()})`,
      `HOP(TABLE ${stream.name}, DESCRIPTOR(${time}), INTERVAL '${size}' SECOND, INTERVAL '${size * (1 + below(4))}' SECOND)`,
      `CUMULATE(TABLE ${stream.name}, DESCRIPTOR(${time}), INTERVAL '${size}' SECOND, INTERVAL '${size * (1 + below(4))}' SECOND)`,
      `SESSION(TABLE ${stream.name}${session}, DESCRIPTOR(${time}), ${seconds()})`,
    ])
    if (!call.startsWith('SESSION') && below(6) === 0) {
      const kinds = this.#kinds(1)
      return {
        text: `SELECT STREAM window_start, ${of.of(kinds[0]!, 1).text} FROM TABLE(${call}) AS x`,
        kinds: ['T', ...kinds],
        rows: stream.rows * 4,
      }
    }
    const items = [
      ...keys.map(({ name, kind }) => ({ text: `x.${name}`, kind })),
      { text: pick(['window_start', 'window_end']), kind: 'T' as const },
      ...this.#aggregates(of, 'group').filter(({ text }) => !/^(FIRST|LAST)_VALUE/.test(text)),
    ]
    const having = below(5) === 0 ? ' HAVING COUNT(*) > 1' : ''
    return {
      text: `SELECT STREAM ${items.map(({ text }) => text).join(', ')} FROM TABLE(${call}) AS x${this.#where(of)} GROUP BY ${[...keys.map(({ name }) => `x.${name}`), 'window_start', 'window_end'].join(', ')}${having}`,
      kinds: items.map(({ kind }) => kind),
      rows: stream.rows * 4,
    }
  }
}

function reference(kind: Kind, text: string): Reference {
  return { kind, text, duck: text }
}
