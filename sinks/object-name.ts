/** Names of delivered objects, after the prefix. */
import type { ZonedTime } from './zoned-time.ts'

/** From the right: version, date, time, UUID, and an extension that begins with a dot. */
const NAME_PATTERN = /^(.+)-\d+-\d{4,}(?:-\d\d){5}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\..*)?$/s

/** The stream that named an object by `objectName`; null for a name that is none of these. @param key whole, or its last part */
export function streamOf(key: string): string | null {
  return NAME_PATTERN.exec(key.slice(key.lastIndexOf('/') + 1))?.[1] ?? null
}

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
