// Q1 by ROWTIME over shards of aggregated records: the product's merge, decoder and program, and the same by hand.
import { unpackingSource, userRecordsByHand } from './aggregated.mjs'
import { buffersOfBatch, clickSchema } from './clicks.mjs'
import { processors, ShardMerge } from './product.mjs'
import { refuseErrors } from './w1-queries.mjs'

const MINUTE_MS = 60_000

const application = processors.compileApplication({
  text: `
    CREATE OR REPLACE STREAM "OUT" ("page" VARCHAR(64), "cnt" BIGINT, "sum" DOUBLE, "avg" DOUBLE, "min" DOUBLE, "max" DOUBLE);
    CREATE OR REPLACE PUMP "OUT_PUMP" AS INSERT INTO "OUT"
    SELECT STREAM "page", COUNT(*), SUM("latency_ms"), AVG("latency_ms"), MIN("latency_ms"), MAX("latency_ms")
    FROM "SOURCE_SQL_STREAM_001" AS "S" GROUP BY "page", STEP("S".ROWTIME BY INTERVAL '60' SECOND);`,
  input: { schema: clickSchema },
})
const decoder = application.createDecoder({ rowsLent: true })

const clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
  every: () => () => {},
}
const random = { next: () => 0.5 }

/** What the last run used, so that its optimised code lives on; w1-queries.mjs says why. */
const alive = new Map()

/** @returns rows and check sum, as the loops of the baseline give them */
export async function runMerged(shards) {
  const merge = new ShardMerge({ source: unpackingSource(shards), clock, random })
  const signal = new AbortController().signal
  const program = application.start({ errors: refuseErrors, startedAt: 0, rowTimestamp: 'rowtime' })
  alive.set('merged', [merge, program])
  let [rows, sum] = [0, 0]
  const take = () => {
    while (program.work())
      for (const { rows: result } of program.takeResults()) {
        rows += result.length
        for (const index of [2, 4, 5]) {
          const { values } = result.columns[index]
          for (let row = 0; row < result.length; row++) sum += values[row]
        }
      }
  }
  for (;;) {
    const batch = await merge.read(signal)
    if (batch === null) break
    for (const decoded of decoder.decode(batch, refuseErrors)) program.push('SOURCE_SQL_STREAM_001', decoded)
    if (merge.watermark < Number.POSITIVE_INFINITY) program.advance(merge.watermark)
    take()
  }
  await merge.close()
  program.advance(Number.POSITIVE_INFINITY)
  take()
  return [rows, Math.round(sum)]
}

/**
 * What one writes by hand: the records of each shard unpacked as they are read, the shard with the least arrival next, and a Map of
 * pages for the minute, which ends when the next one begins.
 */
export function mergedByHand(shards) {
  const readers = shards.map(reads => userRecords(reads))
  const heads = readers.map(reader => reader.next())
  let minute = 0
  let pages = new Map()
  let [rows, sum] = [0, 0]
  const close = () => {
    for (const [page, { count, total, least, greatest }] of pages) {
      const row = { page, cnt: count, sum: total, avg: total / count, min: least, max: greatest }
      rows++
      sum += row.sum + row.min + row.max
    }
    pages = new Map()
  }
  for (;;) {
    let first = -1
    for (let shard = 0; shard < heads.length; shard++)
      if (!heads[shard].done && (first < 0 || heads[shard].value.arrivedAt < heads[first].value.arrivedAt))
        first = shard
    if (first < 0) break
    const { arrivedAt, records } = heads[first].value
    heads[first] = readers[first].next()
    if (arrivedAt - (arrivedAt % MINUTE_MS) > minute) {
      close()
      minute = arrivedAt - (arrivedAt % MINUTE_MS)
    }
    for (const record of records) {
      const { page, latency_ms: latency } = JSON.parse(record.toString())
      let group = pages.get(page)
      if (group === undefined) {
        group = { count: 0, total: 0, least: Infinity, greatest: -Infinity }
        pages.set(page, group)
      }
      group.count++
      group.total += latency
      if (latency < group.least) group.least = latency
      if (latency > group.greatest) group.greatest = latency
    }
  }
  close()
  return [rows, Math.round(sum)]
}

/** The user records of each record of a shard have its arrival in common, so that they stay together. */
function* userRecords(reads) {
  for (const batch of reads) {
    const data = buffersOfBatch(batch)
    for (let i = 0; i < batch.length; i++) yield { arrivedAt: batch.arrivedAt[i], records: userRecordsByHand(data[i]) }
  }
}
