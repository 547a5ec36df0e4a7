/** The scanner in WebAssembly (tools/wasm/assembly holds its source): lays out its memory and speaks with it. */
import type { RecordBatch } from '../../../record.ts'
import { SCANNED_RECORDS_MAX, type ScannedColumn, type ScannedRecords, type TextTable } from '../../scanned.ts'
import { HASH_SEED } from './hash-seed.ts'
import { LAYOUT_FIELDS_MAX, LAYOUT_LITERAL_BYTES_MAX, type Layout, type LayoutField } from './layout.ts'
import { loadRecords } from './loader.ts'
import { OPERATIONS, type ScanColumn } from './scan-column.ts'
import { LAYOUTS_MAX, OVERRUN_BYTES, SCANNED_BYTES_MAX, type ScanColumns, type Scanner } from './scanner.ts'
import { SCANNER_WASM_BASE64 } from './wasm-module.ts'

/** Texts that have entries at once, the unused entry 0 included, and bytes of their copies. Past either, all are forgotten. */
const ENTRIES_MAX = 131_072
const SLOTS = ENTRIES_MAX * 2
const COPIES_BYTES_MAX = 4_194_304
const PAGE_BYTES = 65_536
/** What the compiled module keeps for itself. */
const MODULE_BYTES = 8_192

/** Structures of the compiled scanner (scan.ts there); sizes in bytes. */
const ENTRY_BYTES = 32
const FIELD_BYTES = 64
const LAYOUT_BYTES = 32
const COLUMN_BYTES = 96
const RECENT_BYTES = 8_192

interface ScannerExports {
  scan(
    starts: number,
    ends: number,
    from: number,
    to: number,
    layouts: number,
    layoutCount: number,
    hits: number,
    status: number,
    stop: number,
  ): number
  scanDelimited(
    starts: number,
    ends: number,
    from: number,
    to: number,
    fields: number,
    fieldCount: number,
    rowDelimiter: number,
    columnDelimiter: number,
    status: number,
  ): void
  setTable(
    slots: number,
    slotCount: number,
    entries: number,
    entryCount: number,
    copies: number,
    copiesSize: number,
    seedA: number,
    seedB: number,
    seedC: number,
  ): void
  setTexts(columns: number, count: number): void
  forget(): void
  entries(): number
  used(): number
}

/** The part of the WebAssembly API that is used here; the types of Node do not declare it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (options: { initial: number }) => { readonly buffer: ArrayBuffer }
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: object; readonly abort: () => void } },
  ) => { readonly exports: unknown }
}

/** What a value of a layout is taken for at first sight, by its number in blocks.ts there. */
const LIKELY_VALUES = { anything: 0, string: 1, number: 2, textCell: 3, numberCell: 4, datetimeCell: 5 } as const

function likelyValue(field: LayoutField, column: ScanColumn | null): keyof typeof LIKELY_VALUES {
  if (field.value === 'other') return 'anything'
  if (column === null) return field.value
  switch (column.operation) {
    case 'text':
      // Blanks to cut, and numbers as texts, are looked at one by one.
      return field.value === 'string' && !column.padded ? 'textCell' : 'anything'
    case 'timestamp':
    case 'date':
    case 'time':
      return field.value === 'string' ? 'datetimeCell' : 'anything'
    case 'boolean':
      return 'anything'
    default:
      return field.value === 'number' ? 'numberCell' : 'anything'
  }
}

let compiled: object | null | undefined

/** The compiled module, made once for all decoders; null where this host has no WebAssembly with SIMD. */
function moduleOf(api: WebAssemblyApi): object | null {
  if (compiled === undefined) {
    try {
      compiled = new api.Module(Buffer.from(SCANNER_WASM_BASE64, 'base64'))
    } catch {
      compiled = null
    }
  }
  return compiled
}

/** The scanner for these columns, or null where this host has no WebAssembly with SIMD. */
export function createWasmScanner(columns: ScanColumns): WasmScanner | null {
  const api = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyApi | undefined
  const module = api === undefined ? null : moduleOf(api)
  return api === undefined || module === null ? null : new WasmScanner(api, module, columns)
}

/** Hands out places in a memory that does not exist yet. */
class Places {
  end = MODULE_BYTES
  take(sizeBytes: number): number {
    const place = this.end
    this.end += Math.ceil(sizeBytes / 64) * 64
    return place
  }
}

interface ColumnPlaces {
  readonly spec: ScanColumn
  readonly column: number
  readonly values: number
  readonly nulls: number
  readonly offsets: number
  readonly sizes: number
  readonly recent: number
}

