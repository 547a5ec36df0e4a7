/**
 * An application over a file: the real merge, decoder and program, with time taken from the records alone, so that a replay can
 * be repeated byte for byte, whatever the number of shards and the size of batches.
 *
 *   file ─ lines ─ arrivals ─ shards ─► task ─► DIR/STREAM.jsonl (or .json, .csv)
 */

import { CsvLinesEncoder } from '../../core/codecs/csv-lines.ts'
import { schemaOf } from '../../core/codecs/decoder.ts'
import { JsonLinesEncoder } from '../../core/codecs/json-lines.ts'
import type { Env } from '../../core/env.ts'
import { MillraceError } from '../../core/errors.ts'
import type { Application } from '../application.ts'
import { checkReferenceSize } from '../reference-table.ts'
import { type TapListener, Task, type TaskCounters } from '../task.ts'
import { type Arrivals, ColumnArrivals, REPLAY_START, SteadyArrivals } from './arrivals.ts'
import { FileSource } from './file-source.ts'
import { LineReader } from './line-reader.ts'
import { type ResultFile, ResultFiles, type ResultFormat } from './result-files.ts'

/** Pause between two calls of `onProgress`. Milliseconds. */
const PROGRESS_MS = 500
/** Shards of a replay at most: each has a loop and a share of the memory. */
export const REPLAY_SHARDS_MAX = 1_000

export interface ReplayOptions {
  readonly application: Application
  /** JSON lines, CSV or text lines, plain or gzipped */
  readonly file: string
  /** made if missing; files of an earlier replay are replaced */
  readonly outputDirectory: string
  /** by reference table, the path of its file; each table of the application needs one */
  readonly references?: ReadonlyMap<string, string>
  /**
   * `rows` (default): JSON lines that begin with ROWTIME. `records`: what the records of each output hold, JSON or CSV as its
   * DestinationSchema says, in STREAM.json or STREAM.csv.
   */
  readonly format?: 'rows' | 'records'
  /** column that says when a record arrived; default: one record a millisecond */
  readonly arrivalColumn?: string
  /** arrival of the first record where no column says it, epoch milliseconds; default 2020-01-01T00:00:00Z */
  readonly startAt?: number
  /** from 1 (default) to 1,000 */
  readonly shards?: number
  /** records in one batch at most; default that of the merge */
  readonly batchRecordsMax?: number
  readonly onProgress?: (progress: ReplayProgress) => void
  /** what the user should know while it runs, a sentence each */
  readonly onNotice?: (text: string) => void
  /** sees every result batch */
  readonly tap?: TapListener
  /** ends the replay; no file appears then */
  readonly signal?: AbortSignal
}

export interface ReplayProgress {
  /** of the file as it lies on the disk */
  readonly bytesRead: number
  readonly bytesTotal: number
  readonly records: number
  readonly recordsPerSecond: number
}

export interface ReplayReport {
  readonly files: readonly ResultFile[]
  readonly counters: TaskCounters
  /** epoch milliseconds; null for a file without records */
  readonly firstArrival: number | null
  readonly lastArrival: number | null
  /** records whose arrival column was below that of a record before */
  readonly arrivalsRaised: number
  /** records whose arrival column could not be read */
  readonly arrivalsUnreadable: number
  readonly elapsedMs: number
}

/**
 * Replays a file and writes what comes out. The result files appear together, complete, or not at all.
 * @throws MillraceError `not_found` or `unreadable_input` for the file, `unwritable_output` for the results, `config` for the
 * arrival column, `state_limit` when the program would hold too much, `preprocessor_failed` when the function in front of the
 * input keeps failing, `aborted` by the signal
 */
