/**
 * The hub between a running pipeline and the pages that look at it. The host feeds it rows, errors and its status; pages
 * pull a snapshot and then deltas. Its memory is bounded whatever the data and however slow a page: there is one short
 * ring of deltas for all pages, and a page that falls out of it gets a snapshot.
 */
import {
  type Clock,
  ERROR_STREAM,
  type ErrorOutput,
  type ErrorRow,
  type RowBatch,
  type Schema,
} from '../../core/index.ts'
import { completeDashboard } from '../default-dashboard.ts'
import { type Dashboard, resolveDashboard } from '../view-model.ts'
import { ErrorLog } from './error-log.ts'
import type { FieldMask } from './field-mask.ts'
import { type PanelState, panelStateOf } from './panel-state.ts'
import type {
  DeltaMessage,
  ErrorSample,
  PanelChange,
  ReportMessage,
  SnapshotMessage,
  StatusMessage,
} from './protocol.ts'
import { type LiveStatus, StatusTracker } from './status.ts'

/** Deltas that are kept for pages that lost their connection for a moment. */
export const DELTAS_KEPT_MAX = 40
/** Bytes (UTF-16 units) that these may have together. */
export const DELTA_CHARACTERS_MAX = 1_048_576
/** Delta messages at most a second are 1,000 / this. */
export const PUBLISH_INTERVAL_MS = 250

export interface LiveViewOptions {
  /** name of the pipeline */
  readonly title: string
  /** every output stream, in the order of the page; the error stream may be among them */
  readonly outputs: ReadonlyMap<string, Schema>
  /** what to draw; without it every output stream gets its default panel */
  readonly dashboard?: Dashboard
  /** `replay`: event time is not held against the clock. Default `live`. */
  readonly mode?: 'live' | 'replay'
  /** hides fields of bad events; default none */
  readonly mask?: FieldMask
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
}

/** What a page gets next. */
export interface EventText {
  readonly id: string
  /** JSON of one LiveMessage */
  readonly json: string
  readonly event: 'snapshot' | 'delta'
}

interface KeptDelta {
  readonly revision: number
  readonly json: string
}

/** Fed synchronously by the host and never makes it wait. */
export class LiveView implements ErrorOutput {
  readonly title: string
  readonly mode: 'live' | 'replay'
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>
  readonly #panels: readonly PanelState[]
  readonly #panelsByStream = new Map<string, PanelState[]>()
  readonly #status: StatusTracker
  readonly #errors: ErrorLog
  readonly #instance: string
  readonly #waiters = new Set<() => void>()
  #deltas: KeptDelta[] = []
  #deltaCharacters = 0
  #revision = 0
  #isStatusChanged = true
  #lastStatusJson = ''

  /** @throws MillraceError `config` when the dashboard names what the outputs do not have */
  constructor(options: LiveViewOptions) {
    const { title, outputs, clock } = options
    this.title = title
    this.mode = options.mode ?? 'live'
    this.#clock = clock
    this.#errors = new ErrorLog(options.mask)
    this.#instance = clock.now().toString(36)
    this.#status = new StatusTracker(this.mode)
    const resolved = resolveDashboard(completeDashboard(title, outputs, options.dashboard), outputs)
    this.#panels = resolved.map((panel, index) => panelStateOf(panel, `p${index}`))
    for (const [index, { stream }] of resolved.entries()) {
      const panel = this.#panels[index]
      if (panel === undefined) continue
      const panels = this.#panelsByStream.get(stream)
      if (panels === undefined) this.#panelsByStream.set(stream, [panel])
      else panels.push(panel)
    }
  }

