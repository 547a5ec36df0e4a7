/** What lies in a store: listed, read, removed, and staged objects that get their final keys. One list of cases for every store. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeEnv } from '../../core/index.ts'
import { FileStore } from '../../sinks/stores/file.ts'
import { MemoryStore } from '../../sinks/stores/memory.ts'
import { S3Store } from '../../sinks/stores/s3.ts'
import { type OpenStore, putWhole, readWhole, stagedAttributes } from '../../sinks/stores/store.ts'
import { seededRandom } from '../support/memory-env.ts'
import { SimClock } from '../support/sim-clock.ts'
import { S3Server } from './support/s3-server.ts'

const server = new S3Server()
let client: S3Client
let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'open-store-'))
  client = new S3Client({
    endpoint: await server.listen(),
    region: 'eu-west-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
})
afterAll(async () => {
  client.destroy()
  await server.close()
  rmSync(folder, { recursive: true })
})

const STORES: readonly (readonly [string, (name: string) => Promise<OpenStore>])[] = [
  ['MemoryStore', async () => new MemoryStore()],
  ['FileStore', async name => new FileStore({ ...nodeEnv, directory: join(folder, name) })],
  ['S3Store', name => S3Store.open({ client, bucket: name, random: seededRandom(1), clock: new SimClock() })],
]

const bytes = (text: string): Uint8Array => Buffer.from(text)
const text = async (store: OpenStore, key: string): Promise<string> =>
  Buffer.from(await readWhole(store, key)).toString()

async function keys(store: OpenStore, prefix: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { key } of store.list(prefix)) found.push(key)
  return found.sort()
}

describe.each(STORES)('%s', (_name, make) => {
  it('lists by any prefix, with names from data as they were given', async () => {
    server.objects.clear()
    const store = await make('lists')
    const all = ['a/1', 'a/2', 'a/b c+ü/x', 'a/bc', 'ab', 'e/.x', 'e/%41', '__EMPTY__']
    for (const key of all) await putWhole(store, key, bytes(key))
    expect(await keys(store, '')).toEqual([...all].sort())
    expect(await keys(store, 'a/')).toEqual(['a/1', 'a/2', 'a/b c+ü/x', 'a/bc'])
    expect(await keys(store, 'a/b')).toEqual(['a/b c+ü/x', 'a/bc'])
    expect(await keys(store, 'a/b c')).toEqual(['a/b c+ü/x'])
    expect(await keys(store, 'none')).toEqual([])
    for (const key of all) expect(await text(store, key)).toBe(key)
    for await (const { key, sizeBytes } of store.list('')) expect(sizeBytes).toBe(Buffer.byteLength(key))
    await store.remove('a/1')
    await store.remove('a/1')
    expect(await keys(store, 'a/')).not.toContain('a/1')
    await expect(readWhole(store, 'a/1')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('publishes a staged object as often as asked, also once the staged one is gone', async () => {
    server.objects.clear()
    const store = await make('publishes')
    const staged = '_staged/ü 1'
    await putWhole(store, staged, bytes('rows'), stagedAttributes(staged))
    await store.publish(staged, 'lake/x.json')
    await store.publish(staged, 'lake/x.json')
    await store.remove(staged)
    await store.publish(staged, 'lake/x.json')
    expect(await text(store, 'lake/x.json')).toBe('rows')
    await expect(store.publish(staged, 'lake/y.json')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('never puts a staged object over another one', async () => {
    server.objects.clear()
    const store = await make('others')
    await putWhole(store, 'lake/x.json', bytes('theirs'))
    await putWhole(store, '_staged/1', bytes('ours!!'), stagedAttributes('_staged/1'))
    await expect(store.publish('_staged/1', 'lake/x.json')).rejects.toMatchObject({ code: 'already_exists' })
    expect(await text(store, 'lake/x.json')).toBe('theirs')
  })
})

describe('S3Store', () => {
  it('takes a lost reply to a publication for what it was', async () => {
    server.objects.clear()
    const store = await S3Store.open({ client, bucket: 'lost', random: seededRandom(1), clock: new SimClock() })
    await putWhole(store, '_staged/1', bytes('rows'), stagedAttributes('_staged/1'))
    server.fault('CopyObject', { lost: 'after' })
    await expect(store.publish('_staged/1', 'lake/x')).rejects.toMatchObject({ retry: 'backoff' })
    await store.publish('_staged/1', 'lake/x')
    server.fault(
      'CopyObject',
      { inside: 'InternalError', effect: true },
      { status: 409, code: 'ConditionalRequestConflict' },
    )
    for (const outcome of ['inside', 'conflict'])
      await expect(store.publish('_staged/1', 'lake/y'), outcome).rejects.toMatchObject({ retry: 'backoff' })
    await store.publish('_staged/1', 'lake/y')
    expect(await keys(store, 'lake/')).toEqual(['lake/x', 'lake/y'])
  })

  it('says by name what is not there and what is not allowed', async () => {
    const store = await S3Store.open({ client, bucket: 'refused', random: seededRandom(1), clock: new SimClock() })
    server.fault('ListObjectsV2', { status: 403, code: 'AccessDenied' })
    await expect(keys(store, 'x')).rejects.toThrow(/s3:ListBucket/)
  })
})

describe('FileStore', () => {
  it('reads files that others put there, whose names it would not give', async () => {
    const directory = join(folder, 'others')
    await nodeEnv.files.makeDirectory(join(directory, 'errors'))
    const handle = await nodeEnv.files.open(join(directory, 'errors', 'a b%zz'), 'create')
    await handle.write(bytes('copied'), 0)
    await handle.close()
    const store = new FileStore({ ...nodeEnv, directory })
    expect(await keys(store, 'errors/')).toEqual(['errors/a b%zz'])
    expect(await text(store, 'errors/a b%zz')).toBe('copied')
  })
})
