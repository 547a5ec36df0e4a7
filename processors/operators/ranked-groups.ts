/**
 * GROUP_RANK over rows. A group leaves when the bound has passed its rowtime; on a silent stream the bound goes on with the
 * clock of its source, so silence completes groups with every maxIdle, and a replay gives the same groups as the first run.
 */
import { assert } from '../../core/assert.ts'
import type { RowBatch } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { GroupRank } from '../analytics/group-rank.ts'
import type { GroupRankParameters } from '../analytics/group-rank-parameters.ts'
import type { Selection } from '../expressions/selection.ts'
import { heldBytes, heldValues } from './held-row.ts'
import { type StateLimits, stateLimitError } from './limits.ts'
import type { Input, Operator } from './operator.ts'
import { PendingResults } from './pending-results.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface RankedGroupsOptions {
  readonly name: string
  /** columns of the input, then the rank */
  readonly schema: Schema
  readonly parameters: GroupRankParameters
  readonly output: Input
  readonly limits: StateLimits
}

export class RankedGroups implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #groups: GroupRank
  readonly #pending: PendingResults
  readonly #bytesMax: number
  /** of the rows of the rowtime in hand, by estimate */
  #bytes = 0

  constructor(options: RankedGroupsOptions) {
    this.name = options.name
    this.#groups = new GroupRank(options.parameters, options.limits.maxKeys)
    this.#bytesMax = options.limits.maxBytes
    this.#pending = new PendingResults(options.schema, options.output)
  }

  push(rows: RowBatch, selection: Selection): void {
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const rowtime = rows.rowtimes[row]!
      this.#complete(rowtime)
      const values = heldValues(rows, row)
      this.#bytes += heldBytes(values)
      if (this.#bytes > this.#bytesMax) throw stateLimitError(this.name, 'maxBytes', this.#bytesMax)
      // The bound decides alone; nobody asks for silence.
      this.#groups.push(rowtime, values, 0)
    }
  }

  advance(bound: number): void {
    this.#complete(bound)
    // Rows that wait still have a rowtime below or at the bound.
    this.#pending.advance(bound)
  }

  get stateBytes(): number {
    return this.#bytes
  }

  work(): boolean {
    return this.#pending.work()
  }

  *snapshot(writer: StateWriter): Generator<void> {
    assert(this.#pending.empty, 'a snapshot is taken when no output is pending')
    yield* this.#groups.snapshot(writer)
  }

  restore(reader: StateReader): void {
    this.#groups.restore(reader, 0)
  }

  #complete(bound: number): void {
    const group = this.#groups.advance(bound)
    if (group === null) return
    const { rowtime, rows } = group
    this.#bytes = 0
    this.#pending.add(rowtime, rows.length, index => [...rows[index]!.values, rows[index]!.rank])
  }
}
