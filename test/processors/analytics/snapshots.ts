/** State through bytes, as a restart does it. */
import { StateReader } from '../../../processors/operators/state-reader.ts'
import { StateWriter } from '../../../processors/operators/state-writer.ts'

export function snapshotOf(state: { snapshot(writer: StateWriter): Generator<void> }): Uint8Array {
  const writer = new StateWriter()
  const slices: Uint8Array[] = []
  for (const _ of state.snapshot(writer)) slices.push(writer.take())
  slices.push(writer.take())
  return new Uint8Array(Buffer.concat(slices))
}

/** Moves the state of one thing into another and checks that every byte was read. */
export function carryOver(
  from: { snapshot(writer: StateWriter): Generator<void> },
  to: { restore(reader: StateReader): void },
): void {
  const reader = new StateReader(snapshotOf(from))
  to.restore(reader)
  if (!reader.ended) throw new Error('the snapshot has bytes that nobody read')
}
