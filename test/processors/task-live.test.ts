/** The whole way in one process: embedded stream, merge, decoder, SQL program, sinks; and the same records replayed from a file. */
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../core/byte-writer.ts'
import { parseInputSchema } from '../../core/codecs/input-schema.ts'
import { JsonLinesEncoder } from '../../core/codecs/json-lines.ts'
import { ERROR_STREAM } from '../../core/error-output.ts'
import { SqlError } from '../../core/errors.ts'
import type { Sink } from '../../core/sink.ts'
import { compileApplication, compileDefinition } from '../../processors/application.ts'
import { importApplication } from '../../processors/application-json.ts'
import { replayFile } from '../../processors/replay/replay.ts'
import { Task } from '../../processors/task.ts'
import { LocalStreams } from '../../streams/local/local-streams.ts'
import { memoryEnv } from '../support/memory-env.ts'

const SCHEMA = parseInputSchema({
  RecordFormat: { RecordFormatType: 'JSON' },
  RecordColumns: [
    { Name: 'at', SqlType: 'TIMESTAMP', Mapping: '$.at' },
    { Name: 'shop', SqlType: 'VARCHAR(16)', Mapping: '$.shop' },
    { Name: 'price', SqlType: 'INTEGER', Mapping: '$.price' },
  ],
})

const TEXT = `
  CREATE OR REPLACE STREAM SALES (shop VARCHAR(16), n INTEGER, total INTEGER);
  CREATE OR REPLACE PUMP SALES_PUMP AS INSERT INTO SALES
    SELECT STREAM "shop", COUNT(*), SUM("price") FROM "SOURCE_SQL_STREAM_001" AS s
    GROUP BY "shop", STEP(s.ROWTIME BY INTERVAL '10' SECOND);
  CREATE OR REPLACE STREAM SHARES (shop VARCHAR(16), share INTEGER);
  CREATE OR REPLACE PUMP SHARES_PUMP AS INSERT INTO SHARES
    SELECT STREAM "shop", 1000 / "price" FROM "SOURCE_SQL_STREAM_001" WHERE "price" < 4;`

class LinesSink implements Sink {
  text = ''
  readonly #encoder = new JsonLinesEncoder({ rowtime: true })
  async write(rows: Parameters<Sink['write']>[0]): Promise<void> {
    const out = new ByteWriter()
    this.#encoder.encode(rows, out)
    this.text += new TextDecoder().decode(out.take())
  }
  advance(): void {
    // kept rows have no windows
  }
  async close(): Promise<void> {}
}

/** Error rows without what depends on where and when the program runs. */
const comparable = (text: string): string =>
  text.replace(/"ERROR_TIME":"[^"]*",/g, '').replace(/ \((line|shardId)[^)"]*\)/g, '')

describe('an application over the embedded stream', () => {
  it('closes its windows on time through silence, and gives what the replay of the same records gives', async () => {
    const env = memoryEnv({ seed: 21, startAt: Date.UTC(2024, 4, 1) })
    const application = compileApplication({ text: TEXT, input: { schema: SCHEMA } })
    expect(application.outputs).toEqual(['SALES', 'SHARES', ERROR_STREAM])
    const streams = await LocalStreams.open({ env })
    const stream = await streams.create('sales', { shards: 4 })
    const sinks = new Map(application.outputs.map(name => [name, new LinesSink()] as const))
    const task = new Task({
      env,
      source: stream.asSource(),
      decoder: application.createDecoder(),
      inputStreams: application.inputStreams,
      program: errors => application.start({ errors, startedAt: env.clock.now(), rowTimestamp: 'rowtime' }),
      sinks,
    })
    const running = task.run()
    const lines: string[] = []
    const put = async (shop: string): Promise<void> => {
      const at = new Date(env.clock.now()).toISOString().slice(0, 23).replace('T', ' ')
      const line =
        env.random.below(40) === 0
          ? `{"at":"${at}","shop":"${shop}","price":"dear"}`
          : JSON.stringify({ at, shop, price: env.random.below(9) })
      lines.push(line)
      await stream.put({ partitionKey: shop, data: new TextEncoder().encode(line) })
    }
    const shops = ['north', 'south', 'east', 'west', 'quay', 'mill']
    for (let i = 0; i < 400; i++) {
      await env.clock.advance(env.random.below(60))
      for (let burst = 1 + env.random.below(3); burst > 0; burst--) await put(env.random.pick(shops))
    }
    const sealedAt = env.clock.now()
    await env.clock.advance(12_000)
    // the window that was open when the stream fell silent has closed, one slack and one read after its end
    expect(task.counters.watermark).toBeGreaterThan(sealedAt + 12_000 - 1_300)
    const live = sinks.get('SALES')?.text ?? ''
    await stream.seal()
    expect(await env.clock.until(running)).toBe('ended')
    expect(sinks.get('SALES')?.text).toBe(live)
    expect(live.split('\n').length).toBeGreaterThan(7)

    env.files.put('/in.jsonl', lines.join('\n'))
    for (const shards of [1, 5]) {
      await env.clock.until(
        replayFile({ application, file: '/in.jsonl', outputDirectory: '/out', arrivalColumn: 'at', shards }, env),
      )
      expect(env.files.text('/out/SALES.jsonl')).toBe(live)
      expect(env.files.text('/out/SHARES.jsonl')).toBe(sinks.get('SHARES')?.text)
      expect(comparable(env.files.text('/out/error_stream.jsonl') ?? '')).toBe(
        comparable(sinks.get(ERROR_STREAM)?.text ?? ''),
      )
    }
    const errors = sinks.get(ERROR_STREAM)?.text ?? ''
    expect(errors).toContain('DIVISION_BY_ZERO')
    expect(errors).toContain('COERCION_ERROR')
  })
})

