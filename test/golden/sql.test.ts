/** The golden programs below sql/. UPDATE_GOLDEN=1 rewrites what they expect; the diff is to be read. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { goldenPrograms, refusalOf } from './golden.ts'
import { differencesFromDuckDb } from './second-opinion.ts'
import { comparable, GoldenRunner, WAYS } from './ways.ts'

const programs = goldenPrograms()
const running = programs.filter(({ input }) => input !== null)
const refused = programs.filter(({ input }) => input === null)

function compare(path: string, result: string): void {
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, result)
  expect(result).toBe(readFileSync(path, 'utf8'))
}

describe.each(running)('$name', program => {
  test('gives the rows beside it, however it is cut, restored, shuffled and spread over shards', async () => {
    const runner = new GoldenRunner(program)
    const { lines } = await runner.straight()
    compare(program.expectedPath, lines.map(line => `${line}\n`).join(''))
    for (const way of runner.ways.slice(1))
      expect(comparable((await runner.run(way)).lines, way), way.name).toEqual(comparable(lines, way))
  })

  // Not every question can be put to DuckDB; the programs that can have it beside them.
  test.runIf(program.duckdb !== null)('has the answer of DuckDB', async () => {
    const result = await new GoldenRunner(program).straight()
    expect(await differencesFromDuckDb(program, result)).toEqual([])
  })
})

test.each(refused)('$name is refused with the words beside it', program => {
  compare(program.expectedPath, refusalOf(program))
})

test('every way is taken by some program', () => {
  const taken = new Set(running.flatMap(program => new GoldenRunner(program).ways.map(({ name }) => name)))
  expect(WAYS.filter(({ name }) => !taken.has(name))).toEqual([])
  expect(refused.length).toBeGreaterThan(0)
})
