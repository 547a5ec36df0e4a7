/**
 * Record format conversion to Parquet for a delivery stream: JSON records become rows of a Glue table.
 *
 *   records -> scanned columns, or rows where a record is not as others are -> columns of a row group
 */
import type { ScannerKind } from '../../core/codecs/json/scan/scan-path.ts'
import { assert, MillraceError } from '../../core/index.ts'
import { zstandard } from '../containers/zstandard.ts'
import type { ConversionPlan } from '../definition/conversion.ts'
import type { BloomOptions } from '../formats/parquet/bloom.ts'
import { type ParquetCompression, pageCompressorOf } from '../formats/parquet/codec.ts'
import type { ParquetNode } from '../formats/parquet/schema.ts'
import type { RecordBody } from '../pipeline/object-buffer.ts'
import type { FailedRecord, StreamRecord } from '../pipeline/record.ts'
import type { Conversion } from '../pipeline/stream-options.ts'
import { ColumnBody, ScannedRow } from './column-body.ts'
import type { GlueTable } from './glue-table.ts'
import { isPlain } from './hive-type.ts'
import { type ConvertedRow, JsonConverter } from './json-converter.ts'
import { parquetNodeOf } from './parquet-elements.ts'
import { RecordScan, type ScannedRows } from './record-scan.ts'

export interface ParquetConversionOptions {
  /** How records are scanned; only the speed depends on it. Default `auto`. */
  readonly scanner?: ScannerKind
  /**
   * Columns whose chunks get a Bloom filter, by which readers leave out row groups that do not have a value; no booleans, and none
   * that nest. Default: none.
   */
  readonly bloomFilterColumns?: readonly string[]
  /**
   * In place of what ParquetSerDe says, which has no such value: smaller than SNAPPY and faster than GZIP, read by Athena 3, Spark 3 and
   * DuckDB. Node has it from 22.15 on.
   */
  readonly compression?: 'ZSTD'
  /** Share of absent values that a filter takes for present, from above 0 to below 1. Default 0.05, as ORC's in Firehose. */
  readonly bloomFilterFalsePositives?: number
}

const FALSE_POSITIVES_DEFAULT = 0.05

export class ParquetConversion implements Conversion {
  readonly #parquet: Omit<ConversionPlan['parquet'], 'compression'> & { readonly compression: ParquetCompression }
  readonly #converter: JsonConverter
  readonly #columns: readonly ParquetNode[]
  readonly #scan: RecordScan | null
  /** bodies with scanned rows that they have not taken over */
  readonly #waiting = new Set<ColumnBody>()
  /** those of the last scan */
  #rows: ScannedRows | null = null

  readonly #bloom: BloomOptions

  /** @throws MillraceError `config` for a timestamp format that cannot be read, a Bloom filter that cannot be made, or no ZSTD here */
  constructor(table: GlueTable, plan: ConversionPlan, options: ParquetConversionOptions = {}) {
    const { scanner = 'auto', bloomFilterColumns = [] } = options
    this.#bloom = {
      columns: bloomFilterColumns.map(name => name.toLowerCase()),
      falsePositives: options.bloomFilterFalsePositives ?? FALSE_POSITIVES_DEFAULT,
    }
    checkBloom(table, this.#bloom)
    if (options.compression !== undefined) zstandard('Parquet compression')
    this.#parquet = { ...plan.parquet, ...(options.compression !== undefined && { compression: options.compression }) }
    this.#converter = new JsonConverter(table.columns, plan.deserializer)
    this.#columns = table.columns.map(parquetNodeOf)
    this.#scan = RecordScan.of(table.columns, this.#converter, scanner)
  }

  /** Records that were scanned, and those that were converted one by one; null where none is scanned. */
  get scanCounts(): { readonly kept: number; readonly slow: number } | null {
    return this.#scan?.counts ?? null
  }

  prepare(records: readonly StreamRecord[]): void {
    if (this.#scan === null) return
    for (const body of this.#waiting) body.settle()
    const { scanned, rowOf } = this.#scan.scan(records)
    this.#rows = scanned
    if (scanned === null) return
    for (let i = 0; i < records.length; i++) {
      const row = rowOf[i]!
      if (row >= 0) records[i]!.row = new ScannedRow(scanned, row)
    }
  }

  convert(record: StreamRecord, now: number): StreamRecord | FailedRecord {
    // Another stream with this conversion may have scanned since.
    if (record.row instanceof ScannedRow && record.row.rows === this.#rows) return record
    const converted = this.#converter.convert(record, now)
    if ('failed' in converted) return converted.failed
    record.row = converted.rows
    return record
  }

  #again(record: StreamRecord): readonly ConvertedRow[] | null {
    if (record.row instanceof ScannedRow && record.row.rows === this.#rows) return null
    const converted = this.#converter.convert(record, record.arrivedAt)
    assert(!('failed' in converted), 'a record that was scanned can be converted')
    return converted.rows
  }

  async newBody(): Promise<RecordBody> {
    const compress = await pageCompressorOf(this.#parquet.compression)
    const options = { ...this.#parquet, columns: this.#columns, rowtime: false, compress, bloom: this.#bloom }
    return new ColumnBody(options, this.#waiting, record => this.#again(record))
  }
}

function checkBloom(table: GlueTable, { columns, falsePositives }: BloomOptions): void {
  const problems = columns.flatMap(name => {
    const type = table.columns.find(column => column.name === name)?.type
    if (type === undefined) return [`column "${name}" is not in the table`]
    if (!isPlain(type)) return [`column "${name}" nests`]
    return type.kind === 'boolean' ? [`column "${name}" is a boolean, of which there are but two`] : []
  })
  if (!(falsePositives > 0 && falsePositives < 1))
    problems.push(`bloomFilterFalsePositives is ${falsePositives}; give a share from above 0 to below 1`)
  if (problems.length > 0)
    throw new MillraceError(
      'config',
      `table "${table.name}": Bloom filters cannot be made:${problems.map(text => `\n  ${text}`).join('')}`,
    )
}
