/** `millrace dev`: runs a pipeline of the user's on an embedded stream, with a Kinesis endpoint to put into and a live page. */
import { resolve } from 'node:path'
import { type Env, MillraceError, nodeEnv } from '../core/index.ts'
import { EmbeddedHost } from './embedded-host.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { loadDefault } from './module-loader.ts'
import { type CommandOptions, parseDuration, parseWhole } from './options.ts'
import { pageOptions } from './page-options.ts'
import { type PipelineDefinition, resolvePipeline } from './pipeline.ts'
import { count, duration, listenForKeys, openTerminal, type Terminal } from './terminal.ts'

/** Where a pipeline is, unless the command names another file. */
export const CONFIG_FILE = 'millrace.config.ts'
const STATUS_MS = 250
const FAREWELL_MS = 500

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const file = resolve(args[0] ?? CONFIG_FILE)
  if ((await nodeEnv.files.stat(file)) === null)
    throw new MillraceError('config', `${file}: there is no such file; write one, or name another: millrace dev FILE`)
  const pipeline = await resolvePipeline((await loadDefault(file)) as PipelineDefinition, file, nodeEnv.files)
  const terminal = openTerminal()
  const durationMs = given['duration'] === undefined ? null : parseDuration('--duration', given['duration'])
  const host = await EmbeddedHost.start({
    pipeline,
    env: nodeEnv,
    port: parseWhole('--port', String(given['port']), 0, 65_535),
    streamPort: parseWhole('--stream-port', String(given['streamPort']), 0, 65_535),
    ...pageOptions(given),
    onNotice: text => terminal.print(text),
  })
  for (const warning of pipeline.application.warnings) terminal.print(`warning: ${warning}`)
  terminal.print(`live page        ${host.page.urlWithToken}`)
  terminal.print(`Kinesis endpoint ${host.endpoint.url}  (stream ${pipeline.source.StreamName})`)
  terminal.print(terminal.interactive ? 'q drains and ends\n' : '')
  return watch(host, nodeEnv, terminal, durationMs)
}

/** Shows how it goes until the user, a signal or the time ends it; then drains. */
async function watch(host: EmbeddedHost, env: Env, terminal: Terminal, durationMs: number | null): Promise<ExitCode> {
  const { clock } = env
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  // A destination that refuses may hold the end up for as long as it is tried again; who asks twice does not wait for it.
  const asked = (): void => {
    if (stopping.signal.aborted) process.exit(EXIT.failed)
    stop()
  }
  const forgetKeys = listenForKeys(key => {
    if (key === 'q' || key === 'Q' || key === '\x03') asked()
  })
  process.on('SIGINT', asked)
  process.on('SIGTERM', asked)
  host.ended.then(stop, stop)
  const startedAt = clock.monotonicMs()
  try {
    while (!stopping.signal.aborted && clock.monotonicMs() - startedAt < (durationMs ?? Number.POSITIVE_INFINITY)) {
      const { recordsIn, rowsOut, errorRows, behindLatestMs } = host.counters
      const rows = Object.values(rowsOut).reduce((sum, one) => sum + one, 0)
      terminal.status(
        `${duration(clock.monotonicMs() - startedAt)}  records in ${count(recordsIn)}  rows out ${count(rows)}  error rows ${count(errorRows)}  behind ${
          behindLatestMs === null ? 'not read yet' : duration(behindLatestMs)
        }  files ${host.objects}`,
        clock.monotonicMs(),
      )
      await clock.sleep(STATUS_MS, stopping.signal)
    }
    terminal.clear()
    await host.drain()
    const { recordsIn, rowsIn, errorRows } = host.counters
    const sentence = `${host.goesOn ? 'stopped, to go on at the next start' : 'drained'}: ${count(recordsIn)} records, ${count(rowsIn)} rows, ${count(errorRows)} error rows, ${count(host.objects)} files`
    terminal.print(sentence)
    host.view.end({ ok: true, sentence, facts: [] })
    await clock.sleep(FAREWELL_MS)
    return EXIT.done
  } finally {
    forgetKeys()
    process.off('SIGINT', asked)
    process.off('SIGTERM', asked)
    await host.close()
  }
}
