/** Random programs of one query that DuckDB can be asked as well, and its answer beside ours. */
import { DuckDBInstance } from '@duckdb/node-api'
import { type RowBatch, typedValueAt } from '../../../core/rows.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import { Expressions, KINDS, type Kind, type Reference, SQL_TYPES } from './expressions.ts'
import { INPUT_COLUMNS, TABLE_COLUMNS } from './grammar.ts'
import { type Data, INPUT_SCHEMA, runWay, STRAIGHT, TABLE_SCHEMA } from './ways.ts'

export interface JudgedProgram {
  readonly text: string
  readonly duck: string
  /** of ROWTIME and the columns */
  readonly kinds: readonly Kind[]
}

interface Item {
  readonly text: string
  readonly duck: string
  readonly kind: Kind
}

const NUMBERS: readonly Kind[] = ['I', 'L', 'D', 'M']

/** A filter, a tumbling or sliding window, or a join; `x` is the input in both languages. */
export function judgedProgram(random: SeededRandom): JudgedProgram {
  const { below, pick } = random
  const of = new Expressions(random, relation('x'), true)
  const kinds = Array.from({ length: 1 + below(3) }, () => pick(KINDS))
  const items: Item[] = kinds.map(kind => ({ kind, ...of.of(kind, 3) }))
  const condition = below(2) === 0 ? of.truth(3) : null
  const where = condition === null ? '' : ` WHERE ${condition.text}`
  const input = condition === null ? 'EVENTS_001' : `(select * from EVENTS_001 x where ${condition.duck})`
  const out = (all: readonly Item[], text: string, duck: string): JudgedProgram => ({
    text: `CREATE STREAM O (${all.map(({ kind }, index) => `C${index + 1} ${SQL_TYPES[kind]}`).join(', ')});\nCREATE PUMP P AS INSERT INTO O ${text};`,
    duck,
    kinds: ['T', ...all.map(({ kind }) => kind)],
  })
  const list = (all: readonly Item[], language: 'text' | 'duck'): string => all.map(item => item[language]).join(', ')
  switch (below(5)) {
    case 0:
      return out(
        items,
        `SELECT STREAM ${list(items, 'text')} FROM EVENTS_001 AS x${where}`,
        `select x.arrival, ${list(items, 'duck')} from ${input} x order by x.line`,
      )
    case 1: {
      const term = tumblingTerm(random)
      // A second term of ROWTIME would be refused.
      const keyed = new Expressions(random, relation('x').slice(0, -1), true)
      const keys = kinds
        .slice(0, below(3))
        .map((kind): Item => ({ kind, ...keyed.of(kind, 3) }))
        // GROUP BY 1 is the first column to DuckDB.
        .filter(({ text }) => text.includes('x.'))
      const all = [...keys, ...aggregates(random, of)]
      const having = below(3) === 0 ? ' HAVING COUNT(*) > 1' : ''
      const groups = keys.map(({ duck }) => `, ${duck}`).join('')
      return out(
        all,
        `SELECT STREAM ${list(all, 'text')} FROM EVENTS_001 AS x${where} GROUP BY ${[...keys.map(({ text }) => text), term.text].join(', ')}${having}`,
        `select ${term.end} as w_end, ${list(all, 'duck')} from ${input} x group by w_end${groups}${having} order by w_end, min(x.line)`,
      )
    }
    case 2: {
      const [seconds, rows] = [1 + below(9), below(2) === 0]
      const key = of.of(pick(KINDS), 1)
      const all = aggregates(random, new Expressions(random, relation('x'), true), ' OVER w')
      const inner = all.map(({ duck }) => duck.replaceAll('x.', 'y.'))
      const partner = key.duck.replaceAll('x.', 'y.')
      const frame = rows ? `ROWS ${seconds} PRECEDING` : `RANGE INTERVAL '${seconds}' SECOND PRECEDING`
      const places = `select *, row_number() over (partition by ${key.duck} order by x.line) as place from ${input} x`
      const within = rows ? `y.place >= x.place - ${seconds}` : `y.arrival >= x.arrival - interval ${seconds} second`
      return out(
        all,
        `SELECT STREAM ${list(all, 'text')} FROM EVENTS_001 AS x${where} WINDOW w AS (PARTITION BY ${key.text} ${frame})`,
        `with p as (${places}) select x.arrival, ${inner.join(', ')} from p x join p y on (${key.duck}) is not distinct from (${partner}) and y.line <= x.line and ${within} group by x.line, x.arrival order by x.line`,
      )
    }
    case 3: {
      const [mine, kind] = [pick(['S', 'I'] as const), pick(['', 'LEFT '])]
      const key = of.of(mine, 1)
      const all: Item[] = [
        ...items,
        { kind: 'I', text: 'r.W', duck: 'r.W' },
        { kind: 'S', text: 'r.NAME', duck: 'r.NAME' },
      ]
      const on = `r.${mine === 'S' ? 'K' : 'W'}`
      return out(
        all,
        `SELECT STREAM ${list(all, 'text')} FROM EVENTS_001 AS x ${kind}JOIN LOOKUP AS r ON ${key.text} = ${on}${where}`,
        `select x.arrival, ${list(all, 'duck')} from ${input} x ${kind}join LOOKUP r on ${key.duck} = ${on} order by x.line, r.line`,
      )
    }
    default: {
      const right = new Expressions(random, relation('y'), true)
      const kind = pick(['S', 'I', 'M', 'T'] as const)
      const [a, b] = [of.of(kind, 1), right.of(kind, 1)]
      const [before, after] = [below(8), below(8)]
      const all = [...items, { kind: 'I' as const, ...right.of('I', 2) }]
      return out(
        all,
        `SELECT STREAM ${list(all, 'text')} FROM EVENTS_001 OVER (RANGE INTERVAL '${before}' SECOND PRECEDING) AS x JOIN EVENTS_001 OVER (RANGE INTERVAL '${after}' SECOND PRECEDING) AS y ON ${a.text} = ${b.text}${where}`,
        `select greatest(x.arrival, y.arrival) as t, ${list(all, 'duck')} from ${input} x join EVENTS_001 y on ${a.duck} = ${b.duck}
          and y.arrival - x.arrival <= interval ${before} second and x.arrival - y.arrival <= interval ${after} second
          order by t, x.arrival <= y.arrival, case when x.arrival > y.arrival then x.line else y.line end, case when x.arrival > y.arrival then y.line else x.line end`,
      )
    }
  }
}

