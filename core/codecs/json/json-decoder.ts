/**
 * JSON records to columns. Each document goes through JSON.parse, and its values straight into typed arrays. Where the source
 * text decides (a number in a VARCHAR, digits beyond a double, an array as a cell) or nesting may be too deep, the exact
 * reader reads the document again and the same writers take its values. Before all that stands a scanner that knows the
 * layouts of the records and writes the cells of those that it can prove (scan/); what is said here holds for it, too.
 */
import type { Decoder } from '../../codec.ts'
import type { ErrorOutput } from '../../error-output.ts'
import type { RecordBatch } from '../../record.ts'
import type { RowBatch } from '../../rows.ts'
import type { Schema } from '../../schema.ts'
import { BatchWriter, excerpt } from '../batch-writer.ts'
import { ExactNumber } from '../cell.ts'
import { RecordTexts } from '../record-texts.ts'
import { documentEnd, nestsTooDeep, nextDocument, skipBlanks } from './documents.ts'
import { ExactArray, ExactObject, ExactReader, JsonProblem } from './exact-reader.ts'
import { type ColumnPath, DEPTH_MAX, type RowPlan } from './path.ts'
import { type LayoutSource, type ScanCounts, type ScannerKind, ScanPath } from './scan/scan-path.ts'

/** Broken documents of one record that are reported one by one; after them the rest of the record is given up. */
export const PROBLEMS_PER_RECORD_MAX = 16
/** Cells that one document may flatten into: rows times columns. Bounds the memory that a small record can ask for. */
export const FLATTENED_CELLS_MAX = 4_194_304
/** Documents in a row that needed the exact reader, after which it is asked first for a while. */
const EXACT_RUN = 8
const EXACT_FIRST_DOCUMENTS = 1_024

export interface JsonDecoderOptions {
  readonly schema: Schema
  readonly plan: RowPlan
  /** by column: false leaves the column NULL, neither read nor judged */
  readonly needed: readonly boolean[]
  /** by column, if not needed: true leaves the column NULL, but judges its values. Default: none */
  readonly judged?: readonly boolean[]
  /** Default `auto`. */
  readonly scanner?: ScannerKind
  /** see DecoderOptions.rowsLent */
  readonly rowsLent?: boolean
  /** by column, see DecoderOptions.passedColumns. Default: none */
  readonly passed?: readonly boolean[]
}

export class JsonDecoder implements Decoder, LayoutSource {
  readonly schema: Schema
  readonly #plan: RowPlan
  readonly #needed: readonly boolean[]
  readonly #judged: readonly boolean[]
  /** by column: the name of a member of the row's root, null where the way is longer or the name needs care */
  readonly #members: readonly (string | null)[]
  readonly #writer: BatchWriter
  readonly #scan: ScanPath | null
  #batch: RecordBatch | null = null
  /** texts of the batch; null until one is asked for */
  #texts: RecordTexts | null = null
  /** several documents were found in the last record, so JSON.parse of the whole would most likely fail */
  #several = false
  #exactRun = 0
  #exactFirst = 0

