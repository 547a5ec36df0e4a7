// A whole delivery into a store that only counts; by itself, or as the only thing that a process does.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { product } from './product.mjs'

const { DeliveryStream, ParquetConversion, definitionPlanOf, glueTableOf } = await product('sinks/index.js')
const { nodeEnv } = await product('core/index.js')

const RoleARN = 'arn:aws:iam::123456789012:role/firehose'
/** One object in the end: the most that the service takes. */
export const HINTS = { BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 900 } }
export const conversionMembers = {
  ...HINTS,
  DataFormatConversionConfiguration: {
    SchemaConfiguration: { RoleARN, DatabaseName: 'd', TableName: 'clicks', Region: 'eu-west-1' },
    InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
    OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } } },
  },
}

const definitionOf = members => ({
  DeliveryStreamName: 'clicks',
  ExtendedS3DestinationConfiguration: { RoleARN, BucketARN: 'arn:aws:s3:::lake', ...members },
})

/** @param types Hive types by column */
export function conversionOf(types) {
  const Columns = Object.entries(types).map(([Name, Type]) => ({ Name, Type }))
  const plan = definitionPlanOf(definitionOf(conversionMembers))
  return new ParquetConversion(glueTableOf({ Name: 'clicks', StorageDescriptor: { Columns } }), plan.conversion)
}

/** One whole delivery: what became visible, with its bytes where they are kept. */
export async function deliver(batches, members, { conversion = null, keep = false } = {}) {
  const objects = []
  const { clock, random } = nodeEnv
  const stream = new DeliveryStream(
    { definition: definitionOf(members), delimiter: 'after' },
    {
      clock,
      random,
      store: () => ({
        begin: async () => {
          const parts = []
          return {
            write: async part => void (keep && parts.push(Buffer.from(part))),
            complete: async () => void objects.push(Buffer.concat(parts)),
            abort: async () => {},
          }
        },
      }),
    },
    conversion,
  )
  for (const batch of batches) await stream.write(batch.map(data => ({ data })))
  await stream.close()
  return objects
}

const child = fileURLToPath(new URL('deliver-child.mjs', import.meta.url))

/**
 * Deliveries in a process of their own.
 * @param name of a codec or a table
 * @returns the longest time that the event loop did not turn, in milliseconds of the clock and of the thread's CPU, and the greatest memory
 *   above that of the input, in MiB
 */
export const deliverAlone = (name, events) =>
  JSON.parse(execFileSync(process.execPath, ['--expose-gc', child, name, String(events)], { encoding: 'utf8' }))
