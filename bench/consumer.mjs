/**
 * Records a second that reach a processor which does nothing, beside a plain loop of the AWS SDK over the same stream:
 *
 *   node scripts/build.mjs && node bench/consumer.mjs [records] [bytes of each] [rounds]
 *
 * The stream runs in another process, without limits. `plain` has one user record in each record; `aggregated` has as many as fit
 * 50 KB. The SDK cannot unpack them: the loop does so with AWS's own module for that, aws-kinesis-agg, where it is installed
 * (`(cd bench/peers && npm ci)`), and once more with the decoder of this project, which shows what the rest of the way costs. All check
 * what they got. CPU is that of the reading process alone, with all its threads.
 */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { nodeEnv } from '../dist/core/index.js'
import { ConsumerWorker, completeConsumerConfiguration } from '../dist/processors/index.js'
import { decodeAggregate, encodeAggregate, KinesisSource } from '../dist/streams/index.js'

const [records = 200_000, sizeBytes = 100, rounds = 3] = process.argv.slice(2).map(Number)
const SHARD = 'shardId-000000000000'
const AGGREGATE_BYTES = 50_000
const PUT_RECORDS = 500
const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a-key-that-nobody-checks' }

const server = spawn(
  process.execPath,
  ['dist/cli/main.js', 'stream', '--port', '0', '--stream', 'plain:1', '--stream', 'aggregated:1', '--memory', '2048'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
const endpoint = await new Promise((resolve, reject) => {
  let text = ''
  server.stdout.on('data', chunk => {
    text += chunk
    const found = /Kinesis endpoint (\S+)/.exec(text)
    if (found !== null) resolve(found[1])
  })
  server.on('exit', code => reject(new Error(`the stream ended with ${code}`)))
})
server.removeAllListeners('exit')
const client = new KinesisClient({ endpoint, region: 'us-east-1', credentials })
const aws = awsModule()

try {
  await fill()
  const rows = []
  for (const stream of ['plain', 'aggregated']) {
    const best = { sdk: null, consumer: null, aws: null }
    for (let round = 0; round < rounds; round++) {
      best.sdk = better(best.sdk, await timed(() => readBySdk(stream, stream === 'plain' ? null : unpackedHere)))
      if (stream === 'aggregated' && aws !== null)
        best.aws = better(best.aws, await timed(() => readBySdk(stream, unpackedByAws)))
      best.consumer = better(best.consumer, await timed(() => readByConsumer(stream)))
    }
    rows.push({ stream, ...best })
  }
  report(rows)
} finally {
  client.destroy()
  server.kill('SIGTERM')
}

function keyOf(i) {
  return `user-${i % 1_000}`
}

async function fill() {
  const data = i => Buffer.from(String(i).padEnd(sizeBytes, '.'))
  let entries = []
  const flush = async StreamName => {
    if (entries.length > 0) await client.send(new PutRecordsCommand({ StreamName, Records: entries }))
    entries = []
  }
  for (let i = 0; i < records; i++) {
    entries.push({ Data: data(i), PartitionKey: keyOf(i) })
    if (entries.length === PUT_RECORDS) await flush('plain')
  }
  await flush('plain')
  const perAggregate = Math.max(1, Math.floor(AGGREGATE_BYTES / (sizeBytes + 10)))
  for (let i = 0; i < records; i += perAggregate) {
    const items = Array.from({ length: Math.min(perAggregate, records - i) }, (_, j) => ({
      partitionKey: keyOf(i + j),
      data: data(i + j),
    }))
    entries.push({ Data: encodeAggregate(items), PartitionKey: 'a' })
    if (entries.length === 50) await flush('aggregated')
  }
  await flush('aggregated')
}

function awsModule() {
  try {
    return createRequire(new URL('peers/package.json', import.meta.url))('aws-kinesis-agg')
  } catch {
    return null
  }
}

/** @returns user records and their bytes */
function unpackedHere({ Data }) {
  const aggregate = decodeAggregate(Data)
  let bytes = 0
  for (let i = 0; i < aggregate.length; i++) bytes += aggregate.sizes[i]
  return [aggregate.length, bytes]
}

function unpackedByAws({ Data, PartitionKey, SequenceNumber }) {
  let found = [0, 0]
  const record = {
    data: Buffer.from(Data).toString('base64'),
    partitionKey: PartitionKey,
    sequenceNumber: SequenceNumber,
  }
  aws.deaggregateSync(record, true, (error, userRecords) => {
    if (error) throw error
    let bytes = 0
    for (const { data } of userRecords) bytes += Buffer.from(data, 'base64').length
    found = [userRecords.length, bytes]
  })
  return found
}

async function readBySdk(StreamName, unpack) {
  const start = { StreamName, ShardId: SHARD, ShardIteratorType: 'TRIM_HORIZON' }
  let { ShardIterator } = await client.send(new GetShardIteratorCommand(start))
  let count = 0
  let bytes = 0
  while (count < records) {
    const reply = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 10_000 }))
    ShardIterator = reply.NextShardIterator
    for (const record of reply.Records) {
      const [records, size] = unpack === null ? [1, record.Data.length] : unpack(record)
      count += records
      bytes += size
    }
  }
  check(count, bytes)
}

