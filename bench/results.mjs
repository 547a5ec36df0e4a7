// Writes the tables of docs/performance.md from the JSON of bench runs, between its markers:
//   npm run bench -- --json results.json && node bench/results.mjs results.json
// Several files may be given; of a bench that is in more than one the last is taken.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url))
const [START, END] = ['<!-- results -->', '<!-- /results -->']
const KNOWN = ['bench', 'case', 'engine', 'nsPerEvent', 'ratios', 'verified', 'node', 'cpu']

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('give the JSON files that `npm run bench -- --json FILE` wrote')
  process.exit(2)
}
const byBench = new Map()
for (const file of files)
  for (const [bench, results] of grouped(JSON.parse(readFileSync(file, 'utf8')))) byBench.set(bench, results)

const tables = [...byBench].map(([bench, results]) => {
  const [{ node, cpu }] = results
  const columns = [...new Set(results.flatMap(({ ratios }) => Object.keys(ratios)))]
  const others = [...new Set(results.flatMap(result => Object.keys(result).filter(name => !KNOWN.includes(name))))]
  const row = cells => `| ${cells.join(' | ')} |`
  return [
    `### ${bench}`,
    '',
    `Node ${node.replace(/^v/, '')}, ${cpu}.`,
    '',
    row(['Case', 'Engine', 'ns an event', ...columns.map(name => `against ${name}`), ...others]),
    row(['---', '---', ...Array.from({ length: 1 + columns.length + others.length }, () => '--:')]),
    ...results.map(result =>
      row([
        result.case,
        result.engine + (result.verified ? '' : ' (nothing to verify with)'),
        result.nsPerEvent.toFixed(0),
        ...columns.map(name => result.ratios[name]?.toFixed(2) ?? ''),
        ...others.map(name => result[name]?.toFixed(1) ?? ''),
      ]),
    ),
  ].join('\n')
})
const text = readFileSync(page, 'utf8')
const [from, to] = [text.indexOf(START) + START.length, text.indexOf(END)]
writeFileSync(page, `${text.slice(0, from)}\n\n${tables.join('\n\n')}\n\n${text.slice(to)}`)

function grouped(results) {
  const groups = new Map()
  for (const result of results) groups.set(result.bench, [...(groups.get(result.bench) ?? []), result])
  return groups
}
