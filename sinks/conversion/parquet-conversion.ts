/**
 * Record format conversion to Parquet for a delivery stream: JSON records become rows of a Glue table.
 *
 *   flat table     records -> scanned columns, or one row each where a record is not as others are -> columns of a row group
 *   nested table   records -> one row object each -> hyparquet-writer
 */
import type { ScannerKind } from '../../core/codecs/json/scan/scan-path.ts'
import { MillraceError, type RowBatch } from '../../core/index.ts'
import type { ConversionPlan } from '../definition/conversion.ts'
import type { BloomOptions } from '../formats/parquet/bloom.ts'
import { pageCompressorOf } from '../formats/parquet/codec.ts'
import type { ParquetColumn } from '../formats/parquet/schema.ts'
import type { RecordBody } from '../pipeline/object-buffer.ts'
import type { FailedRecord, StreamRecord } from '../pipeline/record.ts'
import type { Conversion } from '../pipeline/stream-options.ts'
import { ColumnBody, ScannedRow } from './column-body.ts'
import { FlatScan } from './flat-scan.ts'
import type { GlueTable } from './glue-table.ts'
import { JsonConverter } from './json-converter.ts'
import { parquetColumnOf } from './parquet-elements.ts'
import { RowObjectBody } from './row-object-body.ts'

export interface ParquetConversionOptions {
  /** How records are scanned; only the speed depends on it. Default `auto`. */
  readonly scanner?: ScannerKind
  /**
   * Columns whose chunks get a Bloom filter, by which readers leave out row groups that do not have a value; no booleans, and none
   * in a table with nested columns. Default: none.
   */
  readonly bloomFilterColumns?: readonly string[]
  /** Share of absent values that a filter takes for present, from above 0 to below 1. Default 0.05, as ORC's in Firehose. */
  readonly bloomFilterFalsePositives?: number
}

const FALSE_POSITIVES_DEFAULT = 0.05

export class ParquetConversion implements Conversion {
  readonly #table: GlueTable
  readonly #plan: ConversionPlan
  readonly #converter: JsonConverter
  /** null for a table with nested columns */
  readonly #columns: readonly ParquetColumn[] | null
  readonly #scan: FlatScan | null
  /** bodies with scanned rows that they have not taken over */
  readonly #waiting = new Set<ColumnBody>()
  /** those of the last scan */
  #rows: RowBatch | null = null

  readonly #bloom: BloomOptions

  /** @throws MillraceError `config` for a timestamp format that cannot be read, or a Bloom filter that cannot be made */
  constructor(table: GlueTable, plan: ConversionPlan, options: ParquetConversionOptions = {}) {
    const { scanner = 'auto', bloomFilterColumns = [] } = options
    this.#bloom = {
      columns: bloomFilterColumns.map(name => name.toLowerCase()),
      falsePositives: options.bloomFilterFalsePositives ?? FALSE_POSITIVES_DEFAULT,
    }
    checkBloom(table, this.#bloom)
    this.#table = table
    this.#plan = plan
    this.#converter = new JsonConverter(table.columns, plan.deserializer)
    const columns = table.columns.map(parquetColumnOf)
    this.#columns = columns.includes(null) ? null : columns.filter(column => column !== null)
    const { rules } = this.#converter
    this.#scan =
      this.#columns === null ? null : FlatScan.of(table.columns, rules, name => this.#converter.columnOf(name), scanner)
  }

  /** Records that were scanned, and those that were converted one by one; null where none can be scanned. */
  get scanCounts(): { readonly kept: number; readonly slow: number } | null {
    return this.#scan?.counts ?? null
  }

  prepare(records: readonly StreamRecord[]): void {
    if (this.#scan === null) return
    for (const body of this.#waiting) body.settle()
    const { rows, rowOf } = this.#scan.scan(records)
    this.#rows = rows
    if (rows === null) return
    for (let i = 0; i < records.length; i++) {
      const row = rowOf[i]!
      if (row >= 0) records[i]!.row = new ScannedRow(rows, row)
    }
  }

  convert(record: StreamRecord, now: number): StreamRecord | FailedRecord {
    // Another stream with this conversion may have scanned since.
    if (record.row instanceof ScannedRow && record.row.rows === this.#rows) return record
    const converted = this.#converter.convert(record, now)
    if ('failed' in converted) return converted.failed
    record.row = converted.row
    return record
  }

  async newBody(): Promise<RecordBody> {
    const { compression, pageBytes, dictionary } = this.#plan.parquet
    const compress = await pageCompressorOf(compression)
    if (this.#columns !== null)
      return new ColumnBody(
        { columns: this.#columns, rowtime: false, compression, compress, pageBytes, dictionary, bloom: this.#bloom },
        this.#waiting,
      )
    return new RowObjectBody(this.#table, {
      codec: compression,
      pageBytes,
      compressors: compress === null ? {} : { [compression]: compress },
    })
  }
}

function checkBloom(table: GlueTable, { columns, falsePositives }: BloomOptions): void {
  const flat = table.columns.every(column => parquetColumnOf(column) !== null)
  const problems = columns.flatMap(name => {
    const kind = table.columns.find(column => column.name === name)?.type.kind
    if (kind === undefined) return [`column "${name}" is not in the table`]
    if (!flat) return [`column "${name}": the table has nested columns`]
    return kind === 'boolean' ? [`column "${name}" is a boolean, of which there are but two`] : []
  })
  if (!(falsePositives > 0 && falsePositives < 1))
    problems.push(`bloomFilterFalsePositives is ${falsePositives}; give a share from above 0 to below 1`)
  if (problems.length > 0)
    throw new MillraceError(
      'config',
      `table "${table.name}": Bloom filters cannot be made:${problems.map(text => `\n  ${text}`).join('')}`,
    )
}
