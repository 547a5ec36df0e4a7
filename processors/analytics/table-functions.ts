/**
 * The table functions by name: from the arguments of a call to a plan, which is plain data, and the columns that come
 * out. The binder calls `tableFunctionPlan`; operators/table-function.ts runs the plan.
 */
import { MillraceError } from '../../core/errors.ts'
import { type Column, columnIndex, type Schema } from '../../core/schema.ts'
import { LENGTH_MAX, type SqlType } from '../../core/sql-type.ts'
import { COUNT_DISTINCT, TOP_K, tumblingWindowMs, wholeArgument } from './arguments.ts'
import { GROUP_RANK, type GroupRankParameters, groupRankParameters } from './group-rank-parameters.ts'
import { HOTSPOTS, type HotspotsParameters, hotspotsParameters } from './hotspots.ts'
import { type ForestParameters, forestParameters } from './random-cut-forest/parameters.ts'

export type TableFunctionPlan =
  | {
      readonly kind: 'random-cut-forest'
      readonly parameters: ForestParameters
      /** indexes of the numeric columns */
      readonly columns: readonly number[]
      /** null: without ANOMALY_EXPLANATION */
      readonly explanation: { readonly withDirectionality: boolean } | null
    }
  | { readonly kind: 'hotspots'; readonly parameters: HotspotsParameters; readonly columns: readonly number[] }
  | { readonly kind: 'top-k-items'; readonly column: number; readonly k: number; readonly windowMs: number }
  | { readonly kind: 'count-distinct-items'; readonly column: number; readonly windowMs: number }
  | { readonly kind: 'group-rank'; readonly parameters: GroupRankParameters }

export interface BoundTableFunction {
  readonly plan: TableFunctionPlan
  /** columns of the rows that come out; ROWTIME is beside them as always */
  readonly schema: Schema
}

/** A literal argument. */
export type TableFunctionArgument = number | string | boolean

const FOREST = 'RANDOM_CUT_FOREST'
const EXPLAINED_FOREST = 'RANDOM_CUT_FOREST_WITH_EXPLANATION'

export const TABLE_FUNCTIONS: readonly string[] = [
  FOREST,
  EXPLAINED_FOREST,
  HOTSPOTS,
  TOP_K,
  COUNT_DISTINCT,
  GROUP_RANK,
]

const DOUBLE: SqlType = { kind: 'DOUBLE' }
const BIGINT: SqlType = { kind: 'BIGINT' }
const TEXT: SqlType = { kind: 'VARCHAR', length: LENGTH_MAX }

/**
 * @param name in upper case, one of TABLE_FUNCTIONS
 * @param args what follows the cursor
 * @param input columns of the cursor, those that the program can see
 * @throws MillraceError `invalid_argument` with the argument and its range, without a place: the caller adds it;
 *   `state_limit` where the parameters ask for more memory than one function gets
 */
export function tableFunctionPlan(
  name: string,
  args: readonly TableFunctionArgument[],
  input: Schema,
): BoundTableFunction {
  const given = new Arguments(name, args, input)
  switch (name) {
    case FOREST:
    case EXPLAINED_FOREST:
      return forest(name, given, input)
    case HOTSPOTS: {
      given.expect(3, 3, 'windowSize, scanRadius, minimumNumberOfPointsInAHotspot')
      const columns = numericColumns(input)
      const parameters = hotspotsParameters(
        {
          windowSize: given.number(0, 'windowSize'),
          scanRadius: given.number(1, 'scanRadius'),
          minimumNumberOfPointsInAHotspot: given.number(2, 'minimumNumberOfPointsInAHotspot'),
        },
        columns.length,
      )
      const schema = extended(name, input, [{ name: 'HOTSPOTS_RESULT', type: TEXT, nullable: false }])
      return { plan: { kind: 'hotspots', parameters, columns }, schema }
    }
    case TOP_K: {
      given.expect(3, 3, "'column', k, seconds")
      const k = wholeArgument(`k of ${TOP_K}`, given.number(1, 'k'), 1, 100_000)
      const windowMs = tumblingWindowMs(TOP_K, given.number(2, 'window'))
      const columns = [
        { name: 'ITEM', type: { kind: 'VARCHAR', length: 1_024 } as const, nullable: false },
        { name: 'ITEM_COUNT', type: BIGINT, nullable: false },
      ]
      return { plan: { kind: 'top-k-items', column: given.item(0), k, windowMs }, schema: { columns } }
    }
    case COUNT_DISTINCT: {
      given.expect(2, 2, "'column', seconds")
      const windowMs = tumblingWindowMs(COUNT_DISTINCT, given.number(1, 'window'))
      const columns = [{ name: 'NUMBER_OF_DISTINCT_ITEMS', type: BIGINT, nullable: false }]
      return { plan: { kind: 'count-distinct-items', column: given.item(0), windowMs }, schema: { columns } }
    }
    case GROUP_RANK: {
      given.expect(6, 6, "'rankBy', 'rankOut', 'asc' or 'desc', 'asc' or 'desc', maxIdle, outputMax")
      const rankBy = given.column(0)
      const parameters = groupRankParameters({
        rankBy,
        rankByType: input.columns[rankBy]!.type,
        sortOrder: given.text(2, 'sortOrder'),
        outputOrder: given.text(3, 'outputOrder'),
        maxIdle: given.number(4, 'maxIdle'),
        outputMax: given.number(5, 'outputMax'),
      })
      const rank = { name: given.text(1, 'rankOut'), type: { kind: 'INTEGER' } as const, nullable: false }
      return { plan: { kind: 'group-rank', parameters }, schema: extended(name, input, [rank]) }
    }
    default:
      throw invalid(`table function ${name} is unknown; there are ${TABLE_FUNCTIONS.join(', ')}`)
  }
}