export async function replayFile(
  options: ReplayOptions,
  env: Pick<Env, 'clock' | 'random' | 'files'>,
): Promise<ReplayReport> {
  const { application, file, shards = 1 } = options
  const references = await readReferences(options, env)
  if (!Number.isInteger(shards) || shards < 1 || shards > REPLAY_SHARDS_MAX)
    throw new MillraceError('invalid_argument', `a replay has from 1 to ${REPLAY_SHARDS_MAX} shards, not ${shards}`)
  const begunAt = env.clock.monotonicMs()
  const arrivals = arrivalsOf(options)
  const reader = new LineReader(env.files, file)
  let records = 0
  let toldAt = begunAt
  const tell = (): void => {
    toldAt = env.clock.monotonicMs()
    const seconds = Math.max(toldAt - begunAt, 1) / 1_000
    options.onProgress?.({ ...reader.progress, records, recordsPerSecond: records / seconds })
  }
  const source = new FileSource({
    name: file,
    lines: arrivals.stamped(reader.batches()),
    shards,
    onRead: count => {
      records += count
      if (env.clock.monotonicMs() - toldAt >= PROGRESS_MS) tell()
    },
  })
  try {
    const firstArrival = await source.firstArrival()
    const results = await ResultFiles.open(env.files, options.outputDirectory, application.outputs, stream =>
      formatOf(options, stream),
    )
    try {
      const startedAt = firstArrival ?? options.startAt ?? REPLAY_START
      const task = taskOf(options, env, source, results, startedAt, references)
      const stop = (): void => void task.stop().catch(() => {}) // run() below rejects with the same error
      options.signal?.addEventListener('abort', stop)
      if (options.signal?.aborted === true) stop()
      const outcome = await task.run().finally(() => options.signal?.removeEventListener('abort', stop))
      if (outcome === 'stopped')
        throw new MillraceError('aborted', `replay of ${file} was stopped; no result was written`)
      tell()
      return {
        files: await results.publish(),
        counters: task.counters,
        firstArrival,
        lastArrival: source.latestArrival,
        arrivalsRaised: arrivals.raised,
        arrivalsUnreadable: arrivals.unreadable,
        elapsedMs: env.clock.monotonicMs() - begunAt,
      }
    } catch (error) {
      await results.discard()
      throw error
    }
  } finally {
    await source.close()
  }
}

/** The files of the reference tables. */
async function readReferences(
  { application, references = new Map() }: ReplayOptions,
  { files }: Pick<Env, 'files'>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const known = application.referenceTables.map(({ name }) => name)
  for (const name of references.keys())
    if (!known.includes(name))
      throw new MillraceError(
        'config',
        `"${name}" is no reference table of the application; ${known.length === 0 ? 'it has none' : `there are ${known.join(', ')}`}`,
      )
  const contents = new Map<string, Uint8Array>()
  for (const name of known) {
    const path = references.get(name)
    if (path === undefined)
      throw new MillraceError('config', `reference table "${name}" has no file; add --reference ${name}=FILE`)
    const stat = await files.stat(path)
    if (stat === null) throw new MillraceError('not_found', `file of reference table "${name}" is missing: ${path}`)
    checkReferenceSize(name, stat.sizeBytes)
    contents.set(name, await files.readAll(path))
  }
  return contents
}

function formatOf({ application, format }: ReplayOptions, stream: string): ResultFormat {
  if (format !== 'records') return { encoder: new JsonLinesEncoder({ rowtime: true }), extension: 'jsonl' }
  return application.formatOf(stream) === 'CSV'
    ? { encoder: new CsvLinesEncoder(), extension: 'csv' }
    : { encoder: new JsonLinesEncoder(), extension: 'json' }
}

function arrivalsOf({ application, arrivalColumn, startAt }: ReplayOptions): Arrivals {
  if (arrivalColumn === undefined) return new SteadyArrivals(startAt)
  return new ColumnArrivals(
    decoderOptions => application.createDecoder(decoderOptions),
    schemaOf(application.inputSchema),
    arrivalColumn,
    startAt,
  )
}

function taskOf(
  options: ReplayOptions,
  env: Pick<Env, 'clock' | 'random'>,
  source: FileSource,
  results: ResultFiles,
  startedAt: number,
  references: ReadonlyMap<string, Uint8Array>,
): Task {
  const { application, batchRecordsMax } = options
  const task = new Task({
    env,
    source,
    decoder: application.createDecoder({ rowsLent: true }),
    preprocessor: application.preprocessor,
    onRetry: error => options.onNotice?.(error.message),
    inputStreams: application.inputStreams,
    program: errors => application.start({ errors, startedAt, rowTimestamp: 'rowtime', references }),
    sinks: results.sinks,
    // The clock of a file is exact.
    merge: { idleSlackMs: 0, ...(batchRecordsMax === undefined ? {} : { recordsPerBatchMax: batchRecordsMax }) },
    errorTime: 'rowtime',
    // A shard's name would show how many there are.
    placeOf: ({ sequenceNumber }) => `line ${sequenceNumber}`,
  })
  if (options.tap !== undefined) task.tap(options.tap)
  return task
}
