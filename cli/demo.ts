/** `millrace demo`: a shop with synthetic visitors through the whole pipeline, with a report that accounts for every event. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ByteWriter, type Env, MillraceError, nodeEnv, type RowBatch } from '../core/index.ts'
import { clickstreamDashboard } from '../examples/clickstream/dashboard.ts'
import { Shop, type ShopEvent } from '../examples/clickstream/shop.ts'
import { type Outcome, Producer, streamTarget, type UserRecordInput } from '../producers/index.ts'
import { sumOf } from './column-sum.ts'
import { closingReport, type DemoReport, reportLines } from './demo-report.ts'
import { EmbeddedHost } from './embedded-host.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { type CommandOptions, parseDuration, parseWhole } from './options.ts'
import { type LocalFilesOutput, localFiles } from './outputs/local-files.ts'
import { pageOptions } from './page-options.ts'
import { embedded, type Pipeline, resolvePipeline } from './pipeline.ts'
import { serveShop } from './shop-page.ts'
import { count, duration, listenForKeys, openTerminal, type Terminal } from './terminal.ts'

const SHARDS = 4
/** The shop's events leave in slices of this length. */
const SLICE_MS = 50
/** Object hints of the demo: small enough that files appear while one watches. */
const BUFFERING = { SizeInMBs: 64, IntervalInSeconds: 15 }
const OUTPUTS = [
  'PAGE_VIEWS',
  'PAGE_VIEWS_BY_MINUTE',
  'TOP_PAGES',
  'FUNNEL',
  'REVENUE',
  'ERRORS',
  'LIVE_USERS',
  'MOVERS',
  'REFERRERS',
  'SESSIONS',
  'CONVERSION',
  'BOT_BURSTS',
] as const
/** How long the live page stays after the end, so that an open page gets the closing report. */
const FAREWELL_MS = 500
const DRAIN_MS_MAX = 60_000
/** How long a visitor's last clicks may take to be stored. */
const COLLECTOR_GRACE_MS = 1_000

interface DemoOptions {
  readonly rate: number
  readonly durationMs: number | null
  readonly out: string
  readonly port: number
  readonly streamPort: number
  readonly shopPort: number
  readonly seed: number
  readonly page: ReturnType<typeof pageOptions>
  readonly report: string | null
}

export async function run(_args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  return demo(readOptions(given), nodeEnv, openTerminal())
}

function readOptions(given: CommandOptions): DemoOptions {
  const text = (name: string): string => String(given[name])
  return {
    rate: parseWhole('--rate', text('rate'), 1, 1_000_000),
    durationMs: given['duration'] === undefined ? null : parseDuration('--duration', text('duration')),
    out: resolve(text('out')),
    port: parseWhole('--port', text('port'), 0, 65_535),
    streamPort: parseWhole('--stream-port', text('streamPort'), 0, 65_535),
    shopPort: parseWhole('--shop-port', text('shopPort'), 0, 65_535),
    page: pageOptions(given),
    seed: parseWhole('--seed', text('seed'), 0, 2 ** 32 - 1),
    report: given['report'] === undefined ? null : resolve(given['report']),
  }
}

async function demo(options: DemoOptions, env: Env, terminal: Terminal): Promise<ExitCode> {
  const { clock } = env
  const pipeline = await demoPipeline(options.out, env)
  const host = await EmbeddedHost.start({
    pipeline,
    env,
    port: options.port,
    streamPort: options.streamPort,
    ...options.page,
    onNotice: text => terminal.print(text),
  })
  const counted = countEvents(host)
  const producer = new Producer({
    env,
    target: streamTarget(host.stream),
    configuration: { RecordMaxBufferedTime: 50 },
  })
  const startMs = clock.now()
  const shop = new Shop({ seed: options.seed, ratePerSecond: options.rate, startMs })
  const put: PutCounts = { sent: 0, stored: 0, failed: 0, malformed: 0, firstFailure: null }
  const collector = await serveShop({
    env,
    port: options.shopPort,
    producer: { put: record => putOne(record, producer, put) },
    onBad: row => host.view.add(row),
  }).catch(async (error: unknown) => {
    await host.close()
    throw error
  })
  terminal.print(`live page        ${host.page.urlWithToken}`)
  terminal.print(`shop             ${collector.url}  (your own clicks appear on the live page)`)
  terminal.print(`Kinesis endpoint ${host.endpoint.url}  (stream ${pipeline.source.StreamName}, ${SHARDS} shards)`)
  terminal.print(`files            ${options.out}`)
  terminal.print(terminal.interactive ? 'keys: b starts a bot burst, q drains and ends\n' : '')

  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  const forgetKeys = listenForKeys(key => {
    if (key === 'b' || key === 'B') {
      shop.burst()
      terminal.print('bot burst: three bots for 15 seconds')
    }
    if (key === 'q' || key === 'Q' || key === '\x03') stop()
  })
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  // A pipeline that fails must not leave the shop talking to nobody.
  let failure: unknown = null
  host.ended.catch(error => {
    failure = error
    stop()
  })

  const endAt = options.durationMs === null ? Number.POSITIVE_INFINITY : startMs + options.durationMs
  try {
    for (let now = startMs; !stopping.signal.aborted && now < endAt; now = clock.now()) {
      await putAll(shop.next(now), producer, put)
      if (put.stored > 0) terminal.status(statusLine(put, host, now - startMs), clock.monotonicMs())
      await clock.sleep(SLICE_MS, stopping.signal)
    }
    terminal.clear()
    terminal.print(`draining: the shop closes after ${duration(clock.now() - startMs)}, and so do all windows`)
    await collector.close(COLLECTOR_GRACE_MS)
    await producer.close(DRAIN_MS_MAX)
    if (failure === null) await host.drain()
    if (failure !== null) throw failure
    const report = closingReport({
      put,
      counters: host.counters,
      outputs: host.outputs(),
      counted: counted(),
      elapsedMs: clock.now() - startMs,
    })
    await tell(report, options, host, env, terminal)
    return report.lost === 0 && report.problems.length === 0 ? EXIT.done : EXIT.failed
  } finally {
    forgetKeys()
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    await collector.close()
    await host.close()
  }
}

