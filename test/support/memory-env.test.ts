import { describe, expect, it } from 'vitest'
import { memoryEnv } from './memory-env.ts'

const utf8 = new TextEncoder()

describe('SimClock', () => {
  it('ends waits in the order of their instants, and those of one instant in the order of their start', async () => {
    const { clock } = memoryEnv()
    const ended: string[] = []
    for (const [name, ms] of [
      ['c', 30],
      ['a', 10],
      ['b', 10],
      ['d', 70],
    ] as const)
      void clock.sleep(ms).then(() => ended.push(`${name}@${clock.monotonicMs()}`))
    await clock.advance(30)
    expect(ended).toEqual(['a@10', 'b@10', 'c@30'])
    await clock.run()
    expect(ended.at(-1)).toBe('d@70')
  })

  it('ends a sleep early when it is aborted', async () => {
    const { clock } = memoryEnv()
    const controller = new AbortController()
    const slept = clock.sleep(1_000, controller.signal)
    controller.abort()
    await slept
    expect(clock.monotonicMs()).toBe(0)
  })

  it('calls back at each interval until it is stopped, and does not run for that alone', async () => {
    const { clock } = memoryEnv()
    let calls = 0
    const stop = clock.every(100, () => calls++)
    await clock.run()
    expect(calls).toBe(0)
    await clock.advance(350)
    expect(calls).toBe(3)
    stop()
    await clock.advance(350)
    expect(calls).toBe(3)
  })

  it('tells when work can never end', async () => {
    const { clock } = memoryEnv()
    await expect(clock.until(new Promise(() => {}))).rejects.toThrow('it can never end')
  })
})

describe('seeded random', () => {
  it('repeats with its seed and differs with another', () => {
    const draw = (seed: number): readonly unknown[] => {
      const { random } = memoryEnv({ seed })
      return [random.next(), random.uuid(), random.shuffled([1, 2, 3, 4, 5, 6, 7])]
    }
    expect(draw(5)).toEqual(draw(5))
    expect(draw(5)).not.toEqual(draw(6))
  })
})

describe('memory files', () => {
  it('loses in a crash what was not synced, and keeps what was', async () => {
    const { files } = memoryEnv({ files: { writeCache: true } })
    await files.makeDirectory('/data')
    await files.syncDirectory('/')
    const log = await files.open('/data/log', 'create')
    await log.write(utf8.encode('first '), 0)
    await log.sync()
    await files.syncDirectory('/data')
    await log.write(utf8.encode('second'), 6)
    await log.write(utf8.encode('F'), 0)
    await files.rename('/data/log', '/data/moved')
    expect(files.text('/data/moved')).toBe('First second')
    files.crash()
    expect(files.paths()).toEqual(['data/log'])
    expect(files.text('/data/log')).toBe('first ')
    await expect(log.sync()).rejects.toMatchObject({ code: 'closed' })
  })

  it('keeps a prefix of the writes of a file in a torn crash', async () => {
    for (let seed = 0; seed < 200; seed++) {
      const { files } = memoryEnv({ seed, files: { writeCache: true } })
      const log = await files.open('log', 'create')
      await files.syncDirectory('')
      for (let i = 0; i < 4; i++) await log.write(utf8.encode('abcd'), i * 4)
      files.crash('some')
      expect('abcdabcdabcdabcd'.startsWith(files.text('log') ?? 'missing')).toBe(true)
    }
  })

  it('says as the system does what is missing or there already', async () => {
    const { files } = memoryEnv()
    await expect(files.open('none/file', 'create')).rejects.toMatchObject({ code: 'not_found' })
    files.put('/a/b', 'text')
    await expect(files.open('/a/b', 'create')).rejects.toMatchObject({ code: 'already_exists' })
    expect(await files.list('/a')).toEqual(['b'])
    expect(await files.stat('/a/c')).toBeNull()
    await expect(files.link('/a/b', '/a/b')).rejects.toMatchObject({ code: 'already_exists' })
    await expect(files.link('/a/c', '/a/d')).rejects.toMatchObject({ code: 'not_found' })
    await files.link('/a/b', '/a/second')
    await files.remove('/a/b')
    expect([files.text('/a/b'), files.text('/a/second')]).toEqual([null, 'text'])
    await files.rename('/a/second', '/a/b')
    const handle = await files.open('a/b', 'update')
    await handle.truncate(2)
    await handle.write(utf8.encode('st'), 3)
    expect(files.text('a/b')).toBe('te\u0000st')
  })
})

describe('memory network', () => {
  it('brings a request to its handler and the reply back, and ends what is open when the listener closes', async () => {
    const { network } = memoryEnv()
    const listener = await network.serve({ host: '127.0.0.1', port: 0 }, async (request, reply) => {
      reply.start(200, { 'Content-Type': 'text/plain' })
      await reply.write(`${request.method} ${request.url} `)
      if (request.url !== '/open') reply.end(await request.body(10))
    })
    const response = await network.request({ method: 'POST', path: '/x', port: listener.port, body: 'hi' })
    expect([response.status, response.headers['content-type'], response.text]).toEqual([
      200,
      'text/plain',
      'POST /x hi',
    ])
    const open = network.start({ path: '/open', port: listener.port })
    await listener.close()
    expect(open.received()).toBe('GET /open ')
    await expect(open.response).rejects.toMatchObject({ code: 'aborted' })
    await expect(network.request({ path: '/', port: listener.port })).rejects.toMatchObject({ code: 'not_found' })
  })
})
