/** Names of streams and consumers in Amazon's form. The embedded stream has one account of its own. */

export const ACCOUNT = '000000000000'

export function streamArn(region: string, streamName: string): string {
  return `arn:aws:kinesis:${region}:${ACCOUNT}:stream/${streamName}`
}

/** @param createdAt epoch milliseconds; the service ends the ARN of a consumer with its seconds */
export function consumerArn(region: string, streamName: string, consumerName: string, createdAt: number): string {
  return `${streamArn(region, streamName)}/consumer/${consumerName}:${Math.floor(createdAt / 1_000)}`
}

/** The stream in the ARN of a stream or a consumer, whatever region and account it names; null when there is none. */
export function streamNameInArn(arn: string): string | null {
  return /:stream\/([a-zA-Z0-9_.-]+)(?:\/consumer\/[^/]+)?$/.exec(arn)?.[1] ?? null
}

/** The consumer in an ARN: its name and the second of its creation; null when there is none. */
export function consumerInArn(arn: string): { readonly consumerName: string; readonly createdSecond: number } | null {
  const match = /\/consumer\/([a-zA-Z0-9_.-]+):(\d+)$/.exec(arn)
  return match?.[1] === undefined ? null : { consumerName: match[1], createdSecond: Number(match[2]) }
}
