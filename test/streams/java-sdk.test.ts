/**
 * Amazon's own Java client against the embedded stream: the judge of CBOR, which it speaks unless told otherwise, and of the
 * event stream in CBOR. Skipped where there is no Java compiler or its jars were not fetched (test/oracles/kinesis-java).
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { served } from './conformance.ts'

const DIRECTORY = join(import.meta.dirname, '../oracles/kinesis-java')
const JVM_MS_MAX = 240_000

const missing = !existsSync(join(DIRECTORY, 'lib'))
  ? 'its jars are missing; run: cd test/oracles/kinesis-java && mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib'
  : spawnSync('javac', ['-version']).status === 0
    ? null
    : 'there is no javac'
if (missing !== null) console.log(`skipped: the Java client of Kinesis is not asked, for ${missing}`)

let server: Awaited<ReturnType<typeof served>>

beforeEach(async () => {
  server = await served()
})

afterEach(() => server.close())

function probe(protocols: string): Promise<string[][]> {
  const args = ['-cp', join(DIRECTORY, 'lib', '*'), join(DIRECTORY, 'Probe.java')]
  return new Promise((resolve, reject) => {
    const java = spawn('java', [...args, server.listener.url, protocols, 'java'], { timeout: JVM_MS_MAX })
    let out = ''
    let err = ''
    java.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    java.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    java.on('close', code =>
      code === 0
        ? resolve(
            out
              .trim()
              .split('\n')
              .map(line => line.split('\t')),
          )
        : reject(new Error(`java ended with ${code}: ${err || out}`)),
    )
  })
}

const FACTS = [
  ['status', 'ACTIVE'],
  ['created', '2026-01-01T00:00:00Z'],
  ['tags', 'clicks'],
  ['shards', '2'],
  ['upper', '340282366920938463463374607431768211455'],
  ['shard', 'shardId-000000000000'],
  ['failed', '0'],
  ['results', '500'],
  ['records', '501'],
  ['binary', 'true'],
  ['key', '4'],
  ['number', 'true'],
  ['arrived', '2026-01-01T00:00:00Z'],
  ['last', 'row 499'],
  ['behind', '0'],
  ['unknown', 'ResourceNotFoundException Stream none under account 000000000000 not found.'],
  ['invalid', 'ValidationException'],
  ['event', '501 true 2026-01-01T00:00:00Z'],
  ['event', 'end 2 [shardId-000000000000]'],
  ['done', 'true'],
]

describe.skipIf(missing !== null)('the Java client of Kinesis', () => {
  test(
    'makes, fills, reads, splits and subscribes over HTTP/2 and HTTP/1.1',
    async () => {
      expect(await probe('HTTP2,HTTP1_1')).toEqual([['protocol', 'HTTP2'], ...FACTS, ['protocol', 'HTTP1_1'], ...FACTS])
    },
    JVM_MS_MAX,
  )
})
