/** The golden programs show the whole language: three programs at least for each row of its tables. */
import { expect, test } from 'vitest'
import { factsOf } from './facts.ts'
import { FEATURES, isShown } from './features.ts'
import { goldenPrograms } from './golden.ts'

const PROGRAMS_MIN = 3
const programs = goldenPrograms()
const facts = programs.map(program => factsOf(program))
const rows = Object.entries(FEATURES).flatMap(([section, names]) =>
  Object.entries(names).map(([name, condition]) => {
    const count = facts.filter(known => isShown(name, condition, known)).length
    return { section, name, count }
  }),
)

test('each row of the tables of the dialect is shown by three golden programs', () => {
  const uncovered = rows.filter(({ count }) => count < PROGRAMS_MIN)
  expect(uncovered.map(({ section, name, count }) => `${section}: ${name} is shown by ${count}`)).toEqual([])
})

test('what a program says that it covers is a row of the tables', () => {
  const names = new Set(rows.map(({ name }) => name))
  const unknown = programs.flatMap(({ name, covers }) =>
    covers.filter(row => !names.has(row)).map(row => `${name}: ${row}`),
  )
  expect(unknown).toEqual([])
})
