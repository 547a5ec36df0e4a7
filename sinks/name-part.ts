/**
 * One part of an object's key from a value that data decides. One value gives one part and different values give different
 * parts; no part can leave its place.
 *
 *   part  = byte*            bytes of `A-Za-z0-9_=.-` stand for themselves, all others are %XX of their UTF-8
 *   empty -> __EMPTY__       a part that reads so has its first byte encoded; null -> __NULL__ likewise
 *   a leading or trailing dot and the first letter of a device name are encoded
 *   more than 200 bytes -> the first bytes, "~" and a hash of the whole
 */
import { createHash } from 'node:crypto'

export const EMPTY_PART = '__EMPTY__'
export const NULL_PART = '__NULL__'
export const PART_BYTES_MAX = 200
const HASH_CHARACTERS = 32
/** Names that Windows gives to devices, with or without an extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i
const PLAIN = /[A-Za-z0-9_=.-]/

const utf8 = new TextEncoder()

/** The part for a value; a lone surrogate counts as U+FFFD. */
export function encodePart(value: string | null): string {
  if (value === null) return NULL_PART
  if (value === '') return EMPTY_PART
  let name = ''
  for (const byte of utf8.encode(value)) {
    const character = String.fromCharCode(byte)
    name += PLAIN.test(character) ? character : percent(byte)
  }
  if (name.startsWith('.') || name === EMPTY_PART || name === NULL_PART || DEVICE_NAME.test(name))
    name = percent(name.charCodeAt(0)) + name.slice(1)
  if (name.endsWith('.')) name = `${name.slice(0, -1)}%2E`
  if (name.length <= PART_BYTES_MAX) return name
  const hash = createHash('sha256').update(value).digest('hex').slice(0, HASH_CHARACTERS)
  // No escape is cut in half, so that what is left can still be read.
  const kept = name.slice(0, PART_BYTES_MAX - HASH_CHARACTERS - 1).replace(/%[0-9A-F]?$/, '')
  return `${kept}~${hash}`
}

/**
 * The value of a part that `encodePart` made.
 * @returns undefined where it was too long to be kept whole, or is no such part
 */
export function decodePart(part: string): string | null | undefined {
  if (part === NULL_PART) return null
  if (part === EMPTY_PART) return ''
  if (!/^(?:[A-Za-z0-9_=.-]|%[0-9A-F]{2})+$/.test(part)) return undefined
  try {
    const value = decodeURIComponent(part)
    return encodePart(value) === part ? value : undefined
  } catch {
    return undefined
  }
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
