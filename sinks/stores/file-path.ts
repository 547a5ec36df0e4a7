/** Object keys as paths below a directory. One key gives one path and different keys give different paths: see name-part.ts. */
import { MillraceError } from '../../core/index.ts'
import { decodePart, encodePart } from '../name-part.ts'
import { KEY_BYTES_MAX } from './store.ts'

const utf8 = new TextEncoder()

/**
 * The parts of the path for a key, none of which is `.`, `..`, empty or hidden.
 * @throws MillraceError `invalid_argument` for an empty key, one above 1,024 bytes, or one with a lone surrogate
 */
export function pathPartsOf(key: string): readonly string[] {
  const sizeBytes = utf8.encode(key).length
  const reason =
    key === ''
      ? 'it is empty'
      : sizeBytes > KEY_BYTES_MAX
        ? `it has ${sizeBytes} bytes and may have ${KEY_BYTES_MAX}`
        : // A lone surrogate becomes U+FFFD in UTF-8, and two keys would meet in one file.
          /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(key)
          ? 'it is no well-formed text'
          : null
  if (reason !== null) throw new MillraceError('invalid_argument', `object key "${key.slice(0, 60)}": ${reason}`)
  return key.split('/').map(encodePart)
}

/** The part of a key that a file or directory stands for; names that we never write stand for themselves. */
export function keyPartOf(name: string): string {
  return decodePart(name) ?? name
}
