/**
 * Rounds of a staged stream under an owner that dies: at every call of a store, before and after its effect, and at every step
 * of the owner. What is visible afterwards is each record once.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { MillraceError, nodeEnv } from '../../../core/index.ts'
import { FileStore, MemoryStore } from '../../../sinks/index.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import type { DeliveryStreamOptions } from '../../../sinks/pipeline/stream-options.ts'
import type { Transform } from '../../../sinks/pipeline/transform.ts'
import type { Segment, StagedObject } from '../../../sinks/staged/staging.ts'
import type { ObjectWriter, OpenStore } from '../../../sinks/stores/store.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { extendedS3, type Json } from '../support/definitions.ts'

const START = Date.UTC(2026, 10, 22, 23, 58)
const RECORDS = 90
const A_ROUND = 10

/** What the owner's one conditional write makes true. */
interface Commit {
  readonly round: number
  readonly position: number
  readonly parts: readonly StagedObject[]
  readonly carried: readonly Segment[]
  readonly published: boolean
}

class Died extends Error {}

/** A store whose calls end the process: at one of them, before or after its effect. */
class DyingStore implements OpenStore {
  readonly #store: OpenStore
  #left: number
  readonly #after: boolean
  calls = 0
  #dead = false

  constructor(store: OpenStore, dieAt: number, after: boolean) {
    this.#store = store
    this.#left = dieAt
    this.#after = after
  }

  get place(): string {
    return this.#store.place
  }

