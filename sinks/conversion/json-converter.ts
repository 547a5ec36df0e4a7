/**
 * One record's JSON as rows of a table: Firehose's record format conversion. A record may hold several documents, one after the other
 * or with blanks between them; they are rows each, or none of them is where one cannot be.
 */
import { documentEnd, nestsTooDeep, skipBlanks } from '../../core/codecs/json/documents.ts'
import { DEPTH_MAX } from '../../core/codecs/json/path.ts'
import type { JsonDeserializer } from '../definition/conversion.ts'
import type { FailedRecord, StreamRecord } from '../pipeline/record.ts'
import { convertValue, fieldsOf, isPlainObject, Unfit, type ValueRules } from './convert-value.ts'
import { NumberText, parseExactJson } from './exact-json.ts'
import type { HiveColumn } from './hive-type.ts'
import { hiveTimestamp, openxTimestamp } from './timestamps.ts'

export type ConvertedRow = Readonly<Record<string, unknown>>

/** Documents of a record at most. */
export const DOCUMENTS_MAX = 10_000

export type Converted = { readonly rows: readonly ConvertedRow[] } | { readonly failed: FailedRecord }

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

  /**
   * The value of a column from the JSON of its member.
   * @throws SyntaxError, or Unfit
   */
  memberValue(text: string, { name, type }: HiveColumn): unknown {
    const value = parseExactJson(text)
    return convertValue(this.#names === null ? value : renamed(value, this.#names), type, this.rules, name)
  }

  /** The rows, or why the record has none. */
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
    if (nestsTooDeep(text)) return fail('MalformedData', `the record nests more than ${DEPTH_MAX} deep`)
    let documents: readonly unknown[]
    try {
      documents = documentsOf(text)
    } catch (error) {
      return fail(error instanceof Unfit ? 'MalformedData' : 'ParseError', messageOf(error))
    }
    const rows: ConvertedRow[] = []
    for (const document of documents) {
      try {
        const named = this.#names === null ? document : renamed(document, this.#names)
        rows.push(fieldsOf(named as Readonly<Record<string, unknown>>, this.#columns, this.rules, ''))
      } catch (error) {
        const place = documents.length === 1 ? '' : `document ${rows.length + 1}: `
        if (error instanceof Unfit) return fail('MalformedData', `${place}${error.message}`)
        throw error
      }
    }
    return { rows }
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  return value === null ? 'null' : `a ${value instanceof NumberText ? 'number' : typeof value}`
}

/**
 * The objects of a text; nothing is read behind what cannot be.
 * @throws Error for text that is not one JSON document after another; Unfit for one that is no object, or too many
 */
function documentsOf(text: string): readonly unknown[] {
  let alone: unknown
  try {
    alone = parseExactJson(text)
  } catch (error) {
    return severalOf(text, messageOf(error))
  }
  if (!isPlainObject(alone)) throw new Unfit(`the record is ${kindOf(alone)} and no object`)
  return [alone]
}

/** @param whole what is wrong with the text as one document */
function severalOf(text: string, whole: string): readonly unknown[] {
  const documents: unknown[] = []
  for (let at = skipBlanks(text, 0); at < text.length; at = skipBlanks(text, at)) {
    const first = documents.length === 0
    const name = `document ${documents.length + 1}`
    if (documents.length === DOCUMENTS_MAX) throw new Unfit(`the record has more than ${DOCUMENTS_MAX} documents`)
    const broken = (why: string): Error => new Error(`${first ? 'the record' : name} is no JSON: ${why}`)
    const end = documentEnd(text, at)
    // One document alone is told as it is.
    if (first && (end < 0 || skipBlanks(text, end) === text.length)) throw broken(whole)
    if (end < 0) throw broken('it does not end')
    let document: unknown
    try {
      document = parseExactJson(text.slice(at, end))
    } catch (error) {
      throw broken(messageOf(error))
    }
    if (!isPlainObject(document)) throw new Unfit(`${name} is ${kindOf(document)} and no object`)
    documents.push(document)
    at = end
  }
  return documents
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

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
