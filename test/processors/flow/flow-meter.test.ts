/** What a meter says of a running task: rows by node and edge, whose time it was, and the last rows of each edge. */
import { describe, expect, it } from 'vitest'
import { type InputSchema, parseInputSchema } from '../../../core/codecs/input-schema.ts'
import { ERROR_STREAM } from '../../../core/error-output.ts'
import type { FlowNodeTotals } from '../../../core/flow.ts'
import type { RowBatch } from '../../../core/rows.ts'
import type { Sink } from '../../../core/sink.ts'
import { compileApplication } from '../../../processors/application.ts'
import { EDGE_ROWS_MAX, EDGE_ROWS_PER_SECOND } from '../../../processors/flow/edge-rows.ts'
import { flowGraphOf } from '../../../processors/flow/flow-graph.ts'
import { FlowMeter } from '../../../processors/flow/flow-meter.ts'
import { Task } from '../../../processors/task.ts'
import { type MemoryEnv, memoryEnv } from '../../support/memory-env.ts'
import { type SimRecord, SimSource } from '../merge-source.ts'

const START = Date.UTC(2020, 0, 1)
const SQL = `CREATE OR REPLACE STREAM "CLEAN" ("K" VARCHAR(8), "V" INTEGER);
CREATE OR REPLACE PUMP "CLEANING" AS INSERT INTO "CLEAN"
  SELECT STREAM "K", 100 / "V" FROM "SOURCE_SQL_STREAM_001" WHERE "K" <> 'x';
CREATE OR REPLACE STREAM "COUNTS" ("K" VARCHAR(8), "N" BIGINT);
CREATE OR REPLACE PUMP "COUNTING" AS INSERT INTO "COUNTS"
  SELECT STREAM "K", COUNT(*) FROM "CLEAN" GROUP BY "K", STEP("CLEAN".ROWTIME BY INTERVAL '1' SECOND);`
const SCHEMA: InputSchema = parseInputSchema({
  RecordFormat: { RecordFormatType: 'JSON' },
  RecordColumns: [
    { Name: 'K', SqlType: 'VARCHAR(8)', Mapping: '$.k' },
    { Name: 'V', SqlType: 'INTEGER', Mapping: '$.v' },
    { Name: 'UNUSED', SqlType: 'VARCHAR(64)', Mapping: '$.u' },
  ],
})

/** A record every 10 ms; every tenth has the key x, every twentieth divides by zero. */
function records(count: number): SimRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    arrivedAt: START + index * 10,
    sequence: index + 1,
    text: JSON.stringify({ k: index % 10 === 0 ? 'x' : 'a', v: index % 20 === 5 ? 0 : 7, u: `row ${index}` }),
  }))
}

class SlowSink implements Sink {
  rows = 0
  readonly #env: MemoryEnv
  readonly #writeMs: number

  constructor(env: MemoryEnv, writeMs: number) {
    this.#env = env
    this.#writeMs = writeMs
  }

