/** The program of docs/delivery.md runs as it stands. */
import { expect, test } from 'vitest'
import { runPageProgram } from '../support/page-program.ts'

test('the program of the page runs with the package alone, and delivers what it should', { timeout: 120_000 }, () => {
  const { code, lines, stderr } = runPageProgram('delivery.md')
  expect([code, lines], stderr).toEqual([
    0,
    ['1 clicks/kind=view', '1 clicks/kind=buy', '1 errors/processing-failed', ''],
  ])
})
