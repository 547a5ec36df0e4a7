/** Worker processes over one embedded stream and one lease table in dynalite, and what may be said of all they did. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import { MillraceError, nodeEnv } from '../../../../core/index.ts'
import { compareExtended } from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import {
  type ConsumerConfiguration,
  type Lease,
  type LeaseStore,
  openDynamoLeaseStore,
} from '../../../../processors/index.ts'
import { type LocalStream, LocalStreams, type StreamsListener, serveStreams } from '../../../../streams/index.ts'
import { quickPolls } from '../../../support/dynamodb.ts'

/** How often something is looked at again, and for how long before the test gives up. */
const LOOK_MS = 200
const PATIENCE_MS = 180_000
/** The table is read through so often for checkpoints that go back. */
const WATCH_MS = 250
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'nobody-checks' }

export interface FleetOptions {
  readonly shards: number
  readonly settings: Partial<ConsumerConfiguration>
}

interface Member {
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  hasExited: boolean
  isStopped: boolean
  log: string
}

export interface Line {
  /** epoch milliseconds */
  readonly atMs: number
  readonly what: string
  readonly worker: string
  readonly life: string
  readonly shard: string
  readonly rest: readonly string[]
}

/** How often the table refuses a call, and how often a reply is lost after its effect; from 0 to 1. */
export interface TableFaults {
  readonly throttled: number
  readonly lostReplies: number
}

interface Dynalite {
  readonly child: ChildProcess
  readonly endpoint: string
}

async function startDynalite(): Promise<Dynalite> {
  const child = fork(join(dirname(fileURLToPath(import.meta.url)), 'dynalite-process.mjs'), { silent: true })
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
    child.once('exit', () => reject(new Error('dynalite ended before it listened')))
  })
  return { child, endpoint }
}

export class Fleet {
  readonly stream: LocalStream
  readonly store: LeaseStore
  readonly #options: FleetOptions
  readonly #streams: LocalStreams
  readonly #listener: StreamsListener
  readonly #folder: string
  readonly #dynamo: Dynalite
  readonly #members = new Map<string, Member>()
  readonly #put: string[] = []
  /** checkpoints that went back, as the table showed them */
  readonly backwards: string[] = []
  /** parents of each shard, as its lease has them */
  readonly parents = new Map<string, readonly string[]>()
  /** when workers were killed or stopped, epoch milliseconds */
  readonly downAt = new Map<string, number>()
  readonly #lines: Line[] = []
  readonly #traceFile: number
  /** bytes of the trace that are lines already, and the beginning of one that is not whole yet */
  #traceRead = 0
  #rest = ''
  #watching = true
  readonly #watch: Promise<void>

  private constructor(
    options: FleetOptions,
    folder: string,
    streams: LocalStreams,
    stream: LocalStream,
    listener: StreamsListener,
    dynamo: Dynalite,
    store: LeaseStore,
  ) {
    this.#options = options
    this.#dynamo = dynamo
    this.#folder = folder
    this.#streams = streams
    this.stream = stream
    this.#listener = listener
    this.store = store
    this.#traceFile = openSync(this.#trace, 'a+')
    this.#watch = this.#watchCheckpoints()
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-fleet-'))
    const streams = await LocalStreams.open({ env: nodeEnv })
    const stream = await streams.create('s', { shards: options.shards })
    const listener = await serveStreams({ streams, env: nodeEnv })
    const dynamo = await startDynalite()
    Object.assign(process.env, CREDENTIALS)
    const store = await openDynamoLeaseStore({
      clock: quickPolls,
      applicationName: 'fleet',
      endpoint: dynamo.endpoint,
      region: 'us-east-1',
      consistentReads: true,
    })
    return new Fleet(options, folder, streams, stream, listener, dynamo, store)
  }

  get #trace(): string {
    return join(this.#folder, 'trace.txt')
  }

  get isClosed(): boolean {
    return !this.#watching
  }

