/** How requests name their stream: by name, by ARN, or both. */
import { streamNameInArn } from '../arn.ts'
import { ServiceError } from './service-error.ts'
import type { Input, Rule, Rules } from './validate.ts'

export const NAME_RULE: Rule = { type: 'string', min: 1, max: 128, pattern: '[a-zA-Z0-9_.-]+' }

export const STREAM_RULES: Rules = {
  StreamName: NAME_RULE,
  StreamARN: { type: 'string', min: 1, max: 2_048, pattern: 'arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+' },
}

/**
 * The stream that a request names. Region and account of an ARN are not looked at, so that configuration written for the
 * service works unchanged.
 * @throws ServiceError InvalidArgumentException when it names none or two
 */
export function streamNameIn(input: Input): string {
  const name = input.text('StreamName')
  const arn = input.text('StreamARN')
  const named = arn === undefined ? undefined : (streamNameInArn(arn) ?? undefined)
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
