/**
 * Golden programs: a program over a file of records, run as a task over shards, with every result row written down.
 * The header of a program is its first lines:
 *
 *     -- input: FILE.jsonl     records, one a line; beside the program or in sql/inputs/; arrivals are its column `arrival`
 *     -- schema: FILE.json     InputSchema of the input
 *     -- error:                in place of `input`: the program is refused, and what it is told is the result
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { ByteWriter } from '../../core/byte-writer.ts'
import { createDecoder, schemaOf } from '../../core/codecs/decoder.ts'
import { type InputSchema, parseInputSchema } from '../../core/codecs/input-schema.ts'
import { JsonLinesEncoder } from '../../core/codecs/json-lines.ts'
import { ERROR_STREAM_SCHEMA, type ErrorOutput } from '../../core/error-output.ts'
import { renderSqlError, SqlError } from '../../core/errors.ts'
import { type RowBatch, typedValueAt, type Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import type { Sink } from '../../core/sink.ts'
import { type Application, compileApplication } from '../../processors/application.ts'
import { StateReader } from '../../processors/operators/state-reader.ts'
import { StateWriter } from '../../processors/operators/state-writer.ts'
import type { Program } from '../../processors/program.ts'
import { ColumnArrivals } from '../../processors/replay/arrivals.ts'
import { FileSource } from '../../processors/replay/file-source.ts'
import type { LineBatch } from '../../processors/replay/line-reader.ts'
import { runTask, type TaskProgram } from '../../processors/task.ts'
import { memoryEnv } from '../support/memory-env.ts'

const FOLDER = join(import.meta.dirname, 'sql')
const STARTED_AT = Date.UTC(2024, 0, 1)

export interface GoldenProgram {
  /** area/name */
  readonly name: string
  readonly text: string
  /** what must come out, and where it is written down */
  readonly expectedPath: string
  /** path of the records; null for a program that is refused */
  readonly input: string | null
  readonly schema: InputSchema
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
  const header = new Map<string, string>()
  for (const line of text.split('\n')) {
    const found = /^-- (input|schema|error):(.*)$/.exec(line)
    if (found === null) break
    header.set(found[1]!, found[2]!.trim())
  }
  const fileOf = (key: string): string => {
    const name = header.get(key)
    if (name === undefined) throw new Error(`${path} has no "-- ${key}:" among its first lines`)
    const beside = join(dirname(path), name)
    return existsSync(beside) ? beside : join(FOLDER, 'inputs', name)
  }
  const duckdb = path.replace(/\.sql$/, '.duckdb.sql')
  return {
    name: relative(FOLDER, path).replace(/\.sql$/, ''),
    text,
    expectedPath: path.replace(/\.sql$/, '.expected'),
    input: header.has('error') ? null : fileOf('input'),
    schema: parseInputSchema(JSON.parse(readFileSync(fileOf('schema'), 'utf8'))),
    duckdb: existsSync(duckdb) ? readFileSync(duckdb, 'utf8') : null,
  }
}

export interface GoldenWay {
  readonly shards: number
  /** records of a batch at most */
  readonly batch: number
  /** a new program after each batch, from a snapshot of the one before */
  readonly restoring: boolean
}

/** Straight through first; all others must give the same. */
export const WAYS: readonly GoldenWay[] = [
  { shards: 1, batch: 1_024, restoring: false },
  { shards: 1, batch: 1, restoring: false },
  { shards: 1, batch: 7, restoring: false },
  { shards: 2, batch: 1_024, restoring: false },
  { shards: 7, batch: 7, restoring: false },
  { shards: 1, batch: 1, restoring: true },
  { shards: 2, batch: 7, restoring: true },
]

export interface GoldenResult {
  /** `STREAM<TAB>row as JSON`: streams in the order of the program, errors last, rows as they came */
  readonly lines: readonly string[]
  readonly rows: ReadonlyMap<string, { readonly schema: Schema; readonly values: readonly Value[][] }>
}

/** What a refused program is told, as a terminal shows it. */
export function refusalOf(program: GoldenProgram): string {
  try {
    compile(program)
  } catch (error) {
    if (error instanceof SqlError) return `${renderSqlError(error, program.text)}\n`
    throw error
  }
  return 'the program is not refused\n'
}

