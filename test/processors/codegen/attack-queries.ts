/**
 * Programs whose names, aliases and literals are drawn from an attack alphabet, each run as generated code and by the
 * interpreter. What must hold: both give the same rows and errors, nothing but an SqlError refuses one, the canary is
 * untouched, and no object has got a new property.
 */
import { SqlError } from '../../../core/errors.ts'
import { RowBuilder } from '../../../core/row-builder.ts'
import { type RowBatch, typedValueAt, type Value } from '../../../core/rows.ts'
import type { Schema } from '../../../core/schema.ts'
import { parseSqlType } from '../../../core/sql-type.ts'
import { compileProgram } from '../../../processors/compile.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import type { ProgramPlan } from '../../../processors/sql/plan-node.ts'
import { type SeededRandom, seededRandom } from '../../support/seeded-random.ts'

/** What an attack would set if any of it ran. */
export const CANARY = 'millraceCanary'

const HIT = `globalThis.${CANARY}=1`
const ALPHABET: readonly string[] = [
  "'",
  '"',
  '`',
  '\\',
  '\\u0027',
  '\n',
  '\r',
  '\u2028',
  '\u2029',
  '\0',
  '${',
  '}',
  '{',
  '(',
  ')',
  '[',
  ']',
  ';',
  ',',
  '*/',
  '/*',
  '//',
  '-->',
  '<!--',
  '</script>',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'this',
  'eval',
  'import(',
  'new Function',
  'return ',
  'k[0]',
  'v1',
  'f0(0)',
  '\ud800',
  '\udc00',
  '\u{1f600}',
  'e\u0301',
  '%',
  '_',
  ' ',
  'a',
  '0',
  'null',
  HIT,
  `\${${HIT}}`,
  `');${HIT};('`,
  `");${HIT};("`,
  `\`);${HIT};(\``,
  `*/${HIT}/*`,
  `\n${HIT}\n`,
  `\u2028${HIT}\u2028`,
  `}};${HIT};{{`,
  `constructor.constructor("${HIT}")()`,
]

const STREAM = 'SOURCE_SQL_STREAM_001'
const TYPES = ['INTEGER', 'VARCHAR(256)', 'DOUBLE', 'BOOLEAN', 'BIGINT', 'DECIMAL(10,2)', 'TIMESTAMP', 'VARCHAR(256)']

export interface AttackResult {
  readonly ran: number
  /** programs that an SqlError refused, in both ways */
  readonly refused: number
  /** generated queries that gave at least one row */
  readonly withRows: number
}

/**
 * Runs `count` programs from a seed.
 * @throws Error for the first that breaks what must hold, with its text
 */
export function attack(seed: number, count: number): AttackResult {
  const result = { ran: 0, refused: 0, withRows: 0 }
  const properties = Object.getOwnPropertyNames(Object.prototype).length
  for (let n = 0; n < count; n++) {
    const random = seededRandom(seed * 1_000_000_007 + n)
    const query = new Query(random)
    const plan = planOf(query)
    if (plan === null) result.refused++
    else {
      const batch = query.rows()
      const generated = run(plan, batch, 'auto')
      const interpreted = run(plan, batch, 'off')
      if (generated !== interpreted)
        throw new Error(`seed ${seed}, query ${n}: ${generated}\nin place of ${interpreted}\n${query.text}`)
      result.ran++
      if (generated.startsWith('[[')) result.withRows++
    }
    if (Reflect.has(globalThis, CANARY)) throw new Error(`seed ${seed}, query ${n} ran an attack: ${query.text}`)
    if (Object.getOwnPropertyNames(Object.prototype).length !== properties)
      throw new Error(`seed ${seed}, query ${n} gave Object.prototype a property: ${query.text}`)
  }
  return result
}

function planOf({ text, schema }: Query): ProgramPlan | null {
  try {
    return planProgram(text, [{ name: STREAM, schema }])
  } catch (error) {
    if (error instanceof SqlError) return null
    throw error
  }
}

/** Rows and errors as text, or the refusal of a program that is refused when it is compiled. */
function run(plan: ProgramPlan, batch: RowBatch, codegen: 'auto' | 'off'): string {
  const errors: string[] = []
  try {
    const program = compileProgram(plan, {
      errors: {
        add: ({ name, message, data }) => void errors.push(`${name} ${message} ${Buffer.from(data).toString()}`),
      },
      outputs: [plan.streams.find(({ origin }) => origin === 'program')!.name],
      startedAt: 0,
      rowTimestamp: 'rowtime',
      codegen,
    })
    program.push(STREAM, batch)
    program.advance(Infinity)
    const rows: unknown[] = []
    for (let more = true; more; ) {
      more = program.work()
      for (const { rows: result } of program.takeResults())
        for (let row = 0; row < result.length; row++)
          rows.push(
            result.columns.map((column, i) => String(typedValueAt(column, result.schema.columns[i]!.type, row))),
          )
    }
    return JSON.stringify(rows) + JSON.stringify(errors)
  } catch (error) {
    if (error instanceof SqlError) return `refused: ${error.message}`
    throw error
  }
}

class Query {
  readonly #random: SeededRandom
  readonly schema: Schema
  readonly text: string

