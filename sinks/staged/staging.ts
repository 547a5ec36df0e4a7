/**
 * Rounds of a delivery stream whose owner commits: what a round made is complete and invisible until the owner
 * has written its commit, and then gets its final names.
 *
 *   objects    sealed -> _staged/... (whole) -> part of the round -> commit -> publish: final key
 *   open ones  records since the last round -> segment -> carried from round to round until their object is sealed
 *
 * Staged names hold a random number, so that no attempt at a round meets another one's objects; final names do not, and the
 * commit keeps them. This file keeps the books; segment.ts is the format, and stores do the writing.
 */
import { createHash } from 'node:crypto'
import { type Clock, hasCode, MillraceError, type Random } from '../../core/index.ts'
import { type ManifestHead, manifestBytes, manifestKey, STAGED } from '../manifest-object.ts'
import type { StreamRecord } from '../pipeline/record.ts'
import type { Receipt } from '../receipt.ts'
import {
  type ObjectAttributes,
  type ObjectStore,
  type OpenStore,
  putPieces,
  readWhole,
  stagedAttributes,
} from '../stores/store.ts'
import { ObjectFrames, type OpenedObject, type OpenedRecords, readSegment } from './segment.ts'
import { StableRandom } from './stable-random.ts'

/** Staged objects of rounds that nobody committed are removed when they are so old; it must exceed the longest outage. */
export const STAGED_AGE_MAX_MS = 7 * 86_400_000
/** Rounds for which staged objects stay after they were published: a late repeat must find its source. */
const ROUNDS_KEPT = 2
/** Calls that publish or clean up at a time. */
const PUBLISHED_AT_ONCE = 8

export interface StagingOptions {
  /** made once for a task, so that a deleted and recreated task meets no old names */
  readonly incarnation: string
  /** the task, and its output where it has several */
  readonly task: string
}

/** A complete object that waits for its final key; plain JSON, as the commit keeps it. */
export interface StagedObject {
  readonly bucketArn: string
  /** where it lies */
  readonly staged: string
  /** where it will lie */
  readonly key: string
  readonly round: number
  readonly attributes: ObjectAttributes
  /** null for the manifest of the round */
  readonly receipt: Receipt | null
}

/** Records of open objects; plain JSON, as the commit keeps it. */
export interface Segment {
  readonly bucketArn: string
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
  /** ids of the objects whose records are needed yet */
  readonly objects: readonly string[]
}

export interface StagingParts {
  readonly clock: Clock
  readonly random: Random
  readonly streamName: string
  /** where segments and manifests go */
  readonly bucketArn: string
  /** all in which objects are staged */
  readonly bucketArns: readonly string[]
  readonly store: (bucketArn: string) => OpenStore
  readonly retrying: <T>(operation: () => Promise<T>) => Promise<T>
}

interface Journal {
  readonly opened: OpenedObject
  readonly frames: ObjectFrames
}

export class Staging {
  readonly #parts: StagingParts
  readonly #folder: string
  readonly #run: string
  /** names of objects: a function of incarnation, task, round and part */
  readonly names: StableRandom
  readonly #journals = new Map<string, Journal>()
  /** complete objects by final key, until their receipt comes */
  readonly #complete = new Map<string, Omit<StagedObject, 'receipt' | 'round'>>()
  #pending: StagedObject[] = []
  #segments: Segment[] = []
  #garbage: { readonly round: number; readonly bucketArn: string; readonly name: string }[] = []
  readonly #published = new Set<string>()
  #round = 1
  #serial = 0
  #journalBytes = 0
  #restoring = false

