// PutRecords and GetRecords a second over HTTP/1.1: the embedded stream in files (a checksum a record, limits on, each in a process
// of its own) beside kinesalite and kinesis-local. The load is sent as bytes made beforehand, so that no client is measured. Every
// record is read back and must be what was put. Run after `npm run build` and `(cd test/oracles && npm ci)`:
//
//   node bench/stream.mjs [rounds]
import { fork, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { machine } from './lib/measure.mjs'

const ORACLES = fileURLToPath(new URL('../test/oracles/node_modules/', import.meta.url))
const SHARDS = 4
const RECORD_BYTES = 100
const ENTRIES = 500
const CONNECTIONS = 4
/** Calls of one round: about as long for each endpoint. */
const CALLS = { millrace: 200, 'millrace, memory': 200, kinesalite: 24, 'kinesis-local': 4 }

async function serve(name) {
  // Without the bench there is nobody to serve.
  process.once('disconnect', () => process.exit())
  if (name === 'kinesalite') {
    const kinesalite = createRequire(ORACLES)('kinesalite')
    const server = kinesalite({ createStreamMs: 0, deleteStreamMs: 0, updateStreamMs: 0, shardLimit: 100 })
    server.listen(0, '127.0.0.1', () => process.send(server.address().port))
    return
  }
  const { nodeEnv } = await import('../dist/core/index.js')
  const { LocalStreams, serveStreams, SERVICE_LIMITS } = await import('../dist/streams/index.js')
  const directory = process.argv[4]
  // The limits are asked for each record and never reached: a bench of refusals would say nothing.
  const limits = Object.fromEntries(Object.entries(SERVICE_LIMITS).map(([rate, value]) => [rate, value * 1e6]))
  const streams = await LocalStreams.open({ env: nodeEnv, directory, limits, memoryBytesMax: 1 << 30 })
  const listener = await serveStreams({ streams, env: nodeEnv })
  process.send(listener.port)
}

async function main(rounds) {
  const { node, cpu } = machine()
  console.log(`node ${node}, ${cpu}; ${ENTRIES} records of ${RECORD_BYTES} bytes a call, ${SHARDS} shards, HTTP/1.1`)
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const endpoints = [await started('millrace', directory), await started('millrace, memory')]
  for (const name of ['kinesalite', 'kinesis-local'])
    if (existsSync(join(ORACLES, name))) endpoints.push(await started(name))
    else console.log(`${name} is left out: it is not installed; (cd test/oracles && npm ci) brings it`)
  try {
    const best = new Map(endpoints.map(({ name }) => [name, { put: 0, get: 0 }]))
    for (let round = 0; round < rounds + 1; round++)
      for (const endpoint of endpoints) {
        const { put, get } = await measure(endpoint, `round-${round}`, CALLS[endpoint.name])
        // The first round warms up.
        if (round === 0) continue
        const figures = best.get(endpoint.name)
        figures.put = Math.max(figures.put, put)
        figures.get = Math.max(figures.get, get)
      }
    console.log(
      `best of ${rounds} rounds, every record read back and compared; records a second, and times slower than millrace`,
    )
    const ours = best.get('millrace')
    for (const [name, { put, get }] of best)
      console.log(
        `  ${name.padEnd(18)} PutRecords ${Math.round(put).toLocaleString('en').padStart(9)}  ${(ours.put / put).toFixed(1).padStart(6)}x   GetRecords ${Math.round(get).toLocaleString('en').padStart(11)}  ${(ours.get / get).toFixed(1).padStart(6)}x`,
      )
  } finally {
    for (const { child } of endpoints) child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}

async function started(name, directory) {
  if (name === 'kinesis-local') {
    const port = 40_000 + (process.pid % 10_000)
    const child = spawn(process.execPath, ['main.js'], {
      cwd: join(ORACLES, name),
      env: {
        ...process.env,
        KINESIS_MOCK_PLAIN_PORT: String(port),
        KINESIS_MOCK_TLS_PORT: String(port + 10_000),
        CREATE_STREAM_DURATION: '0ms',
        DELETE_STREAM_DURATION: '0ms',
        SHARD_LIMIT: '1000',
        LOG_LEVEL: 'ERROR',
      },
      stdio: 'ignore',
    })
    for (let tries = 0; tries < 300; tries++) {
      if (
        await call({ port, agent: new Agent() }, 'ListStreams', {}).then(
          () => true,
          () => false,
        )
      )
        break
      await sleep(100)
    }
    return { name, child, port, agent: new Agent({ keepAlive: true, maxSockets: CONNECTIONS }) }
  }
  const kind = name === 'kinesalite' ? name : 'millrace'
  const child = fork(fileURLToPath(import.meta.url), ['serve', kind, ...(directory === undefined ? [] : [directory])])
  const port = await new Promise(resolve => child.once('message', resolve))
  return { name, child, port, agent: new Agent({ keepAlive: true, maxSockets: CONNECTIONS }) }
}

async function measure(endpoint, StreamName, calls) {
  await call(endpoint, 'CreateStream', { StreamName, ShardCount: SHARDS })
  for (let polls = 0; polls < 500; polls++) {
    const { StreamDescription } = await call(endpoint, 'DescribeStream', { StreamName })
    if (StreamDescription.StreamStatus === 'ACTIVE') break
  }
  const put = new Sum()
  const bodies = Array.from({ length: calls }, (_, i) => {
    const Records = Array.from({ length: ENTRIES }, (_entry, j) => {
      const data = Buffer.alloc(RECORD_BYTES, `${StreamName} ${i} ${j} `)
      put.add(data)
      return { Data: data.toString('base64'), PartitionKey: `visitor-${(i * ENTRIES + j) % 1_000}` }
    })
    return Buffer.from(JSON.stringify({ StreamName, Records }))
  })
  const putSeconds = await timed(async () => {
    let next = 0
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (next < bodies.length) {
          const reply = await call(endpoint, 'PutRecords', bodies[next++])
          if (reply.FailedRecordCount !== 0)
            throw new Error(`${endpoint.name} refused ${reply.FailedRecordCount} records`)
        }
      }),
    )
  })
  const replies = []
  const getSeconds = await timed(() =>
    Promise.all(
      Array.from({ length: SHARDS }, async (_, i) => {
        const ShardId = `shardId-${String(i).padStart(12, '0')}`
        const first = await call(endpoint, 'GetShardIterator', {
          StreamName,
          ShardId,
          ShardIteratorType: 'TRIM_HORIZON',
        })
        let ShardIterator = first.ShardIterator
        for (;;) {
          const bytes = await rawCall(
            endpoint,
            'GetRecords',
            Buffer.from(JSON.stringify({ ShardIterator, Limit: 10_000 })),
          )
          replies.push(bytes)
          // The end of a reply tells where to go on; the records are looked at after the clock has stopped.
          const tail = bytes.toString('latin1', Math.max(0, bytes.length - 2_000))
          ShardIterator = /"NextShardIterator":"([^"]+)"/.exec(tail)?.[1] ?? JSON.parse(bytes).NextShardIterator
          if (bytes.length < 2_000) return
        }
      }),
    ),
  )
  const got = new Sum()
  for (const bytes of replies) for (const { Data } of JSON.parse(bytes).Records) got.add(Buffer.from(Data, 'base64'))
  if (got.count !== put.count || got.digest() !== put.digest())
    throw new Error(`${endpoint.name} gave back ${got.count} of ${put.count} records, or other ones`)
  await call(endpoint, 'DeleteStream', { StreamName })
  return { put: put.count / putSeconds, get: got.count / getSeconds }
}

