/** The golden programs below sql/. UPDATE_GOLDEN=1 rewrites what they expect; the diff is to be read. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { goldenPrograms, refusalOf, runGolden, WAYS } from './golden.ts'
import { differencesFromDuckDb } from './second-opinion.ts'

const programs = goldenPrograms()
const [straight, ...others] = WAYS

function compare(path: string, result: string): void {
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, result)
  expect(result).toBe(readFileSync(path, 'utf8'))
}

describe.each(programs.filter(({ input }) => input !== null))('$name', program => {
  test('gives the rows beside it, however it is cut, restored and spread over shards', async () => {
    const result = await runGolden(program, straight!)
    compare(program.expectedPath, result.lines.map(line => `${line}\n`).join(''))
    for (const way of others) expect((await runGolden(program, way)).lines, JSON.stringify(way)).toEqual(result.lines)
  })
})

// Not every question can be put to DuckDB; the programs that can have it beside them.
describe.each(programs.filter(({ duckdb }) => duckdb !== null))('$name', program => {
  test('has the answer of DuckDB', async () => {
    expect(await differencesFromDuckDb(program, await runGolden(program, straight!))).toEqual([])
  })
})

const refused = programs.filter(({ input }) => input === null)

test.each(refused)('$name is refused with the words beside it', program => {
  compare(program.expectedPath, refusalOf(program))
})

test('there are programs that run and programs that are refused', () => {
  expect(programs.length - refused.length).toBeGreaterThan(2)
  expect(refused.length).toBeGreaterThan(0)
})
