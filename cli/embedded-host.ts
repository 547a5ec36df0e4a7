/**
 * Runs a pipeline in this process: embedded stream, Kinesis endpoint, task, outputs, live page.
 *
 *   start ─► running ─► drain: seal the stream, read it to its end, close every window, deliver ─► close
 *                       with a directory: end the last round; the next start goes on from there
 */
import {
  type Env,
  ERROR_STREAM,
  ERROR_STREAM_SCHEMA,
  type MillraceError,
  type Schema,
  type Sink,
} from '../core/index.ts'
import {
  type LiveListener,
  LiveView,
  maskedRows,
  questionRoutes,
  ResultSeries,
  ResultTables,
  ShardTracker,
  serveLive,
  shardRoutes,
} from '../dashboards/index.ts'
import { emitQuestion, fileReference, ReferenceRefresh, Rounds, Task, type TaskCounters } from '../processors/index.ts'
import type { ManifestTotals } from '../sinks/index.ts'
import {
  DeaggregatedSource,
  type LocalStream,
  LocalStreams,
  noticeText,
  type StreamsListener,
  serveStreams,
} from '../streams/index.ts'
import { FanOutSink } from './fan-out-sink.ts'
import { flowViewOf } from './flow-view.ts'
import { liveStatusOf, shardDetailsOf } from './live-status.ts'
import { type OpenedOutput, openOutput } from './outputs/open-output.ts'
import type { Pipeline } from './pipeline.ts'
import { QuestionRunner } from './question/question-runner.ts'
import { type TaskState, takeOverTask } from './task-state.ts'

export interface EmbeddedHostOptions {
  readonly pipeline: Pipeline
  readonly env: Env
  /** of the live page; 0 picks a free one */
  readonly port: number
  /** further names under which the live page may be asked for, such as `host.docker.internal` */
  readonly hosts?: readonly string[]
  /** of the live page; left out, a random one */
  readonly token?: string
  /** of the Kinesis endpoint; 0 picks a free one */
  readonly streamPort: number
  /** what the user should know and need not act on */
  readonly onNotice: (text: string) => void
}

/** How often the live page hears how the task stands. */
const STATUS_INTERVAL_MS = 250
const SHARDS_DEFAULT = 4

/** What one output has delivered, all its destinations together. */
export interface OutputTotals {
  readonly rows: number
  readonly deliveries: readonly ManifestTotals[]
}

export class EmbeddedHost {
  readonly stream: LocalStream
  readonly task: Task
  readonly view: LiveView
  readonly page: LiveListener
  readonly endpoint: StreamsListener
  readonly #streams: LocalStreams
  readonly #outputs: ReadonlyMap<string, readonly OpenedOutput[]>
  readonly #stopStatus: () => void
  readonly #goesOn: boolean
  readonly #work: Promise<'ended' | 'stopped'>
  /** settles when the task has ended; rejects with what stopped it */
  readonly ended: Promise<void>

  private constructor(parts: {
    stream: LocalStream
    task: Task
    view: LiveView
    page: LiveListener
    endpoint: StreamsListener
    streams: LocalStreams
    outputs: ReadonlyMap<string, readonly OpenedOutput[]>
    stopStatus: () => void
    goesOn: boolean
  }) {
    this.stream = parts.stream
    this.task = parts.task
    this.view = parts.view
    this.page = parts.page
    this.endpoint = parts.endpoint
    this.#streams = parts.streams
    this.#outputs = parts.outputs
    this.#stopStatus = parts.stopStatus
    this.#goesOn = parts.goesOn
    this.#work = this.task.run()
    this.ended = this.#work.then(() => {})
    // Whoever awaits `ended` hears of a failure; nobody doing so yet must not end the process.
    this.ended.catch(() => {})
  }

