/** Log monitoring as a pipeline of one's own: `millrace dev` runs it on an embedded stream that any Kinesis client can put into. */
import { definePipeline, embedded, localFiles } from 'millrace'

export default definePipeline({
  name: 'logs',
  source: embedded({ StreamName: 'logs', ShardCount: 2 }),
  schema: './logs.schema.json',
  sql: './logs.sql',
  outputs: {
    STATUS_BY_MINUTE: localFiles({
      directory: './millrace-data',
      Prefix: 'status/!{timestamp:yyyy/MM/dd/HH}/',
      ErrorOutputPrefix: 'failed/!{firehose:error-output-type}/',
      DestinationSchema: { RecordFormatType: 'CSV' },
    }),
    SPIKES: localFiles({ directory: './millrace-data', Prefix: 'spikes/' }),
    TOP_PATHS: localFiles({ directory: './millrace-data', Prefix: 'paths/' }),
    SUSPECTS: localFiles({ directory: './millrace-data', Prefix: 'suspects/' }),
    error_stream: localFiles({ directory: './millrace-data', Prefix: 'errors/', CompressionFormat: 'GZIP' }),
  },
})