describe('a task over the embedded stream', () => {
  it('leaves the thread to others while its sink takes nothing and one shard has more than may wait', async () => {
    const env = memoryEnv({ seed: 5, startAt: Date.UTC(2024, 4, 1) })
    const application = compileApplication({ text: TEXT, input: { schema: SCHEMA } })
    const stream = await (await LocalStreams.open({ env })).create('sales', { shards: 2 })
    let open: () => void = () => {}
    const gate = new Promise<void>(resolve => (open = resolve))
    const sink = new LinesSink()
    const blocked: Sink = { write: rows => gate.then(() => sink.write(rows)), advance: () => {}, close: async () => {} }
    const task = new Task({
      env,
      source: stream.asSource(),
      decoder: application.createDecoder(),
      inputStreams: application.inputStreams,
      program: errors => application.start({ errors, startedAt: env.clock.now(), rowTimestamp: 'rowtime' }),
      sinks: new Map([['SHARES', blocked]]),
      merge: { prefetchBytesMax: 1_000, recordsPerRead: 10 },
    })
    const running = task.run()
    const data = new TextEncoder().encode('{"shop":"north","price":1}')
    for (let i = 0; i < 300; i++) {
      await stream.put({ partitionKey: 'a', explicitHashKey: 0n, data })
      await env.clock.advance(20)
    }
    expect(task.counters.recordsIn).toBeLessThan(50)
    open()
    await stream.seal()
    expect(await env.clock.until(running)).toBe('ended')
    expect(task.counters).toMatchObject({ recordsIn: 300, rowsOut: { SHARES: 300 } })
    expect(sink.text.split('\n')).toHaveLength(301)
  })
})

describe('an application', () => {
  it('lets out the streams that no pump reads, and those that are named', () => {
    const chained = `
      CREATE OR REPLACE STREAM INNER_STREAM (shop VARCHAR(16));
      CREATE OR REPLACE STREAM OUTER_STREAM (shop VARCHAR(16));
      CREATE OR REPLACE PUMP A AS INSERT INTO INNER_STREAM SELECT STREAM "shop" FROM "SOURCE_SQL_STREAM_001";
      CREATE OR REPLACE PUMP B AS INSERT INTO OUTER_STREAM SELECT STREAM shop FROM INNER_STREAM;`
    const input = { schema: SCHEMA }
    expect(compileApplication({ text: chained, input }).outputs).toEqual(['OUTER_STREAM', ERROR_STREAM])
    const named = compileApplication({ text: chained, input, outputs: ['INNER_STREAM', 'NOWHERE', ERROR_STREAM] })
    expect(named.outputs).toEqual(['INNER_STREAM', ERROR_STREAM])
    expect(named.warnings).toEqual(['output "NOWHERE" gets no rows: the program creates no stream of that name'])
    expect(named.schemaOf('INNER_STREAM')?.columns.map(({ name }) => name)).toEqual(['SHOP'])
  })

  it('says what is wrong with its text at once', () => {
    expect(() =>
      compileApplication({ text: 'CREATE OR REPLACE STREM X (a INTEGER);', input: { schema: SCHEMA } }),
    ).toThrow(SqlError)
  })

  it('is made from the definition of its owner, and refuses what it cannot run', () => {
    const input = {
      NamePrefix: 'SOURCE_SQL_STREAM',
      InputSchema: {
        RecordFormat: { RecordFormatType: 'JSON' },
        RecordColumns: [{ Name: 'shop', SqlType: 'VARCHAR(16)', Mapping: '$.shop' }],
      },
      InputParallelism: { Count: 2 },
      KinesisStreamsInput: {
        ResourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/sales',
        RoleARN: 'arn:aws:iam::123456789012:role/r',
      },
    }
    const definition = (extra: object): object => ({
      ApplicationName: 'sales',
      ApplicationCode:
        'CREATE OR REPLACE STREAM S (shop VARCHAR(16)); CREATE OR REPLACE PUMP P AS INSERT INTO S SELECT STREAM "shop" FROM "SOURCE_SQL_STREAM_002";',
      Inputs: [{ ...input, ...extra }],
    })
    const application = compileDefinition(importApplication(definition({})))
    expect(application.inputStreams).toEqual(['SOURCE_SQL_STREAM_001', 'SOURCE_SQL_STREAM_002'])
    expect(application.outputs).toEqual(['S', ERROR_STREAM])
    const processor = {
      InputProcessingConfiguration: {
        InputLambdaProcessor: {
          ResourceARN: 'arn:aws:lambda:eu-west-1:123456789012:function:f',
          RoleARN: 'arn:aws:iam::123456789012:role/r',
        },
      },
    }
    expect(() => compileDefinition(importApplication(definition(processor)))).toThrow(
      'pre-processed by the Lambda function arn:aws:lambda:eu-west-1:123456789012:function:f',
    )
  })
})
