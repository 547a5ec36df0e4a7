// What a further query on the same stream costs: Q2 beside Q1 in one program.
import { buffersOf, byHand, generateClicks, recordBatchesOf } from '../lib/clicks.mjs'
import { compileW1, Q1_AND_Q2, runW1, W1_QUERIES } from '../lib/w1-queries.mjs'

export const about = 'Q1, and Q2 beside it in the same program'
export const eventsDefault = 200_000

export function* comparisons({ events, only }) {
  if (only !== null && !only.includes('q2-beside-q1')) return
  const clicks = generateClicks(events)
  const buffers = buffersOf(clicks)
  const batches = recordBatchesOf(clicks)
  const runOf = query => {
    const application = compileW1(query)
    const decoder = application.createDecoder()
    return () => runW1(query, application, decoder, batches)
  }
  const both = runOf(Q1_AND_Q2)
  const first = runOf(W1_QUERIES.q1)
  const added = (...answers) => answers.reduce(([rows, sum], answer) => [rows + answer[0], sum + answer[1]], [0, 0])
  yield {
    bench: 'queries',
    case: 'q2-beside-q1',
    title: 'both queries over one decoding',
    events,
    bytes: clicks.bytes,
    engines: [
      {
        name: 'by hand: one after the other',
        role: 'handwritten',
        run: () => added(byHand.q1(buffers), byHand.q2(buffers)),
      },
      { name: 'millrace: Q1 alone', role: 'other', run: () => void first() },
      {
        name: 'millrace: Q1 and Q2',
        role: 'ours',
        run: both,
        extra: times => {
          const [alone, together] = ['millrace: Q1 alone', 'millrace: Q1 and Q2'].map(name => times.get(name).cpu)
          return { furtherQueryPercent: ((together - alone) / alone) * 100 }
        },
      },
    ],
  }
}
