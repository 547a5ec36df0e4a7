/** Joins of streams against every pair of the sorted whole: random windows, ties, NULLs, all join types, any cut, restarts. */
import { expect, test } from 'vitest'
import type { RowBatch, Value } from '../../../core/rows.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { batchOf, schemaOf } from '../expressions/builders.ts'
import { type RunInput, type RunOptions, run } from './programs.ts'
import { randomFrom } from './random.ts'

const SIDE = schemaOf({ K: 'INTEGER', N: 'INTEGER', S: 'VARCHAR(8)' })
const INPUTS = [
  { name: 'L', schema: SIDE },
  { name: 'R', schema: SIDE },
]

interface Row {
  readonly t: number
  readonly k: number | null
  readonly n: number
  readonly s: string | null
}

type Window = { readonly kind: 'none' } | { readonly kind: 'preceding' | 'following' | 'rows'; readonly size: number }

function windowText(window: Window): string {
  if (window.kind === 'none') return ''
  if (window.kind === 'rows') return `OVER (ROWS ${window.size} PRECEDING)`
  const seconds = `${Math.floor(window.size / 1_000)}.${String(window.size % 1_000).padStart(3, '0')}`
  return `OVER (RANGE INTERVAL '${seconds}' SECOND ${window.kind.toUpperCase()})`
}

function rowsOf(next: () => number, count: number, keys: number): Row[] {
  let t = 0
  return Array.from({ length: count }, (_, n) => {
    // Ties are common.
    t += next() < 0.4 ? 0 : Math.floor(next() * 400)
    const k = next() < 0.1 ? null : Math.floor(next() * keys)
    return { t, k, n, s: next() < 0.1 ? null : `s${Math.floor(next() * 4)}` }
  })
}

type Condition = 'key' | 'residual' | 'any' | 'two keys'
const CONDITIONS: Readonly<Record<Condition, readonly [string, (l: Row, r: Row) => boolean]>> = {
  key: ['l.k = r.k', (l, r) => l.k !== null && l.k === r.k],
  residual: ['l.k = r.k AND l.n + r.n > 40', (l, r) => l.k !== null && l.k === r.k && l.n + r.n > 40],
  any: ['l.n < r.n', (l, r) => l.n < r.n],
  'two keys': ['r.s = l.s AND l.k = r.k', (l, r) => l.k !== null && l.k === r.k && l.s !== null && l.s === r.s],
}

/** Every pair, judged by the definition; then the rows that are alone, and when that is known. */
function expected(left: readonly Row[], right: readonly Row[], type: string, lw: Window, rw: Window, on: Condition) {
  const kept = (own: Window, other: Window): number =>
    Math.max(own.kind === 'preceding' ? own.size : 0, other.kind === 'following' ? other.size : 0)
  const [leftMs, rightMs] = [kept(lw, rw), kept(rw, lw)]
  const pairs: { t: number; l: Row | null; r: Row | null }[] = []
  const [metLeft, metRight] = [new Set<Row>(), new Set<Row>()]
  const latest = Math.max(left.at(-1)?.t ?? 0, right.at(-1)?.t ?? 0)
  // Order of arrival: by time, the left first.
  const leftComesFirst = (l: Row, r: Row): boolean => l.t <= r.t
  const isKept = (rows: readonly Row[], row: Row, window: Window, ms: number, at: number, seen: number): boolean =>
    window.kind === 'rows' ? seen - rows.indexOf(row) <= window.size + 1 : at - row.t <= ms
  for (const l of left)
    for (const r of right) {
      const seenLeft = left.filter(row => leftComesFirst(row, r)).length
      const seenRight = right.filter(row => !leftComesFirst(l, row)).length
      const meets = leftComesFirst(l, r)
        ? isKept(left, l, lw, leftMs, r.t, seenLeft)
        : isKept(right, r, rw, rightMs, l.t, seenRight)
      if (!meets || !CONDITIONS[on][1](l, r)) continue
      pairs.push({ t: Math.max(l.t, r.t), l, r })
      metLeft.add(l)
      metRight.add(r)
    }
  const alone = (
    rows: readonly Row[],
    met: Set<Row>,
    window: Window,
    ms: number,
    put: (row: Row, t: number) => void,
  ) => {
    rows.forEach((row, index) => {
      if (met.has(row)) return
      put(row, window.kind === 'rows' ? (rows[index + window.size + 1]?.t ?? Number.NaN) : row.t + ms)
    })
  }
  if (type === 'LEFT' || type === 'FULL') alone(left, metLeft, lw, leftMs, (l, t) => pairs.push({ t, l, r: null }))
  if (type === 'RIGHT' || type === 'FULL') alone(right, metRight, rw, rightMs, (r, t) => pairs.push({ t, l: null, r }))
  // Rows that only another row would have driven out leave at the end, at the last time there was.
  const last = pairs.reduce((t, pair) => (Number.isNaN(pair.t) ? t : Math.max(t, pair.t)), latest)
  return pairs.map(({ t, l, r }) => `${Number.isNaN(t) ? last : t}|${l?.n ?? null}|${r?.n ?? null}`).toSorted()
}

