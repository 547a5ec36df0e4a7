/** A delivery stream from the files that a command names: its definition, and what serves its processors and its conversion. */
import { join, resolve } from 'node:path'
import { MillraceError, nodeEnv } from '../core/index.ts'
import {
  type Conversion,
  type DefinitionPlan,
  type DeliveryStreamDefinition,
  definitionPlanOf,
  FileStore,
  glueTableOf,
  type OpenStore,
  ParquetConversion,
  type Transform,
} from '../sinks/index.ts'
import { loadHandler } from './module-loader.ts'
import { openBucket } from './object-place.ts'
import type { CommandOptions } from './options.ts'
import { readJson } from './pipeline-files.ts'

export interface GivenDelivery {
  readonly definition: DeliveryStreamDefinition
  readonly plan: DefinitionPlan
  readonly conversion: Conversion | null
  readonly transform: Transform | undefined
}

/**
 * @param path JSON of `create-delivery-stream`; `--table` and `--transform` name what it needs beside it
 * @throws MillraceError `config` with every problem, `usage` for a file that is needed
 */
export async function readDelivery(path: string, given: CommandOptions): Promise<GivenDelivery> {
  const { files } = nodeEnv
  const definition = (await readJson(files, path)) as DeliveryStreamDefinition
  const plan = definitionPlanOf(definition)
  const { table, transform } = given
  if (plan.conversion !== null && table === undefined)
    throw new MillraceError(
      'usage',
      `${path} converts records by table ${plan.conversion.table.tableName}: give its JSON with --table FILE, as aws glue get-table prints it`,
    )
  if (plan.processing.lambda !== null && transform === undefined)
    throw new MillraceError(
      'usage',
      `${path} has a Lambda processor: give --transform MODULE, a module whose handler serves it`,
    )
  const conversion =
    plan.conversion === null || table === undefined
      ? null
      : new ParquetConversion(glueTableOf(await readJson(files, table)), plan.conversion)
  return {
    definition,
    plan,
    conversion,
    transform: transform === undefined ? undefined : await moduleTransform(transform),
  }
}

/** A module with a handler of Lambda's contract, in this process. */
async function moduleTransform(path: string): Promise<Transform> {
  const handler = (await loadHandler(resolve(path))) as unknown as Transform
  return async (request, signal) => handler(request, signal)
}

/**
 * The stores of a definition's buckets: with `--root` directories, the bucket of the destination being that one itself and
 * others folders in it; else S3.
 */
export async function openBuckets(
  plan: DefinitionPlan,
  given: CommandOptions,
): Promise<{ readonly store: (bucketArn: string) => OpenStore; readonly close: () => void }> {
  const arns = new Set([plan.s3.bucketArn, ...(plan.backup === null ? [] : [plan.backup.bucketArn])])
  const stores = new Map<string, OpenStore>()
  const closes: (() => void)[] = []
  const { root } = given
  const { files, clock } = nodeEnv
  for (const arn of arns) {
    const bucket = arn.slice(arn.lastIndexOf(':') + 1)
    if (root === undefined) {
      const { store, close } = await openBucket(bucket, given)
      stores.set(arn, store)
      closes.push(close)
    } else {
      const directory = arn === plan.s3.bucketArn ? root : join(root, bucket)
      stores.set(arn, new FileStore({ files, clock, directory }))
    }
  }
  return {
    store: arn => {
      const store = stores.get(arn)
      if (store === undefined) throw new MillraceError('config', `bucket ${arn} is none of this definition`)
      return store
    },
    close: () => {
      for (const close of closes) close()
    },
  }
}
