/** Names of streams in Amazon's form. The embedded stream has one account and one region of its own. */
import { ServiceError } from './service-error.ts'
import type { Input, Rules } from './validate.ts'

export const ACCOUNT = '000000000000'

export const STREAM_RULES: Rules = {
  StreamName: { type: 'string', min: 1, max: 128, pattern: '[a-zA-Z0-9_.-]+' },
  StreamARN: { type: 'string', min: 1, max: 2_048, pattern: 'arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+' },
}

export function arnOf(region: string, streamName: string): string {
  return `arn:aws:kinesis:${region}:${ACCOUNT}:stream/${streamName}`
}

/**
 * The stream that a request names. Region and account of an ARN are not looked at, so that configuration written for the
 * service works unchanged.
 * @throws ServiceError InvalidArgumentException when it names none or two
 */
export function streamNameIn(input: Input): string {
  const name = input.text('StreamName')
  const arn = input.text('StreamARN')
  const named = arn?.slice(arn.indexOf(':stream/') + ':stream/'.length)
  if (name !== undefined && named !== undefined && name !== named)
    throw new ServiceError(
      'InvalidArgumentException',
      `StreamName ${name} and StreamARN ${arn} name different streams.`,
    )
  const streamName = name ?? named
  if (streamName === undefined)
    throw new ServiceError('InvalidArgumentException', 'Either StreamName or StreamARN must be provided.')
  return streamName
}
