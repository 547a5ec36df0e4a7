/** `millrace shards` and `millrace checkpoints`, as a user runs them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeEnv } from '../../core/index.ts'
import { newLease } from '../../processors/consumer/leases/lease.ts'
import { fileLeaseStore } from '../../processors/index.ts'
import { LocalStreams, serveStreams } from '../../streams/index.ts'
import { start } from './millrace.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-checkpoints-'))
  process.env['AWS_ACCESS_KEY_ID'] ??= 'AKIAIOSFODNN7EXAMPLE'
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'a-key-that-nobody-checks'
  process.env['AWS_REGION'] ??= 'us-east-1'
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('shards shows keys, parents and state, as a table and as JSON', async () => {
  const streams = await LocalStreams.open({ env: nodeEnv })
  const stream = await streams.create('clicks', { shards: 2 })
  await stream.split('shardId-000000000001', 3n << 126n)
  const listener = await serveStreams({ streams, env: nodeEnv })
  const shown = await start(['shards', 'clicks', '--endpoint', listener.url], folder).ended
  expect(shown.code).toBe(0)
  expect(shown.stdout.split('\n').map(line => line.split(/ {2,}/))).toEqual([
    ['shard', 'state', 'keys', 'parents', 'first hash key'],
    ['shardId-000000000000', 'open', '50.00 %', '-', '0'],
    ['shardId-000000000001', 'closed', '50.00 %', '-', String(1n << 127n)],
    ['shardId-000000000002', 'open', '25.00 %', 'shardId-000000000001', String(1n << 127n)],
    ['shardId-000000000003', 'open', '25.00 %', 'shardId-000000000001', String(3n << 126n)],
    ['3 open of 4'],
    [''],
  ])
  const json = await start(['shards', 'clicks', '--endpoint', listener.url, '--json'], folder).ended
  expect(JSON.parse(json.stdout.split('\n')[3] ?? '')).toMatchObject({ parentShardIds: ['shardId-000000000001'] })
  const missing = await start(['shards', 'nothing', '--endpoint', listener.url], folder).ended
  expect([missing.code, missing.stdout]).toEqual([1, ''])
  expect(missing.stderr).toContain('ResourceNotFoundException')
  await listener.close()
  await streams.close()
})

test('checkpoints ls and reset over a lease table that is a file', async () => {
  const directory = join(folder, 'leases')
  const store = fileLeaseStore(nodeEnv, directory, 'test')
  await store.leases.create(newLease({ leaseKey: 's0', checkpoint: { sequenceNumber: '17', subsequenceNumber: 3 } }))
  await store.leases.create(
    newLease({
      leaseKey: 's1',
      checkpoint: { sequenceNumber: 'LATEST', subsequenceNumber: 0 },
      parentShardIds: ['s0'],
    }),
  )
  await store.close()
  const run = (...args: readonly string[]) => start(['checkpoints', ...args, '--dir', directory], folder).ended
  expect((await run('ls', 'app')).stdout.split('\n').map(line => line.split(/ {2,}/))).toEqual([
    ['lease', 'owner', 'counter', 'checkpoint', 'pending', 'parents'],
    ['s0', '-', '0', '17:3', '-', '-'],
    ['s1', '-', '0', 'LATEST', '-', 's0'],
    [''],
  ])
  const reset = await run('reset', 'app', '--to', '9', '--shard', 's0')
  expect([reset.code, reset.stdout]).toEqual([0, 'lease  was   is\ns0     17:3  9\n1 checkpoints reset\n'])
  const json = await run('ls', 'app', '--json', '--shard', 's0')
  expect(JSON.parse(json.stdout)).toMatchObject({ leaseKey: 's0', checkpoint: '9', leaseCounter: 1 })
})

test.each([
  [['checkpoints', 'show', 'app'], 2, 'it is ls or reset'],
  [['checkpoints', 'reset', 'app', '--dir', '.'], 2, 'needs --to'],
  [['checkpoints', 'ls', 'app', '--dir', 'nowhere'], 1, 'there is no directory nowhere'],
  [['checkpoints', 'reset', 'app', '--dir', '.', '--to', 'YESTERDAY'], 1, 'is no sequence number'],
])('%j leaves with %i', async (args, code, message) => {
  const ended = await start(args, folder).ended
  expect([ended.code, ended.stdout]).toEqual([code, ''])
  expect(ended.stderr).toContain(message)
})
