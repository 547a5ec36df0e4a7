/** Objects as files: names that stay below the root, and objects that are there whole or not at all. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FileHandle, type Files, MillraceError, nodeEnv } from '../../core/index.ts'
import { FileStore, INCOMPLETE_DIRECTORY } from '../../sinks/stores/file.ts'
import { pathPartsOf } from '../../sinks/stores/file-path.ts'
import { MemoryStore } from '../../sinks/stores/memory.ts'
import type { ObjectStore } from '../../sinks/stores/store.ts'
import { memoryEnv, seededRandom } from '../support/memory-env.ts'

const utf8 = new TextEncoder()
const PARTS = ['first ', 'second ', 'third'].map(text => utf8.encode(text))

async function put(store: ObjectStore, key: string): Promise<void> {
  const writer = await store.begin(key)
  for (const part of PARTS) await writer.write(part)
  await writer.complete()
}

/** Files that fail at the call with a number, before or after its effect. */
function failingAt(
  files: Files,
  failAt: number,
  after: boolean,
): { readonly files: Files; readonly calls: () => number } {
  let calls = 0
  const failing =
    <A extends readonly unknown[], T>(work: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      const fails = calls++ === failAt
      if (fails && !after) throw new MillraceError('unwritable_output', 'injected')
      const result = await work(...args)
      if (fails) throw new MillraceError('unwritable_output', 'injected')
      return result
    }
  const handleOf = (handle: FileHandle): FileHandle => ({
    read: (into, position) => handle.read(into, position),
    write: failing((bytes: Uint8Array, position: number) => handle.write(bytes, position)),
    truncate: sizeBytes => handle.truncate(sizeBytes),
    sync: failing(() => handle.sync()),
    sizeBytes: () => handle.sizeBytes(),
    close: failing(() => handle.close()),
  })
  return {
    calls: () => calls,
    files: {
      open: failing(async (path: string, mode: 'read' | 'create' | 'update') => handleOf(await files.open(path, mode))),
      stat: failing((path: string) => files.stat(path)),
      list: failing((path: string) => files.list(path)),
      makeDirectory: failing((path: string) => files.makeDirectory(path)),
      rename: failing((from: string, to: string) => files.rename(from, to)),
      link: failing((from: string, to: string) => files.link(from, to)),
      remove: (path: string) => files.remove(path),
      syncDirectory: failing((path: string) => files.syncDirectory(path)),
      readAll: (path: string) => files.readAll(path),
    },
  }
}

const KEY = 'views/2026/11/22/object.json'
const visible = (paths: readonly string[]): readonly string[] =>
  paths.filter(path => !path.includes(INCOMPLETE_DIRECTORY))

describe.each<[string, () => ObjectStore]>([
  ['FileStore', () => new FileStore({ ...memoryEnv(), directory: '/out' })],
  ['MemoryStore', () => new MemoryStore()],
])('%s', (_name, make) => {
  it('never writes an object over, nor lets two write one', async () => {
    const store = make()
    const open = await store.begin('a')
    await expect(store.begin('a')).rejects.toMatchObject({ code: 'already_exists', retry: 'never' })
    await open.complete()
    await expect(store.begin('a')).rejects.toMatchObject({ code: 'already_exists' })
  })

  it('leaves nothing of an aborted object, whose key is free again', async () => {
    const store = make()
    const open = await store.begin('a')
    await open.write(utf8.encode('x'))
    await open.abort()
    await put(store, 'a')
  })
})

