/** Outputs of a pipeline as local files, read by others: DuckDB, hyparquet and Node's zlib. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalFilesOutput, localFiles, localFilesProblems } from '../../cli/outputs/local-files.ts'
import { type OpenedOutput, openLocalFiles } from '../../cli/outputs/open-output.ts'
import { nodeEnv, parseSqlType, type RowBatch, type Schema, sqlTypeText, type Value } from '../../core/index.ts'
import { INCOMPLETE_DIRECTORY } from '../../sinks/stores/file.ts'
import { batchesOf, duckdb } from '../sinks/support/rows.ts'
import { memoryEnv, seededRandom } from '../support/memory-env.ts'

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'delivery-'))
})
afterAll(() => rmSync(root, { recursive: true }))

const SCHEMA: Schema = {
  columns: Object.entries({
    ID: 'VARCHAR(36)',
    SEEN_AT: 'TIMESTAMP',
    USER_NAME: 'VARCHAR(20)',
    N: 'BIGINT',
    URL: 'VARCHAR(200)',
    COUNTRY: 'VARCHAR(2)',
    DEVICE: 'VARCHAR(10)',
    IS_NEW: 'BOOLEAN',
    REFERRER: 'VARCHAR(100)',
    PRICE: 'DECIMAL(12,2)',
    SCORE: 'DOUBLE',
    VISITS: 'INTEGER',
  }).map(([name, type]) => ({ name, type: parseSqlType(type), nullable: true })),
}
const START = Date.UTC(2026, 10, 22, 10)

function* rowsOf(count: number): Iterable<readonly [number, readonly Value[]]> {
  const random = seededRandom(42)
  for (let i = 0; i < count; i++)
    yield [
      START + i,
      [
        random.uuid(),
        START - 5_000 + i * 3,
        `user-${random.below(50_000)}`,
        BigInt(i) * 1_000_003n,
        `https://example.org/${random.pick(['shop', 'blog', 'help'])}/${random.below(3_000)}?q=${random.below(100)}`,
        random.pick(['DE', 'FR', 'US', 'JP']),
        random.pick(['phone', 'tablet', 'desktop']),
        random.below(2),
        random.below(3) === 0 ? null : `https://ref.example/${random.below(500)}`,
        BigInt(random.below(10_000_000)),
        random.next(),
        random.below(3) === 0 ? null : random.below(100),
      ],
    ]
}

const PLACE = { name: 'views', schema: SCHEMA, env: nodeEnv, staging: null, onNotice: () => {} }

async function deliver(
  name: string,
  options: Partial<LocalFilesOutput>,
  batches: readonly RowBatch[],
  schema = SCHEMA,
): Promise<{ readonly stream: OpenedOutput['stream']; readonly directory: string }> {
  const directory = join(root, name)
  const { stream, sink } = openLocalFiles(localFiles({ ...options, directory }), { ...PLACE, name, schema })
  for (const batch of batches) await sink.write(batch)
  await sink.close()
  return { stream, directory }
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map(path => join(directory, path))
    .filter(path => statSync(path).isFile())
}

describe('objects in files', () => {
  it('of gzip JSON lines are read by zlib and by DuckDB, each row once', async () => {
    const batches = batchesOf(SCHEMA, rowsOf(20_000))
    const { stream, directory } = await deliver(
      'json',
      {
        CompressionFormat: 'GZIP',
        FileExtension: '.json.gz',
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 900 },
        Prefix: 'views/!{timestamp:yyyy/MM/dd/HH}/',
        ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
      },
      batches,
    )
    const files = filesBelow(directory)
    expect(files.length).toBeGreaterThan(0)
    expect(readdirSync(join(directory, INCOMPLETE_DIRECTORY))).toEqual([])
    expect(files.toSorted()).toEqual(stream.manifest.objects.map(object => join(directory, object.key)).toSorted())
    const lines = files.map(file => gunzipSync(readFileSync(file)).toString().trimEnd().split('\n').length)
    expect(lines.reduce((sum, count) => sum + count, 0)).toBe(20_000)
    const [counted] = await duckdb(
      `SELECT count(*) AS n, count(DISTINCT "ID") AS ids, min("ROWTIME") AS first, max("ROWTIME") AS last
       FROM read_json('${directory}/views/2026/11/22/10/*.json.gz')`,
    )
    expect(counted).toEqual({
      n: '20000',
      ids: '20000',
      first: '2026-11-22 10:00:00',
      last: '2026-11-22 10:00:19.999',
    })
  })

  it('of Parquet hold 40,000 rows that DuckDB finds equal to the JSON lines of the same rows', async () => {
    const batches = batchesOf(SCHEMA, rowsOf(40_000))
    const loop = longestTurn()
    const startedMs = performance.now()
    const { stream, directory } = await deliver('parquet', { format: 'parquet' }, batches)
    const tookMs = performance.now() - startedMs
    const longestMs = loop.stop()
    const { sizeBytes, rows } = stream.manifest.totals
    console.log(
      `parquet: ${rows} rows of ${SCHEMA.columns.length + 1} columns in ${tookMs.toFixed(0)} ms, ${((rows / tookMs) * 1_000).toFixed(0)} rows/s, ${(sizeBytes / 1e6).toFixed(1)} MB; the event loop was held for ${longestMs.toFixed(0)} ms at most`,
    )
    const jsonStartedMs = performance.now()
    const json = await deliver('lines', { CompressionFormat: 'GZIP', FileExtension: '.json.gz' }, batches)
    const jsonTookMs = performance.now() - jsonStartedMs
    console.log(
      `gzip JSON lines of the same: ${((rows / jsonTookMs) * 1_000).toFixed(0)} rows/s, ${(json.stream.manifest.totals.sizeBytes / 1e6).toFixed(1)} MB from ${(json.stream.manifest.totals.bufferedBytes / 1e6).toFixed(1)} MB`,
    )
    const parquet = `'${directory}/**/*.parquet'`
    const types = SCHEMA.columns.map(({ name, type }) => `'${name}': '${sqlTypeText(type)}'`).join(', ')
    const lines = `read_json('${json.directory}/**/*.json.gz', columns = {ROWTIME: 'TIMESTAMP', ${types}})`
    const [different] = await duckdb(
      `SELECT (SELECT count(*) FROM ${parquet}) AS n,
        (SELECT count(*) FROM (SELECT * REPLACE (rowtime::TIMESTAMP AS rowtime, seen_at::TIMESTAMP AS seen_at) FROM ${parquet}
          EXCEPT ALL SELECT * FROM ${lines})) AS missing`,
    )
    expect(different).toEqual({ n: '40000', missing: '0' })
    expect(filesBelow(directory).filter(file => file.endsWith('.tmp'))).toEqual([])
  })
})

