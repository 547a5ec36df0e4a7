import { describe, expect, it } from 'vitest'
import { checkDefinition } from '../../../sinks/definition/definition.ts'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import { planDelivery } from '../../../sinks/pipeline/plan.ts'
import { copyStatements, deliveryId, ledgerStatement } from '../../../sinks/redshift/copy-statements.ts'
import { databaseOf } from '../../../sinks/redshift/redshift-data.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { type RedshiftFault, RedshiftServer } from '../../support/redshift-server.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { bytes, put, START } from '../pipeline/world.ts'
import { destination, type Json, processors, S3 } from '../support/definitions.ts'

const MEMBER = 'RedshiftDestinationConfiguration'
const COPY = { DataTableName: 'clicks', DataTableColumns: 'page, views', CopyOptions: "GZIP FORMAT JSON 'auto'" }

function definition(members: Json = {}): DeliveryStreamDefinition {
  return destination(MEMBER, {
    Username: 'loader',
    CopyCommand: COPY,
    S3Configuration: { ...S3, CompressionFormat: 'GZIP', BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } },
    ...processors(['AppendDelimiterToRecord']),
    ...members,
  }) as DeliveryStreamDefinition
}

async function redshiftWorld(
  members: Json = {},
  fault: (operation: 'execute' | 'describe', call: number) => RedshiftFault = () => null,
) {
  const clock = new SimClock(START)
  const store = new MemoryStore()
  const server = new RedshiftServer({ store, clock, fault })
  await server.query('CREATE TABLE clicks (loaded_at TIMESTAMP DEFAULT current_timestamp, page VARCHAR, views INTEGER)')
  const parts = { clock, random: seededRandom(3), store: () => store, redshiftData: server }
  const stream = new DeliveryStream({ definition: definition(members) }, parts)
  const rows = (): Promise<readonly (readonly string[])[]> =>
    server.query('SELECT page, views FROM clicks ORDER BY ALL')
  const keys = (prefix: string): readonly string[] => [...store.objects.keys()].filter(key => key.startsWith(prefix))
  return { clock, stream, store, server, rows, keys }
}

/** The statements of each COPY; the ledger is made apart from them. */
const copies = ({ statements }: RedshiftServer): readonly (readonly string[])[] =>
  statements.filter(([first = '']) => first.startsWith('LOCK '))

const row = (page: string, views: number): string => JSON.stringify({ page, views })

