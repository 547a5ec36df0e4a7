/** Reference tables: read with the decoders of inputs, joined in a replay, replaced while a program runs. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseInputSchema } from '../../core/codecs/input-schema.ts'
import type { ErrorRow } from '../../core/error-output.ts'
import { nodeEnv } from '../../core/node/env.ts'
import { typedValueAt } from '../../core/rows.ts'
import { compileApplication, compileDefinition } from '../../processors/application.ts'
import { importApplication } from '../../processors/application-json.ts'
import { checkReferenceSize, REFERENCE_FILE_BYTES_MAX, readReferenceTable } from '../../processors/reference-table.ts'
import { replayFile } from '../../processors/replay/replay.ts'
import { rowsText } from './operators/programs.ts'

const column = (Name: string, SqlType: string) => ({ Name, SqlType, Mapping: `$.${Name}` })
const CSV = {
  RecordFormat: {
    RecordFormatType: 'CSV',
    MappingParameters: { CSVMappingParameters: { RecordRowDelimiter: '\n', RecordColumnDelimiter: ',' } },
  },
  RecordColumns: [column('Ticker', 'VARCHAR(4)'), column('Company', 'VARCHAR(32)'), column('Rank', 'INTEGER')],
}
const JSON_TABLE = { ...CSV, RecordFormat: { RecordFormatType: 'JSON' } }
const INPUT = {
  RecordFormat: { RecordFormatType: 'JSON' },
  RecordColumns: [column('TICKER', 'VARCHAR(4)'), column('PRICE', 'DOUBLE')],
}
const CODE = `CREATE STREAM NAMED (TICKER VARCHAR(4), COMPANY VARCHAR(32), PRICE DOUBLE);
CREATE PUMP P AS INSERT INTO NAMED SELECT STREAM s.ticker, c."Company", s.price
FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN "Companies" AS c ON s.ticker = c."Ticker"`
const FILE = 'AMZN,Amazon,1\nMSFT,"Microsoft, Inc.",2\nHEAD,Line,Rank\nAMZN,Amazon again,3\n'

function rowsIn(schema: object, text: string | Uint8Array) {
  const errors: ErrorRow[] = []
  const table = { name: 'Companies', schema: parseInputSchema(schema) }
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  const batches = readReferenceTable(table, bytes, { add: row => errors.push(row) }, 7)
  const rows = batches.flatMap(batch =>
    Array.from({ length: batch.length }, (_, row) =>
      batch.columns.map((each, index) => typedValueAt(each, batch.schema.columns[index]!.type, row)).join('|'),
    ),
  )
  return { rows, errors: errors.map(({ message, rowtime, position }) => [message, rowtime, position]) }
}

test('a CSV file is a table whose unreadable lines are error rows', () => {
  const { rows, errors } = rowsIn(CSV, FILE)
  expect(rows).toEqual(['AMZN|Amazon|1', 'MSFT|Microsoft, Inc.|2', 'AMZN|Amazon again|3'])
  expect(errors).toEqual([[expect.stringMatching(/^reference table "Companies": .*"Rank"/), 7, null]])
})

test('a JSON file is lines, one document over many lines, or an array of rows', () => {
  const one = '{"Ticker":"A","Company":"a","Rank":1}'
  const two = '{"Ticker":"B","Company":"b","Rank":2}'
  expect(rowsIn(JSON_TABLE, `${one}\n\n${two}\n`).rows).toEqual(['A|a|1', 'B|b|2'])
  expect(rowsIn(JSON_TABLE, `${one.replace(',', ',\n')}\n${two}`).rows).toEqual(['A|a|1', 'B|b|2'])
  const array = {
    ...JSON_TABLE,
    RecordFormat: {
      RecordFormatType: 'JSON',
      MappingParameters: { JSONMappingParameters: { RecordRowPath: '$[0:]' } },
    },
  }
  expect(rowsIn(array, `[${one},\n${two}]`).rows).toEqual(['A|a|1', 'B|b|2'])
  expect(rowsIn(JSON_TABLE, `${one}\nno json\n${two}\n`).errors).toEqual([
    [expect.stringMatching(/^reference table "Companies", line 2: /), 7, null],
  ])
  expect(rowsIn(JSON_TABLE, '').rows).toEqual([])
})

test('a file that is gzipped or too large is refused by its table', () => {
  expect(() => rowsIn(CSV, Uint8Array.of(0x1f, 0x8b, 8))).toThrow('file of reference table "Companies" is gzipped')
  expect(() => checkReferenceSize('Companies', REFERENCE_FILE_BYTES_MAX + 1)).toThrow(
    `file of reference table "Companies" has ${REFERENCE_FILE_BYTES_MAX + 1} bytes`,
  )
})

test('a table over the bytes that a program may hold is refused by name', () => {
  const application = compileApplication({
    text: CODE,
    input: { schema: parseInputSchema(INPUT) },
    referenceTables: [{ name: 'Companies', schema: parseInputSchema(CSV) }],
  })
  const errors = { add: () => {} }
  const references = new Map([['Companies', Buffer.from(FILE)]])
  const start = () =>
    application.start({ errors, startedAt: 0, rowTimestamp: 'rowtime', references, limits: { maxBytes: 100 } })
  expect(start).toThrow('reference table "Companies" needs about')
})

test('rows see the table as it stands between two batches', () => {
  const schema = parseInputSchema(INPUT)
  const application = compileApplication({
    text: CODE,
    input: { schema },
    referenceTables: [{ name: 'Companies', schema: parseInputSchema(CSV) }],
  })
  const errors = { add: () => expect.fail('no error row') }
  const program = application.start({ errors, startedAt: 0, rowTimestamp: 'rowtime' })
  const source = application.inputStreams[0]!
  const input = readReferenceTable({ name: 'IN', schema }, Buffer.from('{"TICKER":"AMZN","PRICE":1}'), errors, 0)
  const answer = (): string[] => {
    program.push(source, input[0]!)
    const found: string[] = []
    while (program.work()) for (const { rows } of program.takeResults()) found.push(...rowsText(rows))
    return found
  }
  expect(answer()).toEqual(['0|AMZN|null|1'])
  for (const company of ['one', 'two']) {
    program.replaceTable('Companies', application.readTable('Companies', Buffer.from(`AMZN,${company},1`), errors, 0))
    expect(answer()).toEqual([`0|AMZN|${company}|1`])
  }
  expect(() => program.replaceTable('Persons', [])).toThrow('"Persons" is no reference table of this program')
})

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-reference-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test('an application of the service runs with its reference table over a file', async () => {
  const RoleARN = 'arn:aws:iam::123456789012:role/r'
  const definition = importApplication({
    ApplicationName: 'names',
    ApplicationCode: CODE,
    Inputs: [
      {
        NamePrefix: 'SOURCE_SQL_STREAM',
        KinesisStreamsInput: { ResourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/s', RoleARN },
        InputSchema: INPUT,
      },
    ],
    ReferenceDataSources: [
      {
        TableName: 'Companies',
        S3ReferenceDataSource: { BucketARN: 'arn:aws:s3:::b', FileKey: 'c.csv', ReferenceRoleARN: RoleARN },
        ReferenceSchema: CSV,
      },
    ],
  })
  const application = compileDefinition(definition)
  expect(application.referenceTables.map(({ name, fileKey }) => [name, fileKey])).toEqual([['Companies', 'c.csv']])
  await writeFile(join(directory, 'in.jsonl'), '{"TICKER":"AMZN","PRICE":1}\n{"TICKER":"X","PRICE":2}\n')
  await writeFile(join(directory, 'c.csv'), FILE)
  const options = { application, file: join(directory, 'in.jsonl'), outputDirectory: join(directory, 'out') }
  await expect(replayFile(options, nodeEnv)).rejects.toThrow('add --reference Companies=FILE')
  await replayFile({ ...options, references: new Map([['Companies', join(directory, 'c.csv')]]) }, nodeEnv)
  const lines = (await readFile(join(directory, 'out', 'NAMED.jsonl'), 'utf8')).trimEnd().split('\n')
  expect(lines.map(line => JSON.parse(line).COMPANY)).toEqual(['Amazon', 'Amazon again', null])
  const errorRows = (await readFile(join(directory, 'out', 'error_stream.jsonl'), 'utf8')).trimEnd().split('\n')
  expect(errorRows).toHaveLength(1)
})
