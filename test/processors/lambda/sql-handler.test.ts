/** Stateless programs as Lambda functions, and the refusal of all others. */

import { gzipSync } from 'node:zlib'
import type { KinesisStreamHandler } from 'aws-lambda'
import { expect, test } from 'vitest'
import { parseInputSchema } from '../../../core/codecs/input-schema.ts'
import { compileApplication, type SqlLambdaResult, sqlLambdaHandler, statefulParts } from '../../../processors/index.ts'
import { encodeAggregate } from '../../../streams/index.ts'
import { eventOf, recordOf, SHARD, sequence, windowEvent } from '../consumer/lambda/events.ts'

const SCHEMA = parseInputSchema({
  RecordFormat: { RecordFormatType: 'JSON', MappingParameters: { JSONMappingParameters: { RecordRowPath: '$' } } },
  RecordColumns: [
    { Name: 'user_id', SqlType: 'VARCHAR(16)', Mapping: '$.user_id' },
    { Name: 'price', SqlType: 'DOUBLE', Mapping: '$.price' },
  ],
})
const CITIES = {
  name: 'CITIES',
  schema: parseInputSchema({
    RecordFormat: {
      RecordFormatType: 'CSV',
      MappingParameters: { CSVMappingParameters: { RecordRowDelimiter: '\n', RecordColumnDelimiter: ',' } },
    },
    RecordColumns: [
      { Name: 'user_id', SqlType: 'VARCHAR(16)' },
      { Name: 'city', SqlType: 'VARCHAR(16)' },
    ],
  }),
}
const application = (text: string, tables: readonly (typeof CITIES)[] = []) =>
  compileApplication({ text, input: { schema: SCHEMA }, referenceTables: tables })
const out = (select: string, columns = '"user_id" VARCHAR(16), "n" DOUBLE'): string =>
  `CREATE OR REPLACE STREAM "OUT" (${columns});\nCREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"\n${select};`
const json = (user: string, price: unknown): string => JSON.stringify({ user_id: user, price })

test('is a handler of the published types', () => {
  const handler: KinesisStreamHandler = sqlLambdaHandler({
    application: application(out('SELECT STREAM "user_id", "price" FROM SOURCE_SQL_STREAM_001')),
  })
  expect(typeof handler).toBe('function')
})

test('filters and projects each batch by itself, whatever came before; bad records are rows of the error stream', async () => {
  const given: [string, readonly string[]][] = []
  const handler = sqlLambdaHandler({
    application: application(
      out('SELECT STREAM UPPER("user_id"), "price" * 2 FROM SOURCE_SQL_STREAM_001 WHERE "price" > 1'),
    ),
    deliver: async results =>
      void given.push(...results.map(({ stream, lines }): [string, readonly string[]] => [stream, lines])),
  })
  expect(
    await handler(eventOf(recordOf(5, json('a', 3)), recordOf(6, json('b', 1)), recordOf(7, json('c', 'dear')))),
  ).toEqual({ batchItemFailures: [] })
  // an older batch, as a retry or another shard in the same environment
  await handler(eventOf(recordOf(1, json('d', 4))))
  expect(given.map(([stream]) => stream)).toEqual(['OUT', 'error_stream', 'OUT'])
  expect([given[0]?.[1], given[2]?.[1]]).toEqual([['{"user_id":"A","n":6}'], ['{"user_id":"D","n":8}']])
  expect(given[1]?.[1]).toEqual([expect.stringContaining(`${SHARD} ${sequence(7)}/0`)])
})

test('looks up reference tables, unpacks aggregates and gzip, and gives rows back where nobody takes them', async () => {
  const text = out(
    'SELECT STREAM s."user_id", c."city" FROM SOURCE_SQL_STREAM_001 AS s LEFT JOIN "CITIES" AS c ON s."user_id" = c."user_id"',
    '"user_id" VARCHAR(16), "city" VARCHAR(16)',
  )
  const handler = sqlLambdaHandler({
    application: application(text, [CITIES]),
    references: new Map([['CITIES', Buffer.from('a,Aachen\nb,Berlin\n')]]),
  })
  const aggregate = encodeAggregate(
    [json('b', 1), json('z', 2)].map(data => ({ partitionKey: 'k', data: Buffer.from(data) })),
  )
  expect(await handler(eventOf(recordOf(0, gzipSync(json('a', 1))), recordOf(1, aggregate)))).toEqual({
    batchItemFailures: [],
    results: {
      OUT: [
        { user_id: 'a', city: 'Aachen' },
        { user_id: 'b', city: 'Berlin' },
        { user_id: 'z', city: null },
      ],
    },
  })
})

