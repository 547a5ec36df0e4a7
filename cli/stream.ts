/**
 * `millrace stream`: embedded streams behind a Kinesis endpoint, for programs in any language; with limits, and with faults
 * on request.
 */
import { type Env, MEBIBYTE, MillraceError, nodeEnv } from '../core/index.ts'
import {
  type Durability,
  FaultPlan,
  type FaultRule,
  LocalStreams,
  noticeText,
  parseFaultRules,
  parseLimits,
  type ShardLimits,
  type StreamsListener,
  serveStreams,
} from '../streams/index.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { parseFaultText } from './fault-option.ts'
import { type CommandOptions, parseDuration, parseWhole } from './options.ts'
import { openTerminal, type Terminal } from './terminal.ts'

/** What the command line asks for. */
export interface StreamCommandOptions {
  readonly host: string
  readonly allowRemote: boolean
  readonly port: number
  readonly region: string
  /** undefined keeps records in memory */
  readonly directory: string | undefined
  readonly durability: Durability
  readonly memoryBytesMax: number
  readonly whenFull: 'refuse' | 'trim'
  /** streams to make when they are not there, with their shards */
  readonly streams: readonly { readonly name: string; readonly shards: number }[]
  readonly limits: ShardLimits | null
  readonly faults: readonly FaultRule[]
  readonly seed: number
  readonly stateDelayMs: number
  readonly durationMs: number | null
}

export async function run(_args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const options = await readOptions(given, nodeEnv)
  const terminal = openTerminal()
  const streams = await LocalStreams.open({
    env: nodeEnv,
    owner: 'millrace stream',
    directory: options.directory,
    durability: options.durability,
    memoryBytesMax: options.memoryBytesMax,
    whenFull: options.whenFull,
    limits: options.limits ?? undefined,
    stateDelayMs: options.stateDelayMs,
    onNotice: (notice, name) => terminal.print(`stream ${name}: ${noticeText(notice)}`),
  })
  try {
    for (const { name, shards } of options.streams)
      if (streams.find(name) === undefined) await streams.create(name, { shards })
    const listener = await serveStreams({
      streams,
      env: nodeEnv,
      host: options.host,
      allowRemote: options.allowRemote,
      port: options.port,
      region: options.region,
      faults: new FaultPlan(options.faults, options.seed),
    })
    try {
      tell(terminal, options, streams, listener)
      await untilStopped(nodeEnv, options.durationMs)
    } finally {
      await listener.close()
    }
  } finally {
    await streams.close()
  }
  terminal.print(options.directory === undefined ? 'stopped' : `stopped; ${options.directory} keeps every record`)
  return EXIT.done
}

/** @throws MillraceError `usage` for a value that cannot be, `config` for a file of faults */
export async function readOptions(given: CommandOptions, env: Pick<Env, 'files'>): Promise<StreamCommandOptions> {
  return {
    host: given['host'] ?? '127.0.0.1',
    allowRemote: given['allowRemote'] !== undefined,
    port: parseWhole('--port', given['port'] ?? '4567', 0, 65_535),
    region: given['region'] ?? 'us-east-1',
    directory: given['dir'],
    durability: durabilityIn(given['durability'] ?? '1s'),
    memoryBytesMax: parseWhole('--memory', given['memory'] ?? '256', 1, 65_536) * MEBIBYTE,
    whenFull: oneOf('--when-full', given['whenFull'] ?? 'refuse', ['refuse', 'trim']),
    streams: lines(given['stream']).map(streamIn),
    limits: limitsIn(given['limits'] ?? 'none'),
    faults: [...lines(given['fault']).flatMap(parseFaultText), ...(await faultsOf(given['faults'], env))],
    seed: parseWhole('--seed', given['seed'] ?? '1', 0, 4_294_967_295),
    stateDelayMs: given['stateDelay'] === undefined ? 0 : parseDuration('--state-delay', given['stateDelay']),
    durationMs: given['duration'] === undefined ? null : parseDuration('--duration', given['duration']),
  }
}

function tell(
  terminal: Terminal,
  { directory, allowRemote, host, limits, faults }: StreamCommandOptions,
  streams: LocalStreams,
  listener: StreamsListener,
): void {
  if (allowRemote) terminal.print(`warning: ${host} is reachable from other machines, and no call needs a password`)
  terminal.print(`Kinesis endpoint ${listener.url}`)
  terminal.print(`                 AWS_ENDPOINT_URL_KINESIS=${listener.url}`)
  terminal.print(`control calls    ${listener.controlUrl}  Authorization: Bearer ${listener.token}`)
  const names = streams.list().map(name => `${name} (${streams.get(name).shardRecords.length} shards)`)
  terminal.print(`streams          ${names.length === 0 ? 'none yet' : names.join(', ')}`)
  terminal.print(`records          ${directory === undefined ? 'in memory, gone at the end' : `in ${directory}`}`)
  if (limits !== null) terminal.print('limits           on')
  if (faults.length > 0) terminal.print(`faults           ${faults.length} rules`)
}

async function untilStopped({ clock }: Pick<Env, 'clock'>, durationMs: number | null): Promise<void> {
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    await clock.sleep(durationMs ?? Number.MAX_SAFE_INTEGER, stopping.signal)
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

function lines(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split('\n')
}

function streamIn(text: string): { readonly name: string; readonly shards: number } {
  const [name = '', shards = '1', ...more] = text.split(':')
  if (!/^[a-zA-Z0-9_.-]{1,128}$/.test(name) || more.length > 0)
    throw new MillraceError('usage', `--stream "${text}" must be NAME or NAME:SHARDS, such as clicks:4`)
  return { name, shards: parseWhole('--stream', shards, 1, 1_000) }
}

function durabilityIn(text: string): Durability {
  if (text === 'each-put') return { kind: 'each-put' }
  return { kind: 'interval', syncIntervalMs: parseDuration('--durability', text) }
}

function limitsIn(text: string): ShardLimits | null {
  if (text === 'none' || text === 'service') return parseLimits(text === 'none' ? null : text)
  try {
    const pairs = text.split(',').map(pair => pair.split('='))
    return parseLimits(Object.fromEntries(pairs.map(([name = '', rate]) => [name, Number(rate)])))
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw new MillraceError('usage', `--limits "${text}": ${error.message}; or write none or service`)
  }
}

async function faultsOf(path: string | undefined, { files }: Pick<Env, 'files'>): Promise<readonly FaultRule[]> {
  if (path === undefined) return []
  const bytes = await files.readAll(path)
  try {
    return parseFaultRules(JSON.parse(new TextDecoder().decode(bytes)))
  } catch (error) {
    const why = error instanceof MillraceError ? error.message : 'it is no JSON'
    throw new MillraceError('config', `${path}: ${why}`)
  }
}

function oneOf<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const chosen = choices.find(choice => choice === text)
  if (chosen !== undefined) return chosen
  throw new MillraceError('usage', `${option} "${text}" must be one of ${choices.join(', ')}`)
}
