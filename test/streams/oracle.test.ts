/**
 * The same questions to the embedded stream and to kinesis-local, which others wrote. Where the answers differ, the difference
 * stands here with what AWS documents; a difference that comes or goes fails. Skipped where test/oracles is not installed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeEnv } from '../../core/index.ts'
import { LocalStreams, serveStreams } from '../../streams/index.ts'
import { client } from './conformance.ts'
import { PROBES } from './probes.ts'

const ORACLE = join(import.meta.dirname, '../oracles/node_modules/kinesis-local')
const START_MS_MAX = 60_000
const isThere = existsSync(join(ORACLE, 'main.js'))
if (!isThere)
  console.log('skipped: kinesis-local is not asked, for it is not installed; run: cd test/oracles && npm ci')

const VALIDATION = 'ValidationException'
const ARGUMENT = 'InvalidArgumentException'
const FIRST_SHARD = 'shardId-000000000000'
const THREE_MORE = 'shardId-000000000001 shardId-000000000002 shardId-000000000003'
const COMMON =
  'Common Errors: "ValidationException: The input fails to satisfy the constraints specified by an AWS service."'
const ENCRYPTION =
  'PutRecord, PutRecords, Record: EncryptionType is "Required: No"; the examples of streams without encryption do not have it'
const HORIZON = 'ShardFilter: "AT_TRIM_HORIZON - The response includes all the shards that were open at TRIM_HORIZON."'
const UNIFORM =
  'ScalingType: "Uniform scaling creates shards of equal size."; CreateStream cuts four shards at these keys too'

/** Where the two differ: by question and path in the answer, ours, theirs, and what AWS documents (Kinesis API reference). */
const DIFFERENCES: Readonly<Record<string, readonly (readonly [string, unknown, unknown, string])[]>> = {
  'what the members of a put and a read are': [
    ['put', 'SequenceNumber ShardId', 'EncryptionType SequenceNumber ShardId', ENCRYPTION],
    ['putMany', 'FailedRecordCount Records', 'EncryptionType FailedRecordCount Records', ENCRYPTION],
    [
      'record',
      'ApproximateArrivalTimestamp Data PartitionKey SequenceNumber',
      'ApproximateArrivalTimestamp Data EncryptionType PartitionKey SequenceNumber',
      ENCRYPTION,
    ],
  ],
  'what a split and a merge leave, and how the ends of their parents read': [
    ['horizon', FIRST_SHARD, `${FIRST_SHARD} ${THREE_MORE}`, HORIZON],
  ],
  'which open shards scaling from 2 to 4 leaves': [
    ['ranges.0', '0-85070591730234615865843651857942052863', '0-85070591730234615865843651857942052862', UNIFORM],
    [
      'ranges.1',
      '170141183460469231731687303715884105728-255211775190703847597530955573826158591',
      '170141183460469231731687303715884105727-255211775190703847597530955573826158590',
      UNIFORM,
    ],
    [
      'ranges.2',
      '255211775190703847597530955573826158592-340282366920938463463374607431768211455',
      '255211775190703847597530955573826158591-340282366920938463463374607431768211455',
      UNIFORM,
    ],
    [
      'ranges.3',
      '85070591730234615865843651857942052864-170141183460469231731687303715884105727',
      '85070591730234615865843651857942052863-170141183460469231731687303715884105726',
      UNIFORM,
    ],
  ],
  'how puts are refused': [
    ['emptyKey', VALIDATION, ARGUMENT, COMMON],
    ['longKey', VALIDATION, ARGUMENT, COMMON],
    ['badName', VALIDATION, ARGUMENT, COMMON],
    ['tooLarge', VALIDATION, ARGUMENT, COMMON],
    ['hashKey', VALIDATION, ARGUMENT, COMMON],
    ['none', VALIDATION, 'none', 'PutRecords, Records: "Array Members: Minimum number of 1 item."'],
    ['tooMany', VALIDATION, 'none', 'PutRecords: "Each PutRecords request can support up to 500 records."'],
  ],
  'how reads are refused': [
    ['badShard', VALIDATION, ARGUMENT, COMMON],
    ['type', VALIDATION, 'SerializationException', COMMON],
    [
      'wrongNumber',
      ARGUMENT,
      'none',
      'GetShardIterator: "InvalidArgumentException: A specified parameter exceeds its restrictions, is not supported, or can\'t be used."',
    ],
    [
      'future',
      ARGUMENT,
      'none',
      'nothing for a time to come; the service answers so (kinesalite, which was held against it, has the text)',
    ],
    ['madeUp', ARGUMENT, 'Unknown', 'GetRecords lists InvalidArgumentException; kinesis-local fails inside'],
    ['limit0', VALIDATION, ARGUMENT, COMMON],
    ['limitOver', VALIDATION, ARGUMENT, COMMON],
  ],
  'how making, splitting, merging and scaling are refused': [
    ['badName', VALIDATION, ARGUMENT, COMMON],
    ['noShards', VALIDATION, 'LimitExceededException', 'CreateStream, ShardCount: "Valid Range: Minimum value of 1."'],
    [
      'splitEdge',
      ARGUMENT,
      'none',
      'SplitShard, NewStartingHashKey: "must be in the range of hash keys being mapped into the shard"; the first key would leave an empty child',
    ],
    [
      'scaleUnder',
      'LimitExceededException',
      'none',
      'UpdateShardCount lists both; "Scale down below half your current shard count" stands among its limits',
    ],
    [
      'scaleOver',
      'LimitExceededException',
      ARGUMENT,
      'UpdateShardCount lists both; "Scale up to more than double your current shard count" stands among its limits',
    ],
    ['scale0', VALIDATION, ARGUMENT, 'UpdateShardCount, TargetShardCount: "Valid Range: Minimum value of 1."'],
  ],
  'how tags are kept and refused': [
    ['longKey', VALIDATION, ARGUMENT, COMMON],
    ['longValue', VALIDATION, ARGUMENT, COMMON],
    ['noTags', VALIDATION, 'none', 'RemoveTagsFromStream, TagKeys: "Array Members: Minimum number of 1 item."'],
  ],
  'how consumers are registered, found and refused': [['badName', VALIDATION, ARGUMENT, COMMON]],
  'what descriptions say': [
    [
      'said.MaxRecordSizeInKiB',
      1_024,
      null,
      'StreamDescriptionSummary, MaxRecordSizeInKiB: "The maximum record size of a single record in kibibyte (KiB) that you can write to, and read from a stream."',
    ],
  ],
}

