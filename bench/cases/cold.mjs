// The first events of a new process: nothing is compiled, no layout is learnt, every text is new. Starting Node and reading the
// program are not in it.
import { childEngines } from '../lib/children.mjs'

export const about = 'Q1 over the first events of a new process'
export const eventsDefault = 100_000

export function* comparisons({ events, only }) {
  if (only !== null && !only.includes('q1')) return
  yield { bench: 'cold', case: 'q1', title: 'a process for each repeat', events, engines: childEngines(events) }
}
