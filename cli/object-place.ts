/** Places of objects as a user names them: a directory, or `s3://bucket/prefix`. */
import { MillraceError, nodeEnv } from '../core/index.ts'
import { FileStore, type OpenStore, S3Store } from '../sinks/index.ts'
import type { CommandOptions } from './options.ts'

export interface ObjectPlace {
  readonly store: OpenStore
  /** what keys begin with, empty or with a final slash */
  readonly prefix: string
  readonly close: () => void
}

/**
 * @throws MillraceError `usage` for no place, `not_found` for a directory that is not there, `config` without the package
 * @aws-sdk/client-s3
 */
export async function openPlace(text: string, given: CommandOptions): Promise<ObjectPlace> {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(text)
  if (match !== null) {
    const [, bucket = '', path = ''] = match
    const { store, close } = await openBucket(bucket, given)
    return { store, prefix: path === '' || path.endsWith('/') ? path : `${path}/`, close }
  }
  if (text.startsWith('s3:')) throw new MillraceError('usage', `"${text}" names no bucket; write s3://BUCKET/PREFIX`)
  const { files, clock } = nodeEnv
  if ((await files.stat(text))?.isDirectory !== true)
    throw new MillraceError('not_found', `there is no directory ${text}`)
  return { store: new FileStore({ files, clock, directory: text }), prefix: '', close: () => {} }
}

/** A bucket by name, with the AWS SDK's own configuration, or at the endpoint that was given. */
export async function openBucket(
  bucket: string,
  given: CommandOptions,
): Promise<{ readonly store: OpenStore; readonly close: () => void }> {
  const sdk = await import('@aws-sdk/client-s3').catch((cause: unknown) => {
    throw new MillraceError('config', 'S3 needs the package @aws-sdk/client-s3: npm install @aws-sdk/client-s3', {
      cause,
    })
  })
  const { region, endpoint } = given
  const client = new sdk.S3Client({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
  })
  return {
    store: await S3Store.open({ client, bucket, random: nodeEnv.random, clock: nodeEnv.clock }),
    close: () => client.destroy(),
  }
}
