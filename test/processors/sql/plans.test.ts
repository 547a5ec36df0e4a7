/** Programs with their plans, side by side in plans/. UPDATE_GOLDEN=1 rewrites the plans; the diff is to be read. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { explainProgram } from '../../../processors/sql/explain.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { inputsOf, type PlanNode, type PlanNodeKind } from '../../../processors/sql/plan-node.ts'
import { INPUTS, TABLES } from './inputs.ts'

const folder = join(import.meta.dirname, 'plans')
const names = readdirSync(folder).filter(file => file.endsWith('.sql'))

test.each(names)('%s has the plan beside it', file => {
  const text = readFileSync(join(folder, file), 'utf8')
  const plan = explainProgram(planProgram(text, INPUTS, TABLES))
  const expected = join(folder, file.replace(/\.sql$/, '.expected'))
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(expected, plan)
  expect(plan).toBe(readFileSync(expected, 'utf8'))
})

/** A line of each kind; those that hold something say what, and what bounds it. */
const KINDS: Readonly<Record<PlanNodeKind, RegExp>> = {
  scan: /^ +scan /m,
  filter: /^ +filter /m,
  project: /^ +project$/m,
  values: /^ +values$/m,
  table: /^ +table /m,
  aggregate: /^ +aggregate .*; holds a group for each key of one window$/m,
  stagger: /^ +stagger .*; holds a group for each key from its first row until its end$/m,
  distinct: /^ +distinct .*; remembers rows until .* changes$/m,
  sort: /^ +sort .*; holds the rows of one window/m,
  rank: /^ +ROW_NUMBER within .*; holds one row$/m,
  'time-sort': /^ +time-sort .*; holds the rows of the last \d+ ms$/m,
  set: /^ +(union|except|intersect); holds both inputs, which are finite$/m,
  'table-function': /^ +TOP_K_ITEMS_TUMBLING .*; holds/m,
  'event-windows': /^ +windows /m,
  'event-aggregate': /^ +state /m,
  slide: /^ +window \d+.* holds /m,
  union: /^ +union; holds rows until every other input has passed their ROWTIME$/m,
  join: /^ +left keeps .*; right keeps /m,
  lookup: /^ +lookup.*; holds the rows of the other side, which is finite$/m,
}

test('every kind of node is among the plans, with what bounds its state', () => {
  const kinds = new Set<PlanNodeKind>()
  const visit = (node: PlanNode): void => {
    kinds.add(node.kind)
    inputsOf(node).forEach(visit)
  }
  let plans = ''
  for (const file of names) {
    const plan = planProgram(readFileSync(join(folder, file), 'utf8'), INPUTS, TABLES)
    for (const { source } of plan.pumps) visit(source)
    plan.subqueries?.forEach(visit)
    plans += explainProgram(plan)
  }
  expect([...kinds].toSorted()).toEqual(Object.keys(KINDS).toSorted())
  for (const [kind, line] of Object.entries(KINDS)) expect(plans, kind).toMatch(line)
})
