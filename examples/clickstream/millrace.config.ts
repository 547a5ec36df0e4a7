/** The shop's views as a pipeline of one's own: `millrace dev` runs it on an embedded stream that any Kinesis client can put into. */
import { definePipeline, embedded, localFiles } from 'millrace'

export default definePipeline({
  name: 'clickstream',
  source: embedded({ StreamName: 'clicks', ShardCount: 4 }),
  schema: './clicks.schema.json',
  sql: './clickstream.sql',
  outputs: {
    FUNNEL: localFiles({
      directory: './millrace-data',
      Prefix: 'funnel/!{timestamp:yyyy/MM/dd/HH}/',
      ErrorOutputPrefix: 'failed/!{firehose:error-output-type}/',
      format: 'parquet',
    }),
    REVENUE: localFiles({
      directory: './millrace-data',
      Prefix: 'revenue/',
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
    }),
    error_stream: localFiles({ directory: './millrace-data', Prefix: 'errors/', CompressionFormat: 'GZIP' }),
  },
})
