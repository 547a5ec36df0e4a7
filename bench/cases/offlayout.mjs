// Records that no learnt layout fits, at several shares: other order, blanks, escapes, nesting, exponents, further members.
import { buffersOfBatch, byHand, generateClicks, recordBatchesOf } from '../lib/clicks.mjs'
import { compileW1, runW1, W1_QUERIES } from '../lib/w1-queries.mjs'
import { SCANNERS } from './w1.mjs'

export const about = 'Q1 where a share of the records is off the learnt layouts'
export const eventsDefault = 150_000

const SHARES = [0, 0.01, 0.1, 1]
const CHANGES = [
  text => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).reverse())),
  text => text.replaceAll(',', ', '),
  text => text.replace('"page":"/', '"page":"\\/'),
  text => text.replace('"page":"/', '"page":"\\u002f'),
  text => `${text.slice(0, -1)},"extra":{"a":[1,2]}}`,
  text => text.replace(/"latency_ms":([\d.]+)/, (_all, value) => `"latency_ms":${value * 10}e-1`),
  text => text.replace('"device"', '"note":null,"device"'),
]

export function* comparisons({ events, only }) {
  const clicks = generateClicks(events)
  const application = compileW1(W1_QUERIES.q1)
  for (const share of SHARES) {
    const name = `${share * 100}%`
    if (only !== null && !only.includes(name)) continue
    const isOff = i => (i * 7_919) % 10_000 < share * 10_000
    const batches = recordBatchesOf(clicks, (text, i) => (isOff(i) ? CHANGES[i % CHANGES.length](text) : text))
    const buffers = batches.map(buffersOfBatch)
    const engines = [{ name: 'by hand', role: 'handwritten', run: () => byHand.q1(buffers) }]
    for (const [scanner, engine] of Object.entries(SCANNERS)) {
      const decoder = application.createDecoder({ scanner })
      engines.push({ name: engine, role: 'ours', run: () => runW1(W1_QUERIES.q1, application, decoder, batches) })
    }
    const bytes = batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
    yield { bench: 'offlayout', case: name, title: `${name} off the layouts, seven kinds`, events, bytes, engines }
  }
}
