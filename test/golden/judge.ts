/** The test of each golden program below sql/, in two files so that both run at a time. UPDATE_GOLDEN=1 rewrites what they expect; the diff is to be read. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { goldenPrograms } from './golden.ts'
import { differencesFromDuckDb } from './second-opinion.ts'
import { comparable, GoldenRunner } from './ways.ts'

/** Compares with the file beside a program, or rewrites it. */
export function compare(path: string, result: string): void {
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, result)
  expect(result).toBe(readFileSync(path, 'utf8'))
}

/** Runs every second of the programs that run. @param first 0 or 1, the first of them */
export function judgeHalf(first: 0 | 1): void {
  const running = goldenPrograms().filter(({ input }) => input !== null)
  describe.each(running.filter((_, index) => index % 2 === first))('$name', program => {
    test('gives the rows beside it, however it is cut, restored, shuffled and spread over shards', async () => {
      const runner = new GoldenRunner(program)
      const { lines } = await runner.straight()
      compare(program.expectedPath, lines.map(line => `${line}\n`).join(''))
      for (const way of runner.ways.slice(1))
        expect(comparable((await runner.run(way)).lines, way), way.name).toEqual(comparable(lines, way))
    })

    // Not every question can be put to DuckDB; the programs that can have it beside them.
    if (program.duckdb === null) return
    test('has the answer of DuckDB', async () => {
      const result = await new GoldenRunner(program).straight()
      expect(await differencesFromDuckDb(program, result)).toEqual([])
    })
  })
}