  constructor(options: JsonDecoderOptions) {
    this.schema = options.schema
    this.#plan = options.plan
    this.#needed = options.needed
    this.#judged = options.judged ?? []
    this.#members = options.plan.columns.map(({ fromElement, names, wholeArray }) => {
      const [name] = names
      // Every object has a `constructor`, so such names take the way that looks at own members only.
      return fromElement || wholeArray || names.length !== 1 || name === undefined || name in Object.prototype
        ? null
        : name
    })
    this.#writer = new BatchWriter(
      options.schema,
      options.needed.map((needed, i) => needed || this.#judged[i] === true),
      options.rowsLent,
      options.passed,
    )
    this.#scan = ScanPath.create({ ...options, judged: this.#judged, scanner: options.scanner ?? 'auto' }, this.#writer)
  }

  /** The scanner at work; `none` also where the host, the row plan or a type leaves everything to JSON.parse. */
  get scannerKind(): Exclude<ScannerKind, 'auto'> {
    return this.#scan?.kind ?? 'none'
  }

  /** Null where nothing is scanned. */
  get scanCounts(): Readonly<ScanCounts> | null {
    return this.#scan?.counts ?? null
  }

  decode(batch: RecordBatch, errors: ErrorOutput): readonly RowBatch[] {
    this.#writer.begin(batch, errors)
    this.#batch = batch
    if (this.#scan === null) for (let record = 0; record < batch.length; record++) this.decodeRecord(record)
    else this.#scan.decode(batch, this)
    this.#batch = null
    this.#texts = null
    return this.#writer.finish()
  }

  /** The text of a record of the batch that is being decoded, or null when it is not valid UTF-8. */
  textOf(record: number): string | null {
    const batch = this.#batch
    if (batch === null) return null
    this.#texts ??= new RecordTexts(batch.bytes)
    const start = batch.offsets[record] ?? 0
    return this.#texts.at(start, start + (batch.sizes[record] ?? 0))
  }

  /** Writes the rows of a record of the batch that is being decoded, or its errors. */
  decodeRecord(record: number): void {
    // No such record fits a layout, since layouts begin like JSON.
    const refusal = this.#batch?.refusal?.(record) ?? null
    const text = refusal === null ? this.textOf(record) : null
    if (refusal !== null) this.#writer.refuse(record, 'PARSE_ERROR', refusal)
    else if (text === null)
      this.#writer.refuse(record, 'PARSE_ERROR', 'the record is not valid UTF-8; send JSON as UTF-8')
    else this.#record(text, record)
  }

  #record(text: string, record: number): void {
    if (!this.#several && this.#document(text, 0, text.length, record)) return
    this.#documents(text, record)
  }

  /** Writes the rows of a text that is one document; false when it is none. */
  #document(text: string, start: number, end: number, record: number): boolean {
    if (this.#exactFirst > 0) {
      this.#exactFirst--
      const reader = new ExactReader(text, start, end)
      const exact = reader.read()
      if (exact instanceof JsonProblem || skipBlanks(text, reader.end) < end) return false
      this.#rows(exact, null, record)
      return true
    }
    const source = start === 0 && end === text.length ? text : text.slice(start, end)
    if (nestsTooDeep(source)) return false
    let value: unknown
    try {
      value = JSON.parse(source)
    } catch {
      return false
    }
    this.#rows(value, source, record)
    return true
  }

  /** The general way: one document after the other, going on after a broken one. */
  #documents(text: string, record: number): void {
    let problems = 0
    let documents = 0
    let at = skipBlanks(text, 0)
    if (at === text.length) this.#writer.refuse(record, 'PARSE_ERROR', 'the record is empty; it holds no JSON document')
    if (text.charCodeAt(0) === 0xfeff) {
      this.#writer.refuse(record, 'PARSE_ERROR', 'the record starts with a byte order mark; send JSON without one')
      return
    }
    while (at < text.length) {
      const end = documentEnd(text, at)
      if (end > 0 && this.#document(text, at, end, record)) {
        documents++
        at = skipBlanks(text, end)
        continue
      }
      const problem = problemAt(text, at, end < 0 ? text.length : end)
      const next = nextDocument(text, at)
      const rest = ++problems === PROBLEMS_PER_RECORD_MAX && next < text.length
      this.#writer.refuse(
        record,
        'PARSE_ERROR',
        `the record is no JSON at character ${problem.at + 1}: ${problem.reason}${rest ? '; the rest of the record is not read' : ''}`,
      )
      if (rest) break
      at = skipBlanks(text, next)
    }
    this.#several = documents > 1
  }

  /** @param source the text of the document, null when `document` comes from the exact reader */
  #rows(document: unknown, source: string | null, record: number): void {
    const plan = this.#plan
    const rows = rowsOf(plan, document)
    if (typeof rows === 'string') {
      this.#writer.refuse(record, 'PARSE_ERROR', rows)
      return
    }
    if (rows.length * this.schema.columns.length > FLATTENED_CELLS_MAX) {
      this.#writer.refuse(
        record,
        'PARSE_ERROR',
        `the document has ${rows.length} rows of ${this.schema.columns.length} columns; at most ${FLATTENED_CELLS_MAX} cells come from one document, so split it`,
      )
      return
    }
    let exact: DocumentRows | null = source === null ? rows : null
    for (let i = 0; i < rows.length; i++) {
      if (exact === null && this.#row(rows, i, record)) continue
      if (exact === null) {
        if (source === null) return
        const again = rowsOf(plan, new ExactReader(source).read())
        if (typeof again === 'string') {
          this.#writer.refuse(record, 'PARSE_ERROR', again)
          return
        }
        exact = again
        if (++this.#exactRun >= EXACT_RUN) {
          this.#exactRun = 0
          this.#exactFirst = EXACT_FIRST_DOCUMENTS
        }
      }
      this.#row(exact, i, record)
    }
    if (exact === null) this.#exactRun = 0
  }

  /** Writes one row, or its error; false when it must come again from the exact reader. */
  #row(rows: DocumentRows, index: number, record: number): boolean {
    const writer = this.#writer
    const writers = writer.writers
    const columns = this.#plan.columns
    const { row } = writer
    const base = rows.bases === null ? rows.base : rows.bases[index]
    // A plain object as JSON.parse makes it, never an array: `rowsOf` has looked.
    const plain = isObject(base) && !(base instanceof ExactObject) ? (base as Readonly<Record<string, unknown>>) : null
    const element = rows.elements === null ? undefined : rows.elements[index]
    for (let i = 0; i < columns.length; i++) {
      const path = columns[i]
      const columnWriter = writers[i]
      if (path === undefined || columnWriter === undefined) continue
      const name = plain === null ? null : this.#members[i]
      let value: unknown = null
      const judged = this.#judged[i] === true
      if (judged || this.#needed[i] === true)
        value = typeof name === 'string' ? plain?.[name] : valueOf(path.fromElement ? element : base, path)
      const written = columnWriter.write(row, value)
      if (written === 'written') {
        if (judged) columnWriter.write(row, null)
        continue
      }
      if (written === 'needs source') return false
      writer.refuseValue(record, this.schema.columns[i], value)
      return true
    }
    writer.keep(record)
    return true
  }
}

