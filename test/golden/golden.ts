/**
 * Golden programs: a program over a file of records, run as a task over shards, with every result row written down.
 * The header of a program stands among the comments of its first lines:
 *
 *     -- input: FILE           records, one a line; beside the program or in sql/inputs/; arrivals are its column `arrival`
 *     -- schema: FILE.json     InputSchema of the input; default: name of the input with .schema.json
 *     -- reference: TABLE=FILE[, schema FILE.json]   a reference table; its schema by default as that of the input
 *     -- parallelism: N        InputParallelism; default 1
 *     -- shards: N             the input lies on so many shards in every way: for results that show which shard a row came from
 *     -- event-time: COLUMN    of the input: what a program with a watermark, or a sort WITHIN an interval, goes by; or
 *     -- event-time: no, REASON    where its results depend on the order of arrival after all
 *     -- covers: NAME, NAME    rows of the tables of features.ts that reading the program cannot tell
 *     -- error:                in place of `input`: the program is refused, and what it is told is the result
 *
 * How programs are run is in ways.ts.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { type InputSchema, parseInputSchema } from '../../core/codecs/input-schema.ts'
import { renderSqlError, SqlError } from '../../core/errors.ts'
import { type Application, compileApplication } from '../../processors/application.ts'

const FOLDER = join(import.meta.dirname, 'sql')
const HEADER = /^-- (input|schema|reference|parallelism|shards|event-time|covers|error):(.*)$/

export interface GoldenTable {
  readonly name: string
  /** path of its file */
  readonly file: string
  readonly schema: InputSchema
}

export interface GoldenProgram {
  /** area/name */
  readonly name: string
  readonly text: string
  /** what must come out, and where it is written down */
  readonly expectedPath: string
  /** path of the records; null for a program that is refused */
  readonly input: string | null
  readonly schema: InputSchema
  readonly tables: readonly GoldenTable[]
  readonly parallelism: number
  /** null: any number gives the same */
  readonly shards: number | null
  /** column of the input; null where the program has no event time, or the order of arrival shows in its results all the same */
  readonly eventTime: string | null
  readonly saysEventTime: boolean
  readonly covers: readonly string[]
  /** the same question for DuckDB, or null */
  readonly duckdb: string | null
}

/** Every program below sql/, by name. */
export function goldenPrograms(): readonly GoldenProgram[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.sql') && !file.endsWith('.duckdb.sql'))
    .toSorted()
    .map(file => readProgram(join(FOLDER, file)))
}

function readProgram(path: string): GoldenProgram {
  const text = readFileSync(path, 'utf8')
  const header = readHeader(text)
  const valueOf = (key: string): string | undefined => header.find(([name]) => name === key)?.[1]
  const pathOf = (name: string): string => {
    const beside = join(dirname(path), name)
    return existsSync(beside) ? beside : join(FOLDER, 'inputs', name)
  }
  const schemaOf = (file: string, schema: string | undefined): InputSchema => {
    const schemaPath = pathOf(schema ?? file.replace(/\.\w+$/, '.schema.json'))
    return parseInputSchema(JSON.parse(readFileSync(schemaPath, 'utf8')), basename(schemaPath))
  }
  const isRefused = valueOf('error') !== undefined
  const input = valueOf('input') ?? (isRefused ? 'ticks.jsonl' : undefined)
  if (input === undefined) throw new Error(`${path} has no "-- input:" among its first lines`)
  const eventTime = valueOf('event-time')
  const shards = valueOf('shards')
  const duckdb = path.replace(/\.sql$/, '.duckdb.sql')
  return {
    name: relative(FOLDER, path).replace(/\.sql$/, ''),
    text,
    expectedPath: path.replace(/\.sql$/, '.expected'),
    input: isRefused ? null : pathOf(input),
    schema: schemaOf(input, valueOf('schema')),
    tables: header.flatMap(([key, value]) => {
      if (key !== 'reference') return []
      const found = /^([^=]+)=([^,]+)(?:, schema (.+))?$/.exec(value)
      if (found === null) throw new Error(`${path}: "-- reference: TABLE=FILE[, schema FILE]" is meant, not "${value}"`)
      const [, name = '', file = '', schema] = found
      return [{ name, file: pathOf(file), schema: schemaOf(file, schema) }]
    }),
    parallelism: Number(valueOf('parallelism') ?? 1),
    shards: shards === undefined ? null : Number(shards),
    eventTime: eventTime === undefined || /^no, \w/.test(eventTime) ? null : eventTime,
    saysEventTime: eventTime !== undefined,
    covers: header.flatMap(([key, value]) => (key === 'covers' ? value.split(/,\s*/) : [])),
    duckdb: existsSync(duckdb) ? readFileSync(duckdb, 'utf8') : null,
  }
}

function readHeader(text: string): readonly (readonly [key: string, value: string])[] {
  const entries: (readonly [string, string])[] = []
  for (const line of text.split('\n')) {
    const found = HEADER.exec(line)
    if (found !== null) entries.push([found[1]!, found[2]!.trim()])
    else if (!line.startsWith('--')) break
  }
  return entries
}

/** The program without its header. */
export function bodyOf({ text }: GoldenProgram): string {
  const lines = text.split('\n')
  const first = lines.findIndex(line => !line.startsWith('--'))
  return lines.filter((line, index) => index >= first || !HEADER.test(line)).join('\n')
}

/** @param outputs default: the streams that no pump reads */
export function compileGolden(program: GoldenProgram, outputs?: readonly string[]): Application {
  const { text, schema, parallelism, tables } = program
  return compileApplication({
    text,
    input: { schema, parallelism },
    referenceTables: tables.map(table => ({ name: table.name, schema: table.schema })),
    ...(outputs === undefined ? {} : { outputs }),
  })
}

/** What a refused program is told, as a terminal shows it. */
export function refusalOf(program: GoldenProgram): string {
  try {
    compileGolden(program)
  } catch (error) {
    if (error instanceof SqlError) return `${renderSqlError(error, program.text)}\n`
    throw error
  }
  return 'the program is not refused\n'
}