  async #call<T>(effect: () => Promise<T>): Promise<T> {
    this.calls++
    if (this.#dead) throw new Died()
    const dies = this.#left-- === 0
    if (dies) this.#dead = true
    if (dies && !this.#after) throw new Died()
    const result = await effect()
    if (dies) throw new Died()
    return result
  }

  async begin(...given: Parameters<OpenStore['begin']>): Promise<ObjectWriter> {
    const writer = await this.#call(() => this.#store.begin(...given))
    return {
      write: bytes => this.#call(() => writer.write(bytes)),
      complete: () => this.#call(() => writer.complete()),
      abort: () => this.#call(() => writer.abort()),
    }
  }
  list(prefix: string): ReturnType<OpenStore['list']> {
    return this.#store.list(prefix)
  }
  async *read(key: string): AsyncIterable<Uint8Array> {
    await this.#call(async () => {})
    yield* this.#store.read(key)
  }
  remove(key: string): Promise<void> {
    return this.#call(() => this.#store.remove(key))
  }
  publish(...given: Parameters<OpenStore['publish']>): Promise<void> {
    return this.#call(() => this.#store.publish(...given))
  }
}

/** Record 17 and its like fail, and every thirteenth is dropped. */
const transform: Transform = async ({ records }) => ({
  records: records.map(({ recordId, data }) => {
    const { n } = JSON.parse(Buffer.from(data, 'base64').toString()) as { readonly n: number }
    const result = n % 17 === 0 ? ('ProcessingFailed' as const) : n % 13 === 0 ? ('Dropped' as const) : ('Ok' as const)
    return { recordId, result, data, metadata: { partitionKeys: { kind: `k${n % 3}` } } }
  }),
})

const DEFINITIONS: Readonly<Record<string, Json>> = {
  plain: { Prefix: 'rows/', ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/' },
  partitioned: {
    Prefix: 'rows/kind=!{partitionKeyFromLambda:kind}/',
    ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
    CompressionFormat: 'GZIP',
    DynamicPartitioningConfiguration: { Enabled: true },
    ProcessingConfiguration: {
      Enabled: true,
      Processors: [
        {
          Type: 'Lambda',
          Parameters: [
            { ParameterName: 'LambdaArn', ParameterValue: 'arn:aws:lambda:eu-west-1:123456789012:function:f' },
            { ParameterName: 'NumberOfRetries', ParameterValue: '0' },
          ],
        },
      ],
    },
  },
}

interface Owner {
  commit: Commit
  readonly clock: SimClock
  /** steps of the owner at which it may die, counted over its lives */
  dieAtStep: number
  steps: number
  /** each life draws other random numbers */
  lives: number
}

function step(owner: Owner): void {
  if (owner.steps++ === owner.dieAtStep) throw new Died()
}

/** One life of the owner: recover, then write, stage, commit and publish until all records are out. */
async function live(
  owner: Owner,
  store: OpenStore,
  name: string,
  options: Partial<DeliveryStreamOptions>,
): Promise<void> {
  const stream = new DeliveryStream(
    {
      definition: extendedS3(DEFINITIONS[name] ?? {}) as DeliveryStreamOptions['definition'],
      staging: { incarnation: 'i1', task: 'clicks/VIEWS' },
      delimiter: 'after',
      ...options,
    },
    {
      clock: owner.clock,
      random: seededRandom(++owner.lives),
      store: () => store,
      ...(name === 'plain' ? {} : { transform }),
    },
  )
  const { round, carried } = owner.commit
  if (!owner.commit.published) {
    await stream.publish(owner.commit.parts)
    step(owner)
    owner.commit = { ...owner.commit, published: true }
  }
  if (round > 0) await stream.restore(round, carried)
  for (let at = round + 1; owner.commit.position < RECORDS; at++) {
    const { position } = owner.commit
    const records = Array.from({ length: A_ROUND }, (_, i) => position + i)
    await stream.write(
      records.map(n => ({
        data: Buffer.from(JSON.stringify({ n, text: 'ü'.repeat(n % 5) })),
        arrivedAt: START + n,
        source: { shardId: 'shardId-0', partitionKey: 'p', sequenceNumber: String(1000 + n), subsequenceNumber: 0 },
      })),
    )
    // Objects are sealed by intervals at some rounds, by the last flush otherwise.
    if (at % 4 === 0) await owner.clock.advance(61_000)
    if (position + A_ROUND >= RECORDS) await stream.flush()
    const { parts, carried: next } = await stream.stage(at)
    step(owner)
    // The commit keeps JSON.
    const kept = JSON.parse(JSON.stringify({ parts, carried: next })) as Pick<Commit, 'parts' | 'carried'>
    owner.commit = { round: at, position: position + A_ROUND, ...kept, published: false }
    step(owner)
    await stream.publish(owner.commit.parts)
    step(owner)
    owner.commit = { ...owner.commit, published: true }
    step(owner)
  }
  await stream.close()
}

function visible(store: MemoryStore, prefix: string): readonly string[] {
  return [...store.objects]
    .filter(([key]) => key.startsWith(prefix))
    .flatMap(([key, body]) => (key.endsWith('.gz') ? gunzipSync(body) : Buffer.from(body)).toString().split('\n'))
    .filter(line => line !== '')
}

const numbers = (lines: readonly string[]): readonly number[] =>
  lines.map(line => (JSON.parse(line) as { readonly n: number }).n).sort((a, b) => a - b)

const failedNumbers = (store: MemoryStore): readonly number[] =>
  numbers(
    visible(store, 'errors/').map(line =>
      Buffer.from((JSON.parse(line) as { readonly rawData: string }).rawData, 'base64').toString(),
    ),
  )

const all = Array.from({ length: RECORDS }, (_, n) => n)
const partitioned = (name: string): boolean => name === 'partitioned'

function judge(store: MemoryStore, name: string): void {
  const fails = (n: number): boolean => partitioned(name) && n % 17 === 0
  const drops = (n: number): boolean => partitioned(name) && n % 17 !== 0 && n % 13 === 0
  expect(numbers(visible(store, 'rows/'))).toEqual(all.filter(n => !fails(n) && !drops(n)))
  expect(failedNumbers(store)).toEqual(all.filter(fails))
}

/** Runs an owner to the end, which dies once as told; returns how many store calls and steps there were. */
async function survive(
  name: string,
  death: { readonly call?: number; readonly after?: boolean; readonly step?: number },
  options: Partial<DeliveryStreamOptions> = {},
): Promise<{ readonly store: MemoryStore; readonly calls: number; readonly steps: number; readonly died: boolean }> {
  const store = new MemoryStore()
  const owner: Owner = {
    commit: { round: 0, position: 0, parts: [], carried: [], published: true },
    clock: new SimClock(START),
    dieAtStep: death.step ?? -1,
    steps: 0,
    lives: 0,
  }
  const dying = new DyingStore(store, death.call ?? -1, death.after ?? false)
  const died = await live(owner, dying, name, options).then(
    () => false,
    (error: unknown) => {
      if (!(error instanceof Died)) throw error
      return true
    },
  )
  if (died) {
    store.crash()
    await live(owner, store, name, options)
  }
  return { store, calls: dying.calls, steps: owner.steps, died }
}

describe.each(['plain', 'partitioned'])('a staged stream, %s', name => {
  it('delivers each record once when its owner dies at any call of its store, before or after the effect', async () => {
    for (const after of [false, true])
      for (let call = 0; ; call++) {
        const { store, calls } = await survive(name, { call, after })
        judge(store, name)
        if (calls > call) continue
        expect(call).toBeGreaterThan(60)
        break
      }
  })

  it('delivers each record once when its owner dies between any two of its own steps', async () => {
    for (let at = 0; ; at++) {
      const { store, died } = await survive(name, { step: at })
      judge(store, name)
      if (!died) {
        expect(at).toBeGreaterThan(30)
        break
      }
    }
  })

  it('shows nothing before it is published', async () => {
    const { store } = await survive(name, { step: 1 })
    judge(store, name)
    const early = new MemoryStore()
    const stream = new DeliveryStream(
      {
        definition: extendedS3(DEFINITIONS[name] ?? {}) as DeliveryStreamOptions['definition'],
        staging: { incarnation: 'i1', task: 't' },
      },
      { clock: new SimClock(START), random: seededRandom(1), store: () => early, transform },
    )
    await stream.write([{ data: Buffer.from('{"n":1}') }])
    await stream.flush()
    const { parts } = await stream.stage(1)
    expect([...early.objects.keys()].filter(key => !key.startsWith('_staged/'))).toEqual([])
    await stream.publish(parts)
    await stream.publish(parts)
    expect([...early.objects.keys()].filter(key => key.startsWith('rows/'))).toHaveLength(1)
    expect(stream.manifest.totals.objects).toBe(1)
    await stream.close()
  })

  it('names objects by incarnation, task and round, so that a repeat of the round gives the names again', async () => {
    const keys = async (): Promise<readonly string[]> =>
      [...(await survive(name, {})).store.objects.keys()].filter(key => key.startsWith('rows/')).sort()
    const [one, other] = [await keys(), await keys()]
    expect(one).toEqual(other)
    expect(one[0]).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
  })
})

describe('a staged stream', () => {
  it('carries open objects as segments, releases them when they are sealed, and cleans up two rounds later', async () => {
    const store = new MemoryStore()
    const clock = new SimClock(START)
    const stream = new DeliveryStream(
      {
        definition: extendedS3({ Prefix: 'rows/' }) as DeliveryStreamOptions['definition'],
        staging: { incarnation: 'i', task: 't' },
      },
      { clock, random: seededRandom(1), store: () => store },
    )
    const staged = (): number => [...store.objects.keys()].filter(key => key.startsWith('_staged/')).length
    const round = async (number: number): Promise<readonly Segment[]> => {
      await stream.write([{ data: Buffer.from(`${number};`) }])
      if (number === 3) await stream.flush()
      const { parts, carried } = await stream.stage(number)
      await stream.publish(parts)
      return carried
    }
    expect((await round(1)).map(({ objects }) => objects)).toEqual([['1.1']])
    expect(await round(2)).toHaveLength(2)
    expect(await round(3)).toEqual([])
    for (const number of [4, 5, 6]) expect(await round(number)).toHaveLength(number - 3)
    // Three segments, the manifests of rounds 5 and 6; everything of rounds up to 4 is gone.
    expect(staged()).toBe(5)
    expect([...store.objects].find(([key]) => key.startsWith('rows/'))?.[1].toString()).toBe(
      Buffer.from('1;2;3;').join(','),
    )
    await stream.close()
  })

  it('refuses segments whose bytes changed, rounds out of order, and stores that cannot publish', async () => {
    const store = new MemoryStore()
    const make = (over: OpenStore | { begin: OpenStore['begin'] }): DeliveryStream =>
      new DeliveryStream(
        {
          definition: extendedS3({ Prefix: 'rows/' }) as DeliveryStreamOptions['definition'],
          staging: { incarnation: 'i', task: 't' },
        },
        { clock: new SimClock(START), random: seededRandom(1), store: () => over },
      )
    const stream = make(store)
    await stream.write([{ data: Buffer.from('x') }])
    await expect(make(store).stage(2)).rejects.toThrow('round 2 cannot end, round 1 is at work')
    const { carried } = await stream.stage(1)
    const [segment] = carried
    await expect(make(store).restore(1, [{ ...(segment as Segment), sha256: '0' }])).rejects.toMatchObject({
      code: 'corrupt_log',
    })
    const plain = make({ begin: (...given) => store.begin(...given) })
    await plain.write([{ data: Buffer.from('x') }])
    await expect(plain.stage(1)).rejects.toThrow('staging needs a store that can list, read and publish')
    const unstaged = new DeliveryStream(
      { definition: extendedS3({}) as DeliveryStreamOptions['definition'] },
      { clock: new SimClock(START), random: seededRandom(1), store: () => store },
    )
    await expect(unstaged.stage(1)).rejects.toBeInstanceOf(MillraceError)
  })

  it('sweeps what nobody committed when it is older than a week, and keeps what is carried', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'staged-'))
    try {
      const clock = { ...nodeEnv.clock, ahead: 0, now: () => Date.now() + clock.ahead }
      const store = new FileStore({ files: nodeEnv.files, clock, directory })
      const make = (): DeliveryStream =>
        new DeliveryStream(
          {
            definition: extendedS3({ Prefix: 'rows/' }) as DeliveryStreamOptions['definition'],
            staging: { incarnation: 'i', task: 't' },
          },
          { clock, random: nodeEnv.random, store: () => store },
        )
      const first = make()
      await first.write([{ data: Buffer.from('kept') }])
      const { carried } = await first.stage(1)
      await first.write([{ data: Buffer.from('lost') }])
      await first.stage(2)
      clock.ahead = 8 * 86_400_000
      const second = make()
      await second.restore(1, carried)
      const names: string[] = []
      for await (const { key } of store.list('_staged/')) names.push(key)
      expect(names).toEqual(carried.map(({ name }) => name))
      await second.close()
      await first.close()
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('delivers to real files what DuckDB reads, each row once', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'staged-'))
    try {
      const owner: Owner = {
        commit: { round: 0, position: 0, parts: [], carried: [], published: true },
        clock: new SimClock(START),
        dieAtStep: 9,
        steps: 0,
        lives: 0,
      }
      const store = new FileStore({ files: nodeEnv.files, clock: owner.clock, directory })
      await expect(live(owner, store, 'plain', {})).rejects.toBeInstanceOf(Died)
      await live(owner, new FileStore({ files: nodeEnv.files, clock: owner.clock, directory }), 'plain', {})
      const instance = await DuckDBInstance.create(':memory:')
      const connection = await instance.connect()
      const read = `read_json('${directory}/rows/**/*', format = 'newline_delimited', columns = { n: 'BIGINT' })`
      const rows = await connection.runAndReadAll(`SELECT count(*), count(DISTINCT n), sum(n) FROM ${read}`)
      expect(rows.getRowsJS()[0]?.map(Number)).toEqual([RECORDS, RECORDS, (RECORDS * (RECORDS - 1)) / 2])
      connection.closeSync()
      instance.closeSync()
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