  /** @throws MillraceError `config`, `address_in_use`, and what files and streams throw; nothing is left running then */
  static async start(options: EmbeddedHostOptions): Promise<EmbeddedHost> {
    const { pipeline, env, onNotice } = options
    const { application, source } = pipeline
    const undo: (() => Promise<void>)[] = []
    try {
      const streams = await LocalStreams.open({
        env,
        owner: `millrace, pipeline ${pipeline.name}`,
        directory: source.directory,
        // A demo may run for days: in memory, what was read long ago makes room for what comes.
        whenFull: 'trim',
        onNotice: (notice, name) => onNotice(`stream ${name}: ${noticeText(notice)}`),
      })
      undo.push(() => streams.close())
      const stream =
        streams.find(source.StreamName) ??
        (await streams.create(source.StreamName, { shards: source.ShardCount ?? SHARDS_DEFAULT }))
      // Whoever has the directory of the stream may have the task.
      const state = await takeOverTask(pipeline, env)
      const watermark = state?.row.commit?.position.watermark ?? null
      const keptFrom = env.clock.now() - stream.description.retentionMs
      if (watermark !== null && watermark < keptFrom)
        onNotice(
          `stream ${source.StreamName}: the task stood still for longer than records are kept; what was put from ${new Date(watermark).toISOString()} to ${new Date(keptFrom).toISOString()} and was in no round is lost to it`,
        )
      const outputs = await openOutputs(pipeline, env, state, onNotice)
      undo.push(async () => release(outputs))
      const endpoint = await serveStreams({ streams, env, port: options.streamPort })
      undo.push(() => endpoint.close())
      const schemas = new Map(application.outputs.map(name => [name, schemaOfOutput(pipeline, name)] as const))
      const view = new LiveView({
        title: pipeline.name,
        outputs: schemas,
        clock: env.clock,
        mask: pipeline.mask,
        ...(pipeline.dashboard === null ? {} : { dashboard: pipeline.dashboard }),
      })
      const results = new ResultSeries({ outputs: schemas })
      let behindMs: number | null = null
      const shards = new ShardTracker(env.clock)
      const tables = new ResultTables(schemas, pipeline.mask)
      const runner = new QuestionRunner(tables, env.clock)
      const ask = (sql: string, signal: AbortSignal) => runner.answer(emitQuestion(sql, tables.schemas), signal)
      const flow = flowViewOf(pipeline, env.clock, () => behindMs)
      const page = await serveLive(view, env, {
        port: options.port,
        results,
        routes: [...flow.routes, ...shardRoutes(shards), ...questionRoutes(ask)],
        ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
        ...(options.token === undefined ? {} : { token: options.token }),
      })
      undo.push(() => page.close())
      const refresh = new ReferenceRefresh({
        clock: env.clock,
        onNotice,
        sources: [...pipeline.references].map(([table, { path, everyMs }]) => ({
          source: fileReference(env.files, table, path),
          everyMs,
        })),
      })
      undo.push(async () => refresh.stop())
      const references = await refresh.start()
      const task = new Task({
        env,
        preprocessor: application.preprocessor,
        onRetry: error => onNotice(error.message),
        tables: {
          take: () => refresh.take(),
          read: ({ table, bytes }, errors, rowtime) => application.readTable(table, bytes, errors, rowtime),
          refused: (table, error) => refresh.refused(table, error),
        },
        source: new DeaggregatedSource(stream),
        decoder: application.createDecoder({ rowsLent: true }),
        inputStreams: application.inputStreams,
        rounds: state === null ? null : roundsOf(state, outputs, env, onNotice),
        program: errors =>
          application.start({
            errors,
            startedAt: env.clock.now(),
            rowTimestamp: () => env.clock.now(),
            references,
            meter: flow.meter,
          }),
        meter: flow.meter,
        sinks: new Map(
          [...outputs].map(([name, opened]): [string, Sink] => [name, new FanOutSink(opened.map(({ sink }) => sink))]),
        ),
      })
      task.tap(({ stream: name, rows }) => {
        view.rows(name, rows)
        const shown = maskedRows(pipeline.mask, name, rows)
        results.rows(name, shown)
        tables.rows(name, shown)
      })
      const stopTimers = env.clock.every(STATUS_INTERVAL_MS, () => {
        behindMs = task.counters.behindLatestMs
        shards.take(shardDetailsOf(task.counters.merge, pipeline.name))
        flow.tracker.record()
        view.status(liveStatusOf(task.counters, application, flow.tracker.bottleneck?.sentence ?? null))
      })
      const stopStatus = (): void => {
        stopTimers()
        refresh.stop()
      }
      return new EmbeddedHost({
        stream,
        task,
        view,
        page,
        endpoint,
        streams,
        outputs,
        stopStatus,
        goesOn: state !== null,
      })
    } catch (error) {
      for (const step of undo.reverse()) await step()
      throw error
    }
  }

