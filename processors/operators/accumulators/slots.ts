/** Arrays by slot that grow. */

/** The numbers with room for `slots` slots; new ones are 0. */
export function grown(from: Float64Array, slots: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(Math.max(from.length * 2, slots))
  to.set(from)
  return to
}

export function grownInts(from: Int32Array, slots: number, fill = 0): Int32Array<ArrayBuffer> {
  const to = new Int32Array(Math.max(from.length * 2, slots)).fill(fill, from.length)
  to.set(from)
  return to
}
