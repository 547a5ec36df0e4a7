/**
 * Records of a table, scanned into columns (docs/decisions/0005): a record that is exactly as known records are never becomes an
 * object. What the options of a deserializer say of names is settled when a layout is learnt, what they say of values where a value is
 * not plain JSON of its column: such records are left to the converter that takes one at a time, and so is everything that is not
 * proven. Both give the same rows. Where columns nest, lists and objects are cut out of the records first (container-cuts.ts).
 */
import { BatchWriter } from '../../core/codecs/batch-writer.ts'
import { type ScannerKind, ScanPath } from '../../core/codecs/json/scan/scan-path.ts'
import { KEPT, type Scanner, VALUE } from '../../core/codecs/json/scan/scanner.ts'
import type { ScannedTexts } from '../../core/codecs/scanned.ts'
import {
  assert,
  type ErrorOutput,
  LENGTH_MAX,
  type RecordBatch,
  ROWS_PER_BATCH_MAX,
  type RowBatch,
  type Schema,
  type SqlType,
} from '../../core/index.ts'
import { ContainerCuts } from './container-cuts.ts'
import { DerivedColumn } from './derived-column.ts'
import { parseExactJson } from './exact-json.ts'
import { type HiveColumn, isPlain, type PlainType } from './hive-type.ts'
import type { JsonConverter } from './json-converter.ts'
import { NestedValues } from './nested-values.ts'

const QUOTE = 34
/** A text of digits that is the text of its number. */
const PLAIN_DIGITS_MAX = 15

/** The rows of scanned records; good until the next scan. */
export interface ScannedRows {
  readonly rows: RowBatch
  /** by column the values of those that nest, by row; null where none does */
  readonly nested: readonly (readonly unknown[] | null)[] | null
}

export interface Scanned {
  /** null when no record was kept */
  readonly scanned: ScannedRows | null
  /** by record its row, or -1 where it must be converted by itself */
  readonly rowOf: Int32Array
}