  constructor({ incarnation, task }: StagingOptions, parts: StagingParts) {
    this.#parts = parts
    const one = (text: string): string => encodeURIComponent(text)
    this.#folder = `${STAGED}${one(incarnation)}/${one(task)}/${one(parts.streamName)}/`
    this.#run = `${one(incarnation)}/${one(task)}`
    this.names = new StableRandom(this.#nameOfRound())
  }

  /** the round that is being worked on */
  get round(): number {
    return this.#round
  }

  /** bytes of records that are in no segment yet */
  get journalBytes(): number {
    return this.#journalBytes
  }

  /** A store under whose keys objects are staged. */
  under(bucketArn: string): ObjectStore {
    const store = this.#parts.store(bucketArn)
    return {
      begin: async (key, attributes = {}) => {
        const staged = this.#newName('part')
        const writer = await store.begin(staged, stagedAttributes(staged, attributes))
        return {
          get heldBytes() {
            return writer.heldBytes ?? 0
          },
          write: bytes => writer.write(bytes),
          complete: async () => {
            await writer.complete()
            this.#complete.set(key, { bucketArn, staged, key, attributes })
          },
          abort: () => writer.abort(),
        }
      },
    }
  }

  /** Begins the journal of an object. */
  open(opened: Omit<OpenedObject, 'id'>, id = `${this.#round}.${++this.#serial}`): string {
    this.#journals.set(id, { opened: { ...opened, id }, frames: new ObjectFrames() })
    return id
  }

  /** Keeps a record of an open object for the next segment. */
  add(id: string, record: StreamRecord): void {
    const journal = this.#journals.get(id)
    // What is restored is in segments already.
    if (journal === undefined || this.#restoring) return
    const before = journal.frames.sizeBytes
    journal.frames.add(record)
    this.#journalBytes += journal.frames.sizeBytes - before
  }

  /** An object is complete: it goes with this round, and its records need no segment any more. */
  sealed(id: string, receipt: Receipt): void {
    const journal = this.#journals.get(id)
    this.#journals.delete(id)
    this.#journalBytes -= journal?.frames.sizeBytes ?? 0
    const complete = this.#complete.get(receipt.key)
    this.#complete.delete(receipt.key)
    if (complete !== undefined) this.#pending.push({ ...complete, round: this.#round, receipt })
  }

  /** Writes what the journals hold, so that it need not wait in memory for the round to end. */
  async keep(): Promise<void> {
    const objects: string[] = []
    const pieces: Uint8Array[] = []
    for (const { opened, frames } of this.#journals.values()) {
      if (frames.sizeBytes === 0) continue
      objects.push(opened.id)
      pieces.push(...frames.take(opened))
    }
    this.#journalBytes = 0
    if (objects.length === 0) return
    const { bucketArn } = this.#parts
    const name = await this.#put('segment', pieces)
    const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0)
    this.#segments.push({ bucketArn, name, sizeBytes, sha256: sha256(pieces), objects })
  }

  /**
   * Ends the round.
   * @param counts what the manifest of the round says beside its receipts, as of the moment that is asked
   */
  async cut(
    round: number,
    counts: () => Pick<ManifestHead, 'taken' | 'dropped' | 'openRecords'>,
  ): Promise<{ readonly parts: readonly StagedObject[]; readonly carried: readonly Segment[] }> {
    if (round !== this.#round)
      throw new MillraceError('invalid_argument', `stage: round ${round} cannot end, round ${this.#round} is at work`)
    await this.keep()
    // From here to the next await nothing can be sealed: parts and segments tell one moment.
    const parts = this.#pending
    this.#pending = []
    this.#segments = this.#segments.flatMap(segment => this.#needed(segment))
    const carried = this.#segments
    const { bucketArn, clock, streamName } = this.#parts
    const receipts = parts.flatMap(({ receipt }) => (receipt === null ? [] : [receipt]))
    const manifest = {
      stream: streamName,
      run: this.#run,
      number: round,
      ...counts(),
      closed: false,
      writtenAt: clock.now(),
      receipts,
    }
    this.#begin(round + 1)
    const staged = await this.#put('manifest', [manifestBytes(manifest)])
    const last = { bucketArn, staged, key: manifestKey(manifest), round, attributes: {}, receipt: null }
    return { parts: [...parts, last], carried }
  }

  /**
   * Goes on with the round after a committed one: gives what the commit carried, one segment after the other, so that no more than
   * one is in memory. An object may come several times; its records are in order. `restored` ends it.
   */
  async *restore(round: number, carried: readonly Segment[]): AsyncGenerator<OpenedRecords> {
    this.#restoring = true
    this.#segments = [...carried]
    this.#begin(round + 1)
    for (const { bucketArn, name, sha256: wanted, objects } of carried) {
      const store = this.#parts.store(bucketArn)
      const bytes = await this.#parts.retrying(() => readWhole(store, name))
      if (sha256([bytes]) !== wanted)
        throw new MillraceError(
          'corrupt_log',
          `segment ${store.place}/${name}: its bytes are not those that were committed`,
        )
      const needed = new Set(objects)
      for (const one of readSegment(name, bytes)) if (needed.has(one.opened.id)) yield one
    }
  }

  /** Everything that the commit carried was given out and taken: what comes now is new. */
  restored(): void {
    this.#restoring = false
  }

  /**
   * Gives the objects of committed rounds their final keys; repeatable. The manifest comes last.
   * @returns receipts of the objects that this process had not published before
   */
  async publish(parts: readonly StagedObject[]): Promise<readonly Receipt[]> {
    const { store, retrying } = this.#parts
    const show = ({ bucketArn, staged, key, attributes }: StagedObject): Promise<void> =>
      retrying(() => store(bucketArn).publish(staged, key, attributes))
    const objects = parts.filter(({ receipt }) => receipt !== null)
    for (let at = 0; at < objects.length; at += PUBLISHED_AT_ONCE)
      await Promise.all(objects.slice(at, at + PUBLISHED_AT_ONCE).map(show))
    for (const part of parts) if (part.receipt === null) await show(part)
    const fresh: Receipt[] = []
    let round = 0
    for (const { bucketArn, staged, receipt, round: of } of parts) {
      round = Math.max(round, of)
      if (this.#published.has(staged)) continue
      this.#published.add(staged)
      this.#garbage.push({ round: of, bucketArn, name: staged })
      if (receipt !== null) fresh.push(receipt)
    }
    await this.#clean(round - ROUNDS_KEPT)
    return fresh
  }

  /** Removes what uncommitted rounds left long ago, in every bucket. What is carried stays. */
  async sweep(): Promise<void> {
    const { bucketArns, clock, store, retrying } = this.#parts
    const carried = new Set(this.#segments.map(({ name }) => name))
    const before = clock.now() - STAGED_AGE_MAX_MS
    for (const bucketArn of new Set(bucketArns))
      await retrying(async () => {
        for await (const { key, modifiedAt } of store(bucketArn).list(this.#folder))
          if (modifiedAt < before && !carried.has(key)) await store(bucketArn).remove(key)
      })
  }

  #begin(round: number): void {
    this.#round = round
    this.names.begin(this.#nameOfRound())
  }

  #nameOfRound(): string {
    return `${this.#folder}${this.#round}`
  }

  #newName(what: 'part' | 'segment' | 'manifest'): string {
    const nonce = Buffer.from(this.#parts.random.bytes(8)).toString('hex')
    return `${this.#folder}${String(this.#round).padStart(10, '0')}.${nonce}.${what}`
  }

  /** A repeat writes under another name: whether the first attempt was heard does not matter. */
  #put(what: 'segment' | 'manifest', pieces: readonly Uint8Array[]): Promise<string> {
    const { store, bucketArn, retrying } = this.#parts
    return retrying(async () => {
      const name = this.#newName(what)
      await putPieces(store(bucketArn), name, pieces, stagedAttributes(name))
      return name
    })
  }

  /** The segment with the objects that are open yet; nothing when there are none. */
  #needed(segment: Segment): readonly Segment[] {
    const objects = segment.objects.filter(id => this.#journals.has(id))
    if (objects.length > 0) return [{ ...segment, objects }]
    this.#garbage.push({ round: this.#round, bucketArn: segment.bucketArn, name: segment.name })
    return []
  }

  /** What cannot be removed is swept by its age. */
  async #clean(round: number): Promise<void> {
    const old = this.#garbage.filter(one => one.round <= round)
    this.#garbage = this.#garbage.filter(one => one.round > round)
    for (let at = 0; at < old.length; at += PUBLISHED_AT_ONCE)
      await Promise.all(
        old.slice(at, at + PUBLISHED_AT_ONCE).map(async ({ bucketArn, name }) => {
          this.#published.delete(name)
          await this.#parts
            .store(bucketArn)
            .remove(name)
            .catch((error: unknown) => {
              if (!hasCode(error, 'not_found')) return
            })
        }),
      )
  }
}

function sha256(pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}
