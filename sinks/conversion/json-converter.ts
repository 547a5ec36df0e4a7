/** One record's JSON as a row of a table: Firehose's record format conversion. */
import type { JsonDeserializer } from '../definition/conversion.ts'
import type { FailedRecord, StreamRecord } from '../pipeline/record.ts'
import { fieldsOf, isPlainObject, Unfit, type ValueRules } from './convert-value.ts'
import { NumberText, parseExactJson } from './exact-json.ts'
import type { HiveColumn } from './hive-type.ts'
import { hiveTimestamp, openxTimestamp } from './timestamps.ts'

export type ConvertedRow = Readonly<Record<string, unknown>>

export type Converted = { readonly row: ConvertedRow } | { readonly failed: FailedRecord }

export class JsonConverter {
  readonly #columns: readonly HiveColumn[]
  /** how values are taken */
  readonly rules: ValueRules
  readonly #names: ((name: string) => string) | null

  /** @throws MillraceError `config` for a timestamp format that cannot be read */
  constructor(columns: readonly HiveColumn[], deserializer: JsonDeserializer) {
    this.#columns = columns
    this.rules =
      deserializer.kind === 'openx'
        ? { lax: true, timestamp: openxTimestamp, formats: false, caseInsensitive: deserializer.caseInsensitive }
        : {
            lax: false,
            timestamp: hiveTimestamp(deserializer.timestampFormats),
            formats: deserializer.timestampFormats.length > 0,
            caseInsensitive: true,
          }
    this.#names = deserializer.kind === 'openx' ? renamer(deserializer) : null
  }

  /** The column that a member of a record is for, if the table has it. */
  columnOf(member: string): string {
    const name = this.#names?.(member) ?? member
    return this.rules.caseInsensitive ? name.toLowerCase() : name
  }

  /** The row, or why the record has none. */
  convert(record: StreamRecord, now: number): Converted {
    const fail = (code: 'ParseError' | 'MalformedData', message: string): Converted => ({
      failed: {
        record,
        type: 'format-conversion-failed',
        code: `DataFormatConversion.${code}`,
        message,
        attempts: 1,
        endedAt: now,
        stage: 'DataFormatConversion',
      },
    })
    const text = Buffer.from(record.data).toString('utf8')
    if (text.trim() === '') return fail('MalformedData', 'the record is empty')
    let value: unknown
    try {
      value = parseExactJson(text)
    } catch (error) {
      return fail('ParseError', `the record is no JSON: ${error instanceof Error ? error.message : String(error)}`)
    }
    if (!isPlainObject(value))
      return fail(
        'MalformedData',
        `the record is ${Array.isArray(value) ? 'an array' : `a ${value instanceof NumberText ? 'number' : typeof value}`} and no object`,
      )
    try {
      const named = this.#names === null ? value : renamed(value, this.#names)
      return { row: fieldsOf(named as Readonly<Record<string, unknown>>, this.#columns, this.rules, '') }
    } catch (error) {
      if (error instanceof Unfit) return fail('MalformedData', error.message)
      throw error
    }
  }
}

/** New names for members, at every depth; null where all keep theirs. */
function renamer(deserializer: Extract<JsonDeserializer, { kind: 'openx' }>): ((name: string) => string) | null {
  const { mappings, dotsToUnderscores, caseInsensitive } = deserializer
  const fold = (name: string): string => (caseInsensitive ? name.toLowerCase() : name)
  const columns = new Map(Object.entries(mappings).map(([column, key]) => [fold(key), column.toLowerCase()]))
  if (columns.size === 0 && !dotsToUnderscores) return null
  return name => {
    const key = dotsToUnderscores ? name.replaceAll('.', '_') : name
    return columns.get(fold(name)) ?? columns.get(fold(key)) ?? key
  }
}

function renamed(value: unknown, nameOf: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map(item => renamed(item, nameOf))
  if (!isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [nameOf(name), renamed(member, nameOf)]))
}