export class WasmScanner implements Scanner {
  readonly kind = 'wasm'
  readonly columns: readonly (ScannedColumn | null)[]
  readonly status: Uint8Array
  readonly hits: Uint32Array
  readonly #exports: ScannerExports
  readonly #bytes: Uint8Array
  readonly #words: DataView
  readonly #specs: ScanColumns
  readonly #columnPlaces: readonly (number | null)[]
  readonly #input: number
  readonly #layouts: number
  readonly #fields: readonly number[]
  readonly #literals: readonly number[]
  readonly #missing: readonly number[]
  readonly #delimitedFields: number
  readonly #places: { readonly starts: number; readonly ends: number; readonly hits: number; readonly status: number }
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array
  readonly #table: WasmTextTable
  readonly #records: ScannedRecords = { bytes: new Uint8Array(0), offsets: new Int32Array(0), first: 0 }

  constructor(api: WebAssemblyApi, module: object, columns: ScanColumns) {
    const places = new Places()
    const rows = SCANNED_RECORDS_MAX
    const starts = places.take(rows * 4)
    const ends = places.take(rows * 4)
    const status = places.take(rows)
    const hits = places.take(LAYOUTS_MAX * 4)
    const columnPlaces = columns.map((spec): ColumnPlaces | null => {
      if (spec === null) return null
      const text = spec.operation === 'text'
      return {
        spec,
        column: places.take(COLUMN_BYTES),
        values: places.take(rows * (text ? 4 : 8)),
        nulls: text ? 0 : places.take(rows),
        offsets: text ? places.take(rows * 4) : 0,
        sizes: text ? places.take(rows * 4) : 0,
        recent: text ? places.take(RECENT_BYTES) : 0,
      }
    })
    const scanned = columnPlaces.filter(place => place !== null).length
    this.#layouts = places.take(LAYOUTS_MAX * LAYOUT_BYTES)
    const each = (sizeBytes: number) => Array.from({ length: LAYOUTS_MAX }, () => places.take(sizeBytes))
    this.#fields = each(LAYOUT_FIELDS_MAX * FIELD_BYTES)
    this.#missing = each(scanned * 4)
    this.#literals = each(LAYOUT_LITERAL_BYTES_MAX + LAYOUT_FIELDS_MAX * 16 + OVERRUN_BYTES)
    this.#delimitedFields = places.take(columns.length * 4)
    const textColumns = columnPlaces.flatMap(place => (place?.spec.operation === 'text' ? [place.column] : []))
    const texts = places.take(textColumns.length * 4)
    const slots = places.take(SLOTS * 4)
    const entries = places.take(ENTRIES_MAX * ENTRY_BYTES)
    const copies = places.take(COPIES_BYTES_MAX + OVERRUN_BYTES)
    this.#input = places.take(SCANNED_BYTES_MAX + OVERRUN_BYTES)
    this.#places = { starts, ends, hits, status }

    // The memory never grows, so that views of it stay good. Pages that are not touched cost nothing.
    const memory = new api.Memory({ initial: Math.ceil(places.end / PAGE_BYTES) })
    const abort = () => undefined
    this.#exports = new api.Instance(module, { env: { memory, abort } }).exports as ScannerExports
    const { buffer } = memory
    this.#bytes = new Uint8Array(buffer)
    this.#words = new DataView(buffer)
    this.#starts = new Uint32Array(buffer, starts, rows)
    this.#ends = new Uint32Array(buffer, ends, rows)
    this.status = new Uint8Array(buffer, status, rows)
    this.hits = new Uint32Array(buffer, hits, LAYOUTS_MAX)
    this.#exports.setTable(slots, SLOTS, entries, ENTRIES_MAX, copies, COPIES_BYTES_MAX, ...HASH_SEED)
    this.#table = new WasmTextTable(this.#exports, this.#words, this.#bytes, entries)
    this.#specs = columns
    this.#columnPlaces = columnPlaces.map(place => place?.column ?? null)
    this.columns = columnPlaces.map(place => (place === null ? null : this.#column(place, buffer)))
    this.#exports.setTexts(texts, textColumns.length)
    textColumns.forEach((column, i) => {
      this.#words.setUint32(texts + i * 4, column, true)
    })
    columnPlaces.forEach((place, field) => {
      this.#words.setUint32(this.#delimitedFields + field * 4, place?.column ?? 0, true)
    })
  }

  #column(place: ColumnPlaces, buffer: ArrayBuffer): ScannedColumn {
    const { spec, column, values, nulls, offsets, sizes, recent } = place
    const rows = SCANNED_RECORDS_MAX
    const words = this.#words
    const text = spec.operation === 'text'
    for (const [at, value] of [
      [0, OPERATIONS[spec.operation]],
      [4, values],
      [8, nulls],
      [12, offsets],
      [16, sizes],
      [20, text ? spec.bytesMax : spec.scale],
      [28, spec.padded ? 1 : 0],
      [72, recent],
    ] as const)
      words.setUint32(column + at, value, true)
    words.setFloat64(column + 32, spec.min, true)
    if (spec.operation === 'decimal') words.setBigInt64(column + 40, spec.scaledMax, true)
    else words.setFloat64(column + 40, spec.max, true)
    // The day that was read last: none yet, which ten zero bytes would be.
    words.setUint32(column + 56, 0xffffffff, true)
    return {
      numbers: new Float64Array(buffer, text ? 0 : values, text ? 0 : rows),
      integers: new BigInt64Array(buffer, text ? 0 : values, text ? 0 : rows),
      nulls: new Uint8Array(buffer, nulls, text ? 0 : rows),
      texts: text
        ? {
            entries: new Int32Array(buffer, values, rows),
            offsets: new Int32Array(buffer, offsets, rows),
            sizes: new Int32Array(buffer, sizes, rows),
            table: this.#table,
            records: this.#records,
          }
        : null,
    }
  }

  setLayout(index: number, layout: Layout): void {
    const words = this.#words
    const at = this.#layouts + index * LAYOUT_BYTES
    const fields = this.#fields[index] ?? 0
    const missing = this.#missing[index] ?? 0
    let literal = this.#literals[index] ?? 0
    const keep = (bytes: Uint8Array): number => {
      const place = literal
      this.#bytes.set(bytes, place)
      literal += Math.ceil(bytes.length / 16) * 16
      return place
    }
    layout.fields.forEach((field, i) => {
      const place = fields + i * FIELD_BYTES
      const likely = likelyValue(field, this.#specs[field.column] ?? null)
      const quoted = likely === 'string' || likely === 'textCell' || likely === 'datetimeCell'
      const opening = quoted ? Buffer.concat([field.literal, Buffer.from('"')]) : field.literal
      const shown = Math.min(opening.length, 16)
      this.#bytes.fill(0, place, place + FIELD_BYTES)
      words.setUint32(place, keep(opening), true)
      words.setUint32(place + 4, field.literal.length, true)
      words.setUint32(place + 8, this.#columnPlaces[field.column] ?? 0, true)
      words.setUint32(place + 12, LIKELY_VALUES[likely], true)
      this.#bytes.set(opening.subarray(0, shown), place + 16)
      this.#bytes.fill(0xff, place + 32, place + 32 + shown)
      words.setUint32(place + 48, opening.length, true)
    })
    layout.missing.forEach((column, i) => {
      words.setUint32(missing + i * 4, this.#columnPlaces[column] ?? 0, true)
    })
    for (const [offset, value] of [
      [0, fields],
      [4, layout.fields.length],
      [8, missing],
      [12, layout.missing.length],
      [16, keep(layout.tail)],
      [20, layout.tail.length],
    ] as const)
      words.setUint32(at + offset, value, true)
  }

  setSpans(column: number, spans: boolean): void {
    const place = this.#columnPlaces[column]
    if (typeof place === 'number') this.#words.setUint32(place + 24, spans ? 1 : 0, true)
  }

  load(batch: RecordBatch, first: number, most: number): number {
    this.#table.forgetWhenFull()
    this.#records.bytes = batch.bytes
    this.#records.offsets = batch.offsets
    this.#records.first = first
    const count = loadRecords(batch, first, most, this.#bytes, this.#input, this.#starts, this.#ends)
    return count
  }

  scan(from: number, to: number, layouts: number, stop: boolean): number {
    const { starts, ends, hits, status } = this.#places
    return this.#exports.scan(starts, ends, from, to, this.#layouts, layouts, hits, status, stop ? 1 : 0)
  }

  /**
   * Scans all loaded records below `count` as a row of delimited text each, field by field into the columns.
   * @param rowDelimiter code of a character of ASCII, as is `columnDelimiter`; neither is a carriage return or a quote
   */
  scanDelimited(count: number, rowDelimiter: number, columnDelimiter: number): void {
    const { starts, ends, status } = this.#places
    const fields = this.columns.length
    this.#exports.scanDelimited(
      starts,
      ends,
      0,
      count,
      this.#delimitedFields,
      fields,
      rowDelimiter,
      columnDelimiter,
      status,
    )
  }
}

class WasmTextTable implements TextTable {
  generation = 1
  readonly #exports: ScannerExports
  readonly #words: DataView
  readonly #buffer: Buffer
  readonly #entries: number

  constructor(exports: ScannerExports, words: DataView, bytes: Uint8Array, entries: number) {
    this.#exports = exports
    this.#words = words
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#entries = entries
  }

  get size(): number {
    return this.#exports.entries()
  }

  textOf(entry: number): string {
    const place = this.#entries + entry * ENTRY_BYTES
    const start = this.#words.getUint32(place + 16, true)
    return this.#buffer.toString('utf8', start, start + this.#words.getUint32(place + 20, true))
  }

  /** A table that is nearly full has long chains and soon no room: it starts anew with the texts that still come. */
  forgetWhenFull(): void {
    if (this.#exports.entries() < ENTRIES_MAX * 0.75 && this.#exports.used() < COPIES_BYTES_MAX * 0.75) return
    this.#exports.forget()
    this.generation++
  }
}
