/** Card fraud as a pipeline of one's own: `millrace dev` runs it on an embedded stream that any Kinesis client can put into. */
import { definePipeline, embedded, localFiles } from 'millrace'

const alerts = localFiles({ directory: './millrace-data', BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } })

export default definePipeline({
  name: 'fraud',
  source: embedded({ StreamName: 'payments', ShardCount: 2 }),
  schema: './payments.schema.json',
  sql: './fraud.sql',
  // Edit merchants.csv while it runs: payments after that meet the new rows.
  references: { MERCHANTS: { file: './merchants.csv', schema: './merchants.schema.json', refreshSeconds: 5 } },
  outputs: {
    VELOCITY: alerts,
    AMOUNTS: alerts,
    PLACES: alerts,
    RISKY: alerts,
    ANOMALIES: alerts,
    error_stream: alerts,
  },
})