describe('objects', () => {
  it('come into the table by a manifest that names each of them as needed', async () => {
    const { clock, stream, server, rows, keys, store } = await redshiftWorld()
    await put(stream, row("it's", 1), row('/b', 2))
    await clock.until(stream.close())
    expect(await rows()).toEqual([
      ['/b', '2'],
      ["it's", '1'],
    ])
    const [manifest = ''] = keys('manifests/2026/11/22/23/clicks-')
    expect(JSON.parse(Buffer.from(store.objects.get(manifest) ?? []).toString())).toEqual({
      entries: keys('2026/').map(key => ({ url: `s3://lake/${key}`, mandatory: true })),
    })
    expect(server.databases[0]).toEqual({ Database: 'dev', ClusterIdentifier: 'c1', DbUser: 'loader' })
    expect(copies(server)[0]?.[2]).toBe(
      `COPY ${/millrace_stage_\w+/.exec(copies(server)[0]?.[2] ?? '')?.[0]} (page, views) FROM 's3://lake/${manifest}' IAM_ROLE 'arn:aws:iam::123456789012:role/firehose' MANIFEST GZIP FORMAT JSON 'auto'`,
    )
    expect(stream.metrics.all).toMatchObject({
      'DeliveryToRedshift.Records': 2,
      'DeliveryToRedshift.Success': 1,
      'DeliveryToRedshift.Attempts': 1,
      'DeliveryToS3.ObjectCount': 1,
    })
    expect(stream.dataFreshness).toBe(0)
  })

  it('gather while a COPY runs, and come into the table by the next one', async () => {
    const { clock, stream, server, rows } = await redshiftWorld({}, (_, call) => (call === 3 ? 'failed' : null))
    for (let n = 0; n < 5; n++) {
      await put(stream, row(String(n), n))
      await clock.advance(60_000)
    }
    expect(stream.dataFreshness).toBe(300)
    await clock.until(stream.close())
    expect((await rows()).map(([page]) => page)).toEqual(['0', '1', '2', '3', '4'])
    // The first failed, its repeat, and one for all that has come meanwhile.
    expect(copies(server)).toHaveLength(3)
    expect(stream.metrics.get('DeliveryToRedshift.Success')).toBe(2)
  })

  it.each<[string, (operation: 'execute' | 'describe', call: number) => RedshiftFault]>([
    ['the reply to a statement is lost', (operation, call) => (operation === 'execute' && call < 2 ? 'lost' : null)],
    ['the service is busy', (_, call) => (call < 4 ? 'throttled' : null)],
    ['a statement that was run is not known any more', (_, call) => (call === 2 ? 'vanished' : null)],
  ])('come into the table once though %s', async (_, fault) => {
    const { clock, stream, rows, server } = await redshiftWorld({}, fault)
    await put(stream, row('/', 1))
    await clock.until(stream.close())
    expect(await rows()).toEqual([['/', '1']])
    expect(await server.query('SELECT count(*) FROM millrace_deliveries')).toEqual([['1']])
  })

  it('that no COPY takes are skipped after the duration, and listed below errors/', async () => {
    const { clock, stream, rows, keys, store, server } = await redshiftWorld({
      RetryOptions: { DurationInSeconds: 900 },
      CopyCommand: { ...COPY, DataTableColumns: 'page, viewz' },
    })
    await put(stream, row('/', 1))
    await clock.until(stream.close())
    expect(await rows()).toEqual([])
    // At 0, 5 and 10 minutes; a fourth would begin after 15.
    expect(copies(server).length).toBeGreaterThanOrEqual(3)
    expect(copies(server).length).toBeLessThanOrEqual(4)
    const [listed = ''] = keys('errors/manifests/2026/11/')
    const manifest = JSON.parse(Buffer.from(store.objects.get(listed) ?? []).toString()) as Json
    expect(manifest['entries']).toEqual(keys('2026/').map(key => ({ url: `s3://lake/${key}`, mandatory: true })))
    expect(manifest['millrace']).toMatchObject({ code: 'Redshift.CopyFailed' })
    expect(stream.metrics.get('DeliveryToRedshift.SkippedObjects')).toBe(1)
  })

  it('are tried once without a duration', async () => {
    const { clock, stream, server, keys } = await redshiftWorld(
      { RetryOptions: { DurationInSeconds: 0 } },
      () => 'failed',
    )
    await put(stream, row('/', 1))
    await clock.until(stream.close())
    expect(copies(server)).toHaveLength(1)
    expect(keys('errors/manifests/')).toHaveLength(1)
  })

  it('need a client to run COPY', () => {
    const parts = { clock: new SimClock(), random: seededRandom(1), store: () => new MemoryStore() }
    expect(() => new DeliveryStream({ definition: definition() }, parts)).toThrow('give redshiftData')
  })
})

