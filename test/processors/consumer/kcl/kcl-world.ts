/**
 * Workers of Amazon's own KCL for Java (test/oracles/kcl-java) and of ours over one embedded stream and one DynamoDB Local. Ours run
 * in this process, Java's together in another one; all of them write to one trace, which judges read.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { nodeEnv } from '../../../../core/index.ts'
import {
  type Checkpointer,
  type ConsumerConfiguration,
  type ConsumerRecord,
  type InitializeInput,
  type Lease,
  type LeaseStore,
  openDynamoLeaseStore,
  type RunningConsumer,
  startConsumer,
} from '../../../../processors/index.ts'
import { Producer, streamTarget } from '../../../../producers/index.ts'
import { type LocalStream, LocalStreams, type StreamsListener, serveStreams } from '../../../../streams/index.ts'
import { type DynamoEndpoint, dynamoLocalMissing, quickPolls, startDynamoLocal } from '../../../support/dynamodb.ts'
import type { Line } from '../fleet/fleet.ts'

const ORACLE = join(import.meta.dirname, '../../../oracles/kcl-java')
/** How often something is looked at again, and for how long before the test gives up. */
const LOOK_MS = 100
const PATIENCE_MS = 120_000
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'nobody-checks' }
/** What Java's workers say in a failure; KCL_LOG=info tells all that they do. */
const LOG_LEVEL = `-Dorg.slf4j.simpleLogger.defaultLogLevel=${process.env['KCL_LOG'] ?? 'warn'}`
/** Of the load: keys, and milliseconds from one record of each to the next. */
const KEYS = 40
const PUT_MS = 250

/** Why the KCL cannot run here, or null. */
export const kclMissing: string | null =
  dynamoLocalMissing ??
  (!existsSync(join(ORACLE, 'lib'))
    ? 'the jars of the KCL are not installed: mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib in test/oracles/kcl-java'
    : spawnSync('javac', ['-version']).status === 0
      ? null
      : 'there is no javac')

/** What a worker of either kind is started with. */
export interface WorkerChoice {
  readonly application: string
  readonly worker: string
  /** a stream, or several as `account:stream:epoch` */
  readonly streams: readonly string[]
  /** of ours; for Java also `metrics=cpu` */
  readonly settings: Partial<ConsumerConfiguration> & { readonly metrics?: string }
  /** checkpoints at the record with this text and does nothing from then on; left out: after each batch */
  readonly until?: string
}

export class KclWorld {
  readonly streams: LocalStreams
  readonly dynamo: DynamoEndpoint
  /** of the tables that the workers use */
  readonly client: DynamoDBClient
  readonly #listener: StreamsListener
  readonly #folder: string
  readonly #java: ChildProcess
  /** the load, which ends with `stopPutting` */
  #putting: Promise<void> | null = null
  readonly #stopLoad = new AbortController()
  readonly #put: string[] = []
  readonly #ours = new Map<string, RunningConsumer>()
  readonly #stores = new Map<string, LeaseStore>()
  #javaOut = ''
  #javaLog = ''
  #log = ''
  #lives = 0

