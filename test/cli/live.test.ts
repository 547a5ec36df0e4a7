/** A running pipeline as others see it: `top`, `tap`, and what its listener refuses. One pipeline for all tests. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { millrace, type Running, start } from './millrace.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-live-'))
const CONFIG = `import { definePipeline, embedded, localFiles } from 'millrace'
export default definePipeline({
  name: 'clicks',
  source: embedded({ StreamName: 'clicks', ShardCount: 2 }),
  schema: {
    RecordFormat: { RecordFormatType: 'JSON' },
    RecordColumns: [
      { Name: 'PAGE', SqlType: 'VARCHAR(256)', Mapping: '$.page' },
      { Name: 'EMAIL', SqlType: 'VARCHAR(64)', Mapping: '$.email' },
      { Name: 'N', SqlType: 'INTEGER', Mapping: '$.n' },
    ],
  },
  sql: \`CREATE OR REPLACE STREAM "VIEWS" (PAGE VARCHAR(256), EMAIL VARCHAR(64), SHARE DOUBLE);
CREATE OR REPLACE PUMP "VIEWING" AS INSERT INTO "VIEWS" SELECT STREAM PAGE, EMAIL, 100 / N FROM "SOURCE_SQL_STREAM_001";\`,
  outputs: { VIEWS: localFiles({ directory: 'files' }), error_stream: localFiles({ directory: 'bad' }) },
  masks: ['EMAIL'],
})`

let dev: Running
let client: KinesisClient
let url = ''
let token = ''

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    Data: Buffer.from(
      JSON.stringify({ page: `/p/${from + index}`, email: 'ann@example.com', n: (from + index) % 10 === 0 ? 0 : 2 }),
    ),
    PartitionKey: String(index),
  }))
const put = (from: number, count: number) =>
  client.send(new PutRecordsCommand({ StreamName: 'clicks', Records: events(from, count) }))

beforeAll(async () => {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(dirname(dirname(dirname(inject('millrace')))), join(folder, 'node_modules/millrace'))
  writeFileSync(join(folder, 'millrace.config.ts'), CONFIG)
  dev = start(['dev', '--port', '0', '--stream-port', '0'], folder)
  const [, page, secret] = await dev.seen(/live page\s+(http:\S+)#token=(\S+)/)
  const [, endpoint] = await dev.seen(/Kinesis endpoint (http:\S+)/)
  url = page ?? ''
  token = secret ?? ''
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  client = new KinesisClient({ endpoint: endpoint ?? '', region: 'us-east-1', credentials })
  await put(0, 100)
  await vi.waitFor(
    async () => {
      const seen = await nodes()
      expect([seen.get('sink:VIEWS')?.['rowsIn'], seen.get('sink:error_stream')?.['rowsIn']]).toEqual([90, 10])
    },
    { timeout: 40_000 },
  )
}, 60_000)
afterAll(async () => {
  client?.destroy()
  dev?.child.kill('SIGTERM')
  await dev?.ended
  rmSync(folder, { recursive: true, force: true })
})

async function nodes(): Promise<ReadonlyMap<string, Record<string, unknown>>> {
  const { stdout } = await millrace(['top', '--json', '--url', url], folder)
  const { flow } = JSON.parse(stdout) as { flow: { nodes: Record<string, unknown>[] } }
  return new Map(flow.nodes.map(node => [String(node['id']), node] as const))
}

interface Answer {
  readonly status: number
  readonly body: string
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET', body?: string): Promise<Answer> {
  const { port } = new URL(url)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers }, agent: false },
      response => {
        let text = ''
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
        response.on('error', () => resolve({ status: response.statusCode ?? 0, body: text }))
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** Every path that this version answers beside the page and the query API, and how it is asked. */
const PATHS = [
  ['GET', '/api/v1/flow', false],
  ['GET', '/api/v1/shards', false],
  ['GET', '/api/v1/flow/rows?edge=pump:VIEWING%3Estream:VIEWS', true],
  ['GET', '/api/v1/flow/rows?edge=stream:error_stream%3Esink:error_stream', true],
  ['GET', '/api/v1/tap?of=VIEWS', true],
  ['POST', '/api/v1/sql', true],
] as const

