/** The programs of docs/delivery.md run as they stand. */
import { expect, test } from 'vitest'
import { runPageProgram } from '../support/page-program.ts'

test('the program of the page runs with the package alone, and delivers what it should', { timeout: 120_000 }, () => {
  const { code, lines, stderr } = runPageProgram('delivery.md')
  expect([code, lines], stderr).toEqual([
    0,
    ['1 clicks/kind=view', '1 clicks/kind=buy', '1 errors/processing-failed', ''],
  ])
})

test('the consumer of the page delivers every record, and tells where they came from', { timeout: 120_000 }, () => {
  const { code, lines, stderr } = runPageProgram('delivery.md', 1)
  expect([code, lines], stderr).toEqual([0, ['1000 shardId-000000000000', '']])
})
