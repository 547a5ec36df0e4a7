// W1: JSON click stream to columns, and to the rows of a tumbling window, against what one writes by hand.
//   npm run build && taskset -c 0 node --expose-gc --max-old-space-size=8192 bench/w1.mjs [events] [repeats]
import { createDecoder } from '../dist/core/codecs/decoder.js'
import { parseInputSchema } from '../dist/core/codecs/input-schema.js'
import { textAt, typedValueAt } from '../dist/core/rows.js'
import { compileApplication } from '../dist/processors/index.js'
import { buffersOf, CLICK_SCHEMA, openLab, recordBatchesOf } from './lib/clicks.mjs'
import { interleave, printMachine, printTable } from './lib/measure.mjs'

const lab = openLab()
if (lab === null) {
  console.log('w1 is skipped: the click stream and its baseline are not beside the project (../shared/lab/perf)')
  process.exit(0)
}
const events = Number(process.argv[2] ?? 500_000)
const repeats = Number(process.argv[3] ?? 5)
const schema = parseInputSchema(CLICK_SCHEMA)
const errors = {
  add: row => {
    throw new Error(`an error row: ${row.message}`)
  },
}

// Rows come in the order of their time: both sides close the same windows.
const generated = lab.generator.generate({ n: events, disorderMs: 0, minutes: (60 * events) / 2_000_000 })
const buffers = buffersOf(generated)
const batches = recordBatchesOf(generated)
const Q1 = ['page', 'latency_ms']
const Q1_TEXT = `
  CREATE OR REPLACE STREAM "OUT" ("page" VARCHAR(64), "cnt" BIGINT, "total" DOUBLE, "average" DOUBLE, "least" DOUBLE, "greatest" DOUBLE);
  CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
    SELECT STREAM "page", COUNT(*), SUM("latency_ms"), AVG("latency_ms"), MIN("latency_ms"), MAX("latency_ms")
    FROM "SOURCE_SQL_STREAM_001" AS "S"
    GROUP BY "page", STEP("S".ROWTIME BY INTERVAL '60' SECOND);`
const application = compileApplication({ text: Q1_TEXT, input: { schema } })

function decodeAll(decoder, from = batches) {
  let rows = 0
  for (const batch of from) for (const decoded of decoder.decode(batch, errors)) rows += decoded.length
  return rows
}

function runQ1(decoder, from = batches) {
  const program = application.start({ errors, startedAt: 0, rowTimestamp: 'rowtime' })
  let rows = 0
  let sum = 0
  const take = () => {
    while (program.work())
      for (const { rows: result } of program.takeResults())
        for (let row = 0; row < result.length; row++) {
          rows++
          for (const column of [2, 4, 5]) sum += result.columns[column].values[row]
        }
  }
  for (const batch of from) {
    for (const decoded of decoder.decode(batch, errors)) program.push('SOURCE_SQL_STREAM_001', decoded)
    take()
  }
  program.advance(Number.POSITIVE_INFINITY)
  take()
  return [rows, Math.round(sum)]
}

/** Every value that the decoder gives must be that of JSON.parse. */
function verifyDecoder(decoder) {
  let at = 0
  for (const batch of batches)
    for (const decoded of decoder.decode(batch, errors))
      for (let row = 0; row < decoded.length; row++, at++) {
        const event = JSON.parse(buffers[Math.floor(at / 1_000)][at % 1_000].toString())
        for (const [i, { name, type }] of decoded.schema.columns.entries()) {
          const column = decoded.columns[i]
          const value = column.layout === 'dictionary' ? textAt(column, row) : typedValueAt(column, type, row)
          const expected = type.kind === 'TIMESTAMP' ? Date.parse(event[name]) : event[name]
          if ((typeof value === 'bigint' ? Number(value) : value) !== expected)
            throw new Error(`row ${at}, column ${name}: ${String(value)} instead of ${expected}`)
        }
      }
  if (at !== events) throw new Error(`${at} rows of ${events} events`)
}

