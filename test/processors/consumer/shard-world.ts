/** One shard consumer on an embedded stream in simulated time, with a lease that a test scripts. */
import { type ShardDescription, type ShardReader } from '../../../core/index.ts'
import type { ConsumerEvent } from '../../../processors/consumer/consumer-event.ts'
import { ConsumerMetrics, METRICS_DIMENSIONS } from '../../../processors/consumer/consumer-metrics.ts'
import { completeFailurePolicy, type FailurePolicy } from '../../../processors/consumer/failure-policy.ts'
import {
  type ExtendedSequenceNumber,
  TRIM_HORIZON,
} from '../../../processors/consumer/leases/extended-sequence-number.ts'
import type { ProcessRecordsInput, RecordProcessor } from '../../../processors/consumer/record-processor.ts'
import type { CheckpointWrite } from '../../../processors/consumer/shard-checkpointer.ts'
import {
  ShardConsumer,
  type ShardConsumerSettings,
  type ShardLease,
} from '../../../processors/consumer/shard-consumer.ts'
import { FaultPlan, FaultySource, type LocalStream, LocalStreams } from '../../../streams/index.ts'
import { type MemoryEnv, memoryEnv } from '../../support/memory-env.ts'

export const SHARD = 'shardId-000000000000'
export const RANGE = { startingHashKey: 0n, endingHashKey: (1n << 128n) - 1n }

/** A lease in memory; what the table would refuse is up to the test. */
export class ScriptedLease implements ShardLease {
  checkpoint: ExtendedSequenceNumber = TRIM_HORIZON
  pendingCheckpoint: ExtendedSequenceNumber | null = null
  pendingCheckpointState: Uint8Array | null = null
  hashKeyRange = RANGE
  readonly writes: CheckpointWrite[] = []
  readonly calls: string[] = []
  bytes = 0
  finished: readonly (boolean | Error)[] = [true]
  endings: readonly ('done' | 'retry' | 'dropped' | Error)[] = ['done']
  children: readonly ShardDescription[] = []
  failSaves: Error[] = []
  giveUpFails: Error | null = null
  stored: ExtendedSequenceNumber | null = null

  save(write: CheckpointWrite): Promise<void> {
    const failure = this.failSaves.shift()
    if (failure !== undefined) return Promise.reject(failure)
    this.writes.push(write)
    this.stored = write.checkpoint
    return Promise.resolve()
  }

  countBytes(sizeBytes: number): void {
    this.bytes += sizeBytes
  }

  parentsFinished(): Promise<boolean> {
    const [next = true, ...rest] = this.finished
    this.finished = rest
    this.calls.push('parentsFinished')
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
  }

  endShard(children: readonly ShardDescription[]): Promise<'done' | 'retry' | 'dropped'> {
    const [next = 'done', ...rest] = this.endings
    this.endings = rest
    this.children = children
    this.calls.push('endShard')
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
  }

  storedCheckpoint(): Promise<ExtendedSequenceNumber | null> {
    return Promise.resolve(this.stored)
  }

  cleanUp(): void {
    this.calls.push('cleanUp')
  }

  giveUp(): Promise<void> {
    this.calls.push('giveUp')
    return this.giveUpFails === null ? Promise.resolve() : Promise.reject(this.giveUpFails)
  }
}

/** Keeps what it was called with, and does what the test says. */
export class TracedProcessor implements RecordProcessor {
  readonly trace: string[] = []
  readonly texts: string[] = []
  readonly inputs: ProcessRecordsInput[] = []
  onInitialize: RecordProcessor['initialize'] = async () => {}
  onRecords: RecordProcessor['processRecords'] = async () => {}
  onShardEnded: NonNullable<RecordProcessor['shardEnded']> = async input => input.checkpointer.checkpoint()
  onShutdownRequested: NonNullable<RecordProcessor['shutdownRequested']> = async () => {}
  /** calls that run now; never more than one */
  running = 0
  overlapped = false

  async initialize(input: Parameters<NonNullable<RecordProcessor['initialize']>>[0]): Promise<void> {
    await this.#call('initialize', async () => this.onInitialize?.(input))
  }

