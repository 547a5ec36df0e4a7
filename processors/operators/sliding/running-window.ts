/** A window from the start of the stream: no row leaves, so nothing is held but a running result for each partition. */
import type { ColumnVector, RowBatch } from '../../../core/rows.ts'
import type { Selection } from '../../expressions/selection.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { Partitions } from './partitions.ts'
import { type RunningFunction, runningFunction } from './running-function.ts'
import type { SlidingWindow, SlidingWindowOptions, TakeResult } from './sliding-window.ts'

/** Rough bytes of a function for each partition. */
const FUNCTION_BYTES = 24

export class RunningWindow implements SlidingWindow {
  readonly #partitions: Partitions
  readonly #functions: readonly RunningFunction[]
  readonly #arguments: readonly (number | null)[]
  readonly #indexes: readonly number[]

  constructor({ partition, functions, arguments: types }: SlidingWindowOptions) {
    this.#partitions = new Partitions(partition)
    this.#functions = functions.map(each =>
      runningFunction(each, each.argument === null ? null : types[each.argument]!),
    )
    this.#arguments = functions.map(({ argument }) => argument)
    this.#indexes = functions.map(({ index }) => index)
  }

  get keys(): number {
    return this.#partitions.size
  }

  get bytes(): number {
    const each = FUNCTION_BYTES * this.#partitions.capacity
    return this.#functions.reduce((sum, { ownedBytes }) => sum + ownedBytes + each, this.#partitions.bytes)
  }

  push(
    batch: RowBatch,
    selection: Selection,
    partition: readonly ColumnVector[],
    args: readonly ColumnVector[],
    take: TakeResult,
  ): void {
    const columns = this.#arguments.map(argument => (argument === null ? null : args[argument]!))
    this.#partitions.read(partition, selection)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const at = this.#partitions.at(i)
      for (let f = 0; f < this.#functions.length; f++) {
        const each = this.#functions[f]!
        each.reserve(at + 1)
        each.enter(at, columns[f]!, row, batch.rowtimes[row]!)
        take(this.#indexes[f]!, row, each.result(at))
      }
    }
  }

  advance(): void {
    // Nothing expires.
  }

  *write(writer: StateWriter): Generator<void> {
    writer.count(this.#partitions.size)
    for (let partition = 0; partition < this.#partitions.capacity; partition++) {
      for (const value of this.#partitions.keysOf(partition)) writer.value(value)
      for (const each of this.#functions) each.write(writer, partition)
      if (writer.sliceFull) yield
    }
  }

  read(reader: StateReader): void {
    const width = this.#partitions.width
    for (let left = reader.count(); left > 0; left--) {
      const partition = this.#partitions.enter(Array.from({ length: width }, () => reader.value()))
      for (const each of this.#functions) {
        each.reserve(partition + 1)
        each.read(reader, partition)
      }
    }
  }
}
