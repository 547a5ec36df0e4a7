// Q1 to Q7 of workload W1 in the dialect, each with the check sum that the hand-written baseline computes over its rows.
import { clickSchema } from './clicks.mjs'
import { ByteWriter, JsonLinesEncoder, parseInputSchema, processors } from './product.mjs'

const SESSION_GAP_MS = 1_800_000
const AGGREGATES = 'COUNT(*), SUM("latency_ms"), AVG("latency_ms"), MIN("latency_ms"), MAX("latency_ms")'
const AGGREGATE_COLUMNS = '"cnt" BIGINT, "sum" DOUBLE, "avg" DOUBLE, "min" DOUBLE, "max" DOUBLE'

const TYPES = {
  user_id: 'VARCHAR(16)',
  page: 'VARCHAR(64)',
  category: 'VARCHAR(16)',
  country: 'VARCHAR(2)',
  device: 'VARCHAR(16)',
  event_type: 'VARCHAR(16)',
  latency_ms: 'DOUBLE',
}

/** The stream of events with its watermark, 5 s behind, as the baseline's; and one output stream over it. */
const eventTime = ({ columns, from = 'FROM "SOURCE_SQL_STREAM_001" AS "S"', output, query }) => `
  CREATE OR REPLACE STREAM "CLICKS" (
    "event_time" TIMESTAMP, ${columns.map(column => `"${column}" ${TYPES[column]}`).join(', ')},
    WATERMARK FOR "event_time" AS "event_time" - INTERVAL '5' SECOND);
  CREATE OR REPLACE PUMP "CLICKS_PUMP" AS INSERT INTO "CLICKS"
    SELECT STREAM "event_time", ${columns.map(column => `"${column}"`).join(', ')} ${from};
  CREATE OR REPLACE STREAM "OUT" (${output});
  CREATE OR REPLACE PUMP "OUT_PUMP" AS INSERT INTO "OUT" ${query}`
const MINUTES = `FROM TABLE(TUMBLE(TABLE "CLICKS", DESCRIPTOR("event_time"), INTERVAL '1' MINUTE))`

/** Counts in a BIGINT column, without a bigint for each: they are small, so that their lower halves say all. */
function countsOf(column) {
  const { buffer, byteOffset, length } = column.values
  const halves = new Int32Array(buffer, byteOffset, length * 2)
  return row => halves[row * 2]
}

/** Sum over rows of count columns and number columns by index. */
function summed(counts, numbers) {
  return rows => {
    let sum = 0
    for (const index of counts) {
      const count = countsOf(rows.columns[index])
      for (let row = 0; row < rows.length; row++) sum += count(row)
    }
    for (const index of numbers) {
      const { values } = rows.columns[index]
      for (let row = 0; row < rows.length; row++) sum += values[row]
    }
    return sum
  }
}

