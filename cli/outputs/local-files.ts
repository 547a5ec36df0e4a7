/** Objects below a local directory as a delivery stream of Firehose: the bucket is the directory. */
import type {
  BufferingHints,
  CompressionFormat,
  DeliveryStreamDefinition,
  DeliveryStreamOptions,
  ParquetSerDe,
  PrefixOptions,
  RecordDelimiter,
} from '../../sinks/index.ts'

/** Objects below a local directory, in Firehose's words. */
export interface LocalFilesOutput extends PrefixOptions {
  readonly kind: 'localFiles'
  /** relative to the configuration file */
  readonly directory: string
  /** 1 to 64 of `a-zA-Z0-9_.-`; begins object names. Default: the name of the stream */
  readonly DeliveryStreamName?: string
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
  /** JSON lines and CSV only. Default `after`. */
  readonly delimiter?: RecordDelimiter
  readonly ParquetSerDe?: ParquetSerDe
  /** A first column with the rowtime of each row. Default true, and false with a DestinationSchema, as the service has none. */
  readonly rowtime?: boolean
  /** Parquet only: `lower` as Glue and Athena name columns. Default `lower`. */
  readonly columnNames?: 'lower' | 'stored'
  /** records as an output of the service holds them: JSON (default) or CSV, without ROWTIME unless `rowtime` is true */
  readonly DestinationSchema?: { readonly RecordFormatType: 'JSON' | 'CSV' }
}

/** Objects below a local directory: JSON lines or Parquet, named and buffered as Firehose does. */
export function localFiles(options: Omit<LocalFilesOutput, 'kind'>): LocalFilesOutput {
  return { kind: 'localFiles', ...options }
}

const BUCKET = 'arn:aws:s3:::local'
const ROLE = 'arn:aws:iam::000000000000:role/local'

/** Options come from configuration files, where nothing checked their names. */
const OPTIONS: Readonly<Record<keyof LocalFilesOutput, true>> = {
  kind: true,
  directory: true,
  DeliveryStreamName: true,
  version: true,
  format: true,
  BufferingHints: true,
  CompressionFormat: true,
  FileExtension: true,
  delimiter: true,
  ParquetSerDe: true,
  rowtime: true,
  columnNames: true,
  DestinationSchema: true,
  Prefix: true,
  ErrorOutputPrefix: true,
  CustomTimeZone: true,
  appendDefaultTimePrefix: true,
}

/** What is wrong with options that no definition has, a sentence each; the rest is the definition's to refuse. */
export function localFilesProblems(output: Readonly<Record<string, unknown>>): readonly string[] {
  const problems: string[] = []
  for (const name of Object.keys(output))
    if (!Object.hasOwn(OPTIONS, name)) problems.push(`${name}: no such option, or not available for files; remove it`)
  const oneOf = (name: keyof LocalFilesOutput, ...known: readonly unknown[]): void => {
    const value = output[name]
    if (value !== undefined && !known.includes(value))
      problems.push(`${name}: ${JSON.stringify(value)} is none of ${known.map(one => JSON.stringify(one)).join(', ')}`)
  }
  oneOf('format', 'json', 'parquet')
  oneOf('delimiter', 'after', 'between', 'none')
  oneOf('columnNames', 'lower', 'stored')
  oneOf('appendDefaultTimePrefix', 'auto', 'always', 'never')
  oneOf('rowtime', true, false)
  const { version = 1, format, delimiter, ParquetSerDe: serde, CompressionFormat: compression } = output
  if (!Number.isSafeInteger(version) || Number(version) < 1)
    problems.push(`version: ${String(version)} is no whole number from 1`)
  if (format === 'parquet') {
    if (delimiter !== undefined) problems.push('delimiter: Parquet has no delimiters; remove it')
    if (compression !== undefined && compression !== 'UNCOMPRESSED')
      problems.push(
        'CompressionFormat: Parquet compresses inside its pages; set ParquetSerDe.Compression instead (DFC_COMPRESSION)',
      )
    if (recordFormatOf(output) === 'CSV') problems.push('DestinationSchema: rows of Parquet are no CSV; remove it')
  } else if (serde !== undefined)
    problems.push("ParquetSerDe: it belongs to format 'parquet'; remove it or set the format")
  if (((serde as ParquetSerDe | undefined)?.WriterVersion ?? 'V2') !== 'V2')
    problems.push('ParquetSerDe.WriterVersion: only V2 pages are written; remove it')
  return problems
}

function recordFormatOf(output: Readonly<Record<string, unknown>>): unknown {
  return (output['DestinationSchema'] as { readonly RecordFormatType?: unknown } | undefined)?.RecordFormatType
}

/** The delivery stream of an output. @param name where the output has none of its own */
export function localFilesDelivery(name: string, output: LocalFilesOutput): DeliveryStreamOptions {
  const { version, format, delimiter = 'after', appendDefaultTimePrefix } = output
  const { BufferingHints, FileExtension, Prefix, ErrorOutputPrefix, CustomTimeZone } = output
  // The service has no ZSTD, so its definitions have none.
  const compression = output.CompressionFormat === 'ZSTD' ? output.CompressionFormat : undefined
  const CompressionFormat = compression === undefined ? output.CompressionFormat : undefined
  const definition = {
    DeliveryStreamName: output.DeliveryStreamName ?? name,
    ExtendedS3DestinationConfiguration: {
      RoleARN: ROLE,
      BucketARN: BUCKET,
      ...withoutUndefined({ BufferingHints, CompressionFormat, FileExtension }),
      ...withoutUndefined({ Prefix, ErrorOutputPrefix, CustomTimeZone }),
      ...(format === 'parquet' && {
        DataFormatConversionConfiguration: {
          SchemaConfiguration: { RoleARN: ROLE, DatabaseName: 'local', TableName: name },
          InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
          OutputFormatConfiguration: { Serializer: { ParquetSerDe: output.ParquetSerDe ?? {} } },
        },
      }),
    },
  } as DeliveryStreamDefinition
  return {
    definition,
    delimiter,
    ...withoutUndefined({ version, appendDefaultTimePrefix, compression }),
  }
}

function withoutUndefined<T extends object>(members: T): Partial<{ [Name in keyof T]: NonNullable<T[Name]> }> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<{
    [Name in keyof T]: NonNullable<T[Name]>
  }>
}