  private constructor(streams: LocalStreams, listener: StreamsListener, dynamo: DynamoEndpoint) {
    this.streams = streams
    this.#listener = listener
    this.dynamo = dynamo
    // DynamoDB Local keeps the tables of each access key and region apart.
    this.client = new DynamoDBClient({
      endpoint: dynamo.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID, secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY },
    })
    this.#folder = mkdtempSync(join(tmpdir(), 'millrace-kcl-'))
    appendFileSync(this.#trace, '')
    const jars = join(ORACLE, 'lib', '*')
    const args = ['-Xmx300m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', jars, LOG_LEVEL]
    args.push(join(ORACLE, 'Worker.java'), listener.url, dynamo.endpoint, this.#trace)
    this.#java = spawn('java', args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#java.stdout?.on('data', (chunk: Buffer) => {
      this.#javaOut += chunk.toString()
    })
    this.#java.stderr?.on('data', (chunk: Buffer) => {
      this.#javaLog += chunk.toString()
    })
  }

  static async start(): Promise<KclWorld> {
    Object.assign(process.env, CREDENTIALS)
    const streams = await LocalStreams.open({ env: nodeEnv })
    const listener = await serveStreams({ streams, env: nodeEnv })
    const world = new KclWorld(streams, listener, await startDynamoLocal())
    await world.until('the Java process', () => world.#javaOut.includes('ready'))
    return world
  }

  get #trace(): string {
    return join(this.#folder, 'trace.txt')
  }

  /** Tells the Java process to run a worker of the KCL. */
  joinJava({ application, worker, streams, settings, until = '' }: WorkerChoice): void {
    const words = Object.entries({ ...settings, until }).map(([name, value]) => `${name}=${String(value)}`)
    this.#java.stdin?.write(`start ${application} ${worker} ${streams.join(',')} ${words.join(' ')}\n`)
  }

  /** Ends a worker of the KCL in order. */
  async shutdownJava(worker: string): Promise<void> {
    this.#java.stdin?.write(`shutdown ${worker}\n`)
    let answer: string | undefined
    await this.until(`the end of ${worker}`, () => {
      answer = this.#javaOut.split('\n').find(line => line.split(' ')[1] === worker)
      return answer !== undefined
    })
    if (answer !== `down ${worker}`) throw new Error(answer)
  }

  /** Ends the Java process with all its workers, as a power cut would. */
  async killJava(): Promise<void> {
    if (this.#java.exitCode !== null || this.#java.signalCode !== null) return
    const exited = new Promise(resolve => this.#java.once('exit', resolve))
    this.#java.kill('SIGKILL')
    await exited
  }

  /** Runs a worker of ours in this process. */
  async joinOurs({ application, worker, streams, settings, until = '' }: WorkerChoice): Promise<void> {
    const consumer = await startConsumer({
      streams: [...streams],
      configuration: {
        applicationName: application,
        workerIdentifier: worker,
        retrievalMode: 'POLLING',
        initialPositionInStream: 'TRIM_HORIZON',
        kinesisEndpoint: this.#listener.url,
        dynamoDBEndpoint: this.dynamo.endpoint,
        regionName: 'us-east-1',
        ...settings,
      },
      env: nodeEnv,
      processor: ({ shardId }) => this.#processor(worker, shardId, until),
      onEvent: ({ level, kind, message }) => {
        if (level !== 'info' || kind === 'lease_moved') this.#log += `${worker} ${kind}: ${message}\n`
      },
    })
    this.#ours.set(worker, consumer)
  }

  #processor(worker: string, shardId: string, until: string) {
    const life = `${worker}/${++this.#lives}`
    let isDone = false
    const save = async (checkpointer: Checkpointer, at?: ConsumerRecord): Promise<void> => {
      await (at === undefined ? checkpointer.checkpoint() : checkpointer.checkpoint(at))
      const { sequenceNumber, subsequenceNumber } = checkpointer.lastCheckpoint
      this.#tell('saved', worker, life, shardId, sequenceNumber, subsequenceNumber)
    }
    return {
      initialize: ({ checkpoint }: InitializeInput) => {
        this.#tell('began', worker, life, shardId, checkpoint.sequenceNumber, checkpoint.subsequenceNumber)
        return Promise.resolve()
      },
      processRecords: async ({
        records,
        checkpointer,
      }: {
        records: readonly ConsumerRecord[]
        checkpointer: Checkpointer
      }) => {
        if (isDone) return
        for (const record of records) {
          const text = Buffer.from(record.data).toString()
          this.#tell(
            'got',
            worker,
            life,
            shardId,
            record.sequenceNumber,
            record.subsequenceNumber,
            text,
            record.aggregated,
          )
          if (text !== until) continue
          isDone = true
          await save(checkpointer, record)
          return
        }
        if (until === '') await save(checkpointer)
      },
      leaseLost: ({ reason }: { reason: string }) => {
        this.#tell('ended', worker, life, shardId, reason)
        return Promise.resolve()
      },
      shardEnded: async ({ checkpointer }: { checkpointer: Checkpointer }) => {
        await checkpointer.checkpoint()
        this.#tell('ended', worker, life, shardId, 'SHARD_END')
      },
      shutdownRequested: async ({ checkpointer }: { checkpointer: Checkpointer }) => {
        if (until === '') await checkpointer.checkpoint()
        this.#tell('asked', worker, life, shardId)
      },
    }
  }

  #tell(...words: readonly unknown[]): void {
    appendFileSync(this.#trace, `${Date.now()} ${words.join(' ')}\n`)
  }

  async shutdownOurs(worker: string): Promise<void> {
    await this.#ours.get(worker)?.shutdown()
    this.#ours.delete(worker)
  }

  /**
   * Puts records in aggregates until it is told to stop. The text says the key and its number within the key; the records of a key
   * are stored in order.
   */
  load(stream: LocalStream): void {
    const producer = new Producer({
      target: streamTarget(stream),
      env: nodeEnv,
      configuration: { KeyOrder: true, RecordMaxBufferedTime: 50 },
    })
    const { signal } = this.#stopLoad
    this.#putting = (async () => {
      const outcomes: Promise<unknown>[] = []
      for (let round = 0; !signal.aborted; round++) {
        for (let key = 0; key < KEYS; key++) {
          const text = `k${key}:${round}`
          this.#put.push(text)
          outcomes.push(producer.put({ data: Buffer.from(text), partitionKey: `k${key}` }))
        }
        await nodeEnv.clock.sleep(PUT_MS)
      }
      await producer.close()
      await Promise.all(outcomes)
    })()
  }

  /** Ends the load. Resolves with the texts of all that was put. */
  async stopPutting(): Promise<readonly string[]> {
    this.#stopLoad.abort()
    await this.#putting
    return this.#put
  }

  /** What workers did, in the order in which they wrote it. @param application those whose name begins with it */
  lines(application = ''): readonly Line[] {
    return readFileSync(this.#trace, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const [at = '', what = '', worker = '', life = '', shard = '', ...rest] = line.split(' ')
        // Java's program and ours write the text before the word that says whether it was in an aggregate; judges look for it at the end.
        if (what === 'got') rest.push(...rest.splice(2, 1))
        return { atMs: Number(at), what, worker, life, shard, rest }
      })
      .filter(line => line.worker.startsWith(application))
  }

  async store(application: string): Promise<LeaseStore> {
    const known = this.#stores.get(application)
    if (known !== undefined) return known
    const store = await openDynamoLeaseStore({
      clock: quickPolls,
      applicationName: application,
      endpoint: this.dynamo.endpoint,
      region: 'us-east-1',
      consistentReads: true,
    })
    this.#stores.set(application, store)
    return store
  }

  async leases(application: string): Promise<readonly Lease[]> {
    return (await this.store(application)).leases.list()
  }

  /** Leases that are not finished, by owner; those that are being handed over count for nobody. */
  async owners(application: string): Promise<ReadonlyMap<string, number>> {
    const owners = new Map<string, number>()
    for (const lease of await this.leases(application))
      if (lease.checkpoint?.sequenceNumber !== 'SHARD_END') {
        const owner = lease.checkpointOwner === null ? (lease.leaseOwner ?? 'nobody') : 'between'
        owners.set(owner, (owners.get(owner) ?? 0) + 1)
      }
    return owners
  }

  /** Looks until it is so. @param what for the error, which tells what the workers said and what the tables have */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const from = nodeEnv.clock.monotonicMs()
    while (!(await isSo())) {
      if (nodeEnv.clock.monotonicMs() - from > PATIENCE_MS)
        throw new Error(`${what} did not come in ${PATIENCE_MS} ms\n${await this.report()}`)
      await nodeEnv.clock.sleep(LOOK_MS)
    }
  }

  async report(): Promise<string> {
    const leases: string[] = []
    for (const application of this.#stores.keys())
      for (const { leaseKey, leaseOwner, checkpointOwner, checkpoint } of await this.leases(application))
        leases.push(`${application} ${leaseKey} ${leaseOwner} ${checkpointOwner} ${checkpoint?.sequenceNumber}`)
    return [...leases, this.#log, this.#javaLog].join('\n')
  }

  /** What went wrong in the background of our workers. */
  get failures(): readonly string[] {
    return this.#log.split('\n').filter(line => line.includes('background_failed'))
  }

  async close(): Promise<void> {
    await this.stopPutting().catch(() => {})
    await this.killJava()
    for (const consumer of this.#ours.values()) await consumer.stop()
    for (const store of this.#stores.values()) await store.close()
    this.client.destroy()
    await this.dynamo.stop()
    await this.#listener.close()
    await this.streams.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
