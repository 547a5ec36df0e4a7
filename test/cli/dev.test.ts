/** `millrace dev` on a configuration file in TypeScript, fed by the AWS SDK as any program of a user's would. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Shop } from '../../examples/clickstream/shop.ts'
import { millrace, start } from './millrace.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-dev-'))
const example = join(import.meta.dirname, '../../examples/clickstream')

beforeAll(() => {
  for (const name of ['millrace.config.ts', 'clickstream.sql', 'clicks.schema.json'])
    cpSync(join(example, name), join(folder, name))
  // The package as it is installed in a user's project.
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(dirname(dirname(dirname(inject('millrace')))), join(folder, 'node_modules/millrace'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('millrace dev', () => {
  it('reads millrace.config.ts, takes records from an AWS client, and delivers after a signal', async () => {
    const dev = start(['dev', '--port', '0', '--stream-port', '0'], folder)
    const [, endpoint] = await dev.seen(/Kinesis endpoint (http:\S+)/)
    const client = new KinesisClient({
      endpoint: endpoint ?? '',
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    })
    const events = new Shop({ seed: 3, ratePerSecond: 400, startMs: Date.UTC(2024, 0, 1), malformedShare: 0 }).next(
      Date.UTC(2024, 0, 1) + 1_000,
    )
    const reply = await client.send(
      new PutRecordsCommand({
        StreamName: 'clicks',
        Records: events.map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey })),
      }),
    )
    expect(reply.FailedRecordCount).toBe(0)
    client.destroy()
    dev.child.kill('SIGTERM')
    const { code, stdout } = await dev.ended
    expect(stdout).toContain(`drained: ${events.length} records, ${events.length} rows, 0 error rows`)
    expect(code).toBe(0)
    expect(existsSync(join(folder, 'millrace-data/funnel'))).toBe(true)
    expect(readdirSync(join(folder, 'millrace-data/revenue')).length).toBeGreaterThan(0)
  })

  it('exits with 3 and says what is wrong with a configuration, all of it at once', async () => {
    writeFileSync(
      join(folder, 'wrong.config.ts'),
      `export default { name: '', source: { kind: 'tape' }, sql: 1, schema: 's.json' }`,
    )
    const { code, stderr } = await millrace(['dev', 'wrong.config.ts'], folder)
    expect(code).toBe(3)
    for (const part of ['name:', 'source:', 'sql:']) expect(stderr).toContain(part)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it('exits with 3 for a configuration that is missing or does not load', async () => {
    writeFileSync(join(folder, 'broken.config.ts'), 'export default {{')
    for (const [file, message] of [
      ['none.config.ts', /there is no such file/],
      ['broken.config.ts', /broken\.config\.ts does not load/],
    ] as const) {
      const { code, stderr } = await millrace(['dev', file], folder)
      expect(code).toBe(3)
      expect(stderr).toMatch(message)
    }
  })
})
