/** Opens the streams that a consumer is given: by name, by ARN, as sources, or from a tracker that names others as time goes on. */
import { type Env, hasCode, MillraceError, type StreamSource } from '../../core/index.ts'
import { FanOutSource, type KinesisClientLike, KinesisSource } from '../../streams/index.ts'
import type { ConsumerConfiguration } from './configuration.ts'
import type { ChangingStreams } from './leases/kcl-lease-coordinator.ts'
import { type InitialPosition, type ConsumedStream as LeasedStream, shardsOpenAt } from './leases/stream-shards.ts'
import { type OpenedStream, StreamList, type StreamTracker } from './stream-list.ts'
import type { ConsumedStream } from './worker.ts'

/** A stream by name or ARN, or a source that the caller opened and closes. */
export type StreamChoice =
  | string
  | { readonly streamName: string }
  | { readonly streamArn: string }
  | {
      readonly source: StreamSource
      /** needed where a worker reads several streams: `account:stream:creationEpoch` */
      readonly streamIdentifier?: string | undefined
      /** true where a read waits for records by itself. Default false */
      readonly waits?: boolean | undefined
    }

export type StreamSelection = StreamChoice | readonly StreamChoice[] | StreamTracker<StreamChoice>

export interface StreamOpenerOptions {
  readonly client?: KinesisClientLike | undefined
  readonly limits?: 'service' | 'none' | undefined
}

export class StreamOpener {
  readonly #options: StreamOpenerOptions
  readonly #configuration: ConsumerConfiguration
  readonly #env: Env
  readonly #signal = new AbortController().signal

  constructor(options: StreamOpenerOptions, configuration: ConsumerConfiguration, env: Env) {
    this.#options = options
    this.#configuration = configuration
    this.#env = env
  }

