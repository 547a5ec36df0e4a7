/** Sensors as a pipeline of one's own: `millrace dev` runs it on an embedded stream that any Kinesis client can put into. */
import { definePipeline, embedded, localFiles } from 'millrace'

export default definePipeline({
  name: 'iot',
  source: embedded({ StreamName: 'readings', ShardCount: 2 }),
  schema: './readings.schema.json',
  sql: './iot.sql',
  outputs: {
    SMOOTHED: localFiles({ directory: './millrace-data', Prefix: 'smoothed/', format: 'parquet' }),
    BY_MINUTE: localFiles({ directory: './millrace-data', Prefix: 'by-minute/' }),
    FIVE_MINUTES: localFiles({ directory: './millrace-data', Prefix: 'five-minutes/' }),
    RUNS: localFiles({ directory: './millrace-data', Prefix: 'runs/' }),
    CROWDS: localFiles({ directory: './millrace-data', Prefix: 'crowds/' }),
    error_stream: localFiles({ directory: './millrace-data', Prefix: 'errors/', CompressionFormat: 'GZIP' }),
  },
})
