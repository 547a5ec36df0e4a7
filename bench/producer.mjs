// User records a second: by a hand-written loop of PutRecords, and through a producer, one entry each and aggregated. The stream is
// embedded and served over HTTP by another process; the client is the AWS SDK's. Run after `npm run build`:
//
//   node bench/producer.mjs [records] [bytes]
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { nodeEnv } from '../dist/core/index.js'
import { kinesisTarget, Producer, streamTarget } from '../dist/producers/index.js'
import { LocalStreams, serveStreams } from '../dist/streams/index.js'

const ROUNDS = 3
const SHARDS = 4
/** of the hand-written loop: PutRecords takes as many entries; the producer has as many connections */
const ENTRIES = 500
const CALLS = 24

if (process.argv[2] === 'serve') {
  const streams = await LocalStreams.open({ env: nodeEnv, memoryBytesMax: 64 * 1_048_576, whenFull: 'trim' })
  await streams.create('bench', { shards: SHARDS })
  const listener = await serveStreams({ streams, env: nodeEnv })
  process.send(listener.url)
  // without the bench there is nobody to serve
  process.once('disconnect', () => process.exit())
} else await main(Number(process.argv[2] ?? 100_000), Number(process.argv[3] ?? 100))

async function main(count, sizeBytes) {
  const records = Array.from({ length: count }, (_, i) => ({
    partitionKey: `visitor-${i % 1_000}`,
    data: randomBytes(sizeBytes),
  }))
  const { Kinesis } = await import('@aws-sdk/client-kinesis')
  const server = fork(fileURLToPath(import.meta.url), ['serve'])
  const endpoint = await new Promise(resolve => server.once('message', resolve))
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
  const client = new Kinesis({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  const streams = await LocalStreams.open({ env: nodeEnv, memoryBytesMax: 64 * 1_048_576, whenFull: 'trim' })
  const embedded = await streams.create('bench', { shards: SHARDS })
  console.log(`node ${process.version}, ${cpus()[0]?.model ?? 'unknown'}, ${count} user records of ${sizeBytes} bytes`)
  const overHttp = () => kinesisTarget({ client, StreamName: 'bench' })
  const inProcess = () => streamTarget(embedded)
  await compare('HTTP, AWS SDK client', records, {
    'by hand, PutRecords one after the other': from => byHand(client, from, 1),
    [`by hand, ${CALLS} PutRecords at a time`]: from => byHand(client, from, CALLS),
    ...byProducer(overHttp),
  })
  await compare('embedded, same process', records, byProducer(inProcess))
  client.destroy()
  server.kill()
}

/**
 * Each way some rounds in turn; the least of each counts. All are compared with each way by hand, by the clock and by processor time of this
 * process; where nothing was done by hand, with the first way.
 */
async function compare(title, records, ways) {
  console.log(`\n${title}`)
  const best = Object.fromEntries(Object.keys(ways).map(name => [name, [Infinity, Infinity]]))
  for (const way of Object.values(ways)) await way(records.slice(0, 20_000))
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, way] of Object.entries(ways)) best[name] = least(best[name], await way(records))
  const entries = Object.entries(best)
  const byHands = entries.filter(([name]) => name.startsWith('by hand'))
  const bases = byHands.length === 0 ? entries.slice(0, 1) : byHands
  for (const [name, seconds] of entries) {
    const [clock, cpu] = seconds.map((value, i) => {
      const times = bases.map(([, base]) => (base[i] / value).toFixed(1)).join(' / ')
      return `${Math.round(records.length / value).toLocaleString('en')} (${times} times)`
    })
    console.log(`  ${name}: ${clock} a second, ${cpu} a second of this process's processor time`)
  }
}

function least(a, b) {
  return a.map((value, i) => Math.min(value, b[i]))
}

/** Seconds by the clock, and of this process's processor time. */
async function timed(work) {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return [(performance.now() - startedAt) / 1_000, (user + system) / 1e6]
}

/** What one writes by hand: full calls, so many at a time, and what was refused again. */
async function byHand(client, records, callsAtATime) {
  const rest = records.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data }))
  const work = async () => {
    while (rest.length > 0) {
      const Records = rest.splice(-ENTRIES)
      const answer = await client.putRecords({ StreamName: 'bench', Records })
      if (answer.FailedRecordCount > 0)
        answer.Records.forEach(({ ErrorCode }, i) => {
          if (ErrorCode !== undefined) rest.push(Records[i])
        })
    }
  }
  return timed(() => Promise.all(Array.from({ length: callsAtATime }, work)))
}

/** From the first put to the last outcome, which each way counts. */
function byProducer(target) {
  return {
    'producer, one entry each': from => produced(target(), false, from, putEach),
    'producer, one entry each, putMany': from => produced(target(), false, from, putTogether),
    'producer, aggregated': from => produced(target(), true, from, putEach),
    'producer, aggregated, putMany': from => produced(target(), true, from, putTogether),
  }
}

async function produced(target, AggregationEnabled, records, put) {
  const configuration = { AggregationEnabled, RateLimit: 1_000_000, RecordTtl: 600_000 }
  const producer = new Producer({ target, env: nodeEnv, configuration })
  await producer.mapped()
  const outcomes = { stored: 0 }
  const seconds = await timed(async () => {
    await put(producer, records, outcomes)
    await producer.flush()
  })
  if (outcomes.stored !== records.length) throw new Error(`${outcomes.stored} of ${records.length} records were stored`)
  await producer.close()
  return seconds
}

async function putEach(producer, records, outcomes) {
  const count = () => {
    outcomes.stored++
  }
  for (const record of records) {
    if (producer.mustWait) await producer.ready()
    void producer.put(record).then(count)
  }
}

/** As many together as the loop by hand. */
async function putTogether(producer, records, outcomes) {
  const count = results => {
    for (const result of results) if (!(result instanceof Error)) outcomes.stored++
  }
  for (let i = 0; i < records.length; i += ENTRIES) {
    if (producer.mustWait) await producer.ready()
    void producer.putMany(records.slice(i, i + ENTRIES)).then(count)
  }
}
