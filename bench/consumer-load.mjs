/**
 * What a consumer does under a steady load, with the limits of the service on:
 *
 *   node scripts/build.mjs && node --expose-gc bench/consumer-load.mjs lag|memory|calls [seconds]
 *
 * - `lag`: 10,000 plain records a second of 100 bytes over 16 shards; the time from its arrival in the stream to that at
 *   which its processor has it, and how long the put took before, by polling each 1,000 and 200 ms and by enhanced fan-out. Aim: a p99 under 1,300, 400 and 100 ms.
 * - `memory`: 100 shards with 1,000 records a second; resident memory of the consumer.
 * - `calls`: 100 shards, and the calls that one worker makes to its lease table, by action, an hour and shard; with a checkpoint for
 *   each batch and with one a minute.
 *
 * The stream and who puts into it run in processes of their own, the table in a third; figures are those of the consumer's process.
 */
import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { nodeEnv } from '../dist/core/index.js'
import { memoryLeaseStore, openDynamoLeaseStore, startConsumer } from '../dist/processors/index.js'

const [mode = 'lag', secondsText = '20'] = process.argv.slice(2)
const seconds = Number(secondsText)
const WARM_UP_MS = 6_000
const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a-key-that-nobody-checks' }
process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

if (mode === 'put') await putOnAndOn(process.argv[3], Number(process.argv[4]), Number(process.argv[5]))
else await main()

async function main() {
  console.log(`${cpus()[0]?.model}, Node ${process.version}`)
  if (mode === 'lag')
    for (const [name, settings] of [
      ['polling, idle 1,000 ms', { retrievalMode: 'POLLING', idleTimeBetweenReadsInMillis: 1_000 }],
      ['polling, idle 200 ms', { retrievalMode: 'POLLING', idleTimeBetweenReadsInMillis: 200 }],
      ['enhanced fan-out', { retrievalMode: 'FANOUT' }],
    ])
      await lag(name, settings)
  if (mode === 'memory') {
    await memory('polling, idle 1,000 ms', { retrievalMode: 'POLLING', idleTimeBetweenReadsInMillis: 1_000 })
    await memory('enhanced fan-out', { retrievalMode: 'FANOUT' })
  }
  if (mode === 'calls') {
    await calls('a checkpoint for each batch', 0)
    await calls('a checkpoint a minute', 60_000)
  }
}

async function lag(name, settings) {
  const late = []
  const latePuts = []
  let isCounting = false
  await underLoad(16, 10_000, settings, memoryLeaseStore(), {
    processRecords({ records }) {
      if (!isCounting) return
      const now = Date.now()
      for (const { data, arrivedAt } of records) {
        late.push(now - arrivedAt)
        latePuts.push(arrivedAt - Number(Buffer.from(data.buffer, data.byteOffset, 13).toString('latin1')))
      }
    },
    async run() {
      isCounting = true
      const cpu = process.cpuUsage()
      await sleep(seconds * 1_000)
      isCounting = false
      const { user, system } = process.cpuUsage(cpu)
      late.sort((a, b) => a - b)
      latePuts.sort((a, b) => a - b)
      const at = (part, of = late) => of[Math.min(of.length - 1, Math.floor(of.length * part))]
      console.log(
        `${name}: ${Math.round(late.length / seconds)} records a second; lag p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${late.at(-1)} ms (before that the put took p50 ${at(0.5, latePuts)} ms, p99 ${at(0.99, latePuts)} ms); ${((user + system) / seconds / 10_000).toFixed(1)} % of a core`,
      )
    },
  })
}

async function memory(name, settings) {
  let records = 0
  await underLoad(100, 1_000, settings, memoryLeaseStore(), {
    processRecords(input) {
      records += input.records.length
    },
    async run() {
      const from = records
      let most = 0
      for (let i = 0; i < seconds; i++) {
        await sleep(1_000)
        most = Math.max(most, process.memoryUsage().rss)
      }
      const rate = Math.round((records - from) / seconds)
      globalThis.gc?.()
      const { rss, heapUsed, external } = process.memoryUsage()
      const mib = bytes => Math.round(bytes / 1_048_576)
      console.log(
        `${name}: 100 shards, ${rate} records a second; resident ${mib(most)} MiB at most, ${mib(rss)} MiB after collection (heap ${mib(heapUsed)}, external ${mib(external)})`,
      )
    },
  })
}