test('rows go through pumps one after the other, and a failed delivery fails the batch', async () => {
  const handler = sqlLambdaHandler({
    application: application(
      `CREATE STREAM "MID" ("user_id" VARCHAR(16), "price" DOUBLE);
       CREATE PUMP "P1" AS INSERT INTO "MID" SELECT STREAM "user_id", "price" FROM SOURCE_SQL_STREAM_001 WHERE "price" > 0;
       ${out('SELECT STREAM "user_id", "price" + 1 FROM "MID"')}`,
    ),
    deliver: async (results: readonly SqlLambdaResult[]) => {
      throw new Error(`no place for ${results[0]?.lines.join()}`)
    },
  })
  await expect(handler(eventOf(recordOf(0, json('a', 1)), recordOf(1, json('b', -1))))).rejects.toThrow(
    'no place for {"user_id":"a","n":2}',
  )
  expect(await handler(eventOf(recordOf(1, json('b', -1))))).toEqual({ batchItemFailures: [] })
})

const FROM = 'FROM SOURCE_SQL_STREAM_001'
test.each<[string, string, RegExp]>([
  [
    'a tumbling window',
    `SELECT STREAM "user_id", COUNT(*)\n${FROM} GROUP BY "user_id", STEP(ROWTIME BY INTERVAL '10' SECOND)`,
    /^3:26 GROUP BY over a tumbling window/,
  ],
  [
    'a stagger window',
    `SELECT STREAM "user_id", COUNT(*)\n${FROM} WINDOWED BY STAGGER (PARTITION BY "user_id" RANGE INTERVAL '1' MINUTE)`,
    /^3:26 GROUP BY over a stagger window/,
  ],
  [
    'a sliding window',
    `SELECT STREAM "user_id", COUNT(*) OVER (PARTITION BY "user_id" RANGE INTERVAL '1' MINUTE PRECEDING)\n${FROM}`,
    /^3:26 a sliding window/,
  ],
  ['DISTINCT', `SELECT STREAM DISTINCT "user_id", FLOOR(ROWTIME TO MINUTE)\n${FROM}`, /SELECT DISTINCT/],
  [
    'a join',
    `SELECT STREAM a."user_id", b."price"\n${FROM} OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS a JOIN SOURCE_SQL_STREAM_001 OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS b ON a."user_id" = b."user_id"`,
    /a join of two streams/,
  ],
  ['ORDER BY', `SELECT STREAM "user_id", "price"\n${FROM} ORDER BY FLOOR(ROWTIME TO MINUTE), "price"`, /ORDER BY/],
  ['VALUES', `SELECT * FROM (VALUES ('a', 1.0E0)) AS t (u, n)`, /INSERT of rows that the program itself has/],
])('a program with %s is refused by its name, its place and what to do', (name, select, message) => {
  const columns = name === 'DISTINCT' ? '"user_id" VARCHAR(16), "t" TIMESTAMP' : undefined
  const compiled = application(out(select, columns))
  expect(statefulParts(compiled.plan).length).toBeGreaterThan(0)
  expect(() => sqlLambdaHandler({ application: compiled })).toThrow(message)
  expect(() => sqlLambdaHandler({ application: compiled })).toThrow(/run it as an application, with millrace dev/)
})

test('a finite query within a stateless program is no state', () => {
  const compiled = application(
    out(
      'SELECT STREAM "user_id", "price" FROM SOURCE_SQL_STREAM_001 WHERE "user_id" IN (SELECT DISTINCT "user_id" FROM "CITIES")',
    ),
    [CITIES],
  )
  expect(statefulParts(compiled.plan)).toEqual([])
})

test('a mapping with a tumbling window is refused', async () => {
  const handler = sqlLambdaHandler({ application: application(out(`SELECT STREAM "user_id", "price" ${FROM}`)) })
  await expect(handler(windowEvent([recordOf(0, json('a', 1))], {}))).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringContaining('TumblingWindowInSeconds'),
  })
})
