/** Reference tables that change while a task runs. */
import { expect, test } from 'vitest'
import { parseInputSchema } from '../../core/codecs/input-schema.ts'
import { ERROR_STREAM } from '../../core/error-output.ts'
import type { RowBatch } from '../../core/rows.ts'
import { compileApplication } from '../../processors/application.ts'
import { fileReference, ReferenceRefresh } from '../../processors/reference-refresh.ts'
import { Task } from '../../processors/task.ts'
import { type MemoryEnv, memoryEnv } from '../support/memory-env.ts'
import { rowObjects } from './count-program.ts'
import { SimSource } from './merge-source.ts'

const START = Date.UTC(2020, 0, 1)
const column = (Name: string, SqlType: string) => ({ Name, SqlType, Mapping: `$.${Name}` })
const INPUT = parseInputSchema({
  RecordFormat: { RecordFormatType: 'JSON' },
  RecordColumns: [column('K', 'VARCHAR(8)')],
})
const NAMES = parseInputSchema({
  RecordFormat: { RecordFormatType: 'JSON' },
  RecordColumns: [column('K', 'VARCHAR(8)'), column('NAME', 'VARCHAR(8)')],
})
const application = compileApplication({
  text: `CREATE STREAM O (K VARCHAR(8), NAME VARCHAR(8)); CREATE PUMP P AS INSERT INTO O
    SELECT STREAM s.K, n.NAME FROM SOURCE_SQL_STREAM_001 s LEFT JOIN NAMES n ON n.K = s.K`,
  input: { schema: INPUT },
  referenceTables: [{ name: 'NAMES', schema: NAMES }],
})

async function put(env: MemoryEnv, path: string, text: string): Promise<void> {
  await env.files.remove(path)
  const handle = await env.files.open(path, 'create')
  await handle.write(Buffer.from(text), 0)
  await handle.close()
}

/** A record each 100 ms for three seconds; `at` are changes of the file, by time. */
async function run(at: Readonly<Record<number, (env: MemoryEnv) => Promise<void>>>, limits = {}) {
  const env = memoryEnv({ startAt: START })
  await put(env, '/names.json', '{"K":"a","NAME":"one"}\n')
  const notices: string[] = []
  const refresh = new ReferenceRefresh({
    sources: [{ source: fileReference(env.files, 'NAMES', '/names.json'), everyMs: 500 }],
    clock: env.clock,
    onNotice: text => notices.push(text),
  })
  const references = await refresh.start()
  const rows: (Record<string, unknown> & { at: number })[] = []
  const errors: Record<string, unknown>[] = []
  const records = Array.from({ length: 30 }, (_, index) => {
    return { arrivedAt: START + 100 * index + 50, sequence: index + 1, text: '{"K":"a"}' }
  })
  const sink = (take: (rows: RowBatch) => void) => ({
    write: async (batch: RowBatch) => take(batch),
    advance: () => {},
    close: async () => {},
  })
  const task = new Task({
    env,
    source: new SimSource({ clock: env.clock, shards: [{ shardId: 'shardId-0', records, closedAt: START + 3_500 }] }),
    decoder: application.createDecoder(),
    inputStreams: application.inputStreams,
    program: output =>
      application.start({ errors: output, startedAt: START, rowTimestamp: 'rowtime', references, limits }),
    tables: {
      take: () => refresh.take(),
      read: ({ table, bytes }, output, rowtime) => application.readTable(table, bytes, output, rowtime),
      refused: (table, error) => refresh.refused(table, error),
    },
    sinks: new Map([
      ['O', sink(batch => void rows.push(...rowObjects(batch).map(row => ({ ...row, at: env.clock.now() - START }))))],
      [ERROR_STREAM, sink(batch => void errors.push(...rowObjects(batch)))],
    ]),
  })
  const running = task.run()
  for (const [ms, change] of Object.entries(at)) {
    await env.clock.advance(START + Number(ms) - env.clock.now())
    await change(env)
  }
  await env.clock.until(running)
  refresh.stop()
  const names = rows.map(row => row['NAME'])
  return { names: names.filter((name, index) => name !== names[index - 1]), notices, errors, rows }
}

test('rows meet what the file holds at the time, and the file is read only where it has changed', async () => {
  const { names, notices, rows } = await run({
    1_000: env => put(env, '/names.json', '{"K":"a","NAME":"two"}\n'),
    2_000: env => put(env, '/names.json', '{"K":"b","NAME":"three"}\n'),
  })
  expect(names).toEqual(['one', 'two', null])
  expect(rows).toHaveLength(30)
  expect(notices).toEqual([
    'reference table "NAMES" was read again (23 bytes)',
    'reference table "NAMES" was read again (25 bytes)',
  ])
  const second = rows.find(row => row['NAME'] === 'two')
  expect(second?.at).toBeGreaterThanOrEqual(1_000)
  expect(second?.at).toBeLessThan(2_000)
})

test('a file that goes away, or is none, leaves the table as it was, and is told of once', async () => {
  const { names, notices } = await run({
    700: env => env.files.remove('/names.json'),
    2_000: env => put(env, '/names.json', '{"K":"a","NAME":"back"}\n'),
  })
  expect(names).toEqual(['one', 'back'])
  expect(notices).toEqual([
    'reference table "NAMES" keeps its rows: file of reference table "NAMES" is missing: /names.json',
    'reference table "NAMES" was read again (24 bytes)',
  ])
})

test('a table that would be too large is not taken', async () => {
  const many = Array.from({ length: 200 }, (_, index) => `{"K":"a","NAME":"n${index}"}`).join('\n')
  const { names, notices } = await run({ 700: env => put(env, '/names.json', many) }, { maxBytes: 4_000 })
  expect(names).toEqual(['one'])
  expect(notices.at(-1)).toMatch(
    /^reference table "NAMES" keeps its rows: reference table "NAMES" needs about \d+ bytes/,
  )
})

test('lines that cannot be read are error rows with the table and the line', async () => {
  const { names, errors } = await run({
    700: env => put(env, '/names.json', '{"K":"a","NAME":"two"}\nno json\n'),
  })
  expect(names).toEqual(['one', 'two'])
  expect(errors.map(row => row['MESSAGE'])).toEqual([expect.stringMatching(/^reference table "NAMES", line 2: /)])
})