/** Every leaf where two answers differ. */
function differences(ours: unknown, theirs: unknown, path = ''): { path: string; ours: unknown; theirs: unknown }[] {
  const isBranch = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
  if (!isBranch(ours) || !isBranch(theirs))
    return Object.is(ours, theirs) ? [] : [{ path, ours: ours ?? null, theirs: theirs ?? null }]
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap(name =>
    differences(ours[name], theirs[name], path === '' ? name : `${path}.${name}`),
  )
}

async function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

describe.skipIf(!isThere)('the embedded stream and kinesis-local', () => {
  let oracle: ChildProcess
  let theirs: KinesisClient
  let ours: KinesisClient
  let close: () => Promise<void>

  beforeAll(async () => {
    const port = await freePort()
    const durations = ['CREATE_STREAM', 'DELETE_STREAM', 'REGISTER_STREAM_CONSUMER', 'DEREGISTER_STREAM_CONSUMER']
    const more = ['START_STREAM_ENCRYPTION', 'STOP_STREAM_ENCRYPTION', 'MERGE_SHARDS', 'SPLIT_SHARD']
    const all = [...durations, ...more, 'UPDATE_SHARD_COUNT', 'UPDATE_STREAM_MODE']
    oracle = spawn(process.execPath, ['main.js'], {
      cwd: ORACLE,
      env: {
        ...process.env,
        ...Object.fromEntries(all.map(name => [`${name}_DURATION`, '0ms'])),
        KINESIS_MOCK_PLAIN_PORT: String(port),
        KINESIS_MOCK_TLS_PORT: String(await freePort()),
        LOG_LEVEL: 'ERROR',
        SHARD_LIMIT: '1000',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    oracle.stdout?.resume()
    oracle.stderr?.resume()
    theirs = client(`http://127.0.0.1:${port}`, 'http1', { maxAttempts: 1 })
    const streams = await LocalStreams.open({ env: nodeEnv })
    const listener = await serveStreams({ streams, env: nodeEnv })
    ours = client(listener.url, 'http1')
    close = async () => {
      ours.destroy()
      theirs.destroy()
      await listener.close()
      await streams.close()
    }
    await listening(port, oracle)
  }, START_MS_MAX)

  afterAll(async () => {
    oracle.kill('SIGKILL')
    await close()
  })

  test.each(
    PROBES.map(({ question, ask }, i) => ({ question, ask, i })),
  )('agree on $question, but for what is listed', async ({ question, ask, i }) => {
    const found = differences(await ask(ours, `probe-${i}`), await ask(theirs, `probe-${i}`))
    const listed = (DIFFERENCES[question] ?? []).map(([path, mine, other]) => ({ path, ours: mine, theirs: other }))
    const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1)
    expect(found.toSorted(byPath)).toEqual(listed.toSorted(byPath))
  }, 60_000)
})

/** Resolves when a port takes connections. */
async function listening(port: number, process: ChildProcess): Promise<void> {
  for (;;) {
    if (process.exitCode !== null) throw new Error(`kinesis-local ended with ${process.exitCode}`)
    try {
      await fetchOnce(port)
      return
    } catch {
      await nodeEnv.clock.sleep(100)
    }
  }
}

function fetchOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path: '/healthcheck' }, reply => {
      reply.resume()
      resolve()
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
