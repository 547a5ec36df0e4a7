/** The programs of docs/consumer.md run as they stand. */
import { expect, test } from 'vitest'
import { CONSUMER_SETTINGS } from '../../../processors/index.ts'
import { pageText, runPageProgram } from '../../support/page-program.ts'

test('the program of the page runs with the package alone, and prints what it should', { timeout: 120_000 }, () => {
  const { code, lines, stderr } = runPageProgram('consumer.md')
  const clicks = Array.from({ length: 100 }, (_, i) => i)
    .filter(i => i % 7 === 3)
    .map(i => `click ${i}`)
  expect([code, lines], stderr).toEqual([0, [...clicks, '100 records, and every checkpoint is saved', '']])
})

test('every setting that the page names is one', () => {
  const named = [...pageText('consumer.md').matchAll(/`([a-z]+[A-Za-z]*(?:Millis|InStream|Mode))`/g)].map(
    match => match[1] ?? '',
  )
  expect(named.length).toBeGreaterThanOrEqual(4)
  for (const name of named)
    if (name !== 'checkpointIntervalMillis' && name !== 'maxPollIntervalMillis')
      expect(CONSUMER_SETTINGS).toContain(name)
})

test('the Lambda functions of the page answer as it says', { timeout: 120_000 }, () => {
  const { code, lines, stderr } = runPageProgram('consumer.md', 1)
  expect([code, lines], stderr).toEqual([
    0,
    [
      'click 1',
      'click 2',
      '{"batchItemFailures":[{"itemIdentifier":"3"}]}',
      '{"batchItemFailures":[],"results":{"EXPENSIVE":[{"PRICE":7}]}}',
      '3:20 GROUP BY over a tumbling window remembers rows between batches',
      '',
    ],
  ])
})