export async function runGolden(program: GoldenProgram, way: GoldenWay): Promise<GoldenResult> {
  const application = compile(program)
  const { schema, input } = program
  if (input === null) throw new Error(`${program.name} has no input`)
  const arrivals = new ColumnArrivals(options => createDecoder(schema, options), schemaOf(schema), 'arrival')
  const env = memoryEnv({ startAt: STARTED_AT })
  const sinks = new Map(application.outputs.map(stream => [stream, new Collector()] as const))
  await runTask({
    env,
    source: new FileSource({ name: basename(input), lines: arrivals.stamped(linesOf(input)), shards: way.shards }),
    decoder: application.createDecoder(),
    inputStreams: application.inputStreams,
    program: errors => (way.restoring ? new Restoring(application, errors) : start(application, errors)),
    sinks,
    merge: { idleSlackMs: 0, recordsPerBatchMax: way.batch },
    errorTime: 'rowtime',
    placeOf: ({ sequenceNumber }) => `line ${sequenceNumber}`,
  })
  const streams = [...sinks]
  return {
    lines: streams.flatMap(([stream, sink]) => sink.lines.map(line => `${stream}\t${line}`)),
    rows: new Map(
      streams.map(([stream, { values }]) => {
        return [stream, { schema: application.schemaOf(stream) ?? ERROR_STREAM_SCHEMA, values }]
      }),
    ),
  }
}

function compile({ text, schema }: GoldenProgram): Application {
  return compileApplication({ text, input: { schema } })
}

function start(application: Application, errors: ErrorOutput): Program {
  return application.start({ errors, startedAt: STARTED_AT, rowTimestamp: 'rowtime' })
}

async function* linesOf(path: string): AsyncGenerator<LineBatch> {
  const texts = readFileSync(path, 'utf8').split('\n')
  const lines = texts.flatMap((text, index) => (text === '' ? [] : [{ bytes: Buffer.from(text), number: index + 1 }]))
  let end = 0
  const offsets = lines.map(({ bytes }) => (end += bytes.length) - bytes.length)
  if (lines.length === 0) return
  yield {
    length: lines.length,
    bytes: Buffer.concat(lines.map(({ bytes }) => bytes)),
    offsets: Int32Array.from(offsets),
    sizes: Int32Array.from(lines, ({ bytes }) => bytes.length),
    numbers: Float64Array.from(lines, ({ number }) => number),
  }
}

class Collector implements Sink {
  readonly lines: string[] = []
  /** rowtime, then the columns */
  readonly values: Value[][] = []
  readonly #encoder = new JsonLinesEncoder({ rowtime: true })

  async write(rows: RowBatch): Promise<void> {
    const out = new ByteWriter()
    this.#encoder.encode(rows, out)
    this.lines.push(...Buffer.from(out.take()).toString('utf8').trimEnd().split('\n'))
    for (let row = 0; row < rows.length; row++) {
      const values = rows.columns.map((column, index) => typedValueAt(column, rows.schema.columns[index]!.type, row))
      this.values.push([rows.rowtimes[row]!, ...values])
    }
  }

  advance(): void {
    // Rows say their times.
  }

  async close(): Promise<void> {}
}

/** A program that is given up before each batch, for a new one that continues from its snapshot. */
class Restoring implements TaskProgram {
  readonly #application: Application
  readonly #errors: ErrorOutput
  #program: Program

  constructor(application: Application, errors: ErrorOutput) {
    this.#application = application
    this.#errors = errors
    this.#program = start(application, errors)
  }

  push(stream: string, rows: RowBatch): void {
    const writer = new StateWriter()
    const parts: Uint8Array[] = []
    for (const _ of this.#program.snapshot(writer)) parts.push(writer.take())
    parts.push(writer.take())
    this.#program = start(this.#application, this.#errors)
    this.#program.restore(new StateReader(Buffer.concat(parts)))
    this.#program.push(stream, rows)
  }

  advance(bound: number): void {
    this.#program.advance(bound)
  }

  work(): boolean {
    return this.#program.work()
  }

  takeResults(): ReturnType<Program['takeResults']> {
    return this.#program.takeResults()
  }
}
