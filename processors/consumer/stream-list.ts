/**
 * The streams that a worker reads, where they come and go while it runs: a tracker names them, each is opened when it is named
 * first, and closed when it is named no more and no shard of it is held. One that is said to be gone is opened again the next time:
 * another stream may have its name. Source: KCL 3.x, `StreamTracker`.
 */
import { hasCode, MillraceError } from '../../core/index.ts'
import type { FormerStreamsLeasesDeletionStrategy } from './leases/former-streams.ts'
import type { ConsumedStream } from './worker.ts'

/** Names the streams of a fleet. All workers of it should name the same ones, give or take the time that it takes to learn. */
export interface StreamTracker<Choice> {
  /** Asked at the start and each minute. While it throws, the list stays as it was. */
  streamConfigList(): readonly Choice[] | Promise<readonly Choice[]>
  /** default: the leases of former streams stay, and go on being processed */
  readonly formerStreamsLeasesDeletionStrategy?: FormerStreamsLeasesDeletionStrategy | undefined
}

/** A stream with an identifier, and how it is closed. */
export interface OpenedStream {
  readonly stream: ConsumedStream & { readonly streamIdentifier: string }
  readonly close: () => Promise<void>
}

export interface StreamListOptions<Choice> {
  readonly tracker: StreamTracker<Choice>
  /** a name for a choice that stays the same from one list to the next */
  readonly nameOf: (choice: Choice) => string
  /** whether a choice may be the stream of an identifier, for one that could not be opened and told what it is */
  readonly mayBe: (choice: Choice, identifier: string) => boolean
  readonly open: (choice: Choice) => Promise<OpenedStream>
  /** opens a stream that leases name and the tracker does not */
  readonly openByIdentifier: (identifier: string) => Promise<OpenedStream>
  readonly failed: (what: string, error: unknown) => void
}

/** Streams that may be open at a time, and that may be in doubt; more is a tracker gone wrong. */
const STREAMS_MAX = 10_000

export class StreamList<Choice> {
  readonly #options: StreamListOptions<Choice>
  /** by the name of the choice */
  #named = new Map<string, OpenedStream>()
  /** named, and not to be opened the last time */
  #unopened: readonly Choice[] = []
  /** by identifier: named no more, but leases of it may be left */
  readonly #former = new Map<string, OpenedStream>()
  /** identifiers of streams that were said to be gone */
  readonly #doubted = new Set<string>()
  /** the end of the last refresh: they follow each other */
  #last: Promise<void> = Promise.resolve()

  constructor(options: StreamListOptions<Choice>) {
    this.#options = options
  }

  /** Those that are named now. */
  get current(): readonly ConsumedStream[] {
    return Array.from(this.#named.values(), ({ stream }) => stream)
  }

  /** Whether the tracker names the stream now, also where it could not be opened: that is no reason to take it for a former one. */
  isNamed(identifier: string): boolean {
    const { mayBe } = this.#options
    return (
      this.current.some(({ streamIdentifier }) => streamIdentifier === identifier) ||
      this.#unopened.some(choice => mayBe(choice, identifier))
    )
  }

  /** A stream of the list seems to be gone, or to be another one by now. */
  doubt(identifier: string): void {
    this.#doubted.add(identifier)
    for (const oldest of this.#doubted) {
      if (this.#doubted.size <= STREAMS_MAX) return
      this.#doubted.delete(oldest)
    }
  }

  /** No lease names the stream any more. */
  forget(identifier: string): void {
    this.#doubted.delete(identifier)
  }

  /** Whether a stream was said to be gone, and was not found to be there since. */
  isGone(identifier: string): boolean {
    return this.#doubted.has(identifier)
  }

  /**
   * Asks the tracker. A stream that cannot be opened is told and tried again the next time; the others are taken.
   * @param isHeld whether this worker holds a lease of a stream
   * @throws MillraceError what the tracker throws; `limit_exceeded`
   */
  refresh(isHeld: (identifier: string) => boolean): Promise<void> {
    const next = this.#last.then(() => this.#refresh(isHeld))
    this.#last = next.catch(() => {})
    return next
  }

  async #refresh(isHeld: (identifier: string) => boolean): Promise<void> {
    const { tracker, nameOf, failed } = this.#options
    const choices = await tracker.streamConfigList()
    if (choices.length > STREAMS_MAX)
      throw new MillraceError(
        'limit_exceeded',
        `the tracker names ${choices.length} streams; ${STREAMS_MAX} is the most`,
      )
    const named = new Map<string, OpenedStream>()
    const unopened: Choice[] = []
    for (const choice of choices) {
      const name = nameOf(choice)
      try {
        const known = this.#named.get(name)
        named.set(name, known === undefined || this.#isDoubted(known) ? await this.#open(choice, known) : known)
      } catch (error) {
        unopened.push(choice)
        const known = this.#named.get(name)
        if (known !== undefined) named.set(name, known)
        failed(`opening stream ${name}`, error)
      }
    }
    this.#unopened = unopened
    for (const [name, opened] of this.#named)
      if (named.get(name) !== opened) this.#former.set(opened.stream.streamIdentifier, opened)
    this.#named = named
    for (const [identifier, opened] of this.#former)
      if (!isHeld(identifier)) {
        this.#former.delete(identifier)
        await opened.close().catch((error: unknown) => failed(`closing stream ${identifier}`, error))
      }
  }

  #isDoubted({ stream }: OpenedStream): boolean {
    return this.#doubted.has(stream.streamIdentifier)
  }

  /** Opens a stream; where that is the one that is known, it goes on. */
  async #open(choice: Choice, known: OpenedStream | undefined): Promise<OpenedStream> {
    const opened = await this.#options.open(choice)
    // The service has just told of this one. Where another stream has its name, the one that is known stays in doubt: it is gone.
    this.#doubted.delete(opened.stream.streamIdentifier)
    if (opened.stream.streamIdentifier !== known?.stream.streamIdentifier) return opened
    await opened.close().catch(() => {})
    return known
  }

  /**
   * The stream of a lease. When the tracker does not name it even if it is asked again, it is opened by its name: as in the KCL, who
   * has the lease processes it.
   */
  async find(identifier: string): Promise<ConsumedStream> {
    const known = this.#known(identifier)
    if (known !== undefined) return known
    await this.refresh(() => true)
    const learnt = this.#known(identifier)
    if (learnt !== undefined) return learnt
    try {
      const opened = await this.#options.openByIdentifier(identifier)
      this.#former.set(identifier, opened)
      return opened.stream
    } catch (error) {
      if (hasCode(error, 'not_found')) this.doubt(identifier)
      throw error
    }
  }

  #known(identifier: string): ConsumedStream | undefined {
    return [...this.#named.values(), ...this.#former.values()].find(
      ({ stream }) => stream.streamIdentifier === identifier,
    )?.stream
  }

  async close(): Promise<void> {
    for (const { close } of [...this.#named.values(), ...this.#former.values()]) await close().catch(() => {})
    this.#named.clear()
    this.#former.clear()
  }
}
