/**
 * The task of one SQL application: everything between the shards of its input and the sinks of its outputs.
 *
 *   merge ──records──► (pre-processing ──►) decoder ──rows──► program ──results──► sinks
 *                              └─────────────┴──── error rows, in order ────► error stream
 *
 * One loop, one batch at a time: what a batch causes is with the sinks before the next one is read, so a slow sink slows the
 * reading. Between two batches the program's state equals the merge's position; that is where a round can be cut.
 */
import { assert } from '../core/assert.ts'
import type { Decoder } from '../core/codec.ts'
import type { Env } from '../core/env.ts'
import { ERROR_STREAM, type ErrorOutput } from '../core/error-output.ts'
import { hasCode, MillraceError } from '../core/errors.ts'
import type { Position, RecordBatch } from '../core/record.ts'
import type { RowBatch } from '../core/rows.ts'
import type { Sink } from '../core/sink.ts'
import type { StreamSource } from '../core/source.ts'
import type { FlowMeter } from './flow/flow-meter.ts'
import { TaskProbes } from './flow/task-probes.ts'
import { type MergeMetrics, type MergePosition, ShardMerge, type ShardMergeOptions } from './merge.ts'
import { Preprocessor, type PreprocessorOptions } from './preprocessor.ts'
import type { RefreshedTable } from './reference-refresh.ts'
import { ErrorRows, streamPlaceOf } from './task/error-rows.ts'
import { InputSplitter } from './task/input-streams.ts'
import type { Rounds, Stateful } from './task/rounds.ts'

/** How long the loop may hold the thread while records keep coming, before listeners get a turn. Milliseconds. */
const TURN_MS_MAX = 10

/** A running SQL program, as compileProgram makes it. Its state is asked for in a task with rounds alone. */
export interface TaskProgram extends Partial<Stateful> {
  push(stream: string, rows: RowBatch): void
  /** no later row has a smaller rowtime; Infinity at the end of the input */
  advance(bound: number): void
  /** a bounded slice of what is to do; true: there is more */
  work(): boolean
  takeResults(): readonly TaskResult[]
  /** gives a reference table other rows; only of programs whose task has `tables` */
  replaceTable?(name: string, rows: readonly RowBatch[]): void
}

export interface TaskResult {
  readonly stream: string
  readonly rows: RowBatch
}

export interface TaskOptions {
  readonly env: Pick<Env, 'clock' | 'random'>
  readonly source: StreamSource
  /** what records go through before the decoder */
  readonly preprocessor?: PreprocessorOptions | null
  /** reference tables that may change while the task runs */
  readonly tables?: TaskTables | null
  /** hears why a call of the pre-processing function is repeated */
  readonly onRetry?: (error: MillraceError) => void
  readonly decoder: Decoder
  /** names of the streams that the input feeds, one or more; shards are spread over them */
  readonly inputStreams: readonly string[]
  /** makes the program; called once, at the construction of the task */
  readonly program: (errors: ErrorOutput) => TaskProgram
  /** by output stream, `error_stream` included where error rows are wanted; results of other streams only reach the taps */
  readonly sinks: ReadonlyMap<string, Sink>
  /**
   * Exactly-once: rounds over sinks that stage. The task then begins where the last one ended, with its state. Without them it begins
   * anew, and what it writes is visible when the sinks show it.
   */
  readonly rounds?: Rounds | null
  readonly merge?: Omit<ShardMergeOptions, 'source' | 'clock' | 'random'>
  /** ERROR_TIME: `clock` (default) or the rowtime of the row */
  readonly errorTime?: 'clock' | 'rowtime'
  /** how error messages name a position; default by shard and sequence number */
  readonly placeOf?: (position: Position) => string
  /** measures the task; its program has the same */
  readonly meter?: FlowMeter | null
}

export interface TaskCounters {
  readonly recordsIn: number
  /** records that the pre-processing function left out */
  readonly recordsDropped: number
  readonly rowsIn: number
  /** by output stream; the error stream is not among them */
  readonly rowsOut: Readonly<Record<string, number>>
  readonly errorRows: number
  /** that became true, over all runs of the task; 0 for a task without */
  readonly rounds: number
  /** epoch milliseconds; -Infinity before the first bound, Infinity at the end */
  readonly watermark: number
  /** of the shard that is furthest behind its tip; null while one has not answered */
  readonly behindLatestMs: number | null
  readonly merge: MergeMetrics
}

/** Where the changed rows of reference tables come from: ReferenceRefresh, with the application's `readTable`. */
export interface TaskTables {
  /** the tables that have changed since the last call */
  take(): readonly RefreshedTable[]
  /** @param rowtime of error rows */
  read(table: RefreshedTable, errors: ErrorOutput, rowtime: number): readonly RowBatch[]
  /** hears why a table keeps the rows that it had */
  refused(table: RefreshedTable, error: MillraceError): void
}

