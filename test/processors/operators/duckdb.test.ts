/** Tumbling aggregates against DuckDB over the same random rows. */
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import type { Value } from '../../../core/rows.ts'
import { batchOf, column, schemaOf } from '../expressions/builders.ts'
import { aggregateOf, grouped, program, pump, run, scan, stepped } from './programs.ts'

const IN = schemaOf({
  k: 'VARCHAR(8)',
  j: 'INTEGER',
  i: 'INTEGER',
  b: 'BIGINT',
  m: 'DECIMAL(12,3)',
  d: 'DOUBLE',
  s: 'VARCHAR(20)',
})

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 1) / 2_147_483_648
  }
}

test.each([1, 2, 3])('COUNT, SUM, AVG, MIN and MAX of every type agree with DuckDB, seed %i', async seed => {
  const next = randomFrom(seed)
  const maybe = (value: Value): Value => (next() < 0.15 ? null : value)
  const rows: Value[][] = []
  const rowtimes: number[] = []
  let rowtime = -60_000
  for (let n = 0; n < 1_000; n++) {
    rowtime += Math.floor(next() * 300)
    rowtimes.push(rowtime)
    rows.push([
      maybe(`k${Math.floor(next() * 5)}`),
      maybe(Math.floor(next() * 3)),
      maybe(Math.floor((next() - 0.5) * 2e6)),
      maybe(BigInt(Math.floor((next() - 0.5) * 2 ** 50))),
      maybe(BigInt(Math.floor((next() - 0.5) * 1e9))),
      maybe((next() - 0.5) * 10 ** Math.floor(next() * 12)),
      maybe(`t${'xyzé😀'.slice(0, Math.floor(next() * 4))}${Math.floor(next() * 30)}`),
    ])
  }
  const of = (name: string) => column(IN, name)
  const node = grouped(
    scan('IN', IN),
    [
      ['K', of('k')],
      ['J', of('j')],
      ['W', stepped(10_000)],
    ],
    { key: 2, end: { kind: 'step', sizeMs: 10_000, offsetMs: 0 } },
    [
      ['N', aggregateOf('COUNT', null, 'BIGINT')],
      ['NI', aggregateOf('COUNT', of('i'), 'BIGINT')],
      ['SI', aggregateOf('SUM', of('i'), 'INTEGER')],
      ['AI', aggregateOf('AVG', of('i'), 'INTEGER')],
      ['SB', aggregateOf('SUM', of('b'), 'BIGINT')],
      ['SM', aggregateOf('SUM', of('m'), 'DECIMAL(18,3)')],
      ['LB', aggregateOf('MIN', of('b'), 'BIGINT')],
      ['HM', aggregateOf('MAX', of('m'), 'DECIMAL(12,3)')],
      ['LS', aggregateOf('MIN', of('s'), 'VARCHAR(20)')],
      ['HD', aggregateOf('MAX', of('d'), 'DOUBLE')],
      ['SD', aggregateOf('SUM', of('d'), 'DOUBLE')],
      ['AD', aggregateOf('AVG', of('d'), 'DOUBLE')],
    ],
  )
  const plan = program(
    [
      { name: 'IN', schema: IN, origin: 'input' },
      { name: 'OUT', schema: node.schema, origin: 'program' },
    ],
    [pump('P', 'OUT', node)],
  )
  const ours = run(plan, [{ stream: 'IN', rows: batchOf(IN, rows, rowtimes) }], ['OUT'], { cut: 64 })
  expect(ours.errors).toEqual([])

  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run(
    'create table t (rt BIGINT, k VARCHAR, j INTEGER, i INTEGER, b BIGINT, m BIGINT, d DOUBLE, s VARCHAR)',
  )
  const text = (value: Value): string =>
    value === null
      ? 'NULL'
      : typeof value === 'string'
        ? `'${value}'`
        : typeof value === 'number'
          ? `${value}e0`
          : String(value)
  await connection.run(
    `insert into t values ${rows.map((row, n) => `(${[rowtimes[n]!, ...row].map(text).join(',')})`).join(',')}`,
  )
  const reply = await connection.runAndReadAll(`
    select cast(floor(rt / 10000) * 10000 + 10000 as BIGINT), k, j, cast(floor(rt / 10000) * 10000 as BIGINT),
      count(*), count(i), sum(i), cast(trunc(sum(i) / count(i)) as BIGINT), sum(b), sum(m), min(b), max(m),
      min(s), max(d), sum(d), avg(d)
    from t group by floor(rt / 10000), k, j`)
  const theirs = reply.getRows().map(row => row.map(String))
  const exact = (line: readonly string[]): string => line.slice(0, -2).join('|')
  const mine = ours.results.OUT!.map(line => line.split('|'))
  expect(mine.map(exact).toSorted()).toEqual(theirs.map(exact).toSorted())
  const sums = new Map(theirs.map(line => [exact(line), line.slice(-2)]))
  for (const line of mine) {
    sums.get(exact(line))!.forEach((value, index) => {
      const own = line.at(index - 2)!
      if (value === 'null') expect(own).toBe('null')
      else expect(Math.abs(Number(own) - Number(value))).toBeLessThanOrEqual(1e-12 * Math.abs(Number(value)))
    })
  }
})
