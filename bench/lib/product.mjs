// The built product that the benches measure. MILLRACE_DIST names another build than the checkout's own (the tests have one).
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const dist = resolve(process.env.MILLRACE_DIST ?? join(root, 'dist'))

/** Imports a module of the product by its path below dist. */
export const product = path => import(pathToFileURL(join(dist, path)).href)

export const { ByteWriter } = await product('core/byte-writer.js')
export const processors = await product('processors/index.js')
export const { parseInputSchema } = await product('core/codecs/input-schema.js')
export const { JsonLinesEncoder } = await product('core/codecs/json-lines.js')
export const { createDecoder } = await product('core/codecs/decoder.js')
export const { CsvLinesEncoder } = await product('core/codecs/csv-lines.js')
export const { formatTimestamp } = await product('core/codecs/datetime-text.js')
export const { textAt } = await product('core/rows.js')
export const { ParquetBody, PAGE_BYTES_DEFAULT } = await product('sinks/formats/parquet/parquet-body.js')
export const { parquetColumnsOf } = await product('sinks/formats/parquet/schema.js')
export const { pageCompressorOf } = await product('sinks/formats/parquet/codec.js')
export const { RecordBatchBuilder } = await product('core/record.js')
export const { DeaggregatedSource } = await product('streams/deaggregated-source.js')
export const { ShardMerge } = await product('processors/merge.js')
export const { encodeAggregate } = await product('streams/aggregation.js')
export const { StateWriter } = await product('processors/operators/state-writer.js')
export const { StateReader } = await product('processors/operators/state-reader.js')

/** Makes a function from the body of a GetRecords reply to its record batch; null in a build without a reader of its own. */
export const readReplies = await product('streams/kinesis/json-reply.js').then(
  ({ JsonReplyReader }) =>
    () => {
      const reader = new JsonReplyReader()
      return body => reader.read([body], 'shardId-000000000000').records
    },
  () => null,
)