/** Sees the rows of every output stream and of the error stream as they leave the program. What it throws stops the task. */
export type TapListener = (result: TaskResult) => void

export class Task {
  readonly #options: TaskOptions
  readonly #merge: ShardMerge
  readonly #errors: ErrorRows
  /** the same, counted by pump */
  readonly #errorOutput: ErrorOutput
  readonly #program: TaskProgram
  readonly #splitter: InputSplitter | null
  readonly #preprocessor: Preprocessor | null
  readonly #stopping = new AbortController()
  readonly #taps = new Set<TapListener>()
  readonly #rowsOut: Record<string, number> = {}
  readonly #probes: TaskProbes
  #recordsIn = 0
  #rowsIn = 0
  #running: Promise<'ended' | 'stopped'> | null = null

  constructor(options: TaskOptions) {
    const { clock, random } = options.env
    this.#options = options
    const position = options.rounds?.position ?? options.merge?.position
    const merge = { ...options.merge, ...(position !== undefined && { position }) }
    this.#merge = new ShardMerge({ ...merge, source: options.source, clock, random })
    this.#errors = new ErrorRows({
      errorTime: options.errorTime === 'rowtime' ? row => row.rowtime : () => clock.now(),
      placeOf: options.placeOf ?? streamPlaceOf,
    })
    this.#probes = new TaskProbes(options.meter ?? null)
    this.#errorOutput = this.#probes.errors(this.#errors)
    this.#program = options.program(this.#errorOutput)
    const { preprocessor = null } = options
    this.#preprocessor = preprocessor === null ? null : new Preprocessor(preprocessor, options.env, options.onRetry)
    this.#splitter = options.inputStreams.length > 1 ? new InputSplitter(options.inputStreams.length) : null
  }

  /**
   * Works until `stop` is called or the source, sealed, has ended; the sinks are closed then. Later calls join the first.
   * @throws whatever stops the task: a source or a sink that no repeat helps, the program's `state_limit`. Sinks stay open
   */
  run(): Promise<'ended' | 'stopped'> {
    this.#running ??= this.#loop()
    return this.#running
  }

  /** Finishes the batch in hand, delivers its results, and ends `run`. Rows in open windows are not delivered. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    if (this.#running !== null) await this.#running
  }

  /** Works to the end of a sealed source: every record is in the results, every window closed, every sink too. */
  async drain(): Promise<void> {
    await this.run()
  }

  /** Calls the listener with every result until the returned function is called. */
  tap(listener: TapListener): () => void {
    this.#taps.add(listener)
    return () => void this.#taps.delete(listener)
  }

  /** Where the input stands: everything up to there is in the program. */
  get position(): MergePosition {
    return this.#merge.position
  }

  get counters(): TaskCounters {
    const merge = this.#merge.metrics
    const behind = Object.values(merge.behindLatestMs)
    return {
      recordsIn: this.#recordsIn,
      recordsDropped: this.#preprocessor?.dropped ?? 0,
      rowsIn: this.#rowsIn,
      rowsOut: { ...this.#rowsOut },
      errorRows: this.#errors.count,
      rounds: this.#options.rounds?.committed ?? 0,
      watermark: this.#merge.watermark,
      behindLatestMs: behind.reduce<number | null>((a, b) => (a === null || b === null ? null : Math.max(a, b)), 0),
      merge,
    }
  }

  async #loop(): Promise<'ended' | 'stopped'> {
    const { env, rounds = null } = this.#options
    const { clock } = env
    try {
      await rounds?.restore(this.#states())
      let outcome: 'ended' | 'stopped' | null = null
      for (let turnAt = clock.monotonicMs(); outcome === null; ) {
        const batch = await this.#read()
        if (batch === 'stopped') outcome = 'stopped'
        else {
          const records = batch === null ? null : await this.#preprocessed(batch)
          // The position is behind records that the program has not seen: there is no round to end.
          if (records === 'stopped') {
            if (rounds === null) await this.#writeErrors(Number.POSITIVE_INFINITY)
            return await this.#closeSinks('stopped')
          }
          if (records === null) outcome = 'ended'
          else this.#take(records)
          this.#program.advance(this.#merge.watermark)
          await this.#deliver()
          await this.#refreshTables()
          if (rounds?.due(() => this.#merge.position) === true)
            await this.#probes.round(rounds.end(this.#merge.position, this.#states()))
        }
        if (clock.monotonicMs() - turnAt > TURN_MS_MAX) {
          // Sources and sinks in memory resolve at once; sockets and timers need the thread too.
          await this.#probes.idle(new Promise<void>(resolve => setImmediate(resolve)))
          turnAt = clock.monotonicMs()
        }
      }
      return await this.#close(outcome)
    } finally {
      await this.#merge.close()
    }
  }

  /** Between two batches, when nothing is pending: rows of streams that come after meet the new rows of the tables. */
  async #refreshTables(): Promise<void> {
    const { tables } = this.#options
    const changed = tables?.take() ?? []
    if (tables === undefined || tables === null || changed.length === 0) return
    const { watermark } = this.#merge
    const rowtime = Number.isFinite(watermark) ? watermark : this.#options.env.clock.now()
    for (const table of changed) {
      try {
        this.#program.replaceTable?.(table.table, tables.read(table, this.#errorOutput, rowtime))
      } catch (error) {
        // The table that is too large, or unreadable, is not taken; the program works on with the one before.
        if (!(error instanceof MillraceError)) throw error
        tables.refused(table, error)
      }
    }
    await this.#deliver()
  }

  async #close(outcome: 'ended' | 'stopped'): Promise<'ended' | 'stopped'> {
    const { rounds = null } = this.#options
    // What waits is in the snapshot of a task that goes on later.
    if (rounds === null || outcome === 'ended') await this.#writeErrors(Number.POSITIVE_INFINITY)
    await rounds?.end(this.#merge.position, this.#states(), true)
    return this.#closeSinks(outcome)
  }

  /** What a round keeps beside the position. */
  #states(): readonly Stateful[] {
    const program = this.#program
    assert(isStateful(program), 'the program of a task with rounds has state to keep')
    return [this.#errors, program]
  }

  async #closeSinks(outcome: 'ended' | 'stopped'): Promise<'ended' | 'stopped'> {
    for (const sink of this.#options.sinks.values()) await sink.close()
    return outcome
  }

  /** The batch as the pre-processing function leaves it; `stopped` where it was waiting for the function. */
  async #preprocessed(batch: RecordBatch): Promise<RecordBatch | 'stopped'> {
    this.#recordsIn += batch.length
    if (this.#preprocessor === null || batch.length === 0) return batch
    try {
      const { signal } = this.#stopping
      const processed = this.#preprocessor.process(batch, this.#errorOutput, signal)
      return await this.#probes.preprocess(batch.length, processed)
    } catch (error) {
      if (this.#stopping.signal.aborted && hasCode(error, 'aborted')) return 'stopped'
      throw error
    }
  }

  async #read(): Promise<RecordBatch | null | 'stopped'> {
    try {
      return await this.#probes.read(this.#merge.read(this.#stopping.signal))
    } catch (error) {
      if (this.#stopping.signal.aborted && hasCode(error, 'aborted')) return 'stopped'
      throw error
    }
  }

  #take(batch: RecordBatch): void {
    if (batch.length === 0) return
    const { decoder, inputStreams } = this.#options
    const parts = this.#splitter === null ? [batch] : this.#splitter.split(batch)
    parts.forEach((part, index) => {
      if (part.length === 0) return
      for (const rows of decoder.decode(part, this.#errorOutput)) {
        this.#rowsIn += rows.length
        if (rows.length > 0) this.#program.push(inputStreams[index] ?? '', rows)
      }
    })
  }

  async #deliver(): Promise<void> {
    for (let isMore = true; isMore; ) {
      isMore = this.#program.work()
      for (const result of this.#program.takeResults()) await this.#write(result)
    }
    await this.#writeErrors(this.#merge.watermark)
    for (const sink of this.#options.sinks.values()) sink.advance(this.#merge.watermark)
  }

  async #writeErrors(below: number): Promise<void> {
    for (const rows of this.#errors.take(below)) await this.#write({ stream: ERROR_STREAM, rows })
  }

  async #write(result: TaskResult): Promise<void> {
    const { stream, rows } = result
    if (rows.length === 0) return
    if (stream !== ERROR_STREAM) this.#rowsOut[stream] = (this.#rowsOut[stream] ?? 0) + rows.length
    for (const listener of this.#taps) listener(result)
    const sink = this.#options.sinks.get(stream)
    if (stream === ERROR_STREAM) this.#probes.passErrors(rows)
    if (sink !== undefined) await this.#probes.write(stream, rows, () => sink.write(rows))
  }
}

function isStateful(program: TaskProgram): program is TaskProgram & Stateful {
  return program.snapshot !== undefined && program.restore !== undefined
}

/** Runs a task until its sealed source has ended, or until the signal is aborted and the batch in hand is finished. */
export async function runTask(options: TaskOptions, signal?: AbortSignal): Promise<TaskCounters> {
  const task = new Task(options)
  const stop = (): void => {
    task.stop().catch(() => {
      // run() below rejects with the same error.
    })
  }
  if (signal?.aborted === true) stop()
  signal?.addEventListener('abort', stop)
  try {
    await task.run()
  } finally {
    signal?.removeEventListener('abort', stop)
  }
  return task.counters
}
