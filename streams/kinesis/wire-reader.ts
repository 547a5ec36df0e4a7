/** The fast reader of replies in WebAssembly (tools/wasm/assembly/wire.ts holds its source): one pass over a body. */
import { type RecordBatch } from '../../core/index.ts'
import { batchOfReply } from './reply.ts'
import { WIRE_WASM_BASE64 } from './wire-module.ts'

/** Structures of the compiled reader. */
const ROWS_MAX = 10_000
const COLUMN_BYTES = ROWS_MAX * 4
const REPLY_AT = 4_096
const COLUMNS_AT = 4_160
const BODY_AT = COLUMNS_AT + COLUMN_BYTES * 5 + ROWS_MAX * 8
/** Bytes that loads may run over the end; they are zero. */
const OVERRUN_BYTES = 64
const PAGE_BYTES = 65_536
/** Memory that a large body took is given back when the next bodies are much smaller. */
const KEPT_PAGES_MAX = 512

interface WireExports {
  read(start: number, size: number, texts: number, columns: number, reply: number): number
}

interface WireMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

/** The part of the WebAssembly API that is used here; the types of Node do not declare it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (options: { initial: number }) => WireMemory
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: object; readonly abort: () => void } },
  ) => { readonly exports: unknown }
}

/** What the reader found; texts that a reply does not have are undefined. */
export interface WireReply {
  readonly records: RecordBatch
  readonly nextIterator: string | null | undefined
  readonly continuationSequenceNumber: string | null | undefined
  readonly millisBehindLatest: number | undefined
  /** the source text of ChildShards */
  readonly childShards: string | undefined
}

export class WireReader {
  readonly #api: WebAssemblyApi
  readonly #module: object
  #memory: WireMemory
  #exports: WireExports
  #buffer: Buffer

  private constructor(api: WebAssemblyApi, module: object) {
    this.#api = api
    this.#module = module
    this.#memory = new api.Memory({ initial: pagesFor(PAGE_BYTES) })
    this.#exports = this.#instance()
    this.#buffer = Buffer.from(this.#memory.buffer)
  }

  /** Null where this host has no WebAssembly with SIMD. */
  static create(): WireReader | null {
    const api = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyApi | undefined
    if (api === undefined) return null
    try {
      return new WireReader(api, new api.Module(Buffer.from(WIRE_WASM_BASE64, 'base64')))
    } catch {
      return null
    }
  }

  #instance(): WireExports {
    const env = { memory: this.#memory, abort: () => undefined }
    return new this.#api.Instance(this.#module, { env }).exports as WireExports
  }

  /**
   * @param chunks the body, in pieces as they came; it is copied
   * @returns null when the body is not proven and must be read another way
   */
  read(chunks: readonly Uint8Array[], shardId: string): WireReply | null {
    let size = 0
    for (const chunk of chunks) size += chunk.length
    this.#reserve(size)
    let end = BODY_AT
    for (const chunk of chunks) {
      this.#buffer.set(chunk, end)
      end += chunk.length
    }
    this.#buffer.fill(0, end, end + OVERRUN_BYTES)
    const texts = end + OVERRUN_BYTES
    const rows = this.#exports.read(BODY_AT, size, texts, COLUMNS_AT, REPLY_AT)
    return rows < 0 ? null : this.#reply(rows, texts, shardId)
  }

  #reserve(size: number): void {
    const pages = pagesFor(size)
    const held = this.#memory.buffer.byteLength / PAGE_BYTES
    if (pages <= held && (held <= KEPT_PAGES_MAX || pages * 4 > held)) return
    if (pages > held) this.#memory.grow(pages - held)
    else {
      this.#memory = new this.#api.Memory({ initial: Math.max(pages, KEPT_PAGES_MAX) })
      this.#exports = this.#instance()
    }
    this.#buffer = Buffer.from(this.#memory.buffer)
  }

  #reply(rows: number, texts: number, shardId: string): WireReply {
    const { buffer } = this.#memory
    const reply = new DataView(buffer, REPLY_AT, 40)
    const int = (at: number): number => reply.getInt32(at, true)
    const [textBytes, dataBytes] = [int(16), int(20)]
    // Data and texts go to the caller in one buffer that is all theirs.
    const bytes = Buffer.allocUnsafeSlow(dataBytes + textBytes)
    bytes.set(this.#buffer.subarray(BODY_AT, BODY_AT + dataBytes))
    bytes.set(this.#buffer.subarray(texts, texts + textBytes), dataBytes)
    const text = (at: number, size: number): string => bytes.toString('utf8', dataBytes + at, dataBytes + at + size)
    const optional = (at: number): string | null | undefined => {
      const place = int(at)
      return place === -2 ? undefined : place < 0 ? null : text(place, int(at + 4))
    }
    const column = (index: number): Int32Array =>
      new Int32Array(buffer, COLUMNS_AT + index * COLUMN_BYTES, rows).slice()
    const [sizes, keys, keySizes, numbers, numberSizes] = [column(0), column(1), column(2), column(3), column(4)]
    const behind = reply.getFloat64(24, true)
    return {
      records: batchOfReply(
        {
          bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, dataBytes),
          sizes,
          arrivedAt: new Float64Array(buffer, COLUMNS_AT + 5 * COLUMN_BYTES, rows).slice(),
          partitionKey: index => text(keys[index] ?? 0, keySizes[index] ?? 0),
          sequenceNumber: index => text(numbers[index] ?? 0, numberSizes[index] ?? 0),
        },
        shardId,
      ),
      nextIterator: optional(0),
      continuationSequenceNumber: optional(32),
      millisBehindLatest: behind < 0 ? undefined : behind,
      childShards: int(8) < 0 ? undefined : text(int(8), int(12)),
    }
  }
}

/** Pages for a body of that size, and as much again for its texts. */
function pagesFor(size: number): number {
  return Math.ceil((BODY_AT + 2 * size + 4 * OVERRUN_BYTES) / PAGE_BYTES)
}
