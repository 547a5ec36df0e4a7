// Expressions as generated code beside the interpreter: the same programs over the same decoded batches of 1,024 rows, so
// that nothing but operators and expressions is timed.
//   npm run build && taskset -c 0 node --expose-gc bench/kernels.mjs [repeats, default 7] [part of a name]
import { RowBuilder } from '../dist/core/row-builder.js'
import { parseSqlType } from '../dist/core/sql-type.js'
import { compileProgram } from '../dist/processors/compile.js'
import { planProgram } from '../dist/processors/sql/plan.js'
import { interleave, machine } from './lib/measure.mjs'

const repeats = Number(process.argv[2] ?? 7)
const wanted = process.argv[3] ?? ''
const BATCHES = 400
const COLUMNS = {
  page: 'VARCHAR(64)',
  country: 'VARCHAR(2)',
  latency: 'DOUBLE',
  bytes: 'BIGINT',
  status: 'INTEGER',
  at: 'TIMESTAMP',
}
const schema = {
  columns: Object.entries(COLUMNS).map(([name, type]) => ({ name, type: parseSqlType(type), nullable: true })),
}

const CASES = {
  'filter: status = 200 AND latency > 50': ['"latency"', 'WHERE "status" = 200 AND "latency" > 50'],
  "filter: country = 'DE'": ['"latency"', `WHERE "country" = 'DE'`],
  "filter: country IN (...) AND page LIKE '/p%'": [
    '"latency"',
    `WHERE "country" IN ('DE', 'FR', 'IT') AND "page" LIKE '/p%1'`,
  ],
  'project: arithmetic on DOUBLE': ['("latency" * 2 + 1) / ("latency" + 3) - "latency" * 0.5', ''],
  'project: arithmetic on BIGINT': ['CAST("bytes" * 8 + "bytes" - 7 AS DOUBLE)', ''],
  'project: CASE of numbers': [
    'CASE WHEN "latency" < 50 THEN 1 WHEN "latency" < 100 THEN 2 WHEN "latency" < 150 THEN 3 ELSE 4 END',
    '',
  ],
  'project: FLOOR and STEP of times': ['CAST(EXTRACT(MINUTE FROM FLOOR("at" TO MINUTE)) AS DOUBLE)', ''],
  'group: by CASE of texts': [
    `CASE WHEN "latency" < 100 THEN 'fast' ELSE 'slow' END, COUNT(*)`,
    `GROUP BY CASE WHEN "latency" < 100 THEN 'fast' ELSE 'slow' END, STEP("s".ROWTIME BY INTERVAL '60' SECOND)`,
  ],
  'group: page, STEP, 5 aggregates': [
    '"page", COUNT(*), SUM("latency"), AVG("latency"), MIN("latency"), MAX("latency")',
    `GROUP BY "page", STEP("s".ROWTIME BY INTERVAL '60' SECOND)`,
  ],
  'group: by UPPER(page), arguments computed': [
    'UPPER("page"), COUNT(*), SUM("latency" * 2), MAX("latency" * 2 + 1)',
    `GROUP BY UPPER("page"), STEP("s".ROWTIME BY INTERVAL '60' SECOND)`,
  ],
}

let state = 7
const next = below => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
  return (state >>> 8) % below
}

function batches() {
  const builder = new RowBuilder(schema)
  const made = []
  for (let n = 0; n < BATCHES * 1_024; n++) {
    builder.add(n * 4, [
      `/p${next(200)}`,
      ['DE', 'FR', 'US', 'IT', 'GB'][next(5)],
      next(2_000) / 10,
      BigInt(next(100_000)),
      [200, 200, 200, 404, 500][next(5)],
      n * 4,
    ])
    if (builder.full) made.push(builder.take())
  }
  return made
}

function runner(plan, input, codegen) {
  return () => {
    const program = compileProgram(plan, {
      errors: {
        add: row => {
          throw new Error(row.message)
        },
      },
      outputs: ['OUT'],
      startedAt: 0,
      rowTimestamp: 'rowtime',
      codegen,
    })
    let [rows, sum] = [0, 0]
    const take = () => {
      for (let more = true; more; ) {
        more = program.work()
        for (const { rows: result } of program.takeResults()) {
          rows += result.length
          const last = result.columns.at(-1)
          for (let row = 0; row < result.length; row++) sum += Number(last.values?.[row] ?? 0)
        }
      }
    }
    for (const batch of input) {
      program.push('IN', batch)
      take()
    }
    program.advance(Number.POSITIVE_INFINITY)
    take()
    return `${rows} rows, sum ${sum}`
  }
}

const input = batches()
const events = BATCHES * 1_024
console.log(JSON.stringify(machine()), `${events} rows, medians of ${repeats}, CPU time`)
for (const [name, [items, rest]] of Object.entries(CASES).filter(([each]) => each.includes(wanted))) {
  const count = items.split(/, (?=[^)]*(?:\(|$))/).length
  const types =
    items.startsWith('"page"') || items.startsWith('UPPER') || items.startsWith('CASE WHEN "latency" < 100')
      ? ['VARCHAR(64)']
      : ['DOUBLE']
  while (types.length < count) types.push('DOUBLE')
  const text = `
    CREATE OR REPLACE STREAM "OUT" (${types.map((type, i) => `"c${i}" ${type}`).join(', ')});
    CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT" SELECT STREAM ${items} FROM "IN" AS "s" ${rest};`
  const plan = planProgram(text, [{ name: 'IN', schema }])
  const runs = new Map([
    ['interpreter', runner(plan, input, 'off')],
    ['generated', runner(plan, input, 'auto')],
  ])
  const [a, b] = [...runs.values()].map(run => run())
  if (a !== b) throw new Error(`${name}: ${b} in place of ${a}`)
  const times = await interleave(runs, repeats)
  const ns = key => (times.get(key).cpu * 1e6) / events
  console.log(
    `${name.padEnd(50)} interpreter ${ns('interpreter').toFixed(1).padStart(7)} ns, generated ${ns('generated').toFixed(1).padStart(7)} ns, ${(ns('interpreter') / ns('generated')).toFixed(2)} times`,
  )
}