  /** Whether the next start goes on where this one ends. */
  get goesOn(): boolean {
    return this.#goesOn
  }

  get counters(): TaskCounters {
    return this.task.counters
  }

  /** Objects that were delivered so far, over all outputs. */
  get objects(): number {
    let objects = 0
    for (const outputs of this.#outputs.values())
      for (const { stream } of outputs) objects += stream.manifest.totals.objects
    return objects
  }

  /** By output stream: rows that the program gave, and what each destination has delivered. */
  outputs(): ReadonlyMap<string, OutputTotals> {
    const { rowsOut, errorRows } = this.counters
    return new Map(
      [...this.#outputs].map(([name, outputs]) => [
        name,
        {
          rows: name === ERROR_STREAM ? errorRows : (rowsOut[name] ?? 0),
          deliveries: outputs.map(({ stream }) => stream.manifest.totals),
        },
      ]),
    )
  }

  /**
   * Takes no more records, reads what is there to its end, closes every window and delivers. A task with rounds ends its last one
   * instead: what the program gave is delivered, and open windows go on with the next start. The page stays up.
   */
  async drain(): Promise<void> {
    if (this.goesOn) await this.task.stop()
    else {
      await this.stream.seal()
      await this.#work
    }
    this.#stopStatus()
  }

  /** Ends listeners and lets go of files. A task that still works is stopped first; what it wrote is delivered. */
  async close(): Promise<void> {
    this.#stopStatus()
    await this.task.stop().catch(() => {
      // `ended` has told it already.
    })
    // A task that failed leaves its sinks open; what a sink says now it has said to the task before.
    await Promise.allSettled([...this.#outputs.values()].flat().map(({ stream }) => stream.close()))
    release(this.#outputs)
    await this.page.close()
    await this.endpoint.close()
    await this.#streams.close()
  }
}

function roundsOf(
  { table, row, intervalMs }: TaskState,
  outputs: ReadonlyMap<string, readonly OpenedOutput[]>,
  { clock, random }: Env,
  onNotice: (text: string) => void,
): Rounds {
  const sinks = [...outputs].flatMap(([name, opened]) =>
    opened.map(({ sink }, index) => [`${name}/${index}`, sink] as const),
  )
  const onRetry = ({ message }: MillraceError): void => onNotice(`the round cannot be saved: ${message}; trying again`)
  return new Rounds({ clock, random, table, snapshots: table, row, intervalMs, sinks: new Map(sinks), onRetry })
}

function release(outputs: ReadonlyMap<string, readonly OpenedOutput[]>): void {
  for (const output of [...outputs.values()].flat()) output.release()
}

async function openOutputs(
  pipeline: Pipeline,
  env: Env,
  state: TaskState | null,
  onNotice: (text: string) => void,
): Promise<ReadonlyMap<string, readonly OpenedOutput[]>> {
  const opened = new Map<string, readonly OpenedOutput[]>()
  for (const [name, outputs] of pipeline.outputs) {
    if (!pipeline.application.outputs.includes(name)) continue
    const schema = schemaOfOutput(pipeline, name)
    opened.set(
      name,
      await Promise.all(
        outputs.map((output, index) => {
          const task = `${pipeline.name}/${name}/${index}`
          const staging = state === null ? null : { incarnation: state.row.incarnation, task, outbox: state.outbox }
          return openOutput(output, { name, schema, env, staging, onNotice })
        }),
      ),
    )
  }
  return opened
}

/** The columns of an output stream. */
export function schemaOfOutput(pipeline: Pipeline, name: string): Schema {
  return name === ERROR_STREAM ? ERROR_STREAM_SCHEMA : (pipeline.application.schemaOf(name) ?? { columns: [] })
}
