/** `millrace stream` as a process: what it prints, what it keeps, what it refuses, and that any client can use it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import { afterAll, describe, expect, it } from 'vitest'
import { millrace, type Running, start } from './millrace.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-stream-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }

async function clientOf(running: Running): Promise<KinesisClient> {
  const [, endpoint] = await running.seen(/Kinesis endpoint (http:\S+)/)
  return new KinesisClient({ endpoint: endpoint ?? '', region: 'us-east-1', credentials, maxAttempts: 1 })
}

const put = (client: KinesisClient, text: string) =>
  client.send(new PutRecordCommand({ StreamName: 'clicks', Data: Buffer.from(text), PartitionKey: 'k' }))

describe('millrace stream', () => {
  it('keeps records in a directory over restarts, locks it, and says so', async () => {
    const args = ['stream', '--port', '0', '--dir', 'kept', '--stream', 'clicks:2', '--stream', 'logs']
    const first = start(args, folder)
    const client = await clientOf(first)
    await first.seen(/streams +clicks \(2 shards\), logs \(1 shards\)/)
    const { ShardId } = await put(client, 'hello')
    client.destroy()
    const refused = await millrace(args, folder)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(`kept is in use by millrace stream (process ${first.child.pid})`)
    first.child.kill('SIGTERM')
    expect(await first.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('stopped; kept keeps every') })
    expect(existsSync(join(folder, 'kept/.lock'))).toBe(false)

    const second = start(args, folder)
    const again = await clientOf(second)
    const { ShardIterator } = await again.send(
      new GetShardIteratorCommand({ StreamName: 'clicks', ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    )
    const { Records } = await again.send(new GetRecordsCommand({ ShardIterator }))
    expect(Buffer.from(Records?.[0]?.Data ?? []).toString()).toBe('hello')
    again.destroy()
    // Nobody can say goodbye after a kill -9; the lock that stays is a dead one's.
    second.child.kill('SIGKILL')
    await second.ended
    const third = start([...args, '--duration', '1s'], folder)
    expect(await third.ended).toMatchObject({ code: 0 })
  })

  it('has every record that it answered after kill -9, with its number, when each put is synced', async () => {
    const args = ['stream', '--port', '0', '--dir', 'killed', '--stream', 'clicks:2', '--durability', 'each-put']
    const answered = new Map<string, string>()
    for (let kill = 0; kill < 3; kill++) {
      const running = start(args, folder)
      const client = await clientOf(running)
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        for (let i = 0; ; i++) {
          const key = `${kill}-${writer}-${i}`
          const entry = { StreamName: 'clicks', Data: Buffer.from(key), PartitionKey: key }
          try {
            const { SequenceNumber = '' } = await client.send(new PutRecordCommand(entry))
            answered.set(key, SequenceNumber)
          } catch {
            return
          }
          if (answered.size === (kill + 1) * 100) running.child.kill('SIGKILL')
        }
      })
      await Promise.all([...writers, running.ended])
      client.destroy()
    }
    const running = start(args, folder)
    const client = await clientOf(running)
    const kept = new Map<string, string>()
    for (const ShardId of ['shardId-000000000000', 'shardId-000000000001']) {
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({ StreamName: 'clicks', ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      )
      const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }))
      for (const { PartitionKey = '', SequenceNumber = '' } of Records) kept.set(PartitionKey, SequenceNumber)
    }
    client.destroy()
    running.child.kill('SIGTERM')
    await running.ended
    for (const [key, number] of answered) expect([key, kept.get(key)]).toEqual([key, number])
    expect(new Set(kept.values()).size).toBe(kept.size)
  })

  it('makes faults from its options, and takes others by control calls with the printed token', async () => {
    writeFileSync(join(folder, 'faults.json'), '[{"kind":"error","operations":["PutRecord"],"skip":1,"times":1}]')
    const running = start(
      [
        'stream',
        '--port',
        '0',
        '--stream',
        'clicks',
        '--fault',
        'throttle PutRecord times=1',
        '--faults',
        'faults.json',
      ],
      folder,
    )
    const client = await clientOf(running)
    await expect(put(client, 'a')).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' })
    await expect(put(client, 'b')).rejects.toMatchObject({ name: 'InternalFailure' })
    await put(client, 'c')
    const [, url, token] = await running.seen(/control calls +(http:\S+) +Authorization: Bearer (\S+)/)
    const call = (authorization: string) =>
      fetch(`${url}faults`, {
        method: 'PUT',
        headers: { authorization, 'content-type': 'application/json' },
        body: '{"kind":"throttle"}',
      })
    expect((await call('Bearer wrong')).status).toBe(401)
    expect((await call(`Bearer ${token}`)).status).toBe(200)
    await expect(put(client, 'd')).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' })
    client.destroy()
    running.child.kill('SIGINT')
    expect((await running.ended).code).toBe(0)
  })

  it.each([
    [['--port', '99999'], '--port "99999" must be a whole number'],
    [['--stream', 'no good'], '--stream "no good" must be NAME or NAME:SHARDS'],
    [['--stream', 'a:0'], 'must be a whole number from 1 to 1000'],
    [['--limits', 'some'], '--limits "some"'],
    [['--limits', 'writeRecordsPerSecond=0'], 'must be a number above 0'],
    [['--fault', 'explode'], '--fault "explode": kind "explode" must be one of'],
    [['--fault', 'throttle rate=2'], 'rate 2 must be a number above 0 and at most 1'],
    [['--fault', 'delay PutRecord'], 'needs delayMs'],
    [['--when-full', 'burst'], 'must be one of refuse, trim'],
    [['--durability', 'never'], '--durability "never" is no duration'],
  ])('refuses %j with 2 and says what is right', async (args, text) => {
    const { code, stderr } = await millrace(['stream', '--port', '0', ...args], folder)
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)])
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it('needs a flag before it listens where others can reach it, and a file of faults that can be read', async () => {
    const { code, stderr } = await millrace(['stream', '--port', '0', '--host', '0.0.0.0'], folder)
    expect([code, stderr]).toEqual([1, expect.stringContaining('reachable from other machines')])
    writeFileSync(join(folder, 'wrong.json'), '[{"kind":"throttle"},{"kind":7}]')
    const wrong = await millrace(['stream', '--port', '0', '--faults', 'wrong.json'], folder)
    expect([wrong.code, wrong.stderr]).toEqual([3, expect.stringContaining('wrong.json: fault rule 2 kind 7')])
  })
})