/** The demo's pipeline is an ordinary one; only its outputs depend on where the user wants the files. */
export async function demoPipeline(out: string, env: Env): Promise<Pipeline> {
  const home = fileURLToPath(new URL('../examples/clickstream/', import.meta.url))
  const destinations = (stream: string): readonly LocalFilesOutput[] => [
    localFiles({
      directory: out,
      Prefix: `json/${stream}/!{timestamp:yyyy/MM/dd/HH}/`,
      ErrorOutputPrefix: `failed/${stream}/!{firehose:error-output-type}/`,
      CompressionFormat: 'GZIP',
      FileExtension: '.json.gz',
      BufferingHints: BUFFERING,
    }),
    ...(stream === 'error_stream'
      ? []
      : [
          localFiles({
            directory: out,
            Prefix: `parquet/${stream}/!{timestamp:yyyy/MM/dd/HH}/`,
            ErrorOutputPrefix: `failed/${stream}/!{firehose:error-output-type}/`,
            format: 'parquet',
            BufferingHints: BUFFERING,
          }),
        ]),
  ]
  const definition = {
    name: 'clickstream',
    source: embedded({ StreamName: 'clicks', ShardCount: SHARDS }),
    schema: 'clicks.schema.json',
    sql: 'clickstream.sql',
    outputs: Object.fromEntries([...OUTPUTS, 'error_stream'].map(stream => [stream, destinations(stream)])),
    dashboard: clickstreamDashboard,
  }
  return resolvePipeline(definition, resolve(home, 'millrace.config.ts'), env.files)
}

/** What became of the shop's events at the producer. */
export interface PutCounts {
  sent: number
  stored: number
  failed: number
  malformed: number
  firstFailure: unknown
}

async function putAll(events: readonly ShopEvent[], producer: Producer, put: PutCounts): Promise<void> {
  for (const { partitionKey, data, defect } of events) {
    await producer.ready()
    // What another program sent is read and counted; it only has none of the shop's columns.
    if (defect === 'truncated' || defect === 'wrong_type') put.malformed++
    // Its end is counted; nobody waits for it here.
    putOne({ partitionKey, data }, producer, put).catch(() => {})
  }
}

async function putOne(record: UserRecordInput, producer: Producer, put: PutCounts): Promise<Outcome> {
  put.sent++
  try {
    const outcome = await producer.put(record)
    put.stored++
    return outcome
  } catch (error) {
    put.failed++
    put.firstFailure ??= error
    throw error
  }
}

/** Adds up FUNNEL.EVENTS, one row for each event name and window: every event that could be read is counted there exactly once. */
function countEvents(host: EmbeddedHost): () => number {
  let events = 0
  host.task.tap(({ stream, rows }: { stream: string; rows: RowBatch }) => {
    if (stream === 'FUNNEL') events += sumOf(rows, 'EVENTS')
  })
  return () => events
}

function statusLine(put: PutCounts, host: EmbeddedHost, elapsedMs: number): string {
  const { rowsOut, errorRows, behindLatestMs } = host.counters
  const rows = Object.values(rowsOut).reduce((sum, one) => sum + one, 0)
  const behind = behindLatestMs === null ? 'not read yet' : duration(behindLatestMs)
  return `${duration(elapsedMs)}  events in ${count(put.stored)}  rows out ${count(rows)}  bad events ${count(errorRows)}  behind ${behind}  files ${host.objects}`
}

async function tell(
  report: DemoReport,
  options: DemoOptions,
  host: EmbeddedHost,
  env: Env,
  terminal: Terminal,
): Promise<void> {
  const lines = reportLines(report, options.out)
  for (const line of lines) terminal.print(line)
  host.view.end({
    ok: report.lost === 0,
    sentence: lines.at(-1) ?? '',
    facts: [
      { name: 'events put', value: count(report.put) },
      { name: 'events counted', value: count(report.counted) },
      { name: 'error rows', value: count(report.errorRows) },
      { name: 'objects', value: count(Object.values(report.outputs).reduce((sum, output) => sum + output.objects, 0)) },
    ],
  })
  if (options.report !== null) {
    const writer = new ByteWriter()
    writer.text(`${JSON.stringify(report, null, 2)}\n`)
    await env.files.remove(options.report)
    const file = await env.files.open(options.report, 'create').catch(cause => {
      throw new MillraceError(
        'unwritable_output',
        `--report ${options.report}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      )
    })
    await file.write(writer.take(), 0)
    await file.close()
  }
  await env.clock.sleep(FAREWELL_MS)
}
