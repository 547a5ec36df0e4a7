/** The function in place of the pre-processing Lambda function: its contract, its failures, and programs behind it. */
import { expect, test } from 'vitest'
import { parseInputSchema } from '../../core/codecs/input-schema.ts'
import { ERROR_STREAM, type ErrorRow } from '../../core/error-output.ts'
import { hasCode, type MillraceError } from '../../core/errors.ts'
import { RecordBatchBuilder, recordBytes } from '../../core/record.ts'
import { compileApplication, compileDefinition } from '../../processors/application.ts'
import { importApplication } from '../../processors/application-json.ts'
import {
  Preprocessor,
  type PreprocessorEvent,
  type PreprocessorFunction,
  type PreprocessorOptions,
  type PreprocessorResult,
} from '../../processors/preprocessor.ts'
import { runTask } from '../../processors/task.ts'
import { memoryEnv } from '../support/memory-env.ts'
import { rowObjects } from './count-program.ts'
import { SimSource } from './merge-source.ts'

const text = (data: string): string => Buffer.from(data, 'base64').toString()
const base64 = (data: string): string => Buffer.from(data).toString('base64')
const START = Date.UTC(2020, 0, 1)

function batchOf(...records: readonly string[]) {
  const builder = new RecordBatchBuilder()
  records.forEach((record, index) =>
    builder.add({
      data: Buffer.from(record),
      arrivedAt: START + index,
      rowtime: START + 10 * index,
      sequenceNumber: String(100 + index),
      subsequenceNumber: 0,
      partitionKey: 'k',
      shardId: 'shardId-000000000001',
    }),
  )
  return builder.take()
}

/** What comes out of one batch, with the errors, the calls, and what was told of repeats. */
async function processed(options: PreprocessorOptions, ...records: readonly string[]) {
  const env = memoryEnv({ startAt: START })
  const errors: ErrorRow[] = []
  const retries: MillraceError[] = []
  const preprocessor = new Preprocessor(options, env, error => retries.push(error))
  const output = { add: (row: ErrorRow) => void errors.push(row) }
  const batch = await env.clock.until(preprocessor.process(batchOf(...records), output, new AbortController().signal))
  const out = Array.from({ length: batch.length }, (_, i) => [
    Buffer.from(recordBytes(batch, i)).toString(),
    batch.rowtimes[i]! - START,
    batch.sequenceNumber(i),
  ])
  return { out, errors, retries: retries.map(({ message }) => message), dropped: preprocessor.dropped, env }
}

const upper: PreprocessorFunction = event => ({
  records: event.records.map(({ recordId, data }): PreprocessorResult => {
    const record = text(data)
    if (record === 'drop') return { recordId, result: 'Dropped' }
    if (record === 'fail') return { recordId, result: 'ProcessingFailed', data }
    return { recordId, result: 'Ok', data: base64(record.toUpperCase()) }
  }),
})

test('records go on as they are answered, are left out, or are error rows with their bytes and place', async () => {
  const { out, errors, dropped, retries } = await processed({ handler: upper }, 'a', 'drop', 'fail', 'b')
  expect(out).toEqual([
    ['A', 0, '100'],
    ['B', 30, '103'],
  ])
  expect(dropped).toBe(1)
  expect(errors).toMatchObject([
    {
      name: 'PROCESSING_FAILED',
      rowtime: START + 20,
      position: { shardId: 'shardId-000000000001', sequenceNumber: '102' },
    },
  ])
  expect(Buffer.from(errors[0]!.data).toString()).toBe('fail')
  expect(retries).toEqual([])
})

test('the event has the members of the service, for streams and for delivery streams', async () => {
  const events: PreprocessorEvent[] = []
  const handler: PreprocessorFunction = (event, context) => {
    events.push(event)
    expect(context.awsRequestId).toBe(event.invocationId)
    expect(context.getRemainingTimeInMillis()).toBe(60_000)
    return upper(event, context, () => {})
  }
  await processed({ handler, applicationArn: 'arn:app', streamArn: 'arn:stream' }, 'a')
  await processed({ handler, kind: 'firehose' }, 'a')
  const recordId = 'shardId-000000000001:100:0'
  const metadata = { sequenceNumber: '100', partitionKey: 'k', shardId: 'shardId-000000000001' }
  expect(events[0]).toEqual({
    invocationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    applicationArn: 'arn:app',
    streamArn: 'arn:stream',
    records: [
      {
        recordId,
        data: base64('a'),
        kinesisStreamRecordMetadata: { ...metadata, approximateArrivalTimestamp: START },
      },
    ],
  })
  expect(events[1]?.records).toEqual([
    { recordId, data: base64('a'), kinesisFirehoseRecordMetadata: { approximateArrivalTimestamp: START } },
  ])
})