  async processRecords(input: ProcessRecordsInput): Promise<void> {
    await this.#call(`processRecords ${input.records.length}`, async () => {
      this.inputs.push(input)
      await this.onRecords(input)
      for (const record of input.records) this.texts.push(Buffer.from(record.data).toString())
    })
  }

  async leaseLost(): Promise<void> {
    await this.#call('leaseLost', async () => {})
  }

  async shardEnded(input: Parameters<NonNullable<RecordProcessor['shardEnded']>>[0]): Promise<void> {
    await this.#call('shardEnded', () => this.onShardEnded(input))
  }

  async shutdownRequested(input: Parameters<NonNullable<RecordProcessor['shutdownRequested']>>[0]): Promise<void> {
    await this.#call('shutdownRequested', () => this.onShutdownRequested(input))
  }

  async #call(name: string, work: () => Promise<void>): Promise<void> {
    this.trace.push(name)
    if (this.running++ > 0) this.overlapped = true
    try {
      await work()
    } finally {
      this.running--
    }
  }
}

export interface ShardWorldOptions {
  readonly policy?: FailurePolicy
  readonly settings?: Partial<ShardConsumerSettings>
  readonly makeProcessor?: (processor: TracedProcessor) => RecordProcessor | Promise<RecordProcessor>
}

export interface ShardWorld {
  readonly env: MemoryEnv
  readonly stream: LocalStream
  readonly faults: FaultPlan
  readonly lease: ScriptedLease
  readonly processor: TracedProcessor
  readonly events: ConsumerEvent[]
  readonly metrics: ConsumerMetrics
  readonly opened: ExtendedSequenceNumber[]
  /** made anew by `start` */
  consumer: ShardConsumer
  put(...texts: readonly string[]): Promise<string[]>
  start(): Promise<void>
  /** states that were left or entered, in order */
  states(): string[]
}

export async function shardWorld(options: ShardWorldOptions = {}): Promise<ShardWorld> {
  const env = memoryEnv()
  const streams = await LocalStreams.open({ env })
  const stream = await streams.create('s', { shards: 1 })
  const faults = new FaultPlan()
  const source = new FaultySource(stream, faults)
  const lease = new ScriptedLease()
  const processor = new TracedProcessor()
  const events: ConsumerEvent[] = []
  const metrics = new ConsumerMetrics({
    workerIdentifier: 'w',
    level: 'DETAILED',
    dimensions: METRICS_DIMENSIONS,
    metricsMax: 1_000,
    clock: env.clock,
  })
  const opened: ExtendedSequenceNumber[] = []
  const settings: ShardConsumerSettings = {
    taskBackoffTimeMillis: 500,
    parentShardPollIntervalMillis: 10_000,
    maxRecords: 10_000,
    idleMs: 1_500,
    reducedTpsThresholdMs: 0,
    recreatedStream: 'STOP',
    bounds: { batchesMax: 4, bytesMax: 8 * 1_048_576, recordsMax: 30_000 },
    callProcessRecordsEvenForEmptyRecordList: false,
    logWarningForTaskAfterMillis: null,
    failurePolicy: completeFailurePolicy(options.policy),
    ...options.settings,
  }
  const make = (): ShardConsumer =>
    new ShardConsumer({
      info: { streamName: 's', shardId: SHARD, streamIdentifier: null },
      lease,
      factory: () => options.makeProcessor?.(processor) ?? processor,
      settings,
      clock: env.clock,
      random: env.random,
      metrics,
      openReader(checkpoint): Promise<ShardReader> {
        opened.push(checkpoint)
        const isNumber = /^\d/.test(checkpoint.sequenceNumber)
        return source.openShard(
          SHARD,
          isNumber
            ? {
                kind: 'after',
                position: { shardId: SHARD, sequenceNumber: checkpoint.sequenceNumber, subsequenceNumber: -1 },
              }
            : checkpoint.sequenceNumber === 'LATEST'
              ? { kind: 'latest' }
              : { kind: 'trimHorizon' },
        )
      },
      onEvent: event => events.push(event),
    })
  const world: ShardWorld = {
    env,
    stream,
    faults,
    lease,
    processor,
    events,
    metrics,
    opened,
    consumer: make(),
    async put(...texts) {
      const numbers: string[] = []
      for (const text of texts)
        numbers.push((await stream.put({ data: Buffer.from(text), partitionKey: text })).sequenceNumber)
      return numbers
    },
    start() {
      world.consumer = make()
      return world.consumer.run()
    },
    states: () => events.filter(event => event.kind === 'shard_state').map(event => String(event.facts?.['to'])),
  }
  return world
}
