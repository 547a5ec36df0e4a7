/** Programs with their plans, side by side in plans/. UPDATE_GOLDEN=1 rewrites the plans; the diff is to be read. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { explainProgram } from '../../../processors/sql/explain.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { INPUTS } from './inputs.ts'

const folder = join(import.meta.dirname, 'plans')
const names = readdirSync(folder).filter(file => file.endsWith('.sql'))

test.each(names)('%s has the plan beside it', file => {
  const text = readFileSync(join(folder, file), 'utf8')
  const plan = explainProgram(planProgram(text, INPUTS))
  const expected = join(folder, file.replace(/\.sql$/, '.expected'))
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(expected, plan)
  expect(plan).toBe(readFileSync(expected, 'utf8'))
})

test('there are programs to compare', () => {
  expect(names.length).toBeGreaterThan(12)
})
