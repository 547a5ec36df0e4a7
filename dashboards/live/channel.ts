/**
 * What the pages with one choice see: the panels' memory over the rows that the choice keeps, and the last few deltas, so that a
 * page that lost its connection for a moment goes on where it was. Every page without a choice shares one channel.
 */
import type { RowBatch } from '../../core/index.ts'
import type { ResolvedDashboard, ResolvedVariable } from '../resolve-dashboard.ts'
import { AnnotationLog } from './annotation-log.ts'
import { type Choice, chosenRows } from './choices.ts'
import { panelStateOf } from './panels/panel-state.ts'
import type { PanelState } from './panels/state.ts'
import type { AnnotationMessage, DeltaMessage, PanelChange, PanelSnapshot } from './protocol.ts'

/** Deltas that are kept for pages that lost their connection for a moment. */
export const DELTAS_KEPT_MAX = 40
/** Bytes (UTF-16 units) that these may have together. */
export const DELTA_CHARACTERS_MAX = 1_048_576

/** What a page gets next. */
export interface EventText {
  readonly id: string
  /** JSON of one LiveMessage */
  readonly json: string
  readonly event: 'snapshot' | 'delta'
}

/** What a cut found changed; null: nothing. */
export type ChannelChange = Pick<DeltaMessage, 'panels' | 'marks' | 'rowtimes'>

interface KeptDelta {
  readonly revision: number
  readonly json: string
}

export class Channel {
  readonly choice: Choice
  /** monotonic milliseconds; the owner drops channels that nobody asks for */
  usedAt: number
  readonly #id: string
  readonly #variables: readonly ResolvedVariable[]
  readonly #panels: readonly PanelState[]
  readonly #annotations: readonly AnnotationLog[]
  /** who takes the rows of a stream */
  readonly #takers = new Map<string, { add(batch: RowBatch): void }[]>()
  #deltas: KeptDelta[] = []
  #deltaCharacters = 0
  #revision = 0
  #oldest = Number.POSITIVE_INFINITY
  #newest = Number.NEGATIVE_INFINITY

  /** @param id lower case letters and digits, another one for each channel and each run: event ids begin with it */
  constructor(id: string, dashboard: ResolvedDashboard, choice: Choice, usedAt: number) {
    this.#id = id
    this.choice = choice
    this.usedAt = usedAt
    this.#variables = dashboard.variables
    this.#panels = dashboard.panels.map((panel, index) =>
      panelStateOf(panel, `p${index}`, variablesOf(dashboard.variables, panel.stream)),
    )
    this.#annotations = dashboard.annotations.map(annotation => new AnnotationLog(annotation))
    const take = (stream: string, taker: { add(batch: RowBatch): void } | undefined): void => {
      if (taker !== undefined) this.#takers.set(stream, [...(this.#takers.get(stream) ?? []), taker])
    }
    dashboard.panels.forEach(({ stream }, index) => take(stream, this.#panels[index]))
    dashboard.annotations.forEach(({ stream }, index) => take(stream, this.#annotations[index]))
  }

  rows(stream: string, batch: RowBatch): void {
    const takers = this.#takers.get(stream)
    if (takers === undefined) return
    const chosen = this.choice.size === 0 ? batch : chosenRows(stream, batch, this.#variables, this.choice)
    if (chosen === null) return
    for (const taker of takers) taker.add(chosen)
    this.#oldest = Math.min(this.#oldest, chosen.rowtimes[0] ?? this.#oldest)
    this.#newest = Math.max(this.#newest, chosen.rowtimes[chosen.length - 1] ?? this.#newest)
  }

  /** What changed since the last call. */
  cut(): ChannelChange | null {
    const panels = this.#panels.map(panel => panel.change()).filter((change): change is PanelChange => change !== null)
    const marks = this.#annotations
      .map((annotation, index) => ({ annotation: index, marks: annotation.change() }))
      .filter(change => change.marks.length > 0)
    if (panels.length === 0 && marks.length === 0) return null
    const rowtimes = this.#newest >= this.#oldest ? ([this.#oldest, this.#newest] as const) : null
    this.#oldest = Number.POSITIVE_INFINITY
    this.#newest = Number.NEGATIVE_INFINITY
    return { panels, marks, rowtimes }
  }

  /** Keeps the next delta. */
  push(delta: Omit<DeltaMessage, 'type' | 'revision'>): void {
    this.#revision++
    const message: DeltaMessage = { type: 'delta', revision: this.#revision, ...delta }
    const json = JSON.stringify(message)
    this.#deltas.push({ revision: this.#revision, json })
    this.#deltaCharacters += json.length
    while (this.#deltas.length > DELTAS_KEPT_MAX || this.#deltaCharacters > DELTA_CHARACTERS_MAX)
      this.#deltaCharacters -= this.#deltas.shift()?.json.length ?? 0
  }

  get revision(): number {
    return this.#revision
  }

  panels(): readonly PanelSnapshot[] {
    return this.#panels.map(panel => ({ shape: panel.shape, data: panel.data() }))
  }

  annotations(): readonly AnnotationMessage[] {
    return this.#annotations.map(annotation => annotation.message())
  }

  /**
   * What a page needs that has seen everything up to an event id: nothing, the deltas since, or a snapshot when the id is
   * unknown, of another run or choice, or too far back.
   */
  eventsSince(id: string | null, snapshot: () => string): readonly EventText[] {
    const revision = this.#revisionOf(id)
    if (revision === this.#revision) return []
    const missing = revision === null ? [] : this.#deltas.filter(delta => delta.revision > revision)
    if (revision === null || missing[0]?.revision !== revision + 1)
      return [{ id: this.#idOf(this.#revision), event: 'snapshot', json: snapshot() }]
    return missing.map(delta => ({ id: this.#idOf(delta.revision), event: 'delta', json: delta.json }))
  }

  #idOf(revision: number): string {
    return `${this.#id}-${revision}`
  }

  #revisionOf(id: string | null): number | null {
    const match = id === null ? null : /^([0-9a-z]+)-(\d{1,15})$/.exec(id)
    if (match?.[1] !== this.#id) return null
    const revision = Number(match[2])
    return revision <= this.#revision ? revision : null
  }
}

function variablesOf(variables: readonly ResolvedVariable[], stream: string): readonly string[] {
  return variables.filter(({ columns }) => columns.has(stream)).map(({ variable }) => variable.name)
}