describe('statements', () => {
  const id = '11111111-2222-5333-8444-555555555555'
  const plan = { table: 'web.clicks', columns: null, options: '', roleArn: 'arn:aws:iam::1:role/r' }

  it('are one transaction that a second run leaves without effect', () => {
    expect(ledgerStatement(plan)).toBe(
      'CREATE TABLE IF NOT EXISTS web.millrace_deliveries (delivery_id VARCHAR(36) NOT NULL, delivered_at TIMESTAMP NOT NULL)',
    )
    // The lock is first: a statement before it would fix what the transaction sees of the ledger.
    expect(copyStatements(plan, "s3://lake/manifests/it's", id)).toEqual([
      'LOCK web.millrace_deliveries',
      'CREATE TEMP TABLE millrace_stage_11111111_2222_5333_8444_555555555555 (LIKE web.clicks INCLUDING DEFAULTS)',
      "COPY millrace_stage_11111111_2222_5333_8444_555555555555 FROM 's3://lake/manifests/it''s' IAM_ROLE 'arn:aws:iam::1:role/r' MANIFEST",
      `INSERT INTO web.clicks SELECT * FROM millrace_stage_11111111_2222_5333_8444_555555555555 WHERE NOT EXISTS (SELECT 1 FROM web.millrace_deliveries WHERE delivery_id = '${id}')`,
      `INSERT INTO web.millrace_deliveries (delivery_id, delivered_at) SELECT '${id}', SYSDATE WHERE NOT EXISTS (SELECT 1 FROM web.millrace_deliveries WHERE delivery_id = '${id}')`,
      'DROP TABLE millrace_stage_11111111_2222_5333_8444_555555555555',
    ])
  })

  it('of the same objects have the same id, whoever runs them', () => {
    const urls = ['s3://lake/a', 's3://lake/b']
    expect(deliveryId('clicks', urls)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(deliveryId('clicks', [...urls])).toBe(deliveryId('clicks', urls))
    expect(deliveryId('views', urls)).not.toBe(deliveryId('clicks', urls))
    expect(deliveryId('clicks', urls.slice(1))).not.toBe(deliveryId('clicks', urls))
  })

  it.each([
    [{ DataTableName: 'clicks; DROP TABLE users' }, 'neither a table nor schema.table'],
    [{ DataTableName: 'a.b.c' }, 'neither a table nor schema.table'],
    [{ DataTableColumns: 'page) SELECT 1; --' }, 'no list of columns'],
    [{ CopyOptions: "JSON 'auto'; DROP TABLE users" }, 'semicolon'],
  ])('are refused for %j', (changes, message) => {
    const { problems } = checkDefinition(definition({ CopyCommand: { ...COPY, ...changes } }))
    expect(problems.map(({ code }) => code)).toEqual(['REDSHIFT_COPY'])
    expect(problems[0]?.message).toContain(message)
  })

  it('may have names in quotes, and a semicolon for a delimiter', () => {
    const CopyCommand = {
      DataTableName: '"my schema"."Click ""log"""',
      DataTableColumns: '"page", views',
      CopyOptions: "DELIMITER ';'",
    }
    expect(checkDefinition(definition({ CopyCommand })).problems).toEqual([])
  })

  it('are shown by a plan, with nothing run', async () => {
    const clock = new SimClock(START)
    const forecast = await clock.until(
      planDelivery({ definition: definition() }, [{ data: bytes(row('/', 1)) }], { clock, random: seededRandom(2) }),
    )
    expect(forecast.statements).toHaveLength(7)
    expect(forecast.statements[3]).toMatch(/^COPY millrace_stage_\w+ \(page, views\) FROM 's3:\/\/lake\/manifests\//)
    expect(forecast.objects.map(({ kind }) => kind)).toEqual(['data'])
  })
})

describe('the database', () => {
  const cluster = 'jdbc:redshift://c1.abc.eu-west-1.redshift.amazonaws.com:5439/dev'
  const serverless = 'jdbc:redshift://wg.123456789012.eu-west-1.redshift-serverless.amazonaws.com:5439/dev'

  it('is told by the JDBC address, and who asks by a user, a secret, or the caller', () => {
    expect(databaseOf(cluster, 'loader', 'arn:secret')).toEqual({
      Database: 'dev',
      ClusterIdentifier: 'c1',
      SecretArn: 'arn:secret',
    })
    expect(databaseOf(serverless, null, null)).toEqual({ Database: 'dev', WorkgroupName: 'wg' })
    expect(databaseOf(serverless, 'loader', null)).toEqual({ Database: 'dev', WorkgroupName: 'wg' })
    expect(() => databaseOf(cluster, null, null)).toThrow('give Username')
  })
})