const SILENT: ErrorOutput = { add: () => {} }
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class RecordScan {
  readonly #path: ScanPath
  readonly #writer: BatchWriter
  readonly #schema: Schema
  /** by column, where its values are no cells */
  readonly #derived: readonly (DerivedColumn | null)[]
  /** by column, where its values nest */
  readonly #nested: readonly (NestedValues | null)[]
  /** null where no column nests */
  readonly #cuts: ContainerCuts | null
  /** columns whose cells are texts, which may have been numbers */
  readonly #texts: readonly number[]
  readonly #rowOf = new Int32Array(ROWS_PER_BATCH_MAX)
  readonly #offsets = new Int32Array(ROWS_PER_BATCH_MAX)
  readonly #sizes = new Int32Array(ROWS_PER_BATCH_MAX)
  readonly #zeros = new Float64Array(ROWS_PER_BATCH_MAX)
  #bytes = new Uint8Array(65_536)

  private constructor(
    schema: Schema,
    derived: readonly (DerivedColumn | null)[],
    nested: readonly (NestedValues | null)[],
    writer: BatchWriter,
    pathOf: (check: (scanner: Scanner, batch: RecordBatch, first: number, count: number) => void) => ScanPath | null,
  ) {
    this.#schema = schema
    this.#derived = derived
    this.#nested = nested
    this.#cuts = nested.every(column => column === null) ? null : new ContainerCuts()
    this.#writer = writer
    const path = pathOf((...scanned) => this.#check(...scanned))
    assert(path !== null, 'every type of a table can be scanned')
    this.#path = path
    this.#texts = [...schema.columns.keys()].filter(
      i => schema.columns[i]?.type.kind === 'VARCHAR' && derived[i] === null && nested[i] === null,
    )
  }

  /** Null where nothing is to be scanned. */
  static of(
    columns: readonly HiveColumn[],
    converter: JsonConverter,
    scanner: ScannerKind = 'auto',
  ): RecordScan | null {
    if (scanner === 'none') return null
    const { rules } = converter
    const types = columns.map(({ type }) => (isPlain(type) ? sqlTypeOf(type) : 'nested'))
    const derived = columns.map((column, i) => (types[i] === 'derived' ? new DerivedColumn(column, rules) : null))
    const nested = columns.map((column, i) => (types[i] === 'nested' ? new NestedValues(column, converter) : null))
    const schema: Schema = {
      columns: columns.map(({ name }, i) => {
        const type = types[i]
        return { name, type: typeof type === 'object' ? type : TEXT, nullable: true }
      }),
    }
    const needed = types.map(type => typeof type === 'object')
    // The rows go into the buffers of a row group before the next scan.
    const writer = new BatchWriter(schema, needed, true)
    const plan = {
      rootNames: [],
      rootElements: false,
      listNames: null,
      columns: columns.map(({ name }) => ({ fromElement: false, names: [name], wholeArray: false })),
    }
    const shown = needed.map(need => !need)
    const nameOf = (member: string): string => converter.columnOf(member)
    return new RecordScan(schema, derived, nested, writer, check =>
      ScanPath.create({ schema, plan, needed, judged: [], scanner, shown, nameOf, check }, writer),
    )
  }

  /** Records that were scanned, and those that were left. */
  get counts(): { readonly kept: number; readonly slow: number } {
    return this.#path.counts
  }

  /** @param records at most ROWS_PER_BATCH_MAX */
  scan(records: readonly { readonly data: Uint8Array }[]): Scanned {
    const batch = this.#batchOf(records)
    const rowOf = this.#rowOf
    rowOf.fill(-1, 0, records.length)
    for (const column of this.#derived) column?.begin()
    this.#writer.begin(batch, SILENT)
    this.#path.decode(batch, {
      decodeRecord: () => {},
      textOf: record => {
        const start = batch.offsets[record]!
        try {
          return utf8.decode(batch.bytes.subarray(start, start + batch.sizes[record]!))
        } catch {
          return null
        }
      },
    })
    const [rows, more] = this.#writer.finish()
    assert(more === undefined, 'so many records make one batch of rows')
    if (rows === undefined) return { scanned: null, rowOf }
    const kept = rows.origin?.records ?? new Int32Array(0)
    for (let row = 0; row < rows.length; row++) rowOf[kept[row]!] = row
    const columns = rows.columns.map((column, i) => this.#derived[i]?.rows(kept, rows.length) ?? column)
    const nested = this.#cuts === null ? null : this.#nested.map(column => column?.rows(kept, rows.length) ?? null)
    return { scanned: { rows: { ...rows, schema: this.#schema, columns }, nested }, rowOf }
  }

  /** Sends those records the slow way that the scanner keeps and the rules do not, or not so. */
  #check(scanner: Scanner, batch: RecordBatch, first: number, count: number): void {
    const { status, columns } = scanner
    const { bytes, offsets } = batch
    for (const column of this.#texts) {
      const texts = columns[column]?.texts
      if (texts === null || texts === undefined) continue
      for (let i = 0; i < count; i++) {
        if (status[i] !== KEPT || texts.entries[i] === 0) continue
        const at = offsets[first + i]! + texts.offsets[i]!
        if (bytes[at - 1] !== QUOTE && !isPlainNumber(bytes, at, texts, i)) status[i] = VALUE
      }
    }
    for (const [column, derived] of this.#derived.entries()) {
      const texts = columns[column]?.texts
      if (derived === null || texts === null || texts === undefined) continue
      for (let i = 0; i < count; i++)
        if (status[i] === KEPT && !derived.take(first + i, texts, i, bytes, offsets[first + i]!)) status[i] = VALUE
    }
    if (this.#cuts !== null) this.#checkCuts(scanner, this.#cuts, first, count)
  }

  /** Takes lists and objects into their columns, and looks at those that belong to none. */
  #checkCuts({ status, columns }: Scanner, cuts: ContainerCuts, first: number, count: number): void {
    for (const [column, nested] of this.#nested.entries()) {
      const texts = columns[column]?.texts
      if (nested === null || texts === null || texts === undefined) continue
      for (let i = 0; i < count; i++)
        if (status[i] === KEPT && !nested.take(first + i, texts, i, cuts)) status[i] = VALUE
    }
    for (let i = 0; i < count; i++) {
      if (status[i] !== KEPT) continue
      const left = cuts.left(first + i)
      if (left.length > 0 && !(left.every(isJson) && this.#readsNoCut(columns, cuts, first + i, i))) status[i] = VALUE
    }
  }

  /** Whether no column of plain values has the empty string that a list or an object left. */
  #readsNoCut(columns: Scanner['columns'], cuts: ContainerCuts, record: number, cell: number): boolean {
    for (const [column, scanned] of columns.entries()) {
      const texts = scanned?.texts
      if (texts === null || texts === undefined || this.#nested[column] !== null || texts.entries[cell] === 0) continue
      if (cuts.has(record, texts.offsets[cell]!)) return false
    }
    return true
  }

  #batchOf(records: readonly { readonly data: Uint8Array }[]): RecordBatch {
    const cuts = this.#cuts
    let room = 0
    for (let i = 0; i < records.length; i++) room += records[i]!.data.length
    if (room > this.#bytes.length) this.#bytes = new Uint8Array(room * 2)
    const bytes = this.#bytes
    cuts?.clear()
    let end = 0
    for (let i = 0; i < records.length; i++) {
      const { data } = records[i]!
      const start = end
      if (cuts === null) {
        bytes.set(data, start)
        end += data.length
      } else end = cuts.copy(data, bytes, start)
      this.#offsets[i] = start
      this.#sizes[i] = end - start
    }
    return {
      length: records.length,
      bytes,
      offsets: this.#offsets,
      sizes: this.#sizes,
      arrivedAt: this.#zeros,
      rowtimes: this.#zeros,
      sequenceNumber: () => '',
      subsequenceNumber: () => 0,
      partitionKey: () => '',
      shardId: () => '',
    }
  }
}

const TEXT: SqlType = { kind: 'VARCHAR', length: LENGTH_MAX }

/** The type whose cells are the values of a plain type, `derived` where they are made from texts. */
function sqlTypeOf(type: PlainType): SqlType | 'derived' {
  switch (type.kind) {
    case 'boolean':
      return { kind: 'BOOLEAN' }
    case 'tinyint':
      return { kind: 'TINYINT' }
    case 'smallint':
      return { kind: 'SMALLINT' }
    case 'int':
      return { kind: 'INTEGER' }
    case 'bigint':
      return { kind: 'BIGINT' }
    case 'float':
      return { kind: 'REAL' }
    case 'double':
      return { kind: 'DOUBLE' }
    case 'string':
      return TEXT
    case 'varchar':
    case 'char':
      // What has more bytes than characters are allowed may have to be cut, and is left to the converter.
      return { kind: 'VARCHAR', length: Math.max(1, Math.min(type.length, LENGTH_MAX)) }
    case 'decimal':
      return type.precision <= 18 ? { kind: 'DECIMAL', precision: type.precision, scale: type.scale } : 'derived'
    case 'binary':
    case 'date':
    case 'timestamp':
      return 'derived'
  }
}

/** Whether a number is written as its text would be: digits alone, but for a minus before them. */
function isPlainNumber(bytes: Uint8Array, at: number, texts: ScannedTexts, cell: number): boolean {
  const size = texts.sizes[cell]!
  const negative = bytes[at] === 45 ? 1 : 0
  if (size - negative > PLAIN_DIGITS_MAX || (negative === 1 && bytes[at + 1] === 48)) return false
  for (let i = at + negative; i < at + size; i++) if (bytes[i]! < 48 || bytes[i]! > 57) return false
  return true
}

function isJson(text: string): boolean {
  try {
    parseExactJson(text)
    return true
  } catch {
    return false
  }
}