  constructor(random: SeededRandom) {
    this.#random = random
    const names = new Set<string>(['ROWTIME'])
    this.schema = {
      columns: TYPES.map(type => ({ name: this.#newName(names), type: parseSqlType(type), nullable: true })),
    }
    this.text = random.below(4) === 0 ? this.#grouped() : this.#plain()
  }

  rows(): RowBatch {
    const builder = new RowBuilder(this.schema)
    for (let row = 0; row < 4; row++) {
      const values: Value[] = [
        this.#random.pick([0, 1, -7, null]),
        this.#random.below(5) === 0 ? null : this.#attack(),
        this.#random.pick([0.5, -1, 1e300, null]),
        this.#random.pick([0, 1, null]),
        this.#random.pick([0n, 5n, -9n, null]),
        this.#random.pick([125n, 0n, null]),
        this.#random.pick([0, 86_400_000, null]),
        this.#random.pick(['a', '', this.#attack(), null]),
      ]
      builder.add(row * 1_000, values)
    }
    return builder.take()
  }

  #attack(): string {
    let text = ''
    for (let parts = 1 + this.#random.below(4); parts > 0; parts--) text += this.#random.pick(ALPHABET)
    return text
  }

  #newName(taken: Set<string>): string {
    let name = ''
    const withControls = this.#random.below(100) === 0
    // Control characters in names are refused; a few may be.
    do {
      name = this.#attack().slice(0, 100)
      // oxlint-disable-next-line no-control-regex -- it is what is taken out
      if (!withControls) name = name.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '')
    } while (name === '' || taken.has(name))
    taken.add(name)
    return name
  }

  #quoted(name: string): string {
    return `"${name.replaceAll('"', '""')}"`
  }

  #string(text = this.#attack()): string {
    return `'${text.replaceAll("'", "''")}'`
  }

  #column(index: number): string {
    return this.#quoted(this.schema.columns[index]!.name)
  }

  #texts(): string {
    return this.#column(this.#random.pick([1, 7]))
  }

  #text(depth: number): string {
    const one = (): string => this.#text(depth - 1)
    switch (this.#random.below(depth > 0 ? 7 : 2)) {
      case 0:
        return this.#texts()
      case 1:
        return this.#string()
      case 2:
        return `COALESCE(${this.#texts()}, ${this.#string()})`
      case 3:
        return `CASE WHEN ${this.#truth(depth - 1)} THEN ${one()} ELSE ${one()} END`
      case 4:
        return `${this.#random.pick(['UPPER', 'LOWER'])}(${one()})`
      case 5:
        return `(${one()} || ${this.#string()})`
      default:
        return `SUBSTRING(${one()} FROM ${1 + this.#random.below(3)})`
    }
  }

  #number(depth: number): string {
    const one = (): string => this.#number(depth - 1)
    switch (this.#random.below(depth > 0 ? 7 : 2)) {
      case 0:
        return this.#column(this.#random.pick([0, 2, 4, 5]))
      case 1:
        return this.#random.pick(['0', '-1', '7', '1.5', '2147483647', '1e10'])
      case 2:
        return `(${one()} ${this.#random.pick(['+', '-', '*', '/'])} ${one()})`
      case 3:
        return `CHAR_LENGTH(${this.#text(depth - 1)})`
      case 4:
        return `CAST(${this.#text(depth - 1)} AS INTEGER)`
      case 5:
        return `POSITION(${this.#string()} IN ${this.#texts()})`
      default:
        return `CASE WHEN ${this.#truth(depth - 1)} THEN ${one()} ELSE ${one()} END`
    }
  }

  #truth(depth: number): string {
    switch (this.#random.below(depth > 0 ? 8 : 3)) {
      case 0:
        return `${this.#texts()} = ${this.#string()}`
      case 1:
        return `${this.#column(0)} > ${this.#random.below(3)}`
      case 2:
        return this.#column(3)
      case 3:
        return `${this.#text(depth - 1)} ${this.#random.pick(['<>', '<', '>='])} ${this.#text(depth - 1)}`
      case 4:
        return `${this.#texts()} LIKE ${this.#string()}`
      case 5:
        return `(${this.#truth(depth - 1)} ${this.#random.pick(['AND', 'OR'])} ${this.#truth(depth - 1)})`
      case 6:
        return `${this.#texts()} IN (${this.#string()}, ${this.#string()})`
      default:
        return `${this.#number(depth - 1)} < ${this.#number(depth - 1)}`
    }
  }

  #plain(): string {
    const items = [this.#text(3), this.#number(3), this.#truth(3)]
    const where = this.#random.below(2) === 0 ? '' : ` WHERE ${this.#truth(3)}`
    return this.#program(['VARCHAR(2000)', 'DOUBLE', 'BOOLEAN'], items, where)
  }

  #grouped(): string {
    const alias = this.#quoted('s')
    const group = ` GROUP BY ${this.#texts()}, STEP(${alias}.ROWTIME BY INTERVAL '1' MINUTE)`
    return this.#program(
      ['VARCHAR(2000)', 'BIGINT', 'DOUBLE'],
      [`MAX(${this.#text(2)})`, 'COUNT(*)', `SUM(${this.#number(2)})`],
      group,
    )
  }

  #program(types: readonly string[], items: readonly string[], rest: string): string {
    const names = new Set<string>(['ROWTIME', STREAM])
    const [target, pump] = [this.#quoted(this.#newName(names)), this.#quoted(this.#newName(names))]
    const columns = types.map(type => `${this.#quoted(this.#newName(names))} ${type}`)
    const aliased = items.map(item => `${item} AS ${this.#quoted(this.#newName(names))}`)
    return (
      `CREATE OR REPLACE STREAM ${target} (${columns.join(', ')});\n` +
      `CREATE OR REPLACE PUMP ${pump} AS INSERT INTO ${target} SELECT STREAM ${aliased.join(', ')} FROM "${STREAM}" AS "s"${rest};`
    )
  }
}