test('a handler may be asynchronous or call back, and answers in any order', async () => {
  const reversed = (event: PreprocessorEvent) => ({
    records: event.records.map(({ recordId, data }) => ({ recordId, result: 'Ok' as const, data })).reverse(),
  })
  const expected = [
    ['a', 0, '100'],
    ['b', 10, '101'],
  ]
  const ways: readonly PreprocessorFunction[] = [
    async event => reversed(event),
    (event, _context, callback) => void setImmediate(() => callback(null, reversed(event))),
  ]
  for (const handler of ways) expect((await processed({ handler }, 'a', 'b')).out).toEqual(expected)
})

test('a call has a bounded number of records and of bytes', async () => {
  const sizes: number[] = []
  const handler: PreprocessorFunction = (event, context, callback) => {
    sizes.push(event.records.length)
    return upper(event, context, callback)
  }
  await processed({ handler, recordsPerCallMax: 2 }, 'a', 'b', 'c', 'd', 'e')
  expect(sizes.splice(0)).toEqual([2, 2, 1])
  const large = 'x'.repeat(2_000_000)
  await processed({ handler }, large, large, large, 'small')
  expect(sizes).toEqual([2, 2])
})

test.each<readonly [string, unknown, RegExp]>([
  ['nothing', undefined, /the answer has no array "records"/],
  ['no list', { records: {} }, /the answer has no array "records"/],
  ['no recordId', { records: [{ result: 'Ok' }] }, /records\[0\] of the answer has no recordId/],
  ['a stranger', { records: [{ recordId: 'x', result: 'Dropped' }] }, /recordIds that were not sent: x/],
  ['too few', { records: [] }, /the answer lacks 1 of 1 recordIds: shardId-000000000001:100:0/],
  ['one twice', [{ result: 'Dropped' }, { result: 'Dropped' }], /recordIds more than once: shardId-000000000001:100:0/],
  ['another result', [{ result: 'OK' }], /result of shardId\S+ is "OK"; it must be "Ok", "Dropped" or/],
  ['no result', [{}], /result of shardId\S+ is missing/],
  ['Ok without data', [{ result: 'Ok' }], /is Ok without data/],
  ['no base64', [{ result: 'Ok', data: '{"a":1}' }], /is no base64/],
  ['too much', [{ result: 'Ok', data: 'A'.repeat(6_300_000) }], /has 6300000 bytes of data/],
])('an answer with %s is repeated with a pause that grows, and then stops the task', async (_, answer, message) => {
  const ids: string[][] = []
  const handler = ((event: PreprocessorEvent) => {
    ids.push(event.records.map(({ recordId }) => recordId))
    return Array.isArray(answer)
      ? { records: (answer as object[]).map(each => ({ recordId: event.records[0]?.recordId, ...each })) }
      : answer
  }) as PreprocessorFunction
  const failure: unknown = await processed({ handler, attemptsMax: 3 }, 'a').catch((error: unknown) => error)
  expect(hasCode(failure, 'preprocessor_failed')).toBe(true)
  expect(String(failure)).toMatch(message)
  expect(String(failure)).toContain('(3 calls); mend the function')
  expect(ids).toEqual([[ids[0]![0]], [ids[0]![0]], [ids[0]![0]]])
})

test('a call that throws or gives no answer in time is repeated with the same records', async () => {
  let calls = 0
  const handler: PreprocessorFunction = (event, context, callback) => {
    calls++
    if (calls === 1) throw new Error('not today')
    if (calls === 2) return new Promise(() => {})
    if (calls === 3) return Promise.reject(new Error('nor tomorrow'))
    return upper(event, context, callback)
  }
  const { out, retries, env } = await processed({ handler, timeoutMs: 5_000 }, 'a')
  expect(out).toEqual([['A', 0, '100']])
  expect(retries.map(message => message.replace(/^.*: /, ''))).toEqual([
    'not today',
    'no answer within 5000 ms',
    'nor tomorrow',
  ])
  // Pauses of 200, 400 and 800 ms, and the call that took its whole time.
  expect(env.clock.now() - START).toBe(6_400)
})

