// Runs the benches: `npm run bench` all, `npm run bench -- NAME...` some; docs/performance.md says what they mean.
//   --events N    events of each comparison; default: that of the bench
//   --repeats N   repeats of each engine, 7 by default; the figure is their median
//   --case NAME   only this case (several with commas)
//   --json FILE   the results as JSON too
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from './lib/measure.mjs'
import { compare } from './lib/runner.mjs'

const BENCHES = ['w1', 'nexmark', 'out', 'delivery', 'offlayout', 'cold', 'queries', 'wire', 'state']
/** Programs of their own, run when named: they compare other things than engines over one input. */
const PROGRAMS = ['forest', 'kernels', 'producer', 'stream']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string' },
    repeats: { type: 'string', default: '7' },
    case: { type: 'string' },
    json: { type: 'string' },
  },
})
const unknown = positionals.find(name => !BENCHES.includes(name) && !PROGRAMS.includes(name))
if (unknown !== undefined) fail(`no bench is called "${unknown}"; there are ${[...BENCHES, ...PROGRAMS].join(', ')}`)
const repeats = wholeNumber('repeats', values.repeats)
const chosenEvents = values.events === undefined ? null : wholeNumber('events', values.events)
const only = values.case?.split(',') ?? null

const print = line => console.log(line)
const { node, cpu } = machine()
print(`node ${node}, V8 ${process.versions.v8}, ${cpu}; medians of ${repeats} repeats, CPU time of the process`)
const results = []
for (const name of positionals.length > 0 ? positionals : BENCHES) {
  if (PROGRAMS.includes(name)) {
    const run = spawnSync(process.execPath, [fileURLToPath(new URL(`${name}.mjs`, import.meta.url))], {
      stdio: 'inherit',
    })
    if (run.status !== 0) process.exit(run.status ?? 1)
    continue
  }
  const bench = await import(`./cases/${name}.mjs`)
  const events = chosenEvents ?? bench.eventsDefault
  print(`\n== ${name}: ${bench.about}; ${events} events`)
  for await (const comparison of bench.comparisons({ events, only, print }))
    results.push(...(await compare(comparison, { repeats, print })))
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)

function wholeNumber(name, text) {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) fail(`--${name} is "${text}"; give a whole number from 1 on`)
  return number
}

function fail(message) {
  console.error(message)
  process.exit(2)
}