function relation(alias: string): Reference[] {
  return [
    ...Object.entries(INPUT_COLUMNS).map(([name, kind]) => ({
      kind,
      text: `${alias}.${name}`,
      duck: `${alias}.${name}`,
    })),
    { kind: 'T', text: `${alias}.ROWTIME`, duck: `${alias}.arrival` },
  ]
}

function tumblingTerm({ below, pick }: SeededRandom): { readonly text: string; readonly end: string } {
  const [ms, unit] = [1_000 * (1 + below(20)), pick(['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH'])]
  return pick([
    { text: 'x.ROWTIME', end: 'x.arrival' },
    { text: 'CEIL(x.ROWTIME TO SECOND)', end: 'make_timestamp((epoch_ms(x.arrival) + 999) // 1000 * 1000000)' },
    { text: `FLOOR(x.ROWTIME TO ${unit})`, end: `date_trunc('${unit}', x.arrival) + interval 1 ${unit}` },
    {
      text: `STEP(x.ROWTIME BY INTERVAL '${ms / 1_000}' SECOND)`,
      end: `make_timestamp((epoch_ms(x.arrival) // ${ms} + 1) * ${ms * 1_000})`,
    },
  ])
}

function aggregates(random: SeededRandom, of: Expressions, over = ''): Item[] {
  const { below, pick } = random
  return Array.from({ length: 1 + below(4) }, (): Item => {
    const kind = pick(KINDS)
    const argument = of.of(kind, 2)
    const call = (name: string, result: Kind): Item => ({
      text: `${name}(${argument.text})${over}`,
      duck: `${name}(${argument.duck})`,
      kind: result,
    })
    const choice = below(7)
    if (choice === 0) return { text: `COUNT(*)${over}`, duck: 'count(x.line)', kind: 'L' }
    if (choice === 1) return call('COUNT', 'L')
    if (choice === 2 && kind !== 'B') return call(pick(['MIN', 'MAX']), kind)
    if (NUMBERS.includes(kind) && choice < 5) {
      if (choice === 3 || kind === 'M') return call('SUM', kind === 'I' ? 'L' : kind)
      if (kind === 'D') return call('AVG', 'D')
      return {
        text: `AVG(${argument.text})${over}`,
        duck: `cast(trunc(sum(${argument.duck}) / count(${argument.duck})) as bigint)`,
        kind,
      }
    }
    if (choice === 5 && (kind === 'I' || kind === 'D')) {
      return call(pick(['VAR_POP', 'VAR_SAMP', 'STDDEV_POP', 'STDDEV_SAMP']), 'D')
    }
    return over === ''
      ? { text: `COUNT(DISTINCT ${argument.text})`, duck: `count(distinct ${argument.duck})`, kind: 'L' }
      : call('COUNT', 'L')
  })
}

