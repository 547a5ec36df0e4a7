// Nexmark queries from JSON bytes, each beside a loop by hand that must agree. See docs/performance.md on what may be compared.
import { nexmarkBatches, nexmarkSchema, SIDE_ROWS, SIDE_TABLE } from '../lib/nexmark.mjs'
import { NEXMARK_QUERIES } from '../lib/nexmark-queries.mjs'
import { processors } from '../lib/product.mjs'
import { refuseErrors } from '../lib/w1-queries.mjs'

export const about = 'Nexmark from JSON bytes: 92 % bids, 10,000 events a second of event time'
export const eventsDefault = 200_000

const STREAM = 'SOURCE_SQL_STREAM_001'

export function* comparisons({ events, only }) {
  const batches = nexmarkBatches(events)
  const bytes = batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
  const side = new Map([[SIDE_TABLE.name, Buffer.from(SIDE_ROWS.map(row => JSON.stringify(row)).join('\n'))]])
  for (const [name, query] of Object.entries(NEXMARK_QUERIES)) {
    if (only !== null && !only.includes(name)) continue
    const application = processors.compileApplication({
      text: query.text,
      input: { schema: nexmarkSchema },
      ...(query.joins && { referenceTables: [SIDE_TABLE] }),
    })
    const decoder = application.createDecoder()
    const run = () => {
      const program = application.start({
        errors: refuseErrors,
        startedAt: 0,
        rowTimestamp: 'rowtime',
        ...(query.joins && { references: side }),
      })
      let [rows, sum] = [0, 0]
      const take = () => {
        while (program.work())
          for (const { stream, rows: result } of program.takeResults()) {
            if (stream !== 'OUT') continue
            rows += result.length
            const { values } = result.columns[query.check]
            // Small enough that the lower halves and some of the upper ones are exact doubles.
            const words = new Int32Array(values.buffer, values.byteOffset, result.length * 2)
            for (let row = 0; row < result.length; row++)
              sum += words[row * 2 + 1] * 4_294_967_296 + (words[row * 2] >>> 0)
          }
      }
      for (const batch of batches) {
        for (const decoded of decoder.decode(batch, refuseErrors)) program.push(STREAM, decoded)
        take()
      }
      program.advance(Number.POSITIVE_INFINITY)
      take()
      return [rows, sum]
    }
    yield {
      bench: 'nexmark',
      case: name,
      title: query.title,
      events,
      bytes,
      engines: [
        {
          name: 'by hand: JSON.parse and a loop',
          role: 'handwritten',
          run: () => query.byHand(parsed(batches), SIDE_ROWS),
        },
        { name: 'millrace', role: 'ours', run },
      ],
    }
  }
}

function* parsed(batches) {
  for (const { bytes, offsets, sizes, length } of batches)
    for (let i = 0; i < length; i++)
      yield JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + offsets[i], sizes[i]).toString())
}
