/** Which state each label was in: only the instants at which a state changed are kept. */
import { assert, type RowBatch, typedValueAt } from '../../../core/index.ts'
import type { ResolvedPanel } from '../../resolve-dashboard.ts'
import { STATE_ROWS_DEFAULT } from '../../view-model.ts'
import { cellOf, cutText, labelAt } from '../columns.ts'
import type { PanelChange, PanelShape, StatesData } from '../protocol.ts'
import { columnOf, type PanelState, shapeOf, timeAt } from './state.ts'

/** Labels whose states are kept; the one that was silent longest makes room. */
const LABELS_MAX = 128
/** Changes of state that are kept for each label. */
const CHANGES_MAX = 200

interface Track {
  readonly name: string
  /** ascending times, states that differ from the one before */
  changes: [number, string | null][]
  /** instant of the newest row, whatever its state */
  seenAt: number
}

export class TimelinePanelState implements PanelState {
  readonly shape: PanelShape
  readonly #resolved: ResolvedPanel
  readonly #rowsMax: number
  readonly #tracks = new Map<string, Track>()
  #newest = Number.NEGATIVE_INFINITY
  #isChanged = false

  constructor(resolved: ResolvedPanel, id: string, variables: readonly string[]) {
    const { panel } = resolved
    assert(panel.kind === 'stateTimeline', 'a state timeline shows states')
    this.#resolved = resolved
    this.#rowsMax = panel.topN ?? STATE_ROWS_DEFAULT
    this.shape = shapeOf(resolved, id, variables)
  }

  add(batch: RowBatch): void {
    const { x, series, values } = this.#resolved
    const label = series < 0 ? null : columnOf(this.#resolved, batch, series)
    const { definition, vector } = columnOf(this.#resolved, batch, values[0] ?? -1)
    for (let row = 0; row < batch.length; row++) {
      const at = timeAt(this.#resolved, batch, x, row)
      if (at === null) continue
      const name = label === null ? cutText(definition.name) : labelAt(label.vector, label.definition.type, row)
      const cell = cellOf(typedValueAt(vector, definition.type, row), definition.type)
      this.#set(this.#track(name), at, cell === null ? null : cutText(String(cell)))
    }
  }

  data(): StatesData {
    const oldest = this.#newest - this.shape.spanMs
    const alive = [...this.#tracks.values()].filter(track => track.seenAt >= oldest)
    const lastChange = (track: Track): number => track.changes.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY
    alive.sort((a, b) => lastChange(b) - lastChange(a) || (a.name < b.name ? -1 : 1))
    const shown = alive.slice(0, this.#rowsMax)
    // In the order of their names: rows that change places cannot be followed.
    shown.sort((a, b) => (a.name < b.name ? -1 : 1))
    return {
      kind: 'states',
      newest: Number.isFinite(this.#newest) ? this.#newest : null,
      rows: shown.map(({ name, changes }) => ({ name, changes: changes.map(([at, state]) => [at, state] as const) })),
      hidden: alive.length - shown.length,
    }
  }

  change(): PanelChange | null {
    if (!this.#isChanged) return null
    this.#isChanged = false
    return { id: this.shape.id, data: this.data() }
  }

  #track(name: string): Track {
    let track = this.#tracks.get(name)
    if (track === undefined) {
      if (this.#tracks.size >= LABELS_MAX) {
        let silent: Track | null = null
        for (const other of this.#tracks.values()) if (silent === null || other.seenAt < silent.seenAt) silent = other
        if (silent !== null) this.#tracks.delete(silent.name)
      }
      track = { name, changes: [], seenAt: Number.NEGATIVE_INFINITY }
      this.#tracks.set(name, track)
    }
    return track
  }

  /** Rows come mostly in order of their time; one that is older than the newest change of its label comes too late to draw. */
  #set(track: Track, at: number, state: string | null): void {
    if (at < track.seenAt) return
    this.#isChanged = true
    track.seenAt = at
    if (at > this.#newest) this.#newest = at
    const last = track.changes.at(-1)
    if (last !== undefined && last[1] === state) return
    if (last !== undefined && last[0] === at) {
      last[1] = state
      // Back to the state from before that instant: nothing changed.
      if (track.changes.length > 1 && track.changes.at(-2)?.[1] === state) track.changes.pop()
    } else track.changes.push([at, state])
    // The last change before the span says which state the row enters it with.
    const oldest = this.#newest - this.shape.spanMs
    while (track.changes.length > CHANGES_MAX || (track.changes[1]?.[0] ?? Number.POSITIVE_INFINITY) <= oldest)
      track.changes.shift()
  }
}