/** By name: `title`, `text`, `checkOf` of a batch of result rows; `disorderMs` where the query wants another stream; `references`. */
export const W1_QUERIES = {
  q1: {
    title: 'tumbling minute, five aggregates by page',
    text: eventTime({
      columns: ['page', 'latency_ms'],
      output: `"window_start" TIMESTAMP, "page" VARCHAR(64), ${AGGREGATE_COLUMNS}`,
      query: `SELECT STREAM window_start, "page", ${AGGREGATES} ${MINUTES} GROUP BY window_start, window_end, "page";`,
    }),
    checkOf: summed([], [3, 5, 6]),
  },
  q2: {
    title: 'hop 5 min by 1 min, filter, count by country and device',
    text: eventTime({
      columns: ['country', 'device', 'event_type', 'latency_ms'],
      output: '"window_start" TIMESTAMP, "country" VARCHAR(2), "device" VARCHAR(16), "cnt" BIGINT',
      query: `SELECT STREAM window_start, "country", "device", COUNT(*)
        FROM TABLE(HOP(TABLE "CLICKS", DESCRIPTOR("event_time"), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE))
        WHERE "event_type" = 'page_view' AND "latency_ms" > 100 GROUP BY window_start, window_end, "country", "device";`,
    }),
    checkOf: summed([3], []),
  },
  q3: {
    title: 'session of 30 min by user',
    text: eventTime({
      columns: ['user_id'],
      output: '"user_id" VARCHAR(16), "start" TIMESTAMP, "end" TIMESTAMP, "cnt" BIGINT',
      query: `SELECT STREAM "user_id", window_start, window_end, COUNT(*)
        FROM TABLE(SESSION(TABLE "CLICKS" PARTITION BY "user_id", DESCRIPTOR("event_time"), INTERVAL '30' MINUTE))
        GROUP BY window_start, window_end, "user_id";`,
    }),
    // The baseline's session ends with its last event, ours a gap later.
    checkOf(rows) {
      const [, { values: starts }, { values: ends }, counts] = rows.columns
      const count = countsOf(counts)
      let sum = 0
      for (let row = 0; row < rows.length; row++) sum += count(row) + (ends[row] - SESSION_GAP_MS - starts[row]) / 1_000
      return sum
    },
  },
  q4: {
    title: 'each row: count and sum over its user and the last minute',
    // OVER goes by ROWTIME, which is arrival; the baseline goes by event time in the order of arrival. Without disorder both are one.
    disorderMs: 0,
    text: `
      CREATE OR REPLACE STREAM "OUT" ("user_id" VARCHAR(16), "event_ms" BIGINT, "cnt" BIGINT, "sum" DOUBLE);
      CREATE OR REPLACE PUMP "OUT_PUMP" AS INSERT INTO "OUT"
      SELECT STREAM "user_id", "event_ms", COUNT(*) OVER "w", SUM("latency_ms") OVER "w" FROM "SOURCE_SQL_STREAM_001" AS "S"
      WINDOW "w" AS (PARTITION BY "user_id" RANGE INTERVAL '1' MINUTE PRECEDING);`,
    checkOf: summed([2], [3]),
  },
  q5: {
    title: 'filter and projection to JSON bytes, a fifth kept',
    text: `
      CREATE OR REPLACE STREAM "OUT" ("user_id" VARCHAR(16), "page" VARCHAR(64), "latency_ms" DOUBLE, "event_ms" BIGINT);
      CREATE OR REPLACE PUMP "OUT_PUMP" AS INSERT INTO "OUT"
      SELECT STREAM "user_id", "page", "latency_ms", "event_ms" FROM "SOURCE_SQL_STREAM_001" AS "S" WHERE "latency_ms" > 400;`,
    /** Its rows are taken as JSON lines; the check sum is their bytes. */
    encodes: true,
  },
  q6: {
    title: 'distinct users by page and minute',
    text: eventTime({
      columns: ['user_id', 'page'],
      output: '"window_start" TIMESTAMP, "page" VARCHAR(64), "users" BIGINT',
      query: `SELECT STREAM window_start, "page", COUNT(DISTINCT "user_id") ${MINUTES} GROUP BY window_start, window_end, "page";`,
    }),
    checkOf: summed([2], []),
  },
  q7: {
    title: 'join with a table of 500 rows, then Q1 by category',
    joins: true,
    text: eventTime({
      columns: ['category', 'latency_ms'],
      from: 'FROM "SOURCE_SQL_STREAM_001" AS "S" JOIN "PAGES" AS "P" ON "S"."page" = "P"."page"',
      output: `"window_start" TIMESTAMP, "category" VARCHAR(16), ${AGGREGATE_COLUMNS}`,
      query: `SELECT STREAM window_start, "category", ${AGGREGATES} ${MINUTES} GROUP BY window_start, window_end, "category";`,
    }),
    checkOf: summed([], [3, 5, 6]),
  },
}

