/** Names of delivered objects, after the prefix. */
import type { ZonedTime } from './zoned-time.ts'

/** Firehose API model, DeliveryStreamName. */
export const STREAM_NAME_PATTERN = /^[a-zA-Z0-9_.-]{1,64}$/

/**
 * `<stream>-<version>-<yyyy>-<MM>-<dd>-<HH>-<mm>-<ss>-<uuid><extension>`, in the configured time zone. Stream names may hold
 * dashes: parse from the right.
 * @param version 1 for the first configuration, one more for each change
 */
export function objectName(stream: string, version: number, time: ZonedTime, uuid: string, extension: string): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const date = `${String(time.year).padStart(4, '0')}-${two(time.month)}-${two(time.day)}`
  return `${stream}-${version}-${date}-${two(time.hour)}-${two(time.minute)}-${two(time.second)}-${uuid}${extension}`
}
