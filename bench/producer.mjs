// User records a second through a producer: aggregated, and one PutRecords entry each. The stream is embedded and served over
// HTTP by another process; the client is the AWS SDK's. Run after `npm run build`:
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
  const targets = {
    'HTTP, AWS SDK client': () => kinesisTarget({ client, StreamName: 'bench' }),
    'embedded, same process': () => streamTarget(embedded),
  }
  console.log(`node ${process.version}, ${cpus()[0]?.model ?? 'unknown'}, ${count} user records of ${sizeBytes} bytes`)
  for (const [name, target] of Object.entries(targets)) {
    await run(target(), records.slice(0, 20_000), true)
    await run(target(), records.slice(0, 20_000), false)
    const best = { aggregated: [Infinity, Infinity], single: [Infinity, Infinity] }
    for (let round = 0; round < ROUNDS; round++) {
      best.aggregated = least(best.aggregated, await run(target(), records, true))
      best.single = least(best.single, await run(target(), records, false))
    }
    for (const [i, unit] of ['a second', 'a second of processor time of the producer'].entries()) {
      const rate = seconds => Math.round(count / seconds).toLocaleString('en')
      const [aggregated, single] = [best.aggregated[i], best.single[i]]
      const ratio = (single / aggregated).toFixed(1)
      console.log(`${name}: ${rate(aggregated)} aggregated, ${rate(single)} one entry each, ${unit}: ${ratio} times`)
    }
  }
  client.destroy()
  server.kill()
}

function least(a, b) {
  return a.map((value, i) => Math.min(value, b[i]))
}

/** Seconds from the first put to the last outcome: by the clock, and of this process's processor time. */
async function run(target, records, AggregationEnabled) {
  const configuration = { AggregationEnabled, RateLimit: 1_000_000, RecordTtl: 600_000 }
  const producer = new Producer({ target, env: nodeEnv, configuration })
  await producer.mapped()
  const startedAt = performance.now()
  const before = process.cpuUsage()
  let stored = 0
  const count = () => {
    stored++
  }
  for (const record of records) {
    await producer.ready()
    void producer.put(record).then(count)
  }
  await producer.flush()
  const seconds = (performance.now() - startedAt) / 1_000
  const { user, system } = process.cpuUsage(before)
  if (stored !== records.length) throw new Error(`${stored} of ${records.length} user records were stored`)
  await producer.close()
  return [seconds, (user + system) / 1_000_000]
}