/** A digest of records in any order. */
class Sum {
  count = 0
  #sum = 0n

  add(data) {
    this.count++
    this.#sum += createHash('md5').update(data).digest().readBigUInt64BE()
  }

  digest() {
    return this.#sum
  }
}

async function timed(work) {
  const began = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - began) / 1e9
}

async function call(endpoint, operation, body) {
  const bytes = await rawCall(endpoint, operation, Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)))
  return bytes.length === 0 ? {} : JSON.parse(bytes)
}

function rawCall({ port, agent }, operation, body) {
  return new Promise((resolve, reject) => {
    const headers = {
      host: `localhost:${port}`,
      'content-type': 'application/x-amz-json-1.1',
      'content-length': body.length,
      'x-amz-target': `Kinesis_20131202.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0000',
    }
    const outgoing = request({ host: '127.0.0.1', port, agent, method: 'POST', path: '/', headers }, reply => {
      const chunks = []
      reply.on('data', chunk => chunks.push(chunk))
      reply.on('end', () => {
        const bytes = Buffer.concat(chunks)
        if (reply.statusCode === 200) resolve(bytes)
        else reject(new Error(`${operation}: HTTP ${reply.statusCode} ${bytes.toString().slice(0, 300)}`))
      })
      reply.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

if (process.argv[2] === 'serve') await serve(process.argv[3])
else await main(Number(process.argv[2] ?? 3))
