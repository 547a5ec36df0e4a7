import { createHash, createHmac } from 'node:crypto'
import { Kinesis } from '@aws-sdk/client-kinesis'
import { expect, test, vi } from 'vitest'
import { kinesisTarget, type PutEntry } from '../../producers/index.ts'

/** What came to the wire. */
interface Sent {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A client of the SDK whose requests go nowhere; each is answered as stored. */
function recordingClient(): { client: Kinesis; sent: Sent[] } {
  const sent: Sent[] = []
  const client = new Kinesis({
    region: 'us-east-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: {
      handle: async ({ headers, body }: { headers: Record<string, string>; body: string | Uint8Array }) => {
        const bytes =
          typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
        sent.push({ headers, body: bytes })
        const { Records } = JSON.parse(bytes.toString()) as { Records: unknown[] }
        const answer = { FailedRecordCount: 0, Records: Records.map(() => ({ SequenceNumber: '1', ShardId: 's' })) }
        return { response: { statusCode: 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) } }
      },
    },
    // the body is at hand as a whole
    streamCollector: async (body: Uint8Array) => body,
  })
  return { client, sent }
}

const ENTRIES: readonly PutEntry[] = [
  ...Array.from({ length: 6 }, (_, i) => ({
    data: Buffer.from('\0\xff\x80az'.slice(0, i), 'latin1'),
    partitionKey: 'a',
  })),
  { data: new Uint8Array(Buffer.from('a part of a larger memory')).subarray(2, 6), partitionKey: 'view' },
  { data: Buffer.alloc(51_200, 0xe7), partitionKey: 'a', explicitHashKey: '340282366920938463463374607431768211455' },
  { data: Buffer.of(1), partitionKey: 'quote " backslash \\ slash / tab \t newline \n nul \0 delete \x7f' },
  { data: Buffer.of(2), partitionKey: 'é ß 名前 🎉 \u2028 lone \ud83c and \udf89' },
  { data: Buffer.of(3), partitionKey: '"Records":[]', explicitHashKey: '0' },
]

async function put(client: Kinesis, entries: readonly PutEntry[]): Promise<void> {
  const target = kinesisTarget({ client, StreamName: 'clicks' })
  const outcomes = await target.putRecords(entries, new AbortController().signal)
  expect(outcomes).toEqual(entries.map(() => ({ shardId: 's', sequenceNumber: '1' })))
}

/** Signature version 4 of a request, computed from its published rules. */
function signatureOf({ headers, body }: Sent): { given: string | undefined; computed: string } {
  const [, day = '', names = '', given] =
    /Credential=id\/(\d+)\/us-east-1\/kinesis\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)/.exec(
      headers['authorization'] ?? '',
    ) ?? []
  const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
  const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()
  const canonical = [
    'POST',
    '/',
    '',
    ...names.split(';').map(name => `${name}:${headers[name]}`),
    '',
    names,
    sha256(body),
  ]
  const scope = `${day}/us-east-1/kinesis/aws4_request`
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical.join('\n'))].join('\n')
  const key = hmac(hmac(hmac(hmac('AWS4secret', day), 'us-east-1'), 'kinesis'), 'aws4_request')
  return { given, computed: hmac(key, text).toString('hex') }
}

test('the body says what the SDK would say, with its length and its signature', async () => {
  const warn = vi.spyOn(console, 'warn')
  const ours = recordingClient()
  await put(ours.client, ENTRIES)
  expect(warn).not.toHaveBeenCalled()
  warn.mockRestore()
  const theirs = recordingClient()
  await theirs.client.putRecords({
    StreamName: 'clicks',
    Records: ENTRIES.map(({ data, partitionKey, explicitHashKey }) => ({
      Data: data,
      PartitionKey: partitionKey,
      ...(explicitHashKey === undefined ? {} : { ExplicitHashKey: explicitHashKey }),
    })),
  })
  const [sent] = ours.sent
  const [reference] = theirs.sent
  if (sent === undefined || reference === undefined) throw new Error('nothing was sent')
  expect(JSON.parse(sent.body.toString())).toEqual(JSON.parse(reference.body.toString()))
  expect(sent.headers['content-length']).toBe(String(sent.body.length))
  for (const each of [sent, reference]) {
    const { given, computed } = signatureOf(each)
    expect(given).toBe(computed)
  }
  const { authorization: ourSignature, ...headers } = sent.headers
  expect(ourSignature).toBeDefined()
  expect(Object.keys(headers).sort()).toEqual(
    Object.keys(reference.headers)
      .filter(name => name !== 'authorization')
      .sort(),
  )
})