/** Q1 and Q2 in one program, over one stream of events. */
export const Q1_AND_Q2 = {
  text: `${eventTime({
    columns: ['page', 'country', 'device', 'event_type', 'latency_ms'],
    output: `"window_start" TIMESTAMP, "page" VARCHAR(64), ${AGGREGATE_COLUMNS}`,
    query: `SELECT STREAM window_start, "page", ${AGGREGATES} ${MINUTES} GROUP BY window_start, window_end, "page";`,
  })}
  CREATE OR REPLACE STREAM "OUT_2" ("window_start" TIMESTAMP, "country" VARCHAR(2), "device" VARCHAR(16), "cnt" BIGINT);
  CREATE OR REPLACE PUMP "OUT_2_PUMP" AS INSERT INTO "OUT_2"
    SELECT STREAM window_start, "country", "device", COUNT(*)
    FROM TABLE(HOP(TABLE "CLICKS", DESCRIPTOR("event_time"), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE))
    WHERE "event_type" = 'page_view' AND "latency_ms" > 100 GROUP BY window_start, window_end, "country", "device";`,
  checkOf: rows => (rows.columns.length === 4 ? W1_QUERIES.q2 : W1_QUERIES.q1).checkOf(rows),
}

const PAGES = {
  name: 'PAGES',
  schema: parseInputSchema({
    RecordFormat: { RecordFormatType: 'JSON', MappingParameters: { JSONMappingParameters: { RecordRowPath: '$' } } },
    RecordColumns: [
      ['page', 'VARCHAR(64)'],
      ['category', 'VARCHAR(16)'],
      ['price', 'INTEGER'],
    ].map(([Name, SqlType]) => ({ Name, SqlType, Mapping: `$.${Name}` })),
  }),
}

/** The application of a query of W1. */
export const compileW1 = ({ text, joins = false }) =>
  processors.compileApplication({
    text,
    input: { schema: clickSchema },
    ...(joins ? { referenceTables: [PAGES] } : {}),
  })

/** For inputs without a bad record. */
export const refuseErrors = {
  add: row => {
    throw new Error(`an error row: ${row.message}`)
  },
}

/**
 * The program of the last run, by query. A program runs for days; here one ends every second, and a forced collection in between
 * would throw the optimised code of its closures away, so that each round would measure the compiler. The next round finds it alive.
 */
const alive = new Map()

/** The encoders, by decoder: an output keeps its own as a stream does, with the texts that it has written before. */
const encoders = new WeakMap()

function encoderOf(decoder) {
  const encoder = encoders.get(decoder) ?? new JsonLinesEncoder()
  encoders.set(decoder, encoder)
  return encoder
}

/**
 * Runs the application of a query over record batches: bytes in, result rows out.
 * @param decoder of the application; a stream keeps its own, so it is warm
 * @param table rows of the table that Q7 joins
 * @returns the rows and the rounded check sum, as the baseline gives them
 */
export function runW1(query, application, decoder, batches, table = []) {
  const file = query.joins ? Buffer.from(table.map(row => JSON.stringify(row)).join('\n')) : null
  const program = application.start({
    errors: refuseErrors,
    startedAt: 0,
    rowTimestamp: 'rowtime',
    ...(file === null ? {} : { references: new Map([[PAGES.name, file]]) }),
  })
  alive.set(query, program)
  const encoder = encoderOf(decoder)
  const out = new ByteWriter()
  let rows = 0
  let sum = 0
  const take = () => {
    while (program.work())
      for (const { rows: result } of program.takeResults()) {
        rows += result.length
        if (query.encodes) encoder.encode(result, out)
        else sum += query.checkOf(result)
      }
    if (query.encodes) sum += out.take().length
  }
  for (const batch of batches) {
    for (const decoded of decoder.decode(batch, refuseErrors)) program.push('SOURCE_SQL_STREAM_001', decoded)
    take()
  }
  program.advance(Number.POSITIVE_INFINITY)
  take()
  return [rows, Math.round(sum)]
}