async function readByConsumer(streamName) {
  const source = await KinesisSource.open({ streamName, client, clock: nodeEnv.clock, limits: 'none' })
  let count = 0
  let bytes = 0
  let finish
  const finished = new Promise(resolve => {
    finish = resolve
  })
  const worker = new ConsumerWorker({
    configuration: completeConsumerConfiguration({ applicationName: 'bench', metricsLevel: 'NONE' }),
    streams: [{ source, streamIdentifier: null, waits: false }],
    coordinator: oneLease,
    processor: () => ({
      async processRecords({ records: batch }) {
        count += batch.length
        if (count >= records) finish()
      },
    }),
    clock: nodeEnv.clock,
    random: nodeEnv.random,
  })
  await worker.start()
  await finished
  bytes = worker.status.counts.bytesDelivered
  await worker.stop()
  await source.close()
  check(count, bytes)
}

/** A lease side for one shard that nobody else wants. */
function oneLease(listener, workerId) {
  const held = {
    lease: {
      leaseKey: SHARD,
      leaseOwner: workerId,
      leaseCounter: 0,
      ownerSwitchesSinceCheckpoint: 0,
      checkpoint: { sequenceNumber: 'TRIM_HORIZON', subsequenceNumber: 0 },
      parentShardIds: [],
      pendingCheckpoint: null,
      pendingCheckpointState: null,
      childShardIds: [],
      hashKeyRange: { startingHashKey: 0n, endingHashKey: (1n << 128n) - 1n },
      throughputKBps: null,
      checkpointOwner: null,
      streamIdentifier: null,
      shardId: SHARD,
    },
    token: 't',
    handOffTo: null,
  }
  return {
    workerId,
    start: async () => listener.leaseGained(held),
    stopGaining() {},
    stop: async () => listener.leaseLost(held, 'stopped'),
    heldLeases: () => [held],
    held: () => held,
    checkpoint: async () => held,
    countBytes() {},
    finishHandOff: async () => {},
    release: async () => {},
    parentsFinished: async () => true,
    endShard: async () => 'done',
    cleanUp() {},
  }
}

function check(count, bytes) {
  if (count !== records || bytes !== records * sizeBytes)
    throw new Error(`${records} records of ${sizeBytes} bytes were put; ${count} of ${bytes} bytes came`)
}

async function timed(work) {
  globalThis.gc?.()
  const cpu = process.cpuUsage()
  const from = process.hrtime.bigint()
  await work()
  const ms = Number(process.hrtime.bigint() - from) / 1e6
  const { user, system } = process.cpuUsage(cpu)
  return { ms, cpuMs: (user + system) / 1e3 }
}

/** The least of each over the rounds: what the machine did beside it only adds. */
function better(a, b) {
  return a === null ? b : { ms: Math.min(a.ms, b.ms), cpuMs: Math.min(a.cpuMs, b.cpuMs) }
}

function report(rows) {
  const { version } = createRequire(import.meta.url)('@aws-sdk/client-kinesis/package.json')
  const rate = ms => Math.round((records / ms) * 1_000).toLocaleString('en-US')
  console.log(`${records} records of ${sizeBytes} bytes, least of ${rounds} rounds; @aws-sdk/client-kinesis ${version}`)
  console.log(`${cpus()[0]?.model}, Node ${process.version}`)
  const line = (name, { ms, cpuMs }) =>
    console.log(`  ${name}   ${rate(ms)} a second, ${((cpuMs / records) * 1e3).toFixed(2)} us of CPU a record`)
  if (aws === null) console.log('aws-kinesis-agg is not installed: (cd bench/peers && npm ci)')
  for (const { stream, sdk, consumer, aws } of rows) {
    console.log(`${stream}:`)
    line('SDK loop', sdk)
    if (aws !== null) line('SDK loop, aws-kinesis-agg', aws)
    line('consumer', consumer)
    console.log(
      `  ratio      ${(sdk.ms / consumer.ms).toFixed(1)} by wall clock, ${(sdk.cpuMs / consumer.cpuMs).toFixed(1)} by CPU`,
    )
    if (aws !== null)
      console.log(
        `  ratio to aws-kinesis-agg   ${(aws.ms / consumer.ms).toFixed(1)} by wall clock, ${(aws.cpuMs / consumer.cpuMs).toFixed(1)} by CPU`,
      )
  }
}
