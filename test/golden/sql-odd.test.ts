/** Every second golden program, those that are refused, and the ways. */
import { expect, test } from 'vitest'
import { goldenPrograms, refusalOf } from './golden.ts'
import { compare, judgeHalf } from './judge.ts'
import { GoldenRunner, WAYS } from './ways.ts'

judgeHalf(1)

const programs = goldenPrograms()
const refused = programs.filter(({ input }) => input === null)

test.each(refused)('$name is refused with the words beside it', program => {
  compare(program.expectedPath, refusalOf(program))
})

test('every way is taken by some program', () => {
  const running = programs.filter(({ input }) => input !== null)
  const taken = new Set(running.flatMap(program => new GoldenRunner(program).ways.map(({ name }) => name)))
  expect(WAYS.filter(({ name }) => !taken.has(name))).toEqual([])
  expect(refused.length).toBeGreaterThan(0)
})