describe('millrace top', () => {
  it('tells without a terminal what went through each node, in words and as JSON', async () => {
    const seen = await nodes()
    expect(seen.get('source')).toMatchObject({ rowsIn: 100, rowsOut: 100 })
    expect(seen.get('pump:VIEWING')).toMatchObject({ rowsIn: 100, rowsOut: 90, errorRows: 10 })
    expect(seen.get('sink:error_stream')).toMatchObject({ rowsIn: 10 })
    for (const node of seen.values())
      expect(Number(node['busy']) + Number(node['blocked']) + Number(node['idle'])).toBe(100)
    const { code, stdout } = await millrace(['top', '--url', url], folder)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^clicks {2}/)
    expect(stdout).toMatch(/VIEWING +pump +[\d.,]+ +[\d.,]+ +\d+ % +\d+ % +\d+ % +[#+.]{20} /)
    expect(stdout).toMatch(/shardId-000000000001 +open +\d+/)
    // No terminal: nothing that moves a cursor.
    expect(stdout).not.toContain('\u001b')
  })

  it('exits with 1 and says how to start one where no pipeline answers', async () => {
    const { code, stderr } = await millrace(['top', '--url', 'http://127.0.0.1:9/'], folder)
    expect(code).toBe(1)
    expect(stderr).toMatch(/no pipeline answers at http:\/\/127\.0\.0\.1:9; start one with millrace dev/)
    expect(stderr).not.toMatch(/\n\s+at /)
  })
})

describe('millrace tap', () => {
  it('prints the rows of a stream as they pass, masked, and ends at its limit', async () => {
    const tap = start(['tap', 'VIEWS', '--limit', '9', '--url', `${url}#token=${token}`], folder)
    await expect
      .poll(
        async () => {
          await put(1_000, 10)
          return tap.child.exitCode
        },
        { timeout: 30_000, interval: 300 },
      )
      .toBe(0)
    const { stdout } = await tap.ended
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    expect(rows).toHaveLength(9)
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(['ROWTIME', 'PAGE', 'EMAIL', 'SHARE'])
      expect(row['PAGE']).toMatch(/^\/p\/10/)
      expect([row['EMAIL'], row['SHARE']]).toEqual(['***', 50])
    }
  })

  it('takes a pump as well, leaves out what is beyond its rate with a word on stderr, and ends by SIGINT with 0', async () => {
    const tap = start(['tap', 'viewing', '--rate', '1', '--url', url, '--token', token], folder)
    let isSeen = false
    const seen = tap.seen(/"PAGE"/).then(() => {
      isSeen = true
    })
    await vi.waitFor(
      async () => {
        await put(2_000, 20)
        expect(isSeen).toBe(true)
      },
      { timeout: 40_000, interval: 300 },
    )
    await seen
    tap.child.kill('SIGINT')
    const { code, stderr } = await tap.ended
    expect(code).toBe(0)
    expect(stderr).toMatch(/^[\d,]+ rows were left out at 1 rows a second; --rate lets more through\n$/)
  })

  it('needs the token, and names the streams that there are', async () => {
    const without = await millrace(['tap', 'VIEWS', '--url', url], folder)
    expect([without.code, without.stdout]).toEqual([3, ''])
    expect(without.stderr).toMatch(/this needs the token of the pipeline/)
    const unknown = await millrace(['tap', 'VEWS', '--url', `${url}#token=${token}`], folder)
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toMatch(/no stream or pump is named "VEWS"; did you mean "VIEWS"\?/)
  })
})

describe('millrace query', () => {
  it('answers one SELECT over results, masked, as JSON lines or as a table', async () => {
    const sql = "SELECT EMAIL, COUNT(*) AS C, MIN(SHARE) AS S FROM VIEWS WHERE PAGE <> '/p/1' GROUP BY EMAIL"
    const { code, stdout } = await millrace(['query', sql, '--url', `${url}#token=${token}`], folder)
    expect(code).toBe(0)
    const row = JSON.parse(stdout) as Record<string, unknown>
    expect(row).toEqual({ EMAIL: '***', C: expect.any(Number) as number, S: 50 })
    expect(Number(row['C'])).toBeGreaterThanOrEqual(89)
    const table = await millrace(['query', sql, '--table', '--url', `${url}#token=${token}`], folder)
    expect(table.stdout).toMatch(/^EMAIL {2}C +S\n\*\*\* +\d+ +50\n$/)
  })

  it('hides what bad records held where fields are masked', async () => {
    const sql = 'SELECT DISTINCT ERROR_NAME, MESSAGE, DATA_ROW FROM "error_stream"'
    const { code, stdout } = await millrace(['query', sql, '--url', `${url}#token=${token}`], folder)
    expect(code).toBe(0)
    expect(stdout).toContain('"DATA_ROW":"***"')
    expect(stdout).not.toMatch(/ann@|616e6e40/i)
  })

  it('keeps columns of the same name apart', async () => {
    const sql = "SELECT PAGE, SHARE, PAGE FROM VIEWS WHERE PAGE = '/p/1' LIMIT 1"
    const { stdout } = await millrace(['query', sql, '--url', `${url}#token=${token}`], folder)
    expect(JSON.parse(stdout)).toEqual({ PAGE: '/p/1', SHARE: 50, PAGE_2: '/p/1' })
  })

  it('says how long a question may be', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ sql: `SELECT PAGE FROM VIEWS -- ${'x'.repeat(20_000)}` })
    expect(await ask('/api/v1/sql', headers, 'POST', body)).toEqual({
      status: 413,
      body: expect.stringMatching(/^a question has at most 20000 bytes/) as string,
    })
  })

  it('shows where a question cannot be asked, and asks nothing without the token', async () => {
    const wrong = await millrace(['query', 'SELECT PGE FROM VIEWS', '--url', `${url}#token=${token}`], folder)
    expect([wrong.code, wrong.stdout]).toEqual([1, ''])
    expect(wrong.stderr).toMatch(/column "PGE" not found/)
    expect(wrong.stderr).toMatch(/\^/)
    const without = await millrace(['query', 'SELECT PAGE FROM VIEWS', '--url', url], folder)
    expect([without.code, without.stdout]).toEqual([3, ''])
  })
})

