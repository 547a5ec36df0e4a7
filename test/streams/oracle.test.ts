/**
 * The same questions to the embedded stream and to kinesis-local, which others wrote: those of probes.ts, and the promises of the
 * conformance list. Where an answer differs, the difference stands in differences.ts with what AWS documents; a difference that
 * comes or goes fails. Skipped where test/oracles is not installed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeEnv } from '../../core/index.ts'
import { LocalStreams, serveStreams } from '../../streams/index.ts'
import { callsOf, client } from './conformance.ts'
import { CASES } from './conformance-cases.ts'
import { ALL_WORDINGS, CASE_DIFFERENCES, type Difference, PROBE_DIFFERENCES } from './differences.ts'
import { PROBES, untilActive } from './probes.ts'

const ORACLE = join(import.meta.dirname, '../oracles/node_modules/kinesis-local')
const START_MS_MAX = 60_000
const isThere = existsSync(join(ORACLE, 'main.js'))
if (!isThere)
  console.log('skipped: kinesis-local is not asked, for it is not installed; run: cd test/oracles && npm ci')

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
    judge(await ask(ours, `probe-${i}`), await ask(theirs, `probe-${i}`), PROBE_DIFFERENCES[question])
  }, 60_000)

  const asked = CASES.filter(({ needsClock }) => needsClock === undefined)
  test.each(
    asked.map((promised, i) => ({ ...promised, i })),
  )('kinesis-local: $promise, but for what is listed', async ({ promise, ask, i }) => {
    const { got, expected } = await ask(
      {
        ...callsOf(theirs, name => untilActive(theirs, name)),
        clock: null,
        pass: () => nodeEnv.clock.sleep(2),
        close: () => Promise.resolve(),
      },
      `case-${i}`,
    )
    judge(expected, got, CASE_DIFFERENCES[promise])
  }, 60_000)
})

test('every difference is of a question that is asked, and is listed with words of AWS', () => {
  expect(PROBES.map(({ question }) => question)).toEqual(expect.arrayContaining(Object.keys(PROBE_DIFFERENCES)))
  expect(CASES.map(({ promise }) => promise)).toEqual(expect.arrayContaining(Object.keys(CASE_DIFFERENCES)))
  const lists = [...Object.values(PROBE_DIFFERENCES), ...Object.values(CASE_DIFFERENCES)]
  for (const [path, , , ...says] of lists.flat()) expect(says.length, path).toBeGreaterThan(0)
  const documented = sdkDocumentation()
  const missing = ALL_WORDINGS.filter(({ from }) => from === 'SDK').flatMap(({ place, quotes }) =>
    quotes.filter(quote => !documented.includes(quote)).map(quote => `${place}: ${quote}`),
  )
  expect(missing).toEqual([])
})

/** What AWS says in its client of operations, members and errors, as one running text. */
function sdkDocumentation(): string {
  const types = join(import.meta.dirname, '../../node_modules/@aws-sdk/client-kinesis/dist-types')
  const files = ['commands', 'models'].flatMap(part =>
    readdirSync(join(types, part)).map(name => join(types, part, name)),
  )
  return files
    .map(file => readFileSync(file, 'utf8'))
    .join('\n')
    .replace(/<[^>]*>/g, '')
    .replace(/\s+\*\s+|\s+/g, ' ')
}

function judge(ours: unknown, theirs: unknown, listed: readonly Difference[] = []): void {
  const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1)
  const expected = listed.map(([path, mine, other]) => ({ path, ours: mine, theirs: other }))
  expect(differences(ours, theirs).toSorted(byPath)).toEqual(expected.toSorted(byPath))
}

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