/** The rows of a document: `length` of them, each a base (the same for all, or one each) and perhaps an element of the list. */
interface DocumentRows {
  readonly length: number
  readonly base: unknown
  readonly bases: readonly unknown[] | null
  readonly elements: readonly unknown[] | null
}

/** The rows of a document, or the sentence that refuses it. */
function rowsOf(plan: RowPlan, document: unknown): DocumentRows | string {
  let root = document
  for (const name of plan.rootNames) root = member(root, name)
  if (plan.rootElements) {
    const items = itemsOf(root)
    if (items === null) return `RecordRowPath selects no array in the document, but ${kindOf(root)}`
    const wrong = items.findIndex(item => !isObject(item))
    if (wrong >= 0)
      return `element ${wrong} of the rows that RecordRowPath selects is ${kindOf(items[wrong])}, not an object`
    return { length: items.length, base: undefined, bases: items, elements: null }
  }
  if (!isObject(root) && plan.columns.some(path => path.names.length > 0))
    return plan.rootNames.length === 0
      ? `the document is ${kindOf(root)}, not an object`
      : `RecordRowPath selects no object in the document, but ${kindOf(root)}`
  if (plan.listNames === null) return { length: 1, base: root, bases: null, elements: null }
  let list = root
  for (const name of plan.listNames) list = member(list, name)
  const items = itemsOf(list)
  // An empty list still gives one row, with NULL in the columns of the list.
  if (items === null || items.length === 0) return { length: 1, base: root, bases: null, elements: null }
  return { length: items.length, base: root, bases: null, elements: items }
}

function valueOf(from: unknown, path: ColumnPath): unknown {
  let value = from
  const { names } = path
  for (let i = 0; i < names.length; i++) value = member(value, names[i] ?? '')
  return path.wholeArray && itemsOf(value) === null ? undefined : value
}

/** A member of an object by its own name; undefined where there is none, or no object. */
function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if (value instanceof ExactObject) return value.members.get(name)
  if (Array.isArray(value) || value instanceof ExactArray) return undefined
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}

function itemsOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value
  return value instanceof ExactArray ? value.items : null
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && itemsOf(value) === null && !(value instanceof ExactNumber)
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (itemsOf(value) !== null) return 'an array'
  return isObject(value) ? 'an object' : excerpt(value)
}

/** Why no document can be read at `at`. */
function problemAt(text: string, at: number, end: number): JsonProblem {
  const reader = new ExactReader(text, at, end)
  const result = reader.read()
  if (result instanceof JsonProblem) return result
  if (reader.end < end) return new JsonProblem(reader.end, 'text that belongs to no document')
  return new JsonProblem(at, `more than ${DEPTH_MAX} levels of nesting`)
}