describe('FileStore', () => {
  it('shows an object whole or not at all when a step fails, at every step', async () => {
    for (const after of [false, true])
      for (let failAt = 0; ; failAt++) {
        const env = memoryEnv({ files: { writeCache: true } })
        const { files, calls } = failingAt(env.files, failAt, after)
        const store = new FileStore({ files, clock: env.clock, directory: '/out' })
        const error: unknown = await put(store, KEY).catch((thrown: unknown) => thrown)
        const before = visible(env.files.paths())
        for (const path of before) expect(env.files.text(path)).toBe('first second third')
        env.files.crash('some')
        for (const path of visible(env.files.paths())) expect(env.files.text(path)).toBe('first second third')
        if (calls() <= failAt) {
          expect(error).toBeUndefined()
          expect(failAt).toBeGreaterThan(10)
          break
        }
        // A link that fails has a rename in its place.
        if (error === undefined) expect(before).toEqual([`out/${KEY}`])
        else expect(error).toMatchObject({ message: 'injected' })
      }
  })

  it('goes on from a failed step when complete is called again', async () => {
    for (let failAt = 0; failAt < 20; failAt++) {
      const env = memoryEnv()
      const { files } = failingAt(env.files, failAt, false)
      const store = new FileStore({ files, clock: env.clock, directory: '/out' })
      const begin = (): ReturnType<FileStore['begin']> => store.begin(KEY)
      const writer = await begin().catch(begin)
      for (const part of PARTS) await writer.write(part).catch(() => writer.write(part))
      await writer.complete().catch(() => writer.complete())
      expect(env.files.paths()).toEqual([`out/${KEY}`])
      expect(env.files.text(`/out/${KEY}`)).toBe('first second third')
    }
  })

  it('gives a staged object its final key where the file system knows no links, as often as it is asked', async () => {
    const env = memoryEnv()
    const link = (): Promise<never> => Promise.reject(new MillraceError('unwritable_output', 'EPERM: no links here'))
    const files = { ...failingAt(env.files, -1, false).files, link }
    const store = new FileStore({ files, clock: env.clock, directory: '/out' })
    await put(store, '_staged/1')
    for (let times = 0; times < 2; times++) await store.publish('_staged/1', KEY)
    expect(env.files.text(`/out/${KEY}`)).toBe('first second third')
    expect(env.files.paths()).toEqual(['out/_staged/1', `out/${KEY}`])
    await put(store, 'theirs')
    env.files.put('/out/other', 'x')
    await expect(store.publish('other', 'theirs')).rejects.toMatchObject({ code: 'already_exists' })
    await expect(store.publish('gone', 'nowhere')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('keeps a completed object through a loss of power', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const env = memoryEnv({ seed, files: { writeCache: true } })
      await put(new FileStore({ ...env, directory: '/new/out' }), KEY)
      env.files.crash(seed === 0 ? 'synced' : 'some')
      expect(env.files.text(`/new/out/${KEY}`)).toBe('first second third')
    }
  })

  it('removes what a crash left when it is older than a week, and leaves the rest', async () => {
    const env = memoryEnv()
    env.files.put(`/out/${INCOMPLETE_DIRECTORY}/old.tmp`, 'x')
    await env.clock.advance(7 * 86_400_000)
    env.files.put(`/out/${INCOMPLETE_DIRECTORY}/young.tmp`, 'x')
    await env.clock.advance(1_000)
    await put(new FileStore({ ...env, directory: '/out' }), KEY)
    expect(env.files.paths()).toEqual([`out/${INCOMPLETE_DIRECTORY}/young.tmp`, `out/${KEY}`])
  })

  it('writes below the root on a real disk, whatever the key', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'store-'))
    try {
      const store = new FileStore({ ...nodeEnv, directory: join(directory, 'root') })
      const keys = [
        '../../etc/x',
        '/absolute',
        'C:\\x',
        '\\\\host\\x',
        'a\0b',
        'x/..',
        '.',
        'a//b',
        'con.txt',
        '😀'.repeat(100),
      ]
      for (const key of keys) await put(store, key)
      expect(readdirSync(directory)).toEqual(['root'])
      for (const key of keys) expect(readFileSync(store.pathOf(key), 'utf8')).toBe('first second third')
      expect(readdirSync(join(directory, 'root', INCOMPLETE_DIRECTORY))).toEqual([])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

describe('paths of keys', () => {
  it.each([
    ['views/2026/11/22/my-stream-1.json.gz', 'views/2026/11/22/my-stream-1.json.gz'],
    ['k=v/a_b', 'k=v/a_b'],
    ['../../etc/x', '%2E%2E/%2E%2E/etc/x'],
    ['..%2f', '%2E.%252f'],
    ['.', '%2E'],
    ['..', '%2E%2E'],
    ['...', '%2E.%2E'],
    ['.incomplete/x', '%2Eincomplete/x'],
    ['/abs', '__EMPTY__/abs'],
    ['a//b', 'a/__EMPTY__/b'],
    ['__EMPTY__', '%5F_EMPTY__'],
    ['C:\\x', 'C%3A%5Cx'],
    ['\\\\host\\x', '%5C%5Chost%5Cx'],
    ['a\0b', 'a%00b'],
    ['CON', '%43ON'],
    ['lpt1.txt', '%6Cpt1.txt'],
    ['console', 'console'],
    ['name.', 'name%2E'],
    ['ü', '%C3%BC'],
    ['a b:c', 'a%20b%3Ac'],
  ])('for %o are %o', (key, path) => {
    expect(pathPartsOf(key).join('/')).toBe(path)
  })

  it('are short for long parts, and differ when the parts do', () => {
    const one = pathPartsOf(`${'é'.repeat(150)}1`)[0] ?? ''
    const two = pathPartsOf(`${'é'.repeat(150)}2`)[0] ?? ''
    expect(one.length).toBeLessThanOrEqual(200)
    expect(one).not.toBe(two)
  })

  it('lead below the root, one path a key, for random keys', () => {
    const random = seededRandom(11)
    const atoms = [
      '.',
      '..',
      '/',
      '\\',
      '%2e',
      '%',
      '\0',
      ':',
      '~',
      'a',
      'A',
      'nul',
      'é',
      'e\u0301',
      '😀',
      ' ',
      '-',
      '__EMPTY__',
      '\n',
    ]
    const store = new FileStore({ ...memoryEnv(), directory: '/root' })
    const paths = new Map<string, string>()
    for (let i = 0; i < 100_000; i++) {
      let key = ''
      for (let pieces = 1 + random.below(7); pieces > 0; pieces--) key += random.pick(atoms)
      const path = store.pathOf(key)
      expect(path.startsWith('/root/') && !path.includes(INCOMPLETE_DIRECTORY)).toBe(true)
      const other = paths.get(path)
      if (other !== undefined && other !== key) expect([other, key]).toEqual([])
      paths.set(path, key)
    }
  })

  it.each([[''], ['x'.repeat(1_025)], ['\ud800']])('do not exist for %o', key => {
    expect(() => pathPartsOf(key)).toThrow(expect.objectContaining({ code: 'invalid_argument' }))
  })
})