  async write(rows: RowBatch): Promise<void> {
    if (this.#writeMs > 0) await this.#env.clock.sleep(this.#writeMs)
    this.rows += rows.length
  }
  advance(): void {}
  async close(): Promise<void> {}
}

function world(count: number, writeMs = 0) {
  const env = memoryEnv({ startAt: START })
  const application = compileApplication({ text: SQL, input: { schema: SCHEMA } })
  const sinks = new Map([
    ['COUNTS', new SlowSink(env, writeMs)],
    [ERROR_STREAM, new SlowSink(env, 0)],
  ])
  const graph = flowGraphOf({
    plan: application.plan,
    sql: SQL,
    source: 'clicks',
    hasPreprocessor: false,
    sinks: new Map([...sinks.keys()].map(name => [name, 'memory'])),
    hasRounds: false,
  })
  const meter = new FlowMeter(graph, () => env.clock.monotonicMs())
  const shards = [{ shardId: 'shardId-000000000000', records: records(count), closedAt: START + count * 10 }]
  const task = new Task({
    env,
    source: new SimSource({ clock: env.clock, shards }),
    decoder: application.createDecoder({ rowsLent: true }),
    inputStreams: application.inputStreams,
    program: errors => application.start({ errors, startedAt: START, rowTimestamp: 'rowtime', meter }),
    sinks,
    meter,
  })
  const node = (id: string): FlowNodeTotals => meter.totals().nodes.find(each => each.id === id)!
  return { env, meter, task, sinks, node }
}

describe('a metered task', () => {
  it('is the plan as a graph, upstream first, with the span of each statement', () => {
    const { graph } = world(0).meter
    expect(graph.nodes.map(({ id }) => id)).toEqual([
      'source',
      'stream:SOURCE_SQL_STREAM_001',
      'pump:CLEANING',
      'stream:CLEAN',
      'pump:COUNTING',
      'stream:COUNTS',
      'stream:error_stream',
      'sink:COUNTS',
      'sink:error_stream',
    ])
    const span = graph.nodes.find(({ id }) => id === 'pump:COUNTING')!.span!
    expect(SQL.slice(span.start, span.end)).toMatch(/^CREATE OR REPLACE PUMP "COUNTING"[^;]*SECOND\)$/)
    expect(graph.edges.map(({ id }) => id)).toContain('pump:CLEANING>stream:CLEAN')
  })

  it('counts the rows of each node as they were delivered', async () => {
    const { env, task, sinks, node, meter } = world(1_000)
    await env.clock.until(task.run())
    expect(node('source')).toMatchObject({ rowsIn: 1_000, rowsOut: 1_000 })
    expect(node('pump:CLEANING')).toMatchObject({ rowsIn: 1_000, rowsOut: 850, errorRows: 50 })
    expect(node('pump:COUNTING')).toMatchObject({ rowsIn: 850, rowsOut: sinks.get('COUNTS')!.rows })
    expect(node('sink:COUNTS').rowsIn).toBe(sinks.get('COUNTS')!.rows)
    expect(node('sink:error_stream').rowsIn).toBe(50)
    expect(meter.totals().edgeRows['stream:CLEAN>pump:COUNTING']).toBe(850)
  })

  it('blames the sink that others wait for: it is busy, everything upstream is blocked', async () => {
    const { env, task, node } = world(1_000, 900)
    const running = task.run()
    await env.clock.advance(8_000)
    const sink = node('sink:COUNTS')
    expect(sink.busyMs).toBeGreaterThan(4_000)
    for (const id of ['source', 'pump:CLEANING', 'stream:CLEAN', 'pump:COUNTING', 'stream:COUNTS'])
      expect([id, node(id).blockedMs]).toEqual([id, sink.busyMs])
    // The other sink is neither before nor behind it.
    expect(node('sink:error_stream').blockedMs).toBe(0)
    await env.clock.until(running)
  })

  it('gives every node times that add up to the time that passed', async () => {
    const { env, task, meter } = world(500, 300)
    const startedAt = meter.totals().at
    await env.clock.until(task.run())
    const { at, nodes } = meter.totals()
    expect(at - startedAt).toBeGreaterThan(5_000)
    for (const { id, busyMs, blockedMs, idleMs } of nodes) {
      expect([id, busyMs + blockedMs + idleMs]).toEqual([id, at - startedAt])
      expect(idleMs).toBeGreaterThanOrEqual(0)
    }
  })

  it('knows how much state a pump holds, and how far each node is', async () => {
    const { env, task, node } = world(1_000)
    const running = task.run()
    await env.clock.advance(2_500)
    expect(node('pump:COUNTING').stateBytes).toBeGreaterThan(0)
    expect(node('pump:CLEANING').stateBytes).toBe(null)
    expect(node('pump:CLEANING').watermarkMs).toBeGreaterThan(START + 2_000)
    // Its open window holds it back.
    expect(node('pump:COUNTING').watermarkMs).toBeLessThanOrEqual(node('pump:CLEANING').watermarkMs!)
    await env.clock.until(running)
  })

  it('remembers the last rows of an edge, unused columns included, when the decoder has filled its arrays again', async () => {
    const { env, task, meter } = world(1_000)
    await env.clock.until(task.run())
    const rows = meter.lastRows('source>stream:SOURCE_SQL_STREAM_001')
    expect(rows).toHaveLength(EDGE_ROWS_MAX)
    const all = records(1_000)
    for (const { rowtime, values } of rows) {
      const { k, v, u } = JSON.parse(all[(rowtime - START) / 10]!.text!) as { k: string; v: number; u: string }
      expect(values).toEqual([k, v, u])
    }
    expect(meter.lastRows('pump:CLEANING>stream:CLEAN').at(-1)?.values).toEqual(['a', 14])
    expect(meter.lastRows('no such edge')).toEqual([])
  })

  it('gives a watcher every row up to its rate, and counts the others', async () => {
    const watched = world(1_000)
    const few = { rows: 0, skipped: 0 }
    const all = { rows: 0, skipped: 0 }
    const take = (sum: typeof few) => (rows: readonly unknown[], skipped: number) => {
      sum.rows += rows.length
      sum.skipped += skipped
    }
    watched.meter.watch('pump:CLEANING>stream:CLEAN', 5, take(few))
    const stop = watched.meter.watch('pump:CLEANING>stream:CLEAN', 1_000, take(all))
    const running = watched.task.run()
    await watched.env.clock.advance(5_000)
    stop()
    await watched.env.clock.until(running)
    expect(all.skipped).toBe(0)
    expect(all.rows).toBeGreaterThan(300)
    expect(all.rows).toBeLessThan(500)
    expect(few.rows + few.skipped).toBe(850)
    expect(few.rows).toBeLessThanOrEqual(5 * 12)
    expect(few.rows).toBeGreaterThan(5 * 5)
  })

  it('copies no more rows of an edge than its share while nobody watches', () => {
    const graph = world(0).meter.graph
    let reads = 0
    const meter = new FlowMeter(graph, () => 0)
    const values = new Proxy(new Float64Array(1_000), {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads++
        return Reflect.get(target, key, target)
      },
    })
    const batch: RowBatch = {
      schema: { columns: [{ name: 'N', type: { kind: 'DOUBLE' }, nullable: true }] },
      length: 1_000,
      rowtimes: new Float64Array(1_000),
      columns: [{ layout: 'number', values, nulls: new Uint8Array(1_000) }],
      origin: null,
    }
    for (let i = 0; i < 50; i++) meter.pass('source>stream:SOURCE_SQL_STREAM_001', batch)
    expect(reads).toBe(EDGE_ROWS_PER_SECOND)
    expect(meter.totals().edgeRows['source>stream:SOURCE_SQL_STREAM_001']).toBe(50_000)
  })
})
