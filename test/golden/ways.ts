/**
 * The ways in which a golden program is run. Whatever the way, the rows are the same; `WAYS` is the place for more of them.
 * One thing differs where event time is shuffled: a window of event time leaves when a row moves the watermark past its end,
 * so ROWTIME, which says when that was, and the order of rows that wait for different windows follow the arrivals. Such runs
 * are compared without ROWTIME and without order (`comparable`); which rows come out, and what they say, is the same.
 */
import { readFileSync } from 'node:fs'
import { assert } from '../../core/assert.ts'
import { ByteWriter } from '../../core/byte-writer.ts'
import type { Decoder } from '../../core/codec.ts'
import { scanColumnOf } from '../../core/codecs/json/scan/scan-column.ts'
import type { ScannerKind } from '../../core/codecs/json/scan/scan-path.ts'
import { createWasmScanner } from '../../core/codecs/json/scan/wasm-scanner.ts'
import { JsonLinesEncoder } from '../../core/codecs/json-lines.ts'
import { ERROR_STREAM_SCHEMA, type ErrorOutput } from '../../core/error-output.ts'
import { type RowBatch, typedValueAt, type Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import type { Sink } from '../../core/sink.ts'
import type { Application } from '../../processors/application.ts'
import type { Codegen } from '../../processors/codegen/expression-compiler.ts'
import { StateReader } from '../../processors/operators/state-reader.ts'
import { StateWriter } from '../../processors/operators/state-writer.ts'
import type { Program } from '../../processors/program.ts'
import type { StampedLines } from '../../processors/replay/arrivals.ts'
import { runTask, type TaskProgram } from '../../processors/task.ts'
import { memoryEnv } from '../support/memory-env.ts'
import { SpoilingDecoder } from '../support/spoiling-decoder.ts'
import { compileGolden, type GoldenProgram } from './golden.ts'
import { fileOf, readLines, reshardedStream, STARTED_AT } from './inputs.ts'
import { shuffle, toleranceOf } from './shuffle.ts'

/** Whether the best scanner there is, which `auto` takes, is the one in WebAssembly. */
const isWasmHere = createWasmScanner([scanColumnOf({ kind: 'DOUBLE' })]) !== null

export interface GoldenWay {
  readonly name: string
  /** how many shards the input lies on; `split` and `merged` midway: a stream of two, one of which is split, and all but one of which are merged again */
  readonly shards: number | 'split and merged'
  /** records of a batch at most */
  readonly batch: number
  /** a new program after each batch, from a snapshot of the one before */
  readonly restoring?: boolean
  /** what reads JSON; default: the best there is, WebAssembly */
  readonly scanner?: ScannerKind
  /** `off`: expressions are interpreted; default: generated code */
  readonly codegen?: Codegen
  /** rows in another order of arrival, within what the program tolerates; only programs over event time are run so */
  readonly shuffleSeed?: number
}

/** Straight through first; all others must give the same. */
export const WAYS: readonly GoldenWay[] = [
  { name: 'straight', shards: 1, batch: 1_024 },
  { name: 'rows one by one, restored after each', shards: 1, batch: 1, restoring: true, scanner: 'javascript' },
  { name: 'batches of 7', shards: 1, batch: 7, scanner: 'none' },
  { name: 'two shards, interpreted', shards: 2, batch: 1_024, codegen: 'off' },
  { name: 'seven shards', shards: 7, batch: 1, scanner: 'javascript', codegen: 'off' },
  {
    name: 'two shards, restored after each batch of 7',
    shards: 2,
    batch: 7,
    restoring: true,
    scanner: 'none',
    codegen: 'off',
  },
  { name: 'shards split and merged midway', shards: 'split and merged', batch: 1_024 },
  { name: 'shards split and merged midway, restored', shards: 'split and merged', batch: 7, restoring: true },
  { name: 'shuffled', shards: 1, batch: 7, shuffleSeed: 1 },
  { name: 'shuffled otherwise, restored', shards: 1, batch: 1, restoring: true, shuffleSeed: 2 },
]

export interface GoldenResult {
  /** `STREAM<TAB>row as JSON`: streams in the order of the program, errors last, rows as they came */
  readonly lines: readonly string[]
  readonly rows: ReadonlyMap<string, { readonly schema: Schema; readonly values: readonly Value[][] }>
}

/** Runs one program in several ways; compiled once. */
export class GoldenRunner {
  readonly #program: GoldenProgram
  readonly #application: Application
  readonly #references: ReadonlyMap<string, Uint8Array>
  readonly #toleranceMs: number | null
  /** of the program run straight through */
  #straight: GoldenResult | null = null
  #lines: Promise<StampedLines | null> | null = null
  readonly #decoders = new Map<ScannerKind, Decoder>()

  constructor(program: GoldenProgram) {
    this.#program = program
    this.#application = compileGolden(program)
    this.#toleranceMs = toleranceOf(this.#application)
    if (this.#toleranceMs !== null && !program.saysEventTime)
      throw new Error(`${program.name} goes by event time; give it "-- event-time: COLUMN"`)
    this.#references = new Map(program.tables.map(({ name, file }) => [name, readFileSync(file)] as const))
  }

  /** The ways that make sense for the program, the straight one first. */
  get ways(): readonly GoldenWay[] {
    const { shards, eventTime } = this.#program
    return WAYS.filter(way => {
      if (way.shuffleSeed !== undefined && eventTime === null) return false
      return shards === null || way.shards !== 'split and merged'
    }).map(way => (shards === null ? way : { ...way, shards }))
  }

  /** What comes out when the program is run straight through. */
  async straight(): Promise<GoldenResult> {
    return (this.#straight ??= await this.run(this.ways[0]!))
  }

  async run(way: GoldenWay): Promise<GoldenResult> {
    const { schema, input, eventTime, name } = this.#program
    if (input === null) throw new Error(`${name} has no input`)
    const application = this.#application
    const env = memoryEnv({ startAt: STARTED_AT })
    const sinks = new Map(application.outputs.map(stream => [stream, new Collector()] as const))
    let lines = await (this.#lines ??= readLines(input, schema))
    if (way.shuffleSeed !== undefined && lines !== null && eventTime !== null)
      lines = shuffle(lines, {
        schema,
        column: eventTime,
        toleranceMs: this.#toleranceMs ?? 0,
        results: (await this.straight()).lines,
        seed: way.shuffleSeed,
      })
    const { source, placeOf } =
      way.shards === 'split and merged' ? await reshardedStream(env, lines) : fileOf(lines, way.shards)
    const task = runTask({
      env,
      source,
      decoder: this.#decoder(way.scanner ?? 'auto'),
      inputStreams: application.inputStreams,
      program: errors =>
        way.restoring === true ? new Restoring(errors, output => this.#start(output, way)) : this.#start(errors, way),
      sinks,
      merge: { idleSlackMs: 0, recordsPerBatchMax: way.batch },
      errorTime: 'rowtime',
      placeOf,
    })
    await env.clock.until(task)
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

  /** One for all ways of a scanner, one after another: it keeps nothing but dictionaries, and making one takes a memory. */
  #decoder(scanner: ScannerKind): Decoder {
    if (scanner === 'auto') assert(isWasmHere, 'golden programs run on the WebAssembly scanner')
    const known = this.#decoders.get(scanner)
    if (known !== undefined) return known
    const decoder = new SpoilingDecoder(this.#application.createDecoder({ scanner, rowsLent: true }))
    this.#decoders.set(scanner, decoder)
    return decoder
  }

  #start(errors: ErrorOutput, { codegen = 'auto' }: GoldenWay): Program {
    const references = this.#references
    return this.#application.start({ errors, startedAt: STARTED_AT, rowTimestamp: 'rowtime', references, codegen })
  }
}

/** Lines as they must agree between a way and the straight one. */
export function comparable(lines: readonly string[], way: GoldenWay): readonly string[] {
  if (way.shuffleSeed === undefined) return lines
  return lines.map(line => (line.startsWith('error_stream\t') ? line : withoutOrder(line))).toSorted()
}

/** Sums of DOUBLE are taken in another order, so their last digits may differ. */
function withoutOrder(line: string): string {
  return line
    .replace(/"ROWTIME":"[^"]*",?/, '')
    .replace(/:(-?\d+\.\d{10,}(?:e[-+]?\d+)?)/g, (_, digits: string) => `:${Number(digits).toPrecision(12)}`)
}

/** Keeps the rows and looks at them at the end, so that rows which are not the sink's own show. */
class Collector implements Sink {
  readonly #batches: RowBatch[] = []

  get lines(): readonly string[] {
    const encoder = new JsonLinesEncoder({ rowtime: true })
    return this.#batches.flatMap(rows => {
      const out = new ByteWriter()
      encoder.encode(rows, out)
      return Buffer.from(out.take()).toString('utf8').trimEnd().split('\n')
    })
  }

  /** rowtime, then the columns */
  get values(): readonly Value[][] {
    return this.#batches.flatMap(rows =>
      Array.from({ length: rows.length }, (_, row) => [
        rows.rowtimes[row]!,
        ...rows.columns.map((column, index) => typedValueAt(column, rows.schema.columns[index]!.type, row)),
      ]),
    )
  }

  async write(rows: RowBatch): Promise<void> {
    this.#batches.push(rows)
  }

  advance(): void {
    // Rows say their times.
  }

  async close(): Promise<void> {}
}

/** A program that is given up before each batch, for a new one that continues from its snapshot. */
class Restoring implements TaskProgram {
  readonly #start: () => Program
  #program: Program

  constructor(errors: ErrorOutput, start: (errors: ErrorOutput) => Program) {
    // Rows of a table's file that cannot be read are told by the first start; the others read the same file.
    let isRestart = false
    this.#start = () => {
      isRestart = true
      const program = start(output)
      isRestart = false
      return program
    }
    const output: ErrorOutput = {
      add: row => {
        if (!isRestart) errors.add(row)
      },
    }
    this.#program = start(output)
  }

  push(stream: string, rows: RowBatch): void {
    const writer = new StateWriter()
    const parts: Uint8Array[] = []
    for (const _ of this.#program.snapshot(writer)) parts.push(writer.take())
    parts.push(writer.take())
    this.#program = this.#start()
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