/** One DuckDB for many programs. */
export class Judge {
  readonly #instance: DuckDBInstance
  #tables = 0

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance
  }

  static async open(): Promise<Judge> {
    return new Judge(await DuckDBInstance.create(':memory:'))
  }

  close(): void {
    this.#instance.closeSync()
  }

  /** Where our rows and DuckDB's differ, a line each, and how many rows there are. */
  async differences(
    program: JudgedProgram,
    data: Data,
  ): Promise<{ readonly rows: number; readonly lines: readonly string[] }> {
    const plan = planProgram(
      program.text,
      [{ name: 'EVENTS_001', schema: INPUT_SCHEMA }],
      [{ name: 'LOOKUP', schema: TABLE_SCHEMA }],
    )
    const ours = runWay(plan, ['O'], data, STRAIGHT)
    const connection = await this.#instance.connect()
    const schema = `s${++this.#tables}`
    try {
      await connection.run(`set timezone = 'UTC'; create schema ${schema}; use ${schema}`)
      await connection.run(tableText('EVENTS_001', INPUT_COLUMNS, data.inputs[0]!.rows))
      await connection.run(tableText('LOOKUP', TABLE_COLUMNS, data.table))
      const reply = await connection.runAndReadAll(`select columns(*)::VARCHAR from (${program.duck}) q`)
      const theirs = reply.getRows().map(row => row.map(value => (value === null ? 'null' : String(value))))
      const rows = ours.results.O ?? []
      const lines = ours.errors.map(error => `we have an error: ${error}`)
      if (rows.length !== theirs.length) lines.push(`${rows.length} rows, DuckDB has ${theirs.length}`)
      rows.forEach((text, index) => {
        const [mine, other] = [text.split('|'), theirs[index] ?? []]
        const agree =
          mine.length === other.length && mine.every((value, at) => isSame(value, other[at]!, program.kinds[at]!))
        if (!agree) lines.push(`row ${index + 1}: ${text}, DuckDB has ${other.join('|')}`)
      })
      return { rows: rows.length, lines }
    } finally {
      await connection.run(`use memory.main; drop schema if exists ${schema} cascade`)
      connection.closeSync()
    }
  }
}

function isSame(mine: string, other: string, kind: Kind): boolean {
  if (mine === 'null' || other === 'null') return mine === other
  switch (kind) {
    case 'T':
      return Number(mine) === Date.parse(`${other.replace(' ', 'T')}Z`)
    case 'B':
      return (mine === '1') === (other === 'true')
    case 'M': {
      const [whole = '', fraction = ''] = other.split('.')
      return fraction.length <= 2 && BigInt(mine) === BigInt(whole + fraction.padEnd(2, '0'))
    }
    case 'D': {
      const [a, b] = [Number(mine), Number(other)]
      return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))
    }
    case 'S':
      return mine === other
    default:
      return Number(mine) === Number(other)
  }
}

const DUCK_TYPES: Readonly<Record<Kind, string>> = { ...SQL_TYPES, M: 'DECIMAL(8,2)', S: 'VARCHAR' }

function tableText(name: string, columns: Readonly<Record<string, Kind>>, rows: RowBatch): string {
  const entries = Object.entries(columns)
  const declared = entries.map(([column, kind]) => `${column} ${DUCK_TYPES[kind]}`)
  const lines = Array.from({ length: rows.length }, (_, row) => {
    const values = entries.map(([, kind], index) => {
      const value = typedValueAt(rows.columns[index]!, rows.schema.columns[index]!.type, row)
      if (value === null) return 'null'
      if (kind === 'T') return `make_timestamp(${String(value)} * 1000)`
      if (kind === 'B') return String(value === 1)
      if (kind === 'M') return `(${String(value)} / 100.0)::decimal(8,2)`
      return kind === 'S' ? `'${String(value)}'` : String(value)
    })
    return `(${[row + 1, `make_timestamp(${rows.rowtimes[row]! * 1_000})`, ...values].join(', ')})`
  })
  const create = `create table ${name} (line INTEGER, arrival TIMESTAMP, ${declared.join(', ')})`
  return lines.length === 0 ? create : `${create}; insert into ${name} values ${lines.join(', ')}`
}
