/** The decoder for an input schema. */
import type { Decoder } from '../codec.ts'
import { MillraceError } from '../errors.ts'
import type { Schema } from '../schema.ts'
import { CsvDecoder } from './csv/csv-decoder.ts'
import type { InputSchema } from './input-schema.ts'
import { JsonDecoder } from './json/json-decoder.ts'
import type { ScannerKind } from './json/scan/scan-path.ts'
import { SparingDecoder } from './sparing-decoder.ts'

export interface DecoderOptions {
  /**
   * Names of the columns that the program reads. The others are then NULL, neither read nor judged: a value there that has no
   * place in its type makes no error row, which differs from Kinesis Data Analytics. Default: all columns.
   */
  readonly neededColumns?: readonly string[]
  /**
   * What a value does that has no place in a column that is not needed. `ignored` (default): nothing. `judged`: it makes an
   * error row, as in Kinesis Data Analytics; nobody may read the cells of these columns all the same. Judging costs less than reading.
   */
  readonly otherColumns?: 'ignored' | 'judged'
  /**
   * Names of columns whose values nobody compares: the texts of these come as spans and enter no dictionary, while most of them
   * stand in the records as they are. Default: none; only the speed depends on it.
   */
  readonly passedColumns?: readonly string[]
  /** How JSON is scanned, and whether CSV is (by `wasm` alone); only the speed depends on it. Default `auto`. */
  readonly scanner?: ScannerKind
  /**
   * True: the next call of `decode` fills the arrays of the rows again, which saves a good part of its time. Push the rows into
   * a program (it copies what it keeps), or be done with them, before that. Default false: the rows are the caller's.
   */
  readonly rowsLent?: boolean
}

/** The columns of the rows that a decoder of this schema makes: in order, all nullable. */
export function schemaOf(input: InputSchema): Schema {
  return { columns: input.columns.map(({ name, type }) => ({ name, type, nullable: true })) }
}

/**
 * The decoder for an input. It keeps dictionaries between calls, so give each input one of its own.
 * @throws MillraceError `config` when a needed column is none of the schema
 */
export function createDecoder(input: InputSchema, options: DecoderOptions = {}): Decoder {
  const schema = schemaOf(input)
  const names = options.neededColumns
  const unknown = names?.find(name => !schema.columns.some(column => column.name === name))
  if (unknown !== undefined)
    throw new MillraceError('config', `needed column "${unknown}" is no column of the input schema; name one of it`)
  const needed = schema.columns.map(column => names === undefined || names.includes(column.name))
  const others = needed.map(isNeeded => !isNeeded && options.otherColumns === 'judged')
  const { format } = input
  const { scanner = 'auto', rowsLent = false } = options
  const passed = schema.columns.map(({ name }) => options.passedColumns?.includes(name) === true)
  if (format.kind === 'JSON')
    return new JsonDecoder({ schema, plan: format.plan, needed, judged: others, scanner, rowsLent, passed })
  const delimiters = { row: format.recordRowDelimiter, column: format.recordColumnDelimiter }
  // Reading a field of CSV is judging it.
  return new CsvDecoder({
    schema,
    delimiters,
    needed: needed.map((isNeeded, i) => isNeeded || others[i] === true),
    scanned: scanner !== 'none' && scanner !== 'javascript',
    rowsLent,
  })
}

/**
 * A decoder that reads the needed columns and judges all: same rows and same error rows as with every column. The others are
 * there when somebody looks, at the price of decoding their record batch again; its bytes must not change before.
 * @param needed names of columns
 */
export function createSparingDecoder(
  input: InputSchema,
  needed: readonly string[],
  options: Pick<DecoderOptions, 'scanner' | 'rowsLent' | 'passedColumns'> = {},
): Decoder {
  const { columns } = schemaOf(input)
  // Reading a field of CSV is judging it: there is nothing to spare.
  if (input.format.kind !== 'JSON' || columns.every(({ name }) => needed.includes(name)))
    return createDecoder(input, options)
  const first = createDecoder(input, { ...options, neededColumns: needed, otherColumns: 'judged' })
  return new SparingDecoder(
    columns.map(({ name }) => needed.includes(name)),
    first,
    // Somebody may look at them when the next batch is decoded.
    () => createDecoder(input, { ...options, rowsLent: false }),
  )
}