async function calls(name, intervalMs) {
  const table = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      "const { default: dynalite } = await import('dynalite'); const s = dynalite({ createTableMs: 0, updateTableMs: 0 }); s.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + s.address().port))",
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const endpoint = await new Promise(resolve => table.stdout.once('data', chunk => resolve(String(chunk).trim())))
  const counts = new Map()
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials })
  client.middlewareStack.add(
    (next, context) => args => {
      counts.set(context.commandName, (counts.get(context.commandName) ?? 0) + 1)
      return next(args)
    },
    { step: 'initialize', name: 'countCalls' },
  )
  const store = await openDynamoLeaseStore({ clock: nodeEnv.clock, applicationName: 'bench', client })
  const savedAt = new Map()
  let saved = 0
  await underLoad(100, 1_000, { retrievalMode: 'POLLING', idleTimeBetweenReadsInMillis: 1_000 }, store, {
    async processRecords({ checkpointer, records }) {
      const shard = records[0]?.shardId ?? ''
      if (intervalMs > 0 && Date.now() - (savedAt.get(shard) ?? 0) < intervalMs) return
      savedAt.set(shard, Date.now())
      await checkpointer.checkpoint()
      saved++
    },
    async run() {
      counts.clear()
      saved = 0
      await sleep(seconds * 1_000)
      const perHour = count => Math.round((count * 3_600) / seconds / 100)
      const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
      const each = [...counts].map(([action, count]) => `${action.replace('Command', '')} ${perHour(count)}`).join(', ')
      // Source: KCL 3.x. A renewal each third of the fail-over time less 25 ms for every lease; for a worker a query of the index each
      // fail-over time less 25 ms, two scans each two fail-over times, a heartbeat and a report of metrics each 30 s.
      const kcl = 3_600_000 / 3_308 + (3_600_000 / 9_975 + (2 * 3_600) / 20 + 2 * 120) / 100 + perHour(saved)
      console.log(
        `${name}: ${perHour(all)} calls an hour and shard (${each}), of them ${perHour(saved)} checkpoints; the KCL, by its periods, ${Math.round(kcl)}`,
      )
    },
  })
  await store.close()
  client.destroy()
  table.kill()
}

/** @param work processRecords for every shard, and what is measured once everything runs */
async function underLoad(shards, rate, settings, store, work) {
  const server = spawn(
    process.execPath,
    [
      'dist/cli/main.js',
      'stream',
      '--port',
      '0',
      '--stream',
      `s:${shards}`,
      '--memory',
      '1024',
      '--limits',
      'service',
      '--when-full',
      'trim',
    ],
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
  const consumer = await startConsumer({
    streams: 's',
    configuration: {
      applicationName: 'bench',
      initialPositionInStream: 'TRIM_HORIZON',
      kinesisEndpoint: endpoint,
      regionName: 'us-east-1',
      ...settings,
    },
    store,
    processor: () => ({
      processRecords: input => work.processRecords(input),
      shardEnded: ({ checkpointer }) => checkpointer.checkpoint(),
    }),
    onEvent: ({ level, message }) => level === 'error' && console.error(message),
  })
  const putter = spawn(process.execPath, [process.argv[1], 'put', endpoint, String(rate), String(shards)], {
    stdio: 'inherit',
  })
  await sleep(WARM_UP_MS)
  await work.run()
  putter.kill()
  await consumer.shutdown()
  server.kill('SIGTERM')
}

/** Puts records that begin with the time, evenly over the shards, `rate` a second. */
async function putOnAndOn(endpoint, rate, shards) {
  const client = new KinesisClient({ endpoint, region: 'us-east-1', credentials })
  const EACH_MS = 50
  const perTurn = Math.max(1, Math.round((rate * EACH_MS) / 1_000))
  let number = 0
  let due = Date.now()
  for (;;) {
    due += EACH_MS
    const now = String(Date.now())
    const Records = Array.from({ length: perTurn }, () => ({
      Data: Buffer.from(now.padEnd(100, '.')),
      PartitionKey: 'k',
      ExplicitHashKey: String(((1n << 128n) / BigInt(shards)) * BigInt(number++ % shards)),
    }))
    client
      .send(new PutRecordsCommand({ StreamName: 's', Records }))
      .catch(error => console.error(`put: ${error.message}`))
    const pause = due - Date.now()
    if (pause > 0) await sleep(pause)
  }
}
