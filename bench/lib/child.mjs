// One engine, once, in a process of its own: a stream's first events, and the memory above the input.
//   node --expose-gc bench/lib/child.mjs by-hand|millrace EVENTS
import { buffersOf, byHand, generateClicks, recordBatchesOf } from './clicks.mjs'
import { cpuMs } from './measure.mjs'
import { compileW1, runW1, W1_QUERIES } from './w1-queries.mjs'

const [engine, events] = [process.argv[2], Number(process.argv[3])]
const clicks = generateClicks(events)
const input = engine === 'by-hand' ? buffersOf(clicks) : recordBatchesOf(clicks)
const application = compileW1(W1_QUERIES.q1)
globalThis.gc()
const heldBytes = process.memoryUsage.rss()
let peakBytes = 0
/** The input, with a look at the memory every few batches. */
function* watched() {
  for (const [index, batch] of input.entries()) {
    if (index % 5 === 0) peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
    yield batch
  }
}
const [cpuBefore, wallBefore] = [cpuMs(), performance.now()]
const answer =
  engine === 'by-hand'
    ? byHand.q1(watched())
    : runW1(W1_QUERIES.q1, application, application.createDecoder(), watched())
const [cpu, wall] = [cpuMs() - cpuBefore, performance.now() - wallBefore]
peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
process.stdout.write(JSON.stringify({ answer, cpu, wall, aboveMb: (peakBytes - heldBytes) / 1_048_576 }))
