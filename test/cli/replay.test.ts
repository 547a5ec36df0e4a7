/** The replay command as a user runs it: what it writes, what it says, how it exits. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { millrace } from './millrace.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-replay-'))

const SCHEMA = {
  RecordFormat: { RecordFormatType: 'JSON', MappingParameters: { JSONMappingParameters: { RecordRowPath: '$' } } },
  RecordEncoding: 'UTF-8',
  RecordColumns: [
    { Name: 'at', SqlType: 'TIMESTAMP', Mapping: '$.at' },
    { Name: 'shop', SqlType: 'VARCHAR(8)', Mapping: '$.shop' },
    { Name: 'price', SqlType: 'DECIMAL(8,2)', Mapping: '$.price' },
  ],
}
const SQL = `CREATE OR REPLACE STREAM SALES (SHOP VARCHAR(8), N BIGINT, TOTAL DECIMAL(18,2));
CREATE OR REPLACE PUMP SALES_PUMP AS INSERT INTO SALES
SELECT STREAM s."shop", COUNT(*), SUM(s."price")
FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s."shop", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
`
const INPUT = [
  '{"at":"2024-03-01 10:00:05","shop":"a","price":1.10}',
  '{"at":"2024-03-01 10:00:20","shop":"b","price":2}',
  'no json',
  '{"at":"2024-03-01 10:00:10","shop":"a","price":3.05}',
  '{"at":"2024-03-01 10:01:00","shop":"a","price":4}',
].join('\n')

/** The application of SQL and SCHEMA as each version of the service describes it. */
const input = { NamePrefix: 'SOURCE_SQL_STREAM', InputSchema: SCHEMA }
const output = { Name: 'SALES', DestinationSchema: { RecordFormatType: 'JSON' } }
const APPLICATIONS = {
  'v1.json': {
    ApplicationName: 'sales',
    ApplicationCode: SQL,
    Inputs: [{ ...input, KinesisStreamsInput: { ResourceARN: 'arn:aws:kinesis:us-east-1:1:stream/s', RoleARN: 'r' } }],
    Outputs: [
      { ...output, KinesisStreamsOutput: { ResourceARN: 'arn:aws:kinesis:us-east-1:1:stream/o', RoleARN: 'r' } },
    ],
  },
  'v2.json': {
    ApplicationName: 'sales',
    RuntimeEnvironment: 'SQL-1_0',
    ApplicationConfiguration: {
      ApplicationCodeConfiguration: { CodeContentType: 'PLAINTEXT', CodeContent: { TextContent: SQL } },
      SqlApplicationConfiguration: {
        Inputs: [{ ...input, KinesisStreamsInput: { ResourceARN: 'arn:aws:kinesis:us-east-1:1:stream/s' } }],
        Outputs: [{ ...output, KinesisStreamsOutput: { ResourceARN: 'arn:aws:kinesis:us-east-1:1:stream/o' } }],
      },
    },
  },
}
const EXPECTED = `{"ROWTIME":"2024-03-01 10:01:00.000","SHOP":"a","N":2,"TOTAL":4.15}
{"ROWTIME":"2024-03-01 10:01:00.000","SHOP":"b","N":1,"TOTAL":2.00}
{"ROWTIME":"2024-03-01 10:02:00.000","SHOP":"a","N":1,"TOTAL":4.00}
`

const replay = (...args: string[]): ReturnType<typeof millrace> => millrace(['replay', ...args], folder)