  /** One stream; with an identifier when the worker reads several. */
  async open(
    choice: StreamChoice,
    isOneOfSeveral: boolean,
  ): Promise<{ readonly stream: ConsumedStream; readonly close: () => Promise<void> }> {
    if (typeof choice !== 'string' && 'source' in choice) {
      const { source, streamIdentifier = null, waits = false } = choice
      return { stream: { source, streamIdentifier, waits }, close: () => Promise.resolve() }
    }
    const source = await openSource(nameOf(choice), this.#options, this.#configuration, this.#env, this.#signal)
    try {
      // A missing permission stops the start, instead of every shard after its records have waited.
      await source.checkPermissions(this.#signal)
      const streamIdentifier = isOneOfSeveral ? await this.#identifierOf(source) : null
      return {
        stream: {
          source,
          streamIdentifier,
          isIdentified: isOneOfSeveral,
          waits: source instanceof FanOutSource,
        },
        close: () => source.close(),
      }
    } catch (error) {
      await source.close().catch(() => {})
      throw error
    }
  }

  /** @throws MillraceError `config` for a source without an identifier */
  async openIdentified(choice: StreamChoice): Promise<OpenedStream> {
    const { stream, close } = await this.open(choice, true)
    const { streamIdentifier } = stream
    if (streamIdentifier !== null) return { stream: { ...stream, streamIdentifier }, close }
    throw new MillraceError(
      'config',
      `source ${stream.source.streamName} of a tracker needs a streamIdentifier: account:stream:creationEpoch`,
    )
  }

  /**
   * The stream that leases name.
   * @throws MillraceError `not_found` when the stream of that name is a later one
   */
  async openByIdentifier(identifier: string): Promise<OpenedStream> {
    const opened = await this.openIdentified({ streamName: identifier.split(':')[1] ?? '' })
    if (opened.stream.streamIdentifier === identifier) return opened
    await opened.close()
    throw new MillraceError(
      'not_found',
      `stream ${identifier} is gone: ${opened.stream.streamIdentifier} has its name now`,
    )
  }

  async #identifierOf(source: KinesisSource | FanOutSource): Promise<string> {
    const { arn, creationEpoch } = await source.identity(this.#signal)
    return `${arn.split(':')[4] ?? ''}:${source.streamName}:${creationEpoch}`
  }
}

/** The streams of a worker. */
export interface WorkerStreams {
  /** those that stay; empty with a tracker */
  readonly fixed: readonly ConsumedStream[]
  current(): readonly ConsumedStream[]
  /** with a tracker only */
  readonly list: StreamList<StreamChoice> | null
  readonly changing: ChangingStreams | undefined
  /** a stream whose leases name its creation seems to be gone, or another one to have its name */
  doubt(identifier: string): void
}

/** Opens what is selected. What has to be closed at the end is added to `closers`. */
export async function openStreams(
  selection: StreamSelection,
  opener: StreamOpener,
  closers: (() => Promise<void>)[],
  failed: (what: string, error: unknown) => void,
): Promise<WorkerStreams> {
  if (isTracker(selection) || (Array.isArray(selection) && selection.length > 1)) {
    const tracker: StreamTracker<StreamChoice> = isTracker(selection)
      ? selection
      : { streamConfigList: () => selection as readonly StreamChoice[] }
    // Of streams that are given once and for all, each must be there at the start.
    let mustOpen = !isTracker(selection)
    const list = new StreamList<StreamChoice>({
      tracker,
      nameOf: keyOf,
      mayBe,
      open: choice => opener.openIdentified(choice),
      openByIdentifier: identifier => opener.openByIdentifier(identifier),
      failed(what, error) {
        if (mustOpen) throw error
        failed(what, error)
      },
    })
    closers.push(() => list.close())
    await list.refresh(() => false)
    checkDistinct(list, selection)
    mustOpen = false
    return {
      fixed: [],
      current: () => list.current,
      list,
      changing: {
        refresh: isHeld => list.refresh(isHeld),
        isNamed: identifier => list.isNamed(identifier),
        isGone: identifier => list.isGone(identifier),
        forget: identifier => list.forget(identifier),
        strategy: tracker.formerStreamsLeasesDeletionStrategy ?? { leaseDeletionType: 'NO_STREAMS_LEASES_DELETION' },
      },
      doubt: identifier => list.doubt(identifier),
    }
  }
  const [only] = Array.isArray(selection) ? (selection as readonly StreamChoice[]) : [selection as StreamChoice]
  if (only === undefined) throw new MillraceError('config', 'a worker needs a stream to read')
  const { stream, close } = await opener.open(only, false)
  closers.push(close)
  return { fixed: [stream], current: () => [stream], list: null, changing: undefined, doubt() {} }
}

/** @throws MillraceError `config` where two of the streams are one */
function checkDistinct(list: StreamList<StreamChoice>, selection: StreamSelection): void {
  if (!Array.isArray(selection)) return
  const identifiers = list.current.map(({ streamIdentifier }) => streamIdentifier)
  if (new Set(identifiers).size === selection.length) return
  throw new MillraceError(
    'config',
    `${selection.length} streams are given, and only ${new Set(identifiers).size} are different: ${identifiers.join(', ')}; give each once`,
  )
}

function isTracker(selection: StreamSelection): selection is StreamTracker<StreamChoice> {
  return typeof selection === 'object' && 'streamConfigList' in selection
}

/** The same stream has the same key in every list of a tracker. */
function keyOf(choice: StreamChoice): string {
  if (typeof choice === 'string') return choice
  if ('streamName' in choice) return choice.streamName
  if ('streamArn' in choice) return choice.streamArn
  return choice.streamIdentifier ?? choice.source.streamName
}

/** Whether a choice names the stream of an identifier: of any creation, and, for a bare name, of any account. */
function mayBe(choice: StreamChoice, identifier: string): boolean {
  const [account, name] = identifier.split(':')
  if (typeof choice !== 'string' && 'source' in choice) return choice.streamIdentifier === identifier
  const named = nameOf(choice)
  if ('streamName' in named) return named.streamName === name
  const [, , , , ofAccount, resource] = named.streamArn.split(':')
  return ofAccount === account && resource === `stream/${name}`
}

function nameOf(choice: Exclude<StreamChoice, { readonly source: StreamSource }>) {
  if (typeof choice !== 'string') return choice
  return choice.startsWith('arn:') ? { streamArn: choice } : { streamName: choice }
}

function openSource(
  name: { readonly streamName: string } | { readonly streamArn: string },
  { client, limits }: StreamOpenerOptions,
  configuration: ConsumerConfiguration,
  { clock }: Env,
  signal: AbortSignal,
): Promise<KinesisSource | FanOutSource> {
  const { retrievalMode, consumerArn, consumerName, applicationName, idleTimeBetweenReadsInMillis } = configuration
  const common = {
    ...name,
    client,
    clock,
    region: given(configuration.regionName),
    endpoint: given(configuration.kinesisEndpoint),
  }
  if (retrievalMode === 'POLLING')
    return KinesisSource.open({ ...common, limits, idleMs: idleTimeBetweenReadsInMillis })
  return FanOutSource.open(
    consumerArn === ''
      ? { ...common, consumerName: consumerName === '' ? applicationName : consumerName }
      : { ...common, consumerArn },
    signal,
  )
}

/** A stream as shard sync sees it. */
export function leasedStream(
  { source, streamIdentifier, isIdentified = false }: ConsumedStream,
  configuration: ConsumerConfiguration,
  doubt: (identifier: string) => void,
): LeasedStream {
  const { signal } = new AbortController()
  return {
    identifier: streamIdentifier,
    initialPosition: initialPositionOf(configuration),
    shards: {
      async list(openAt) {
        if (streamIdentifier !== null && isIdentified) await refuseLater(source, streamIdentifier, signal, doubt)
        if (openAt !== null && source.listShardsOpenAt !== undefined) return source.listShardsOpenAt(openAt, signal)
        const shards = await source.listShards(signal)
        return openAt === null ? shards : shardsOpenAt(shards, openAt)
      },
    },
  }
}

/**
 * Streams are listed by name. A lease of several streams names the creation of its own, so that the shards of a later one are not taken
 * for its own.
 */
async function refuseLater(
  source: StreamSource,
  identifier: string,
  signal: AbortSignal,
  doubt: (identifier: string) => void,
): Promise<void> {
  try {
    const createdAt = await source.createdAt?.(signal)
    if (createdAt === undefined || Math.floor(createdAt / 1_000) === Number(identifier.split(':')[2])) return
    throw new MillraceError(
      'not_found',
      `stream ${identifier} is gone: one that was created at ${new Date(createdAt).toISOString()} has its name now`,
    )
  } catch (error) {
    if (hasCode(error, 'not_found')) doubt(identifier)
    throw error
  }
}

function initialPositionOf(configuration: ConsumerConfiguration): InitialPosition {
  switch (configuration.initialPositionInStream) {
    case 'LATEST':
      return { kind: 'latest' }
    case 'TRIM_HORIZON':
      return { kind: 'trimHorizon' }
    case 'AT_TIMESTAMP': {
      const timestamp = configuration.initialPositionTimestamp
      if (timestamp === null) throw new MillraceError('config', 'AT_TIMESTAMP needs initialPositionTimestamp')
      return { kind: 'atTimestamp', timestamp }
    }
  }
}

function given(text: string): string | undefined {
  return text === '' ? undefined : text
}