/** Indexes of the columns that count as numbers here: not DECIMAL, whose values are exact. */
export function numericColumns(schema: Schema): number[] {
  const kinds = new Set<string>(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'REAL', 'DOUBLE'])
  return schema.columns.flatMap(({ type }, index) => (kinds.has(type.kind) ? [index] : []))
}

function forest(name: string, given: Arguments, input: Schema): BoundTableFunction {
  const explained = name === EXPLAINED_FOREST
  const names = ['numberOfTrees', 'subSampleSize', 'timeDecay', 'shingleSize'] as const
  given.expect(0, explained ? 5 : 4, `${names.join(', ')}${explained ? ', withDirectionality' : ''}`)
  const columns = numericColumns(input)
  const numbers = names.slice(0, given.length).map((parameter, index) => [parameter, given.number(index, parameter)])
  const parameters = forestParameters(Object.fromEntries(numbers), columns.length)
  const added: Column[] = [{ name: 'ANOMALY_SCORE', type: DOUBLE, nullable: false }]
  if (explained) added.push({ name: 'ANOMALY_EXPLANATION', type: TEXT, nullable: false })
  const explanation = explained ? { withDirectionality: given.length > 4 && given.boolean(4) } : null
  return {
    plan: { kind: 'random-cut-forest', parameters, columns, explanation },
    schema: extended(name, input, added),
  }
}

function extended(name: string, input: Schema, added: readonly Column[]): Schema {
  for (const column of added)
    if (columnIndex(input, column.name) >= 0)
      throw invalid(`${name} adds the column "${column.name}", which its cursor has already; give that one an alias`)
  return { columns: [...input.columns, ...added] }
}

/** Checks literals one by one, so that every error names the parameter. */
class Arguments {
  readonly #name: string
  readonly #values: readonly TableFunctionArgument[]
  readonly #input: Schema

  constructor(name: string, values: readonly TableFunctionArgument[], input: Schema) {
    this.#name = name
    this.#values = values
    this.#input = input
  }

  get length(): number {
    return this.#values.length
  }

  expect(least: number, most: number, names: string): void {
    if (this.length >= least && this.length <= most) return
    const count = least === most ? `${most}` : `${least} to ${most}`
    throw invalid(`${this.#name} got ${this.length} arguments after its cursor; give ${count}: ${names}`)
  }

  number(index: number, parameter: string): number {
    const value = this.#values[index]
    if (typeof value === 'number') return value
    throw invalid(`${parameter} of ${this.#name} is ${shown(value)}; give a number`)
  }

  text(index: number, parameter: string): string {
    const value = this.#values[index]
    if (typeof value === 'string') return value
    throw invalid(`${parameter} of ${this.#name} is ${shown(value)}; give a text in single quotes`)
  }

  boolean(index: number): boolean {
    const value = this.#values[index]
    if (typeof value === 'boolean') return value
    throw invalid(`withDirectionality of ${this.#name} is ${shown(value)}; give TRUE or FALSE`)
  }

  /** The index of a column that is named by a text, as stored. */
  column(index: number): number {
    const name = this.text(index, 'column')
    const found = columnIndex(this.#input, name)
    if (found >= 0) return found
    const names = this.#input.columns.map(column => `'${column.name}'`).join(', ')
    throw invalid(`column '${name}' of ${this.#name} is not in its cursor, which has ${names}; case matters`)
  }

  /** A column whose values can be told as text. */
  item(index: number): number {
    const found = this.column(index)
    const { name, type } = this.#input.columns[found]!
    if (type.kind !== 'BINARY' && type.kind !== 'VARBINARY') return found
    throw invalid(`column '${name}' of ${this.#name} is ${type.kind}; give one of text, numbers or times`)
  }
}

function shown(value: TableFunctionArgument | undefined): string {
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'boolean' ? String(value).toUpperCase() : String(value)
}

function invalid(message: string): MillraceError {
  return new MillraceError('invalid_argument', message)
}