describe('an output of local files', () => {
  it('keeps every type in Parquet: extremes, NULL, unicode, binary, and names that need care', async () => {
    const types = {
      B: 'BOOLEAN',
      T: 'TINYINT',
      I: 'INTEGER',
      L: 'BIGINT',
      D: 'DECIMAL(18,4)',
      R: 'REAL',
      F: 'DOUBLE',
      'a b."c"': 'VARCHAR(65534)',
      X: 'VARBINARY(300)',
      DAY: 'DATE',
      TOD: 'TIME',
      AT: 'TIMESTAMP',
      constructor: 'CHAR(4)',
    }
    const schema: Schema = {
      columns: Object.entries(types).map(([name, type]) => ({ name, type: parseSqlType(type), nullable: true })),
    }
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const low = -(2n ** 63n)
    const rows: readonly (readonly [number, readonly Value[]])[] = [
      [
        START,
        [
          1,
          -128,
          -(2 ** 31),
          low,
          -999_999_999_999_999_999n,
          -0.5,
          1e308,
          'é\n"\\\u0000😀',
          all,
          Date.UTC(1900, 0, 1),
          86_399_999,
          1,
          'ab',
        ],
      ],
      [START + 1, Object.keys(types).map(() => null)],
      [START + 2, [0, 127, 2 ** 31 - 1, -1n - low, 1n, 0.25, 5e-324, '', new Uint8Array(), 0, 0, START, '']],
    ]
    const { directory } = await deliver(
      'types',
      { format: 'parquet', columnNames: 'stored' },
      batchesOf(schema, rows),
      schema,
    )
    const found = await duckdb(
      `SELECT epoch_ms("ROWTIME") AS rowtime, * EXCLUDE ("ROWTIME", X, "AT", F), F::VARCHAR AS f, hex(X) AS x, epoch_ms("AT") AS "at"
       FROM '${directory}/**/*.parquet' ORDER BY 1`,
    )
    const hex = Buffer.from(all).toString('hex').toUpperCase()
    expect(found.map(row => Object.values(row))).toEqual([
      [
        String(START),
        'true',
        '-128',
        '-2147483648',
        '-9223372036854775808',
        '-99999999999999.9999',
        '-0.5',
        'é\n"\\\u0000😀',
        '1900-01-01',
        '23:59:59.999',
        'ab',
        '1e+308',
        hex,
        '1',
      ],
      [String(START + 1), ...Object.keys(types).map(() => null)],
      [
        String(START + 2),
        'false',
        '127',
        '2147483647',
        '9223372036854775807',
        '0.0001',
        '0.25',
        '',
        '1970-01-01',
        '00:00:00',
        '',
        '5e-324',
        '',
        String(START),
      ],
    ])
  })

  it('of CSV has a record a row, line breaks within fields included, and no rowtime unless it is asked for', async () => {
    const schema: Schema = {
      columns: ['A', 'B'].map(name => ({ name, type: parseSqlType('VARCHAR(99)'), nullable: true })),
    }
    const batches = batchesOf(schema, [
      [START, ['one\ntwo', 'say "x"']],
      [START, [null, '']],
    ])
    const csv = { DestinationSchema: { RecordFormatType: 'CSV' } } as const
    const { directory, stream } = await deliver('csv', csv, batches, schema)
    expect(stream.manifest.totals.rows).toBe(2)
    expect(filesBelow(directory).map(file => readFileSync(file, 'utf8'))).toEqual(['"one\ntwo","say ""x"""\n,""\n'])
  })

  it('waits for a disk that was full for an hour, tells it, and delivers each row once', async () => {
    const env = memoryEnv({ files: { capacityBytes: 1_000 }, startAt: START })
    env.files.put('/other', new Uint8Array(990))
    const notices: string[] = []
    const output = localFiles({ directory: '/out', BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } })
    const { stream, sink } = openLocalFiles(output, { ...PLACE, env, onNotice: text => void notices.push(text) })
    const [batch] = batchesOf(SCHEMA, rowsOf(2))
    if (batch !== undefined) await sink.write(batch)
    await env.clock.advance(3_600_000)
    expect(stream.manifest.totals.rows).toBe(0)
    expect(notices[0]).toMatch(/^output views: .*; trying again$/)
    await env.files.remove('/other')
    await env.clock.until(sink.close())
    expect(env.files.paths().map(path => env.files.text(path)?.split('\n').length)).toEqual([3])
  })

  it('is refused with all that is wrong, before anything runs', () => {
    const odd = JSON.parse(
      '{"kind":"localFiles","directory":"x","Prefx":"a/","format":"orc","delimiter":"tab","version":0,"toString":1,"ParquetSerDe":{}}',
    ) as Readonly<Record<string, unknown>>
    expect(localFilesProblems(odd).map(text => text.split(':')[0])).toEqual([
      'Prefx',
      'toString',
      'format',
      'delimiter',
      'version',
      'ParquetSerDe',
    ])
    const open = (options: Partial<LocalFilesOutput>): (() => unknown) => {
      return () => openLocalFiles(localFiles({ directory: '/x', ...options }), { ...PLACE, env: memoryEnv() })
    }
    expect(
      open({ Prefix: '!{timestamp:yyyy}', BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 9 }, format: 'parquet' }),
    ).toThrow(/BufferingHints\.SizeInMBs: 5 .*DFC_BUFFER[^]*ERRPREFIX_REQUIRED/)
    expect(open({ DeliveryStreamName: 'no blanks' })).toThrow(/no blanks/)
  })
})

/** The longest time between two turns of the event loop. */
function longestTurn(): { stop(): number } {
  let longest = 0
  let last = performance.now()
  let running = true
  const turn = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  return {
    stop() {
      running = false
      return longest
    },
  }
}
