/**
 * Object keys as paths below a directory. One key gives one path and different keys give different paths:
 *
 *   part  = byte*            bytes of `A-Za-z0-9_=.-` stand for themselves, all others are %XX of their UTF-8
 *   empty -> __EMPTY__       a part that reads so has its first byte encoded
 *   a leading or trailing dot and the first letter of a device name are encoded
 *   more than 200 bytes -> the first bytes, "~" and a hash of the whole
 */
import { createHash } from 'node:crypto'
import { MillraceError } from '../../core/index.ts'
import { KEY_BYTES_MAX } from './store.ts'

const EMPTY = '__EMPTY__'
const PART_BYTES_MAX = 200
const HASH_CHARACTERS = 32
/** Names that Windows gives to devices, with or without an extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i

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
  return key.split('/').map(encodedPart)
}

function encodedPart(part: string): string {
  if (part === '') return EMPTY
  let name = ''
  for (const byte of utf8.encode(part)) {
    const character = String.fromCharCode(byte)
    name += /[A-Za-z0-9_=.-]/.test(character) ? character : percent(byte)
  }
  if (name.startsWith('.') || name === EMPTY || DEVICE_NAME.test(name))
    name = percent(name.charCodeAt(0)) + name.slice(1)
  if (name.endsWith('.')) name = `${name.slice(0, -1)}%2E`
  if (name.length <= PART_BYTES_MAX) return name
  const hash = createHash('sha256').update(part).digest('hex').slice(0, HASH_CHARACTERS)
  return `${name.slice(0, PART_BYTES_MAX - HASH_CHARACTERS - 1)}~${hash}`
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
