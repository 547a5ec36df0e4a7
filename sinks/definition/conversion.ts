/** Record format conversion as a plan, and what is refused about it. */
import type { Problem, ProblemCode } from '../problem.ts'
import type { DataFormatConversionConfiguration } from './extended-s3.ts'

export type JsonDeserializer =
  | {
      readonly kind: 'openx'
      readonly caseInsensitive: boolean
      readonly dotsToUnderscores: boolean
      /** column to JSON key */
      readonly mappings: Readonly<Record<string, string>>
    }
  | { readonly kind: 'hive'; readonly timestampFormats: readonly string[] }

export interface ConversionPlan {
  readonly deserializer: JsonDeserializer
  readonly table: {
    readonly catalogId: string | null
    readonly databaseName: string
    readonly tableName: string
    readonly region: string | null
    readonly versionId: string
  }
  readonly parquet: {
    readonly compression: 'UNCOMPRESSED' | 'GZIP' | 'SNAPPY'
    readonly pageBytes: number
    readonly dictionary: boolean
    readonly writerVersion: 'V1' | 'V2'
  }
}

const PAGE_BYTES_DEFAULT = 1_048_576

/** @returns null when it is off or wrong */
export function conversionPlanOf(
  configuration: DataFormatConversionConfiguration | undefined,
  path: string,
  problems: Problem[],
): ConversionPlan | null {
  // Left out means on here, unlike in the processing block (API model).
  if (configuration === undefined || configuration.Enabled === false) return null
  const at = `${path}.DataFormatConversionConfiguration`
  const refuse = (member: string, message: string, code: ProblemCode = 'DFC_SERDE'): void =>
    void problems.push({ path: `${at}.${member}`, code, message })
  const schema = configuration.SchemaConfiguration
  const deserializer = configuration.InputFormatConfiguration?.Deserializer
  const serializer = configuration.OutputFormatConfiguration?.Serializer
  const before = problems.length
  for (const name of ['RoleARN', 'DatabaseName', 'TableName'] as const)
    if (schema?.[name] === undefined) refuse(`SchemaConfiguration.${name}`, 'it is required while conversion is on')
  exactlyOne('InputFormatConfiguration.Deserializer', deserializer, ['OpenXJsonSerDe', 'HiveJsonSerDe'], refuse)
  exactlyOne('OutputFormatConfiguration.Serializer', serializer, ['ParquetSerDe', 'OrcSerDe'], refuse)
  if (problems.length > before || schema === undefined || deserializer === undefined) return null
  const parquet = serializer?.ParquetSerDe
  if (parquet === undefined) {
    refuse(
      'OutputFormatConfiguration.Serializer.OrcSerDe',
      'ORC files cannot be written here: there is no well-kept ORC writer for JavaScript; give ParquetSerDe in place of OrcSerDe, which Athena, Glue, Hive and Spark read as well',
      'ORC_UNAVAILABLE',
    )
    return null
  }
  const { OpenXJsonSerDe: openx, HiveJsonSerDe: hive } = deserializer
  return {
    deserializer:
      openx === undefined
        ? { kind: 'hive', timestampFormats: hive?.TimestampFormats ?? [] }
        : {
            kind: 'openx',
            caseInsensitive: openx.CaseInsensitive ?? true,
            dotsToUnderscores: openx.ConvertDotsInJsonKeysToUnderscores ?? false,
            mappings: openx.ColumnToJsonKeyMappings ?? {},
          },
    table: {
      catalogId: schema.CatalogId ?? null,
      databaseName: schema.DatabaseName ?? '',
      tableName: schema.TableName ?? '',
      region: schema.Region ?? null,
      versionId: schema.VersionId ?? 'LATEST',
    },
    parquet: {
      compression: parquet.Compression ?? 'SNAPPY',
      pageBytes: parquet.PageSizeBytes ?? PAGE_BYTES_DEFAULT,
      dictionary: parquet.EnableDictionaryCompression ?? true,
      writerVersion: parquet.WriterVersion ?? 'V1',
    },
  }
}

function exactlyOne(
  member: string,
  value: Readonly<Record<string, unknown>> | undefined,
  names: readonly string[],
  refuse: (member: string, message: string) => void,
): void {
  const given = names.filter(name => value?.[name] !== undefined)
  if (given.length !== 1) refuse(member, `${given.length} of ${names.join(', ')}; give exactly one`)
}
