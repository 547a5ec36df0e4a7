/** A process that puts and is told to end, as a platform tells it: a real one, the built package, SIGTERM. */
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { nodeEnv, recordBytes } from '../../core/index.ts'
import { decodeAggregate } from '../../streams/aggregation.ts'
import { type LocalStream, LocalStreams, type StreamsListener, serveStreams } from '../../streams/index.ts'

const RECORDS = 500

let streams: LocalStreams
let listener: StreamsListener
beforeAll(async () => {
  streams = await LocalStreams.open({ env: nodeEnv })
  listener = await serveStreams({ streams, env: nodeEnv })
})
afterAll(async () => {
  await listener.close(0)
  await streams.close()
})

/** Puts records that would wait for a minute, says so, and then only waits for the signal. */
const PROGRAM = `
import { createRequire } from 'node:module'
const [root, url, StreamName, count, timeoutMs] = process.argv.slice(1)
const { Kinesis } = createRequire(root + '/producers/index.js')('@aws-sdk/client-kinesis')
const { Producer, kinesisTarget } = await import(root + '/producers/index.js')
const { nodeEnv } = await import(root + '/core/index.js')
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const client = new Kinesis({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 })
const producer = new Producer({
  target: kinesisTarget({ client, StreamName }),
  env: nodeEnv,
  configuration: { RecordMaxBufferedTime: 60_000 },
})
const term = new AbortController()
process.once('SIGTERM', () => term.abort())
await producer.mapped()
const ends = { stored: 0, failed: 0 }
for (let i = 0; i < Number(count); i++)
  producer.put({ partitionKey: 'key-' + (i % 7), data: Buffer.from('record ' + i) }).then(
    () => ends.stored++,
    () => ends.failed++,
  )
// Longer than what waits by default, and shorter than it does here.
await new Promise(resolve => setTimeout(resolve, 500))
const before = producer.metrics().recordsPut
console.log('ready')
const alive = setInterval(() => {}, 60_000)
const summary = await producer.closeOn(term.signal, Number(timeoutMs))
clearInterval(alive)
console.log(JSON.stringify({ before, ...summary, ...ends }))
client.destroy()
`

interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly said: unknown
}

/** Starts the program, tells it to end when it is ready, and waits until it has. */
function runUntilTold(streamName: string, timeoutMs: number): Promise<End> {
  const root = dirname(dirname(inject('millrace')))
  const args = [
    '--input-type=module',
    '-e',
    PROGRAM,
    root,
    listener.url,
    streamName,
    String(RECORDS),
    String(timeoutMs),
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  child.stdout.on('data', (chunk: Buffer) => {
    const wasReady = out.includes('ready\n')
    out += chunk.toString()
    if (!wasReady && out.includes('ready\n')) child.kill('SIGTERM')
  })
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      const last = out.trim().split('\n').at(-1) ?? ''
      if (code === 0 && last.startsWith('{')) resolve({ code, signal, said: JSON.parse(last) as unknown })
      else reject(new Error(`the program ended with ${code ?? signal}: ${out}${errors}`))
    })
  })
}

async function textsIn(stream: LocalStream): Promise<string[]> {
  const texts: string[] = []
  for (const { shardId } of await stream.listShards()) {
    const { records } = await stream.getRecords(await stream.getIterator(shardId, { kind: 'trimHorizon' }))
    for (let i = 0; i < records.length; i++) {
      const data = recordBytes(records, i)
      const aggregate = decodeAggregate(data)
      if (aggregate === null) texts.push(Buffer.from(data).toString())
      for (let k = 0; aggregate !== null && k < aggregate.length; k++) {
        const offset = aggregate.offsets[k] ?? 0
        texts.push(Buffer.from(aggregate.bytes.subarray(offset, offset + (aggregate.sizes[k] ?? 0))).toString())
      }
    }
  }
  return texts
}

test('on SIGTERM a producer sends what waits, every put settles, and the process ends by itself', async () => {
  const stream = await streams.create('ended', { shards: 2 })
  const { code, said } = await runUntilTold('ended', 30_000)
  expect(code).toBe(0)
  expect(said).toEqual({ before: 0, abandoned: 0, stored: RECORDS, failed: 0 })
  const texts = await textsIn(stream)
  expect(texts.length).toBe(RECORDS)
  expect(new Set(texts)).toEqual(new Set(Array.from({ length: RECORDS }, (_, i) => `record ${i}`)))
})

test('where the stream takes nothing the process ends at the deadline, and each put is rejected', async () => {
  const stream = await streams.create('stuck')
  listener.faults.replace([{ kind: 'throttle', operations: ['PutRecords'], rate: 1 }])
  const { said } = await runUntilTold('stuck', 300)
  listener.faults.replace([])
  expect(said).toEqual({ before: 0, abandoned: RECORDS, stored: 0, failed: RECORDS })
  expect(await textsIn(stream)).toEqual([])
})
