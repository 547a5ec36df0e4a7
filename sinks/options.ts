/**
 * What a delivery can be told, in AWS's words, and what is refused. All problems are found before anything runs.
 */
import { MillraceError, type Schema } from '../core/index.ts'
import { type BufferingHints, CONVERSION_BUFFERING, PLAIN_BUFFERING } from './buffer.ts'
import { CONTAINERS, type CompressionFormat } from './containers/container.ts'
import type { Delimiter } from './formats/json-lines.ts'
import type { ParquetCompression } from './formats/parquet/codec.ts'
import { PAGE_BYTES_DEFAULT, PAGE_BYTES_MIN } from './formats/parquet/parquet-body.ts'
import { type ParquetColumn, parquetColumnsOf } from './formats/parquet/schema.ts'
import { STREAM_NAME_PATTERN } from './object-name.ts'
import { type Prefixes, type PrefixOptions, parsePrefixes } from './prefix.ts'
import type { Problem } from './problem.ts'

/** Firehose's OutputFormatConfiguration.Serializer.ParquetSerDe. */
export interface ParquetSerDe {
  /** Default SNAPPY. */
  readonly Compression?: ParquetCompression
  /** Default 1 MiB, least 64 KiB; before compression. */
  readonly PageSizeBytes?: number
  /** Default true: a dictionary where it halves a column. */
  readonly EnableDictionaryCompression?: boolean
  /** Only V2 pages are written. Default V2. */
  readonly WriterVersion?: 'V1' | 'V2'
}

export interface DeliveryOptions extends PrefixOptions {
  /** 1 to 64 of `a-zA-Z0-9_.-`; object names begin with it. */
  readonly DeliveryStreamName: string
  /** 1 for the first configuration. Default 1. */
  readonly version?: number
  /** Default `json`: one JSON object a line. */
  readonly format?: 'json' | 'parquet'
  /** Default 5 MiB and 300 s; for Parquet 128 MiB and 300 s. */
  readonly BufferingHints?: BufferingHints
  /** Default UNCOMPRESSED, or GZIP for JSON lines. Parquet compresses inside: see ParquetSerDe. */
  readonly CompressionFormat?: CompressionFormat
  /** Replaces the extension and nothing else: lower case, from the dot on. */
  readonly FileExtension?: string
  /** JSON lines only. Default `after`. */
  readonly delimiter?: Delimiter
  readonly ParquetSerDe?: ParquetSerDe
  /** A first column with the rowtime of each row. Default true for Parquet, false for JSON lines, as Kinesis Data Analytics. */
  readonly rowtime?: boolean
  /** Parquet only: `lower` as Glue and Athena name columns. Default `lower`. */
  readonly columnNames?: 'lower' | 'stored'
}

/** Options that were found good, with all defaults in place. */
export interface DeliveryPlan {
  readonly stream: string
  readonly version: number
  readonly hints: BufferingHints
  readonly prefixes: Prefixes
  readonly extension: string
  readonly rowtime: boolean
  readonly body:
    | { readonly kind: 'json'; readonly compression: CompressionFormat; readonly delimiter: Delimiter }
    | {
        readonly kind: 'parquet'
        readonly columns: readonly ParquetColumn[]
        readonly compression: ParquetCompression
        readonly pageBytes: number
        readonly dictionary: boolean
      }
  /** What is allowed and probably not meant. */
  readonly warnings: readonly string[]
}