function batches(rows: readonly Row[]): RowBatch {
  return batchOf(
    SIDE,
    rows.map(({ k, n, s }): Value[] => [k, n, s]),
    rows.map(({ t }) => t),
  )
}

/** The two streams cut at the same times, one after the other. */
function interleaved(left: readonly Row[], right: readonly Row[], step: number): RunInput[] {
  const inputs: RunInput[] = []
  const latest = Math.max(left.at(-1)?.t ?? 0, right.at(-1)?.t ?? 0)
  for (let from = 0; from <= latest; from += step) {
    const within = ({ t }: Row): boolean => t >= from && t < from + step
    inputs.push(
      { stream: 'L', rows: batches(left.filter(within)) },
      { stream: 'R', rows: batches(right.filter(within)) },
    )
  }
  return inputs
}

const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1)

test.each(SEEDS)('a join gives every pair that its windows and its condition allow, and no other, seed %i', seed => {
  const next = randomFrom(seed)
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(next() * choices.length)]!
  const size = (): number => Math.floor(next() * 1_500)
  const ranges = (): Window => pick<Window>({ kind: 'none' }, { kind: 'preceding', size: size() })
  const lw = pick<Window>(ranges(), ranges(), { kind: 'rows', size: Math.floor(next() * 4) })
  const rw =
    lw.kind === 'rows'
      ? pick<Window>(ranges(), { kind: 'rows', size: Math.floor(next() * 4) })
      : pick<Window>(ranges(), { kind: 'following', size: size() })
  const type = pick('INNER', 'LEFT', 'RIGHT', 'FULL')
  const on = pick<Condition>('key', 'residual', 'any', 'two keys')
  const left = rowsOf(next, 60, 5)
  const right = rowsOf(next, 60, 5)
  const text = `CREATE STREAM PAIRS (L INTEGER, R INTEGER);
    CREATE PUMP P AS INSERT INTO PAIRS SELECT STREAM l.n, r.n FROM l ${windowText(lw)} AS l
    ${type} JOIN r ${windowText(rw)} AS r ON ${CONDITIONS[on][0]}`
  const plan = planProgram(text, INPUTS)
  const runs: readonly (readonly [number, RunOptions])[] = [
    [1e9, {}],
    [500, { cut: 7, restoring: true }],
    [97, { cut: 1 }],
    [1_000, { restoring: true }],
  ]
  const wanted = expected(left, right, type, lw, rw, on)
  const [straight] = runs.map(([step, options]) => {
    const { results, errors } = run(plan, interleaved(left, right, step), ['PAIRS'], options)
    expect(errors).toEqual([])
    return results['PAIRS']!
  })
  expect(straight!.toSorted()).toEqual(wanted)
  const times = straight!.map(line => Number(line.split('|')[0]))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  for (const [step, options] of runs.slice(1))
    expect(run(plan, interleaved(left, right, step), ['PAIRS'], options).results['PAIRS']).toEqual(straight)
})
