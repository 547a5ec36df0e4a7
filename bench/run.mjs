// Runs the benches: `npm run bench` all, `npm run bench -- NAME...` some; docs/performance.md says what they mean.
//   --events N    events of each comparison; default: that of the bench
//   --repeats N   repeats of each engine, 7 by default; the figure is their median
//   --case NAME   only this case (several with commas)
//   --json FILE   the results as JSON too
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { machine } from './lib/measure.mjs'
import { compare } from './lib/runner.mjs'

const BENCHES = ['w1']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string' },
    repeats: { type: 'string', default: '7' },
    case: { type: 'string' },
    json: { type: 'string' },
  },
})
const unknown = positionals.find(name => !BENCHES.includes(name))
if (unknown !== undefined) {
  console.error(`no bench is called "${unknown}"; there are ${BENCHES.join(', ')}`)
  process.exit(2)
}
const print = line => console.log(line)
const { node, cpu } = machine()
print(`node ${node}, V8 ${process.versions.v8}, ${cpu}; medians of ${values.repeats} repeats, CPU time of the process`)
const results = []
for (const name of positionals.length > 0 ? positionals : BENCHES) {
  const bench = await import(`./cases/${name}.mjs`)
  const events = Number(values.events ?? bench.eventsDefault)
  print(`\n== ${name}: ${bench.about}; ${events} events`)
  const only = values.case?.split(',') ?? null
  for await (const comparison of bench.comparisons({ events, only, print }))
    results.push(...(await compare(comparison, { repeats: Number(values.repeats), print })))
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
