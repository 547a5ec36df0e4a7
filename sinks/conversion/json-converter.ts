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
  readonly #rules: ValueRules
  readonly #rename: ((object: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>) | null

  /** @throws MillraceError `config` for a timestamp format that cannot be read */
  constructor(columns: readonly HiveColumn[], deserializer: JsonDeserializer) {
    this.#columns = columns
    this.#rules =
      deserializer.kind === 'openx'
        ? { lax: true, timestamp: openxTimestamp, caseInsensitive: deserializer.caseInsensitive }
        : { lax: false, timestamp: hiveTimestamp(deserializer.timestampFormats), caseInsensitive: true }
    this.#rename = deserializer.kind === 'openx' ? renamer(deserializer) : null
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
      return { row: fieldsOf(this.#rename === null ? value : this.#rename(value), this.#columns, this.#rules, '') }
    } catch (error) {
      if (error instanceof Unfit) return fail('MalformedData', error.message)
      throw error
    }
  }
}

function renamer(
  deserializer: Extract<JsonDeserializer, { kind: 'openx' }>,
): ((object: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>) | null {
  const { mappings, dotsToUnderscores, caseInsensitive } = deserializer
  const fold = (name: string): string => (caseInsensitive ? name.toLowerCase() : name)
  const columns = new Map(Object.entries(mappings).map(([column, key]) => [fold(key), column.toLowerCase()]))
  if (columns.size === 0 && !dotsToUnderscores) return null
  const renamed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(renamed)
    if (!isPlainObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const key = dotsToUnderscores ? name.replaceAll('.', '_') : name
        return [columns.get(fold(name)) ?? columns.get(fold(key)) ?? key, renamed(member)]
      }),
    )
  }
  return object => renamed(object) as Readonly<Record<string, unknown>>
}
