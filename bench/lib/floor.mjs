// The floor under every scanner (performance.md, section 3): records copied into WebAssembly memory and the bitmaps of their
// quotes, backslashes and control characters made.
import { FLOOR_WASM_BASE64 } from './floor-module.mjs'

const IN = 65_536
const OUT = 4 << 20
const memory = new WebAssembly.Memory({ initial: 128, maximum: 128 })
const { structural } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(FLOOR_WASM_BASE64, 'base64')), {
  env: { memory },
}).exports
const bytes = new Uint8Array(memory.buffer)
const words = new Uint32Array(memory.buffer, OUT)

/** A copy for each record. */
export function floorOfBuffers(batches) {
  let strange = 0
  for (const batch of batches) {
    let end = IN
    for (let i = 0; i < batch.length; i++) {
      bytes.set(batch[i], end)
      end += batch[i].length
    }
    strange += structural(IN, end - IN, OUT)
  }
  return strange
}

/** A copy for each batch. */
export function floorOfBatches(batches) {
  let strange = 0
  for (const { bytes: source } of batches) {
    bytes.set(source, IN)
    strange += structural(IN, source.length, OUT)
  }
  return strange
}

/** Throws unless the quotes that `structural` marks are those of the text. */
export function verifyFloor([batch]) {
  floorOfBatches([batch])
  for (let i = 0; i < batch.bytes.length; i++)
    if (((words[i >> 5] >>> (i & 31)) & 1) !== (batch.bytes[i] === 34 ? 1 : 0))
      throw new Error(`the floor misses a quote at ${i}`)
}
