/**
 * The side file of an application: what stands here for the resources that its definition names by ARN, as
 *
 *     { "arn:aws:lambda:...:function:clean": "./clean.js",
 *       "arn:aws:kinesis:...:stream/clicks": "./clicks.jsonl",
 *       "arn:aws:s3:::lake": "./tables" }
 *
 * A bucket may be bound to a directory, in which its keys are, or an object (`arn:aws:s3:::lake/shops.csv`) to a file.
 */
import { dirname, resolve } from 'node:path'
import { type Files, MillraceError } from '../core/index.ts'
import { readJson } from './pipeline-files.ts'

/** Paths by ARN, absolute. */
export type Bindings = ReadonlyMap<string, string>

export const NO_BINDINGS: Bindings = new Map()

/** @throws MillraceError `config` */
export async function readBindings(files: Files, file: string): Promise<Bindings> {
  const json = await readJson(files, file)
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new MillraceError('config', `${file}: must be an object of paths by ARN`)
  const bindings = new Map<string, string>()
  for (const [arn, path] of Object.entries(json)) {
    if (typeof path !== 'string' || path === '')
      throw new MillraceError('config', `${file}: "${arn}" must be bound to a path, a text`)
    bindings.set(arn, resolve(dirname(file), path))
  }
  return bindings
}

/** Where the object of a reference table is, as the bindings say; null where they say nothing. */
export function boundObject(bindings: Bindings, bucketArn: string | null, fileKey: string | null): string | null {
  if (bucketArn === null) return null
  const object = fileKey === null ? undefined : bindings.get(`${bucketArn}/${fileKey}`)
  if (object !== undefined) return object
  const bucket = bindings.get(bucketArn)
  if (bucket === undefined) return null
  return fileKey === null ? bucket : resolve(bucket, fileKey)
}