describe('samples of rows', () => {
  it('hide masked fields in bad events too, in the data and where a message quotes it', async () => {
    const { status, body } = await ask('/api/v1/errors', { authorization: `Bearer ${token}` })
    expect(status).toBe(200)
    expect(body).toContain('DIVISION_BY_ZERO')
    expect(body).toContain('\\"EMAIL\\":\\"***\\"')
    const Data = Buffer.from(JSON.stringify({ page: '/p/quoted', email: 'ann@example.com', n: 'ann@example.com' }))
    await client.send(new PutRecordsCommand({ StreamName: 'clicks', Records: [{ Data, PartitionKey: 'q' }] }))
    await expect
      .poll(async () => (await ask('/api/v1/errors', { authorization: `Bearer ${token}` })).body, { timeout: 20_000 })
      .toContain('column \\"N\\" does not take the text ***; expected INTEGER')
    for (const [method, path] of PATHS.slice(0, 4)) {
      const answer = await ask(path, { authorization: `Bearer ${token}` }, method)
      expect([path, answer.status, answer.body.includes('ann@')]).toEqual([path, 200, false])
      // DATA_ROW is hexadecimal.
      expect(answer.body).not.toContain(Buffer.from('ann@').toString('hex'))
    }
    expect(body).not.toContain('ann@')
    const label = `{__name__=~".+"}`
    const found = await ask(`/api/v1/query?query=${encodeURIComponent(label)}`, { authorization: `Bearer ${token}` })
    expect(found.body).toContain('***')
    expect(found.body).not.toContain('ann@')
  })
})

describe('the listener', () => {
  it('refuses foreign hosts, origins and uses on every path with 403, and all but GET and HEAD with 405', async () => {
    const { port } = new URL(url)
    const bearer = { authorization: `Bearer ${token}` }
    const hostile: Record<string, string>[] = [
      { host: 'evil.example' },
      { host: `evil.example:${port}` },
      { host: `127.0.0.1.nip.io:${port}` },
      { host: `0.0.0.0:${port}` },
      { host: `localhost.:${port}` },
      { host: `[::ffff:127.0.0.1]:${port}` },
      { host: 'localhost' },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `https://127.0.0.1:${port}` },
      { origin: `http://127.0.0.1:${Number(port) + 1}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
      { upgrade: 'websocket', connection: 'upgrade' },
    ]
    for (const [method, path] of PATHS) {
      for (const headers of hostile) {
        const { status } = await ask(path, { ...bearer, ...headers }, method)
        expect([path, headers, status]).toEqual([path, headers, 403])
      }
      expect([path, (await ask(path, bearer, 'DELETE')).status]).toEqual([path, 405])
      const form = { ...bearer, 'content-type': 'application/x-www-form-urlencoded' }
      expect([path, (await ask(path, form, 'POST', 'a=b')).status]).toEqual([path, method === 'GET' ? 405 : 403])
    }
  })

  it('gives rows to nobody without the token of this run', async () => {
    for (const [method, path, needsToken] of PATHS) {
      if (!needsToken) continue
      for (const authorization of [
        '',
        'Bearer',
        `Bearer ${token}x`,
        `Bearer ${token.slice(1)}`,
        `Basic ${token}`,
        token,
      ])
        expect([path, (await ask(path, { authorization }, method)).status]).toEqual([path, 401])
      expect([path, (await ask(`${path}${path.includes('?') ? '&' : '?'}token=${token}`, {}, method)).status]).toEqual([
        path,
        401,
      ])
    }
  })
})