const SCHEMA = parseInputSchema({
  RecordFormat: { RecordFormatType: 'JSON' },
  RecordColumns: [{ Name: 'N', SqlType: 'INTEGER', Mapping: '$.n' }],
})
const TEXT = 'CREATE STREAM O (N INTEGER); CREATE PUMP P AS INSERT INTO O SELECT STREAM N FROM SOURCE_SQL_STREAM_001'

async function run(handler: PreprocessorFunction, stopAfterMs?: number) {
  const env = memoryEnv({ startAt: START })
  const application = compileApplication({ text: TEXT, input: { schema: SCHEMA, preprocessor: { handler } } })
  const rows: Record<string, unknown>[] = []
  const sink = {
    write: async (of: never) => void rows.push(...rowObjects(of)),
    advance: () => {},
    close: async () => {},
  }
  const errors: Record<string, unknown>[] = []
  const errorSink = { ...sink, write: async (of: never) => void errors.push(...rowObjects(of)) }
  const records = ['1', 'drop', '2 3', 'fail', 'x'].map((each, index) => {
    return { arrivedAt: START + index, sequence: index + 1, text: each }
  })
  const stopping = new AbortController()
  const running = runTask(
    {
      env,
      source: new SimSource({ clock: env.clock, shards: [{ shardId: 'shardId-0', records, closedAt: START + 1_000 }] }),
      decoder: application.createDecoder(),
      preprocessor: application.preprocessor,
      inputStreams: application.inputStreams,
      program: output => application.start({ errors: output, startedAt: START, rowTimestamp: 'rowtime' }),
      sinks: new Map([
        ['O', sink],
        [ERROR_STREAM, errorSink],
      ]),
    },
    stopping.signal,
  )
  if (stopAfterMs !== undefined) void env.clock.sleep(stopAfterMs).then(() => stopping.abort())
  return { counters: await env.clock.until(running), rows, errors }
}

test('a program sees the documents that the function makes, and error rows of both', async () => {
  const documents: PreprocessorFunction = event => ({
    records: event.records.map(({ recordId, data }): PreprocessorResult => {
      const record = text(data)
      if (record === 'drop') return { recordId, result: 'Dropped' }
      if (record === 'fail') return { recordId, result: 'ProcessingFailed' }
      return { recordId, result: 'Ok', data: base64(record.replace(/\d/g, n => `{"n":${n}}`)) }
    }),
  })
  const { counters, rows, errors } = await run(documents)
  expect(rows.map(row => row['N'])).toEqual([1, 2, 3])
  expect(counters).toMatchObject({ recordsIn: 5, recordsDropped: 1, rowsIn: 3, errorRows: 2 })
  expect(errors.map(row => row['ERROR_NAME'])).toEqual(['PROCESSING_FAILED', 'PARSE_ERROR'])
  expect(errors[0]?.['MESSAGE']).toContain('sequence number 4')
})

test('a task that is stopped while its function fails ends at once', async () => {
  const { counters } = await run(() => {
    throw new Error('never')
  }, 250)
  expect(counters.recordsIn).toBeGreaterThan(0)
  expect(counters).toMatchObject({ recordsDropped: 0, rowsIn: 0 })
})

const DEFINITION = {
  ApplicationName: 'app',
  ApplicationCode: TEXT,
  Inputs: [
    {
      NamePrefix: 'SOURCE_SQL_STREAM',
      KinesisFirehoseInput: { ResourceARN: 'arn:aws:firehose:eu-west-1:1:deliverystream/d', RoleARN: 'arn:r' },
      InputProcessingConfiguration: { InputLambdaProcessor: { ResourceARN: 'arn:aws:lambda:x', RoleARN: 'arn:r' } },
      InputSchema: {
        RecordFormat: { RecordFormatType: 'JSON' },
        RecordColumns: [{ Name: 'N', SqlType: 'INTEGER', Mapping: '$.n' }],
      },
    },
  ],
}

test('a definition with a Lambda function needs its code, or word that its work is done', () => {
  const definition = importApplication(DEFINITION)
  expect(() => compileDefinition(definition)).toThrow(
    'input SOURCE_SQL_STREAM is pre-processed by the Lambda function arn:aws:lambda:x; bind its code with --preprocess MODULE',
  )
  expect(compileDefinition(definition, { preprocess: upper }).preprocessor).toMatchObject({
    handler: upper,
    kind: 'firehose',
    streamArn: 'arn:aws:firehose:eu-west-1:1:deliverystream/d',
  })
  const without = compileDefinition(definition, { preprocess: 'none' })
  expect(without.preprocessor).toBe(null)
  expect(without.warnings).toEqual(['records must come as the pre-processing function arn:aws:lambda:x leaves them'])
})