/** Name of the rowtime column before it is put in lower case. */
const ROWTIME = 'ROWTIME'
/** Firehose API model: FileExtension; anchored as probes of the service show. */
const FILE_EXTENSION_PATTERN = /^\.[0-9a-z!\-_.*'()]+$/
const FILE_EXTENSION_CHARACTERS_MAX = 128

/** Options come from configuration files too, where nothing checked their types. */
const OPTION_TYPES: Readonly<Record<keyof DeliveryOptions, 'string' | 'number' | 'boolean' | 'object'>> = {
  DeliveryStreamName: 'string',
  version: 'number',
  format: 'string',
  BufferingHints: 'object',
  CompressionFormat: 'string',
  FileExtension: 'string',
  delimiter: 'string',
  ParquetSerDe: 'object',
  rowtime: 'boolean',
  columnNames: 'string',
  Prefix: 'string',
  ErrorOutputPrefix: 'string',
  CustomTimeZone: 'string',
  appendDefaultTimePrefix: 'string',
}

/** Names that are no options, and values that cannot even be looked at. */
function checkTypes(options: DeliveryOptions, problems: Problem[]): void {
  const types: Readonly<Record<string, string>> = OPTION_TYPES
  for (const [path, value] of Object.entries(options)) {
    const type = Object.hasOwn(types, path) ? types[path] : undefined
    if (type === undefined)
      problems.push({ path, code: 'VALIDATION', message: 'no such option, or not available for this store; remove it' })
    else if (value !== undefined && (typeof value !== type || value === null))
      problems.push({ path, code: 'VALIDATION', message: `${JSON.stringify(value)} is no ${type}` })
  }
  if (options.DeliveryStreamName === undefined)
    problems.push({ path: 'DeliveryStreamName', code: 'VALIDATION', message: 'it is missing' })
}

/** All that is wrong with the options, or the plan. */
export function checkDeliveryOptions(
  options: DeliveryOptions,
  schema: Schema,
): { readonly problems: readonly Problem[]; readonly plan: DeliveryPlan | null } {
  const problems: Problem[] = []
  const refuse = (path: string, message: string): void => void problems.push({ path, code: 'VALIDATION', message })
  const oneOf = (
    path: 'format' | 'delimiter' | 'columnNames' | 'appendDefaultTimePrefix',
    ...known: string[]
  ): void => {
    const value = options[path]
    if (value !== undefined && !known.includes(value)) refuse(path, `"${value}" is none of ${known.join(', ')}`)
  }
  checkTypes(options, problems)
  if (problems.length > 0) return { problems, plan: null }
  if (!STREAM_NAME_PATTERN.test(options.DeliveryStreamName))
    refuse(
      'DeliveryStreamName',
      `"${options.DeliveryStreamName}" is not 1 to 64 characters of a-z, A-Z, 0-9, _, . and -`,
    )
  const version = options.version ?? 1
  if (!Number.isSafeInteger(version) || version < 1) refuse('version', `${version} is no whole number from 1`)
  oneOf('format', 'json', 'parquet')
  const parquet = options.format === 'parquet'
  const hints = readHints(options, parquet, problems)
  const prefixes = parsePrefixes(options, problems)
  const compression = readCompression(options, parquet, problems)
  oneOf('delimiter', 'after', 'between', 'none')
  oneOf('columnNames', 'lower', 'stored')
  oneOf('appendDefaultTimePrefix', 'auto', 'always', 'never')
  if (parquet && options.delimiter !== undefined) refuse('delimiter', 'Parquet has no delimiters; remove it')
  const serde = readParquetSerDe(options, parquet, problems)
  const rowtime = options.rowtime ?? parquet
  const columns = parquet
    ? parquetColumnsOf(
        schema,
        { rowtimeColumn: rowtime ? ROWTIME : null, columnNames: options.columnNames ?? 'lower' },
        problems,
      )
    : []
  const usual = parquet ? '.parquet' : CONTAINERS[compression].extension
  const extension = options.FileExtension === undefined || options.FileExtension === '' ? usual : options.FileExtension
  if (
    extension !== usual &&
    (!FILE_EXTENSION_PATTERN.test(extension) || extension.length > FILE_EXTENSION_CHARACTERS_MAX)
  )
    refuse('FileExtension', `"${extension}" is not a dot and up to 127 lower-case characters, such as .json.gz`)
  const warnings: string[] = []
  if (compression === 'GZIP' && !extension.endsWith('.gz'))
    warnings.push(
      `FileExtension "${extension}" does not end in .gz though the objects are gzip; Athena goes by the extension`,
    )
  if (problems.length > 0 || prefixes === null) return { problems, plan: null }
  const body: DeliveryPlan['body'] = parquet
    ? { kind: 'parquet', columns, ...serde }
    : { kind: 'json', compression, delimiter: options.delimiter ?? 'after' }
  return {
    problems,
    plan: { stream: options.DeliveryStreamName, version, hints, prefixes, extension, rowtime, body, warnings },
  }
}

/**
 * The plan for good options.
 * @throws MillraceError `config` with every problem, each on a line of its own after its option
 */
export function deliveryPlanOf(options: DeliveryOptions, schema: Schema): DeliveryPlan {
  const { problems, plan } = checkDeliveryOptions(options, schema)
  if (plan !== null) return plan
  const lines = problems.map(({ path, code, message }) => `\n  ${path}: ${message} (${code})`)
  throw new MillraceError('config', `delivery "${options.DeliveryStreamName}" cannot be configured:${lines.join('')}`)
}

function readHints(options: DeliveryOptions, parquet: boolean, problems: Problem[]): BufferingHints {
  const bounds = parquet ? CONVERSION_BUFFERING : PLAIN_BUFFERING
  const given: Partial<BufferingHints> | undefined = options.BufferingHints
  if (given === undefined) return bounds.default
  const { SizeInMBs: size, IntervalInSeconds: interval } = given
  if (size === undefined || interval === undefined) {
    problems.push({
      path: 'BufferingHints',
      code: 'VALIDATION',
      message: 'SizeInMBs and IntervalInSeconds are given together or not at all',
    })
    return bounds.default
  }
  if (!Number.isInteger(size) || size < bounds.sizeMin || size > bounds.sizeMax)
    problems.push({
      path: 'BufferingHints.SizeInMBs',
      code: parquet ? 'DFC_BUFFER' : 'VALIDATION',
      message: `${size} is no whole number from ${bounds.sizeMin} to ${bounds.sizeMax}${parquet ? ', the bounds for Parquet' : ''}`,
    })
  if (!Number.isInteger(interval) || interval < 0 || interval > bounds.intervalMax)
    problems.push({
      path: 'BufferingHints.IntervalInSeconds',
      code: 'VALIDATION',
      message: `${interval} is no whole number from 0 to ${bounds.intervalMax}`,
    })
  return { SizeInMBs: size, IntervalInSeconds: interval }
}

function readCompression(options: DeliveryOptions, parquet: boolean, problems: Problem[]): CompressionFormat {
  const path = 'CompressionFormat'
  const given = options.CompressionFormat ?? 'UNCOMPRESSED'
  if (!Object.hasOwn(CONTAINERS, given)) {
    const message = `"${String(given)}" is none of ${Object.keys(CONTAINERS).join(', ')}`
    problems.push({ path, code: 'VALIDATION', message })
    return 'UNCOMPRESSED'
  }
  if (parquet && given !== 'UNCOMPRESSED')
    problems.push({
      path,
      code: 'DFC_COMPRESSION',
      message: 'Parquet compresses inside its pages; set ParquetSerDe.Compression instead',
    })
  return given
}

function readParquetSerDe(
  options: DeliveryOptions,
  parquet: boolean,
  problems: Problem[],
): { readonly compression: ParquetCompression; readonly pageBytes: number; readonly dictionary: boolean } {
  const given = options.ParquetSerDe ?? {}
  const refuse = (name: string, message: string): void =>
    void problems.push({ path: `ParquetSerDe${name}`, code: 'DFC_SERDE', message })
  if (!parquet && options.ParquetSerDe !== undefined)
    refuse('', "it belongs to format 'parquet'; remove it or set the format")
  const known = ['Compression', 'PageSizeBytes', 'EnableDictionaryCompression', 'WriterVersion']
  for (const name of Object.keys(given))
    if (!known.includes(name)) refuse(`.${name}`, `it is not available; known are ${known.join(', ')}`)
  const compression = given.Compression ?? 'SNAPPY'
  if (!['UNCOMPRESSED', 'GZIP', 'SNAPPY'].includes(compression))
    refuse('.Compression', `"${String(compression)}" is none of UNCOMPRESSED, GZIP, SNAPPY`)
  const pageBytes = given.PageSizeBytes ?? PAGE_BYTES_DEFAULT
  if (!Number.isSafeInteger(pageBytes) || pageBytes < PAGE_BYTES_MIN)
    refuse('.PageSizeBytes', `${pageBytes} is no whole number from ${PAGE_BYTES_MIN}`)
  if ((given.WriterVersion ?? 'V2') !== 'V2') refuse('.WriterVersion', 'only V2 pages are written; remove it')
  return { compression, pageBytes, dictionary: given.EnableDictionaryCompression ?? true }
}