function verifySame(name, got, expected) {
  if (JSON.stringify(got) !== JSON.stringify(expected)) throw new Error(`${name}: ${got} instead of ${expected}`)
}

printMachine()
console.log(
  `${events} events of ${(generated.bytes / events).toFixed(0)} bytes, ${repeats} repeats, medians of CPU time`,
)
const kinds = ['wasm', 'javascript', 'none'].filter(
  kind => createDecoder(schema, { scanner: kind }).scannerKind === kind,
)
const decoders = (needed = null) =>
  Object.fromEntries(
    kinds.map(kind => [
      kind,
      createDecoder(schema, { scanner: kind, ...(needed === null ? {} : { neededColumns: needed }) }),
    ]),
  )
for (const kind of kinds) verifyDecoder(createDecoder(schema, { scanner: kind }))
console.log('verified: every value of every decoder is that of JSON.parse')

const parse = () => {
  let sum = 0
  for (const batch of buffers) for (const record of batch) sum += JSON.parse(record.toString()).event_ms
  return sum
}
const all = decoders()
const few = decoders(Q1)
const shape = { events, bytes: generated.bytes }
printTable(
  'decode only',
  interleave(
    {
      'JSON.parse of each record': parse,
      ...Object.fromEntries(kinds.map(kind => [`${kind}, 2 of 10 columns`, () => decodeAll(few[kind])])),
      ...Object.fromEntries(kinds.map(kind => [`${kind}, all 10 columns`, () => decodeAll(all[kind])])),
    },
    repeats,
  ),
  { ...shape, base: 'JSON.parse of each record' },
)

const expected = lab.base.q1(buffers)
for (const kind of kinds) verifySame(`Q1 with ${kind}`, runQ1(few[kind]), expected)
console.log('\nverified: Q1 gives the rows and the sum of the hand-written loop')
printTable(
  'Q1: page, COUNT, SUM, AVG, MIN, MAX by minute',
  interleave(
    {
      'by hand: JSON.parse and Map': () => lab.base.q1(buffers),
      ...Object.fromEntries(kinds.map(kind => [`${kind}, 2 columns needed`, () => runQ1(few[kind])])),
      ...Object.fromEntries(kinds.map(kind => [`${kind}, all columns read`, () => runQ1(all[kind])])),
    },
    repeats,
  ),
  { ...shape, base: 'by hand: JSON.parse and Map' },
)

// Records that no learnt layout fits: other order, blanks, escapes, nesting, exponents, an extra member.
const CHANGES = [
  text => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).reverse())),
  text => text.replaceAll(',', ', '),
  text => text.replace('"page":"/', '"page":"\\/'),
  text => text.replace('"page":"/', '"page":"\\u002f'),
  text => `${text.slice(0, -1)},"extra":{"a":[1,2]}}`,
  text => text.replace(/"latency_ms":([\d.]+)/, (_all, value) => `"latency_ms":${value * 10}e-1`),
  text => text.replace('"device"', '"note":null,"device"'),
]
for (const share of [0.01, 0.1, 1]) {
  const changed = (text, i) => ((i * 7_919) % 10_000 < share * 10_000 ? CHANGES[i % CHANGES.length](text) : text)
  const dirty = recordBatchesOf(generated, 1_000, changed)
  const dirtyBuffers = dirty.map(({ bytes, offsets, sizes, length }) =>
    Array.from({ length }, (_unused, i) => Buffer.from(bytes.subarray(offsets[i], offsets[i] + sizes[i]))),
  )
  verifySame(`Q1, ${share * 100} % off`, runQ1(few.wasm ?? few.none, dirty), lab.base.q1(dirtyBuffers))
  printTable(
    `Q1, ${share * 100} % of the records off the layout (seven kinds)`,
    interleave(
      {
        'by hand: JSON.parse and Map': () => lab.base.q1(dirtyBuffers),
        ...Object.fromEntries(kinds.map(kind => [`${kind}, 2 columns needed`, () => runQ1(few[kind], dirty)])),
      },
      repeats,
    ),
    { ...shape, base: 'by hand: JSON.parse and Map' },
  )
}