beforeAll(() => {
  writeFileSync(join(folder, 'sales.sql'), SQL)
  writeFileSync(join(folder, 'schema.json'), JSON.stringify(SCHEMA))
  writeFileSync(join(folder, 'input.jsonl'), INPUT)
  writeFileSync(join(folder, 'input.jsonl.gz'), gzipSync(INPUT))
  for (const [name, application] of Object.entries(APPLICATIONS))
    writeFileSync(join(folder, name), JSON.stringify(application))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('millrace replay', () => {
  it('writes one file for each output and the error stream, and says how many arrivals were raised', async () => {
    const { code, stdout } = await replay(
      'sales.sql',
      '--schema',
      'schema.json',
      '--input',
      'input.jsonl',
      '--arrival',
      'at',
      '--out',
      'plain',
    )
    expect(code).toBe(0)
    expect(stdout).toContain('1 arrival times were below an earlier one and were raised to it')
    expect(readdirSync(join(folder, 'plain'))).toEqual(['SALES.jsonl', 'error_stream.jsonl'])
    expect(readFileSync(join(folder, 'plain/SALES.jsonl'), 'utf8')).toBe(EXPECTED)
    const errors = readFileSync(join(folder, 'plain/error_stream.jsonl'), 'utf8').trimEnd().split('\n')
    expect(errors).toHaveLength(1)
    expect(JSON.parse(errors[0] ?? '')).toMatchObject({
      ERROR_NAME: 'PARSE_ERROR',
      DATA_ROW: Buffer.from('no json').toString('hex'),
    })
  })

  it.each([
    '1',
    '2',
    '7',
  ])('gives the same bytes from a gzipped file over %s shards in batches of any size', async shards => {
    for (const batch of ['1', '7', '1024']) {
      const out = `shards-${shards}-${batch}`
      const { code } = await replay(
        'sales.sql',
        '--schema',
        'schema.json',
        '--input',
        'input.jsonl.gz',
        '--arrival',
        'at',
        '--out',
        out,
        '--shards',
        shards,
        '--batch',
        batch,
      )
      expect(code).toBe(0)
      for (const name of ['SALES.jsonl', 'error_stream.jsonl'])
        expect(readFileSync(join(folder, out, name), 'utf8')).toBe(readFileSync(join(folder, 'plain', name), 'utf8'))
    }
  })

  it.each(Object.keys(APPLICATIONS))('runs an application definition as it is: %s', async name => {
    const { code } = await replay(name, '--input', 'input.jsonl', '--arrival', 'at', '--out', `out-${name}`)
    expect(code).toBe(0)
    expect(readFileSync(join(folder, `out-${name}`, 'SALES.jsonl'), 'utf8')).toBe(EXPECTED)
  })

  it('exits with 1 and one message when the input cannot be read, and writes nothing', async () => {
    const { code, stderr } = await replay(
      'sales.sql',
      '--schema',
      'schema.json',
      '--input',
      'none.jsonl',
      '--out',
      'none',
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/^millrace: .*none\.jsonl.*no such file.*\n$/)
    mkdirSync(join(folder, 'none'), { recursive: true })
    expect(readdirSync(join(folder, 'none'))).toEqual([])
  })

  it.each([
    [['sales.sql', '--input', 'input.jsonl', '--out', 'x'], /needs the schema of its input: add --schema/],
    [['sales.sql', '--schema', 'schema.json', '--out', 'x'], /the records are missing: add --input FILE/],
    [['v1.json', '--schema', 'schema.json', '--input', 'input.jsonl', '--out', 'x'], /leave out --schema/],
    [
      ['sales.sql', '--schema', 'schema.json', '--input', 'input.jsonl', '--out', 'x', '--shards', 'two'],
      /--shards "two" must be a whole number/,
    ],
    [
      ['sales.sql', '--schema', 'schema.json', '--input', 'input.jsonl', '--out', 'x', '--nonsense'],
      /unknown option '--nonsense'/,
    ],
  ])('exits with 2 for wrong usage: %j', async (args, message) => {
    const { code, stderr } = await replay(...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it('exits with 3 for wrong SQL, with the line, a caret and the nearest name', async () => {
    writeFileSync(join(folder, 'wrong.sql'), SQL.replace('s."price"', 's.price'))
    const { code, stderr } = await replay(
      'wrong.sql',
      '--schema',
      'schema.json',
      '--input',
      'input.jsonl',
      '--out',
      'x',
    )
    expect(code).toBe(3)
    expect(stderr).toContain('wrong.sql:3:')
    expect(stderr).toContain('"price"')
    expect(stderr).toMatch(/3 \| SELECT STREAM.*\n\s+\| +\^+/)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it('exits with 3 for a wrong schema, an unknown arrival column and a missing program', async () => {
    writeFileSync(
      join(folder, 'bad.json'),
      JSON.stringify({ ...SCHEMA, RecordColumns: [{ Name: 'x', SqlType: 'NUMBERS' }] }),
    )
    const cases: [string[], RegExp][] = [
      [['sales.sql', '--schema', 'bad.json', '--input', 'input.jsonl', '--out', 'x'], /RecordColumns\[0\].*NUMBERS/],
      [['sales.sql', '--schema', 'schema.json', '--input', 'input.jsonl', '--out', 'x', '--arrival', 'when'], /when/],
      [
        ['none.sql', '--schema', 'schema.json', '--input', 'input.jsonl', '--out', 'x'],
        /none\.sql: there is no such file/,
      ],
    ]
    for (const [args, message] of cases) {
      const { code, stderr } = await replay(...args)
      expect(stderr).toMatch(message)
      expect(code).toBe(3)
    }
  })
})

describe('millrace check', () => {
  it('prints the plan of a program without running it', async () => {
    const { code, stdout } = await millrace(['check', 'sales.sql', '--schema', 'schema.json'], folder)
    expect(code).toBe(0)
    expect(stdout).toContain('SALES_PUMP')
  })
})
