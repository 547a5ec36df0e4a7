/** Deliveries to real files, read by others: DuckDB and Node's zlib. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeEnv, parseSqlType, type RowBatch, type Schema, sqlTypeText, type Value } from '../../core/index.ts'
import { crc32 } from '../../sinks/compress.ts'
import { Delivery } from '../../sinks/delivery.ts'
import type { DeliveryOptions } from '../../sinks/options.ts'
import { FileStore, INCOMPLETE_DIRECTORY } from '../../sinks/stores/file.ts'
import { seededRandom } from '../support/memory-env.ts'
import { batchesOf, duckdb } from './support/rows.ts'

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

async function deliver(
  name: string,
  options: Partial<DeliveryOptions>,
  batches: readonly RowBatch[],
): Promise<{ readonly delivery: Delivery; readonly directory: string }> {
  const directory = join(root, name)
  const store = new FileStore({ ...nodeEnv, directory })
  const delivery = new Delivery({ DeliveryStreamName: name, rowtime: true, ...options }, SCHEMA, { ...nodeEnv, store })
  for (const batch of batches) await delivery.write(batch)
  await delivery.close()
  return { delivery, directory }
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map(path => join(directory, path))
    .filter(path => statSync(path).isFile())
}

describe('objects in files', () => {
  it('of gzip JSON lines are read by zlib and by DuckDB, each row once', async () => {
    const batches = batchesOf(SCHEMA, rowsOf(20_000))
    const { delivery, directory } = await deliver(
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
    expect(files.length).toBeGreaterThan(3)
    expect(readdirSync(join(directory, INCOMPLETE_DIRECTORY))).toEqual([])
    expect(files.toSorted()).toEqual(delivery.manifest.objects.map(object => join(directory, object.key)).toSorted())
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

  it('of Parquet hold 200,000 rows that DuckDB finds equal to the JSON lines of the same rows', async () => {
    const batches = batchesOf(SCHEMA, rowsOf(200_000))
    const loop = longestTurn()
    const startedMs = performance.now()
    const { delivery, directory } = await deliver('parquet', { format: 'parquet' }, batches)
    const tookMs = performance.now() - startedMs
    const longestMs = loop.stop()
    const { sizeBytes, rows } = delivery.manifest.totals
    console.log(
      `parquet: ${rows} rows of ${SCHEMA.columns.length + 1} columns in ${tookMs.toFixed(0)} ms, ${((rows / tookMs) * 1_000).toFixed(0)} rows/s, ${(sizeBytes / 1e6).toFixed(1)} MB; the event loop was held for ${longestMs.toFixed(0)} ms at most`,
    )
    const jsonStartedMs = performance.now()
    const json = await deliver('lines', { CompressionFormat: 'GZIP', FileExtension: '.json.gz' }, batches)
    const jsonTookMs = performance.now() - jsonStartedMs
    console.log(
      `gzip JSON lines of the same: ${((rows / jsonTookMs) * 1_000).toFixed(0)} rows/s, ${(json.delivery.manifest.totals.sizeBytes / 1e6).toFixed(1)} MB from ${(json.delivery.manifest.totals.bufferedBytes / 1e6).toFixed(1)} MB`,
    )
    const parquet = `'${directory}/**/*.parquet'`
    const types = SCHEMA.columns.map(({ name, type }) => `'${name}': '${sqlTypeText(type)}'`).join(', ')
    const lines = `read_json('${json.directory}/**/*.json.gz', columns = {ROWTIME: 'TIMESTAMP', ${types}})`
    const [different] = await duckdb(
      `SELECT (SELECT count(*) FROM ${parquet}) AS n,
        (SELECT count(*) FROM (SELECT * REPLACE (rowtime::TIMESTAMP AS rowtime, seen_at::TIMESTAMP AS seen_at) FROM ${parquet}
          EXCEPT ALL SELECT * FROM ${lines})) AS missing`,
    )
    expect(different).toEqual({ n: '200000', missing: '0' })
    expect(filesBelow(directory).filter(file => file.endsWith('.tmp'))).toEqual([])
  })
})

describe('crc32', () => {
  it('is that of RFC 1952 over any cut', () => {
    const text = new TextEncoder().encode('123456789')
    expect(crc32(text)).toBe(0xcbf43926)
    expect(crc32(text.subarray(4), crc32(text.subarray(0, 4)))).toBe(0xcbf43926)
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