test('the serializer of the SDK sees no entries, which is what makes it fast', async () => {
  const { client, sent } = recordingClient()
  await put(client, ENTRIES)
  const seen: unknown[] = []
  client.middlewareStack.add(
    next => async args => {
      seen.push((args.input as { Records?: unknown[] }).Records?.length)
      return next(args)
    },
    { step: 'serialize', priority: 'normal' },
  )
  await put(client, ENTRIES)
  expect(seen).toEqual([0])
  expect(sent[1]?.body).toEqual(sent[0]?.body)
})

test('a middleware of the caller sees the entries, and what it makes of them is sent', async () => {
  const { client, sent } = recordingClient()
  client.middlewareStack.add(
    next => async args => {
      const input = args.input as { Records: { Data: Uint8Array; PartitionKey: string }[] }
      const Records = input.Records.map(record => ({ ...record, Data: Buffer.from(`${record.Data.length} bytes`) }))
      return next({ ...args, input: { ...input, Records } })
    },
    { step: 'initialize' },
  )
  await put(client, [{ data: Buffer.alloc(3), partitionKey: 'k' }])
  expect(JSON.parse(String(sent[0]?.body))).toEqual({
    StreamName: 'clicks',
    Records: [{ Data: Buffer.from('3 bytes').toString('base64'), PartitionKey: 'k' }],
  })
})

test("the caller's own calls are left to the SDK", async () => {
  const { client, sent } = recordingClient()
  kinesisTarget({ client, StreamName: 'clicks' })
  const seen: unknown[] = []
  client.middlewareStack.add(
    next => async args => {
      seen.push((args.input as { Records?: unknown[] }).Records?.length)
      return next(args)
    },
    { step: 'build', priority: 'low' },
  )
  await client.putRecords({ StreamName: 'own', Records: [{ Data: Buffer.of(1), PartitionKey: 'k' }] })
  expect(seen).toEqual([1])
  expect(JSON.parse(String(sent[0]?.body))).toEqual({
    StreamName: 'own',
    Records: [{ Data: 'AQ==', PartitionKey: 'k' }],
  })
})

test('a request that is not as expected is left to the SDK, and later ones at once', async () => {
  const { client, sent } = recordingClient()
  let serialized = 0
  client.middlewareStack.add(
    next => async args => {
      serialized++
      const { request } = args as unknown as { request: { headers: Record<string, string> } }
      request.headers['content-type'] = 'application/json'
      return next(args)
    },
    // before ours, which comes with the target
    { step: 'build', priority: 'high' },
  )
  await put(client, ENTRIES)
  expect(serialized).toBe(2)
  expect((JSON.parse(String(sent[0]?.body)) as { Records: unknown[] }).Records).toHaveLength(ENTRIES.length)
  await put(client, ENTRIES)
  // a new target, and with it new hope
  expect(serialized).toBe(4)
  expect(sent[1]?.body).toEqual(sent[0]?.body)
})

test('an error of the call is the error of the call', async () => {
  const { client } = recordingClient()
  const target = kinesisTarget({ client, StreamName: 'clicks' })
  client.middlewareStack.add(() => async () => Promise.reject(new Error('no network')), { step: 'finalizeRequest' })
  await expect(target.putRecords(ENTRIES, new AbortController().signal)).rejects.toThrow('no network')
})

test('a request that is not as expected is left to the SDK also where a middleware changes errors', async () => {
  const { client, sent } = recordingClient()
  client.middlewareStack.add(
    next => async args => {
      const { request } = args as unknown as { request: { headers: Record<string, string> } }
      request.headers['content-type'] = 'application/json'
      return next(args)
    },
    { step: 'build', priority: 'high' },
  )
  client.middlewareStack.add(
    next => async args => {
      try {
        return await next(args)
      } catch (error) {
        throw new Error('wrapped', { cause: error })
      }
    },
    { step: 'serialize', priority: 'low' },
  )
  await put(client, ENTRIES)
  expect(sent).toHaveLength(1)
  expect((JSON.parse(String(sent[0]?.body)) as { Records: unknown[] }).Records).toHaveLength(ENTRIES.length)
})

test('a length that a middleware has set before is that of the body that is sent', async () => {
  const { client, sent } = recordingClient()
  client.middlewareStack.add(
    next => async args => {
      const { request } = args as unknown as { request: { headers: Record<string, string>; body: { length: number } } }
      request.headers['Content-Length'] = String(request.body.length)
      return next(args)
    },
    { step: 'build', priority: 'high' },
  )
  await put(client, ENTRIES)
  const { headers = {}, body = Buffer.alloc(0) } = sent[0] ?? {}
  const lengths = Object.entries(headers).filter(([name]) => name.toLowerCase() === 'content-length')
  expect(lengths.map(([, length]) => length)).toEqual(lengths.map(() => String(body.length)))
  expect(lengths.length).toBeGreaterThan(0)
})
