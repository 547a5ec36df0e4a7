/** Worker processes over one embedded stream and one lease table in dynalite, and what may be said of all they did. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import { nodeEnv } from '../../../../core/index.ts'
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
  log: string
}

export interface Line {
  readonly what: string
  readonly worker: string
  readonly life: string
  readonly shard: string
  readonly rest: readonly string[]
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
    writeFileSync(this.#trace, '')
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

  get put(): readonly string[] {
    return this.#put
  }

  /** Starts a worker; resolves when it runs. */
  async join(workerId: string): Promise<void> {
    const argument = JSON.stringify({
      dist: dirname(dirname(inject('millrace'))),
      endpoint: this.#listener.url,
      dynamoDB: this.#dynamo.endpoint,
      workerId,
      trace: this.#trace,
      settings: this.#options.settings,
    })
    const script = join(dirname(fileURLToPath(import.meta.url)), 'worker-process.mjs')
    const child = spawn(process.execPath, [script, argument], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...CREDENTIALS },
    })
    const exited = new Promise<number | null>(resolve => child.on('exit', code => resolve(code)))
    const member: Member = { child, exited, log: '' }
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
    this.#members.get(workerId)?.child.kill(signal)
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

  lines(): readonly Line[] {
    return readFileSync(this.#trace, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const [what = '', worker = '', life = '', shard = '', ...rest] = line.split(' ')
        return { what, worker, life, shard, rest }
      })
  }

  /** Looks until it is so. @param what for the error, which tells what the workers said and what the table has */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const from = nodeEnv.clock.monotonicMs()
    while (!(await isSo())) {
      if (nodeEnv.clock.monotonicMs() - from > PATIENCE_MS) {
        const logs = Array.from(this.#members, ([id, { log }]) => `${id}: ${log.slice(-2_000)}`)
        const leases = (await this.store.leases.list()).map(
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
    for (const lease of await this.store.leases.list())
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
    await this.store.close()
    this.#dynamo.child.kill('SIGKILL')
    await this.#listener.close()
    await this.#streams.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #watchCheckpoints(): Promise<void> {
    const seen = new Map<string, Lease>()
    while (this.#watching) {
      for (const lease of await this.store.leases.list()) {
        const before = seen.get(lease.leaseKey)
        if (before?.checkpoint && lease.checkpoint && compareExtended(lease.checkpoint, before.checkpoint) < 0)
          this.backwards.push(
            `${lease.leaseKey}: ${before.checkpoint.sequenceNumber} to ${lease.checkpoint.sequenceNumber}`,
          )
        seen.set(lease.leaseKey, lease)
      }
      await nodeEnv.clock.sleep(WATCH_MS)
    }
  }
}
