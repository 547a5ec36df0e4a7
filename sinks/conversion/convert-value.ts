/**
 * A JSON value as a value of a column, by the rules of the OpenX or the Hive deserializer (probes of the service):
 *
 *                                OpenX                                Hive
 *   text in a number column      parsed                               fails
 *   number, boolean in text      its text                             its text
 *   object, array in text        compact JSON, nested keys lower      fails
 *   no array for an array        an array of one                      fails
 *   array for a struct           by position                          fails
 *   scalar for a struct or map   fails                                fails
 *
 * Names match whatever their case at every depth, members that are not declared are dropped, missing ones are null.
 */
import { NumberText } from './exact-json.ts'
import type { HiveColumn, HiveType } from './hive-type.ts'
import type { TimestampReader } from './timestamps.ts'

/** Why a value does not fit; the text names the place. */
export class Unfit extends Error {
  override name = 'Unfit'
}

export interface ValueRules {
  readonly lax: boolean
  readonly timestamp: TimestampReader
  /** true: formats of timestamps were configured */
  readonly formats: boolean
  readonly caseInsensitive: boolean
}

const INTEGERS = {
  tinyint: [-128n, 127n],
  smallint: [-32_768n, 32_767n],
  int: [-2_147_483_648n, 2_147_483_647n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
} as const
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
/** Digits that an exponent may add to an integer or a decimal. */
const EXPONENT_MAX = 400

/** @throws Unfit */
export function convertValue(value: unknown, type: HiveType, rules: ValueRules, place: string): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint': {
      const [least, most] = INTEGERS[type.kind]
      const whole = scaled(numberText(value, type, rules, place), 0)
      if (whole === null) throw unfit(value, type, place)
      if (whole < least || whole > most) throw new Unfit(`${place}: ${whole} does not fit ${type.kind}`)
      return type.kind === 'bigint' ? whole : Number(whole)
    }
    case 'decimal': {
      const whole = scaled(numberText(value, type, rules, place), type.scale)
      if (whole === null || (whole < 0n ? -whole : whole) >= 10n ** BigInt(type.precision))
        throw new Unfit(`${place}: ${shown(value)} does not fit decimal(${type.precision},${type.scale})`)
      return whole
    }
    case 'float':
    case 'double': {
      // The text of -0 has lost its sign.
      const number = typeof value === 'number' ? value : Number(numberText(value, type, rules, place))
      const kept = type.kind === 'float' ? Math.fround(number) : number
      if (!Number.isFinite(kept)) throw new Unfit(`${place}: ${shown(value)} does not fit ${type.kind}`)
      return kept
    }
    case 'boolean':
      if (typeof value === 'boolean') return value
      if (rules.lax && typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
      throw unfit(value, type, place)
    case 'string':
    case 'varchar':
    case 'char': {
      const text = textOf(value, type, rules, place)
      // Hive cuts what is longer than its type.
      return 'length' in type ? Array.from(text).slice(0, type.length).join('') : text
    }
    case 'binary':
      if (typeof value !== 'string') throw unfit(value, type, place)
      return Buffer.from(value, 'base64')
    case 'date': {
      const match = typeof value === 'string' ? /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(value) : null
      const [year = 0, month = 0, day = 0] = (match ?? []).slice(1).map(Number)
      // Date.UTC takes the first hundred years for those of the last century.
      const date = new Date(0).setUTCFullYear(year, month - 1, day)
      // A day that the month does not have would roll over into the next, and such a month into the next year.
      if (match === null || new Date(date).getUTCDate() !== day || new Date(date).getUTCMonth() !== month - 1)
        throw unfit(value, type, place)
      return Math.floor(date / 86_400_000)
    }
    case 'timestamp': {
      const plain = value instanceof NumberText ? Number(value.text) : value
      const instant = typeof plain === 'string' || typeof plain === 'number' ? rules.timestamp(plain) : null
      if (instant === null) throw unfit(value, type, place)
      return BigInt(instant)
    }
    case 'array': {
      if (!Array.isArray(value) && !rules.lax) throw unfit(value, type, place)
      const items: readonly unknown[] = Array.isArray(value) ? value : [value]
      return items.map((item, index) => convertValue(item, type.item, rules, `${place}[${index}]`))
    }
    case 'map':
      if (!isPlainObject(value)) throw unfit(value, type, place)
      return Object.entries(value).map(([name, item]) => ({
        key: convertValue(rules.lax ? name.toLowerCase() : name, type.key, { ...rules, lax: true }, `${place} key`),
        value: convertValue(item, type.value, rules, `${place}.${name}`),
      }))
    case 'struct':
      if (Array.isArray(value) && rules.lax) {
        const items: readonly unknown[] = value
        return Object.fromEntries(
          type.fields.map((field, index) => [
            field.name,
            convertValue(items[index], field.type, rules, `${place}.${field.name}`),
          ]),
        )
      }
      if (!isPlainObject(value)) throw unfit(value, type, place)
      return fieldsOf(value, type.fields, rules, place)
  }
}

/** The declared members of an object. @throws Unfit */
export function fieldsOf(
  object: Readonly<Record<string, unknown>>,
  fields: readonly HiveColumn[],
  rules: ValueRules,
  place: string,
): Record<string, unknown> {
  const members = new Map<string, unknown>()
  for (const [name, member] of Object.entries(object))
    members.set(rules.caseInsensitive ? name.toLowerCase() : name, member)
  return Object.fromEntries(
    fields.map(({ name, type }) => [
      name,
      convertValue(members.get(name), type, rules, place === '' ? name : `${place}.${name}`),
    ]),
  )
}

function numberText(value: unknown, type: HiveType, rules: ValueRules, place: string): string {
  if (typeof value === 'number') return String(value)
  if (value instanceof NumberText) return value.text
  if (rules.lax && typeof value === 'string' && NUMBER.test(value.trim())) return value.trim()
  throw unfit(value, type, place)
}

/** The number times ten to the scale; null where it has more digits behind the point. */
function scaled(text: string, scale: number): bigint | null {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) return null
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const shift = Number(exponent) - fraction.length + scale
  if (Math.abs(shift) > EXPONENT_MAX) return null
  const digits = BigInt(whole + fraction || '0')
  const size = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift)
  if (shift < 0 && size * 10n ** BigInt(-shift) !== digits) return null
  return sign === '-' ? -size : size
}

function textOf(value: unknown, type: HiveType, rules: ValueRules, place: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof NumberText) return value.text
  if (!rules.lax) throw unfit(value, type, place)
  return compactJson(value)
}

/** JSON with all keys in lower case, as the OpenX deserializer keeps it. */
function compactJson(value: unknown): string {
  if (value instanceof NumberText) return value.text
  if (Array.isArray(value)) return `[${value.map(compactJson).join(',')}]`
  if (!isPlainObject(value)) return JSON.stringify(value)
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name.toLowerCase())}:${compactJson(member)}`,
  )
  return `{${members.join(',')}}`
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText)
}

function unfit(value: unknown, type: HiveType, place: string): Unfit {
  return new Unfit(`${place}: ${shown(value)} is no ${type.kind}`)
}

function shown(value: unknown): string {
  const text = value instanceof NumberText ? value.text : (JSON.stringify(value) ?? 'undefined')
  return text.length <= 60 ? text : `${text.slice(0, 60)}...`
}
