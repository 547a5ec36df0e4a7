/** A feed as a pipeline of one's own: `millrace dev` runs it on an embedded stream that any Kinesis client can put into. */
import { definePipeline, embedded, localFiles } from 'millrace'

const results = localFiles({ directory: './millrace-data', BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } })

export default definePipeline({
  name: 'social',
  source: embedded({ StreamName: 'feed', ShardCount: 2 }),
  schema: './feed.schema.json',
  sql: './social.sql',
  outputs: {
    TOP_TAGS: results,
    TRENDING: results,
    RANKED: results,
    AUDIENCE: results,
    VISITS: results,
    BOTS: results,
    error_stream: results,
  },
})
