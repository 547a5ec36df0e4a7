/** Every bench runs on a small input and finds its engines in agreement. How long anything takes is not asserted. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, inject, it } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', join(root, 'bench/run.mjs'), '--repeats', '1', ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, BENCH_TURN_MS: '20', MILLRACE_DIST: join(dirname(inject('millrace')), '..') },
    },
  )
  return { status, stdout, stderr }
}

interface Result {
  bench: string
  case: string
  engine: string
  nsPerEvent: number
  ratios: Record<string, number>
  verified: boolean
  node: string
  cpu: string
}

/** By bench, the cases that it must have. */
const CASES: Record<string, readonly string[]> = {
  w1: ['decode', 'q1', 'q2', 'q3', 'q4', 'q5', 'q6', 'q7', 'q1-buffers'],
  nexmark: ['q0', 'q1', 'q2', 'q11', 'q12', 'q13', 'q17', 'q21', 'q22', 'q5', 'q7', 'q8'],
  out: ['json', 'json-aggregates', 'csv', 'csv-aggregates', 'parquet', 'parquet-aggregates'],
  delivery: ['UNCOMPRESSED', 'GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY', 'parquet', 'parquet-nested'],
  offlayout: ['0%', '1%', '10%', '100%'],
  cold: ['q1'],
  queries: ['q2-beside-q1'],
  wire: ['records', 'q1', 'deaggregation', 'aggregated-q1', 'merged-q1'],
  state: ['ingest', 'snapshot', 'restore', 'memory'],
}

describe('npm run bench', () => {
  it.each(Object.entries(CASES))(
    '%s verifies each of its cases',
    (name, cases) => {
      const file = join(folder, `${name}.json`)
      const run = bench(name, '--events', '3000', '--json', file)
      expect(run.stderr).toBe('')
      expect(run.status).toBe(0)
      const results = JSON.parse(readFileSync(file, 'utf8')) as Result[]
      expect([...new Set(results.map(result => result.case))]).toEqual(cases)
      for (const result of results) {
        expect(result).toMatchObject({ bench: name, verified: true, node: process.version })
        expect(result.nsPerEvent).toBeGreaterThanOrEqual(0)
        expect(Object.keys(result.ratios).filter(peer => !PEERS.includes(peer))).toEqual([])
      }
      for (const each of cases)
        expect(results.some(result => result.case === each && Object.keys(result.ratios).length > 0)).toBe(true)
    },
    300_000,
  )

  it('says which benches there are when it does not know a name', () => {
    const run = bench('w2')
    expect(run.status).toBe(2)
    expect(run.stderr).toBe(
      `no bench is called "w2"; there are ${[...Object.keys(CASES), 'forest', 'kernels', 'producer', 'stream'].join(', ')}\n`,
    )
  })

  it('times nothing when two engines disagree', () => {
    const program = `
      import { compare } from ${JSON.stringify(join(root, 'bench/lib/runner.mjs'))}
      const engine = (name, answer) => ({ name, role: 'ours', run: () => answer })
      const engines = [engine('one', [3, 10]), engine('near', [3, 11]), engine('other', [3, 12])]
      await compare({ bench: 'b', case: 'c', title: 't', events: 3, engines }, { repeats: 1, print: line => console.log(line) })`
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    expect(run.status).toBe(1)
    expect(run.stderr).toContain('Error: other gives 3,12, one 3,10 (rows, check sum)')
    expect(run.stdout).not.toContain('ns/event')
  })

  it('refuses a count that is none', () => {
    expect(bench('w1', '--events', 'many').stderr).toBe('--events is "many"; give a whole number from 1 on\n')
  })

  const lab = join(root, '../shared/lab/perf')
  it.skipIf(!existsSync(lab))('has the hand-written loop and the generator of the performance lab, unchanged', () => {
    for (const file of ['base.js', 'gen.js'])
      expect(readFileSync(join(root, 'bench/lab', file), 'utf8')).toBe(readFileSync(join(lab, file), 'utf8'))
  })
})

const PEERS = ['handwritten', 'alasql', 'duckdbScan', 'duckdbMicro', 'floor', 'hyparquetWriter', 'parquetjsLite']
