// Deliveries with nothing beside them: their stalls and their memory.
//   node --expose-gc bench/lib/deliver-child.mjs CODEC|TABLE EVENTS
import { buffersOf, generateClicks } from './clicks.mjs'
import { conversionMembers, conversionOf, deliver, HINTS } from './deliver.mjs'
import { TABLES } from './delivery-tables.mjs'
import { watchStalls } from './stalls.mjs'

const [name, events] = [process.argv[2], Number(process.argv[3])]
const table = TABLES[name]
const clicks = buffersOf(generateClicks(events))
const batches = table === undefined ? clicks : table.batchesOf(clicks)
const run = () =>
  table === undefined
    ? deliver(batches, { CompressionFormat: name, ...HINTS })
    : deliver(batches, conversionMembers, { conversion: conversionOf(table.types) })
globalThis.gc()
const heldMb = process.memoryUsage.rss() / 1_048_576
// The first one is cold: its code is compiled on the way.
const cold = watchStalls()
await run()
const first = cold.end()
const warm = watchStalls()
for (let i = 0; i < 3; i++) await run()
const { wallMs, cpuMs, peakMb } = warm.end()
process.stdout.write(
  JSON.stringify({
    longestStallMs: wallMs,
    longestStallCpuMs: cpuMs,
    firstStallCpuMs: first.cpuMs,
    mbAboveInput: Math.max(first.peakMb, peakMb) - heldMb,
  }),
)