  /** Takes result rows of an output stream as soon as they exist; rows of unknown streams are of no interest. */
  rows(stream: string, batch: RowBatch): void {
    if (batch.length === 0) return
    if (stream === ERROR_STREAM) this.#errors.addBatch(batch)
    for (const panel of this.#panelsByStream.get(stream) ?? []) panel.add(batch)
  }

  /** Takes one error row; for hosts that have them before they are rows of the error stream. Use this or `rows`, not both. */
  add(row: ErrorRow): void {
    this.#errors.add(row, this.#clock.now())
  }

  status(status: LiveStatus): void {
    this.#status.take(status, this.#clock.monotonicMs())
    this.#isStatusChanged = true
  }

  /** The pipeline has ended; pages show the report and stop reconnecting. Publishes at once. */
  end(report: ReportMessage): void {
    this.#status.end(report)
    this.#isStatusChanged = true
    this.publish()
  }

  get ended(): boolean {
    return this.#status.report !== null
  }

  /** Cuts a delta of what changed since the last and wakes the pages. The server calls it every `PUBLISH_INTERVAL_MS`. */
  publish(): void {
    const now = this.#clock.now()
    const monotonicMs = this.#clock.monotonicMs()
    const point = this.#status.record(now, monotonicMs)
    const panels = this.#panels.map(panel => panel.change()).filter((change): change is PanelChange => change !== null)
    const errors = this.#errors.change()
    // Rates fall while nothing is reported, so the status is looked at once a second in any case.
    const status = this.#isStatusChanged || point !== null ? this.#changedStatus(now, monotonicMs) : null
    if (panels.length === 0 && errors === null && status === null && point === null) return
    this.#isStatusChanged = false
    this.#revision++
    const delta: DeltaMessage = {
      type: 'delta',
      revision: this.#revision,
      now,
      status,
      history: point === null ? [] : [point],
      errors,
      panels,
    }
    this.#keep({ revision: this.#revision, json: JSON.stringify(delta) })
    for (const wake of this.#waiters) wake()
    this.#waiters.clear()
  }

  statusMessage(): StatusMessage {
    return this.#status.message(this.#clock.now(), this.#clock.monotonicMs())
  }

  /** Recent error rows with their raw data, newest first. Row samples: show them to a bearer of the token only. */
  get errorSamples(): readonly ErrorSample[] {
    return this.#errors.samples
  }

  /** Error rows so far, by their names. */
  get errorsByName(): ReadonlyMap<string, number> {
    return new Map(this.#errors.summary().byName.map(({ name, count }) => [name, count]))
  }

  snapshot(): SnapshotMessage {
    return {
      type: 'snapshot',
      revision: this.#revision,
      now: this.#clock.now(),
      title: this.title,
      mode: this.mode,
      status: this.statusMessage(),
      history: this.#status.history,
      errors: this.#errors.summary(),
      panels: this.#panels.map(panel => ({ shape: panel.shape, data: panel.data() })),
    }
  }

  /**
   * What a page needs that has seen everything up to an event id: nothing, the deltas since, or a snapshot when the id is
   * unknown, of another run, or too far back.
   */
  eventsSince(id: string | null): readonly EventText[] {
    const revision = this.#revisionOf(id)
    if (revision === this.#revision) return []
    const missing = revision === null ? [] : this.#deltas.filter(delta => delta.revision > revision)
    if (revision === null || missing[0]?.revision !== revision + 1)
      return [{ id: this.#idOf(this.#revision), event: 'snapshot', json: JSON.stringify(this.snapshot()) }]
    return missing.map(delta => ({ id: this.#idOf(delta.revision), event: 'delta', json: delta.json }))
  }

  /** Calls back once, at the next delta. Returns what takes the wish back. */
  onPublish(wake: () => void): () => void {
    this.#waiters.add(wake)
    return () => this.#waiters.delete(wake)
  }

  #changedStatus(now: number, monotonicMs: number): StatusMessage | null {
    const status = this.#status.message(now, monotonicMs)
    const json = JSON.stringify(status)
    if (json === this.#lastStatusJson) return null
    this.#lastStatusJson = json
    return status
  }

  #keep(delta: KeptDelta): void {
    this.#deltas.push(delta)
    this.#deltaCharacters += delta.json.length
    while (this.#deltas.length > DELTAS_KEPT_MAX || this.#deltaCharacters > DELTA_CHARACTERS_MAX)
      this.#deltaCharacters -= this.#deltas.shift()?.json.length ?? 0
  }

  #idOf(revision: number): string {
    return `${this.#instance}-${revision}`
  }

  #revisionOf(id: string | null): number | null {
    const match = id === null ? null : /^([0-9a-z]+)-(\d{1,15})$/.exec(id)
    if (match?.[1] !== this.#instance) return null
    const revision = Number(match[2])
    return revision <= this.#revision ? revision : null
  }
}
