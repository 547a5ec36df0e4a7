/**
 * Whether aggregates carry their own MD5. Eight are hashed at once in WebAssembly (tools/wasm/assembly/md5.ts holds its source),
 * where there is any; the digest costs more than everything else in an aggregate.
 */
import { createHash } from 'node:crypto'
import { DIGEST_BYTES, MAGIC_BYTES } from './format.ts'
import { MD5_WASM_BASE64 } from './md5-module.ts'

/** Messages at once. */
const LANES = 8
const BLOCK_BYTES = 64
/** A larger message is hashed alone: memory for it would have to be kept. */
const MESSAGE_BYTES_MAX = 65_536
const SLOT_BYTES = MESSAGE_BYTES_MAX + 2 * BLOCK_BYTES
/** Fewer messages than these are hashed one by one: an empty lane costs as much as a full one. */
const MESSAGES_MIN = 4

/** What the compiled module keeps for itself, and the places behind it. */
const POINTERS = 4_096
const COUNTS = POINTERS + LANES * 4
const DIGESTS = COUNTS + LANES * 4
const SLOTS = 8_192
const PAGE_BYTES = 65_536

interface Md5Exports {
  digest(pointers: number, counts: number, blocks: number, out: number): void
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

/** An aggregate `[start, end)` with its magic and its digest. */
export interface AggregateSpan {
  readonly start: number
  readonly end: number
}

class Lanes {
  readonly #exports: Md5Exports
  readonly #bytes: Uint8Array
  readonly #words: Uint32Array

  private constructor(api: WebAssemblyApi) {
    const memory = new api.Memory({ initial: Math.ceil((SLOTS + LANES * SLOT_BYTES) / PAGE_BYTES) })
    const module = new api.Module(Buffer.from(MD5_WASM_BASE64, 'base64'))
    const abort = () => undefined
    this.#exports = new api.Instance(module, { env: { memory, abort } }).exports as Md5Exports
    this.#bytes = new Uint8Array(memory.buffer)
    this.#words = new Uint32Array(memory.buffer)
  }

  /** Null where this host has no WebAssembly with SIMD. */
  static create(): Lanes | null {
    const api = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyApi | undefined
    if (api === undefined) return null
    try {
      return new Lanes(api)
    } catch {
      return null
    }
  }

  /** Says of at most LANES aggregates, none beyond MESSAGE_BYTES_MAX, which carry their digest. */
  check(bytes: Uint8Array, spans: readonly AggregateSpan[], numbers: readonly number[], into: Uint8Array): void {
    let most = 0
    for (let lane = 0; lane < LANES; lane++) {
      const span = spans[numbers[lane] ?? -1]
      const place = SLOTS + lane * SLOT_BYTES
      const blocks = span === undefined ? 1 : this.#load(bytes, span, place)
      this.#words[(POINTERS >> 2) + lane] = place
      this.#words[(COUNTS >> 2) + lane] = blocks
      if (blocks > most) most = blocks
    }
    this.#exports.digest(POINTERS, COUNTS, most, DIGESTS)
    for (let lane = 0; lane < numbers.length; lane++) {
      const number = numbers[lane] ?? 0
      const end = spans[number]?.end ?? 0
      into[number] = this.#isDigest(lane, bytes, end - DIGEST_BYTES) ? 1 : 0
    }
  }

  /** Copies a message and pads it; the number of its blocks. */
  #load(bytes: Uint8Array, { start, end }: AggregateSpan, place: number): number {
    const size = end - DIGEST_BYTES - start - MAGIC_BYTES
    const blocks = Math.floor((size + 8) / BLOCK_BYTES) + 1
    this.#bytes.set(bytes.subarray(start + MAGIC_BYTES, end - DIGEST_BYTES), place)
    const stop = place + blocks * BLOCK_BYTES
    this.#bytes.fill(0, place + size, stop)
    this.#bytes[place + size] = 0x80
    // Messages here are far below 2^29 bytes, so that the length in bits fits the lower word.
    this.#words[(stop - 8) >> 2] = size * 8
    return blocks
  }

  #isDigest(lane: number, bytes: Uint8Array, at: number): boolean {
    const first = (DIGESTS >> 2) + (lane >> 2) * 16 + (lane & 3)
    for (let i = 0; i < DIGEST_BYTES; i++) {
      const word = this.#words[first + (i >> 2) * 4] ?? 0
      if (((word >>> ((i & 3) * 8)) & 0xff) !== bytes[at + i]) return false
    }
    return true
  }
}

let lanes: Lanes | null | undefined

/** Of each aggregate 1 when it ends with the MD5 of its message, else 0. */
export function checkDigests(bytes: Uint8Array, spans: readonly AggregateSpan[]): Uint8Array {
  const right = new Uint8Array(spans.length)
  if (lanes === undefined) lanes = Lanes.create()
  const small: number[] = []
  for (const [number, span] of spans.entries()) {
    if (lanes !== null && spans.length >= MESSAGES_MIN && span.end - span.start <= MESSAGE_BYTES_MAX) small.push(number)
    else right[number] = isDigestRight(bytes, span) ? 1 : 0
  }
  // Those of like size together: all wait for the longest of them.
  small.sort((a, b) => sizeOf(spans[a]) - sizeOf(spans[b]))
  for (let from = 0; from < small.length; from += LANES)
    lanes?.check(bytes, spans, small.slice(from, from + LANES), right)
  return right
}

/** One aggregate, by the system's library. */
export function isDigestRight(bytes: Uint8Array, { start, end }: AggregateSpan): boolean {
  const at = end - DIGEST_BYTES
  const digest = createHash('md5')
    .update(bytes.subarray(start + MAGIC_BYTES, at))
    .digest()
  for (let i = 0; i < DIGEST_BYTES; i++) if (digest[i] !== bytes[at + i]) return false
  return true
}

function sizeOf(span: AggregateSpan | undefined): number {
  return span === undefined ? 0 : span.end - span.start
}