  /** workers that run and were neither killed nor stopped */
  get alive(): readonly string[] {
    return [...this.#members].filter(([, { hasExited, isStopped }]) => !hasExited && !isStopped).map(([id]) => id)
  }

  get put(): readonly string[] {
    return this.#put
  }

  /** Starts a worker; resolves when it runs. @param more settings of this worker alone */
  async join(workerId: string, more: Partial<ConsumerConfiguration> = {}): Promise<void> {
    const argument = JSON.stringify({
      dist: dirname(dirname(inject('millrace'))),
      endpoint: this.#listener.url,
      dynamoDB: this.#dynamo.endpoint,
      workerId,
      trace: this.#trace,
      settings: { ...this.#options.settings, ...more },
    })
    const script = join(dirname(fileURLToPath(import.meta.url)), 'worker-process.mjs')
    const child = spawn(process.execPath, [script, argument], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...CREDENTIALS },
    })
    const exited = new Promise<number | null>(resolve => child.on('exit', code => resolve(code)))
    const member: Member = { child, exited, hasExited: false, isStopped: false, log: '' }
    child.on('exit', () => {
      member.hasExited = true
    })
    this.#members.set(workerId, member)
    child.stderr?.on('data', (chunk: Buffer) => {
      member.log += chunk.toString()
    })
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', () => resolve())
      child.on('exit', () => reject(new Error(`${workerId} ended before it ran:\n${member.log}`)))
    })
  }

  signal(workerId: string, signal: NodeJS.Signals): void {
    if (signal === 'SIGKILL' || signal === 'SIGSTOP') this.downAt.set(workerId, Date.now())
    const member = this.#members.get(workerId)
    if (member === undefined) throw new Error(`there is no worker ${workerId}`)
    member.isStopped = signal === 'SIGSTOP'
    member.child.kill(signal)
  }

  /** What went wrong in the background of workers, each text once, with how often. */
  failures(): readonly string[] {
    const counts = new Map<string, number>()
    for (const { log } of this.#members.values())
      for (const line of log.split('\n'))
        if (line.includes('failed')) {
          const text = line.replace(/worker-\d+|shardId-\d+|request [^)]*|\d{20,}/g, '*')
          counts.set(text, (counts.get(text) ?? 0) + 1)
        }
    return Array.from(counts, ([text, count]) => `${count} times ${text}`)
  }

  /** The exit code; null when it was killed. */
  async exited(workerId: string): Promise<number | null> {
    const member = this.#members.get(workerId)
    if (member === undefined) throw new Error(`there is no worker ${workerId}`)
    return member.exited
  }

  /** Puts that many records, keys in turn. The text says the key and its number within the key. */
  async putSome(count: number, keys: number): Promise<void> {
    const entries = Array.from({ length: count }, () => {
      const number = this.#put.length
      const text = `k${number % keys}:${Math.floor(number / keys)}`
      this.#put.push(text)
      return { data: Buffer.from(text), partitionKey: `k${number % keys}` }
    })
    // In the order of the keys also where a reshard is under way: nothing is refused here, puts wait for it.
    for (const outcome of await this.stream.putMany(entries))
      if (!outcome.accepted) throw new Error(`a put was refused: ${outcome.message}`)
  }

  /** What workers did until now, in the order in which they wrote it. */
  lines(): readonly Line[] {
    const buffer = Buffer.allocUnsafe(1 << 20)
    for (;;) {
      const size = readSync(this.#traceFile, buffer, 0, buffer.length, this.#traceRead)
      if (size === 0) return this.#lines
      this.#traceRead += size
      const texts = (this.#rest + buffer.toString('latin1', 0, size)).split('\n')
      this.#rest = texts.pop() ?? ''
      for (const text of texts) {
        const [at = '', what = '', worker = '', life = '', shard = '', ...rest] = text.split(' ')
        this.#lines.push({ atMs: Number(at), what, worker, life, shard, rest })
      }
    }
  }

  /** What the table does to calls from now on. The test's own calls meet it as well. */
  disturb(faults: TableFaults): void {
    this.#dynamo.child.send(faults)
  }

  /** Looks until it is so. @param what for the error, which tells what the workers said and what the table has */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const from = nodeEnv.clock.monotonicMs()
    while (!(await isSo())) {
      if (nodeEnv.clock.monotonicMs() - from > PATIENCE_MS) {
        const logs = Array.from(this.#members, ([id, { log }]) => `${id}: ${log.slice(-2_000)}`)
        const leases = (await this.#leases()).map(
          ({ leaseKey, leaseOwner, checkpointOwner, checkpoint }) =>
            `${leaseKey} ${leaseOwner} ${checkpointOwner} ${checkpoint?.sequenceNumber}`,
        )
        throw new Error(`${what} did not come in ${PATIENCE_MS} ms\n${leases.join('\n')}\n${logs.join('\n')}`)
      }
      await nodeEnv.clock.sleep(LOOK_MS)
    }
  }

  /** Leases that are not finished, by owner. */
  async owners(): Promise<ReadonlyMap<string, number>> {
    const owners = new Map<string, number>()
    for (const lease of await this.#leases())
      if (lease.checkpoint?.sequenceNumber !== 'SHARD_END') {
        const owner = lease.leaseOwner ?? 'nobody'
        owners.set(owner, (owners.get(owner) ?? 0) + 1)
      }
    return owners
  }

  async close(): Promise<void> {
    this.#watching = false
    await this.#watch
    for (const { child, exited } of this.#members.values()) {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
      await exited
    }
    closeSync(this.#traceFile)
    await this.store.close()
    this.#dynamo.child.kill('SIGKILL')
    await this.#listener.close()
    await this.#streams.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** As the table has them; a table that refuses calls is asked until it answers. */
  async #leases(): Promise<readonly Lease[]> {
    for (;;) {
      try {
        return await this.store.leases.list()
      } catch (error) {
        if (!(error instanceof MillraceError) || error.retry !== 'backoff') throw error
        await nodeEnv.clock.sleep(LOOK_MS)
      }
    }
  }

  async #watchCheckpoints(): Promise<void> {
    const seen = new Map<string, Lease>()
    while (this.#watching) {
      for (const lease of await this.#leases()) {
        const before = seen.get(lease.leaseKey)
        if (before?.checkpoint && lease.checkpoint && compareExtended(lease.checkpoint, before.checkpoint) < 0)
          this.backwards.push(
            `${lease.leaseKey}: ${before.checkpoint.sequenceNumber} to ${lease.checkpoint.sequenceNumber}`,
          )
        seen.set(lease.leaseKey, lease)
        this.parents.set(lease.leaseKey, lease.parentShardIds)
      }
      await nodeEnv.clock.sleep(WATCH_MS)
    }
  }
}
