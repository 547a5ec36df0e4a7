/**
 * The hub between a running pipeline and the pages that look at it. The host feeds it rows, errors and its status; pages
 * pull a snapshot and then deltas. Its memory is bounded whatever the data and however slow a page: there is one short
 * ring of deltas for each choice of values, and a page that falls out of it gets a snapshot.
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
import { type ResolvedDashboard, resolveDashboard } from '../resolve-dashboard.ts'
import { type Dashboard, SPAN_MS_DEFAULT } from '../view-model.ts'
import { Channel, type EventText } from './channel.ts'
import { type Choice, choiceKey, VariableValues } from './choices.ts'
import { ErrorLog } from './error-log.ts'
import { FieldMask } from './field-mask.ts'
import { maskedRows } from './masked-rows.ts'
import type { ErrorSample, ReportMessage, SnapshotMessage, StatusMessage, VariableMessage } from './protocol.ts'
import { RecentRows } from './recent-rows.ts'
import { type LiveStatus, StatusTracker } from './status.ts'

/** Choices that are kept up to date at once; the one that nobody asked for longest makes room. */
export const CHOICES_MAX = 16
/** A choice that no page has asked for this long is forgotten. */
export const CHOICE_IDLE_MS = 60_000
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
  /** hides columns of rows and fields of bad events; default none */
  readonly mask?: FieldMask
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
}

/** The name of error rows that were late. */
const LATE_ROW = 'LATE_ROW'
const NO_CHOICE: Choice = new Map()

/** Fed synchronously by the host and never makes it wait. */
export class LiveView implements ErrorOutput {
  readonly title: string
  readonly mode: 'live' | 'replay'
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>
  readonly #dashboard: ResolvedDashboard
  readonly #variables: readonly VariableValues[]
  readonly #recent: RecentRows | null
  readonly #status: StatusTracker
  readonly #errors: ErrorLog
  readonly #mask: FieldMask
  readonly #instance: string
  readonly #waiters = new Set<() => void>()
  readonly #all: Channel
  readonly #chosen = new Map<string, Channel>()
  #channels = 0
  #isStatusChanged = true
  #lastStatusJson = ''

  /** @throws MillraceError `config` when the dashboard names what the outputs do not have */
  constructor(options: LiveViewOptions) {
    const { title, outputs, clock } = options
    this.title = title
    this.mode = options.mode ?? 'live'
    this.#clock = clock
    this.#mask = options.mask ?? new FieldMask()
    this.#errors = new ErrorLog(this.#mask)
    this.#instance = clock.now().toString(36)
    this.#status = new StatusTracker(this.mode)
    this.#dashboard = resolveDashboard(completeDashboard(title, outputs, options.dashboard), outputs)
    this.#variables = this.#dashboard.variables.map(variable => new VariableValues(variable))
    this.#recent = recentRowsOf(this.#dashboard)
    this.#all = this.#newChannel(new Map())
  }

  /** Takes result rows of an output stream as soon as they exist; rows of unknown streams are of no interest. */
  rows(stream: string, rows: RowBatch): void {
    if (rows.length === 0) return
    // It finds the fields within raw data itself.
    if (stream === ERROR_STREAM) this.#errors.addBatch(rows)
    const batch = maskedRows(this.#mask, stream, rows)
    for (const variable of this.#variables) variable.add(stream, batch)
    this.#recent?.add(stream, batch)
    for (const channel of this.#everyChannel()) channel.rows(stream, batch)
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
    const errors = this.#errors.change()
    // Rates fall while nothing is reported, so the status is looked at once a second in any case.
    const status = this.#isStatusChanged || point !== null ? this.#changedStatus(now, monotonicMs) : null
    const isShared = errors !== null || status !== null || point !== null
    let areValuesNew = false
    for (const variable of this.#variables) if (variable.refresh()) areValuesNew = true
    this.#forgetIdle(monotonicMs)
    let isPublished = false
    for (const channel of this.#everyChannel()) {
      const change = channel.cut()
      if (change === null && !isShared && !areValuesNew) continue
      isPublished = true
      channel.push({
        now,
        status,
        history: point === null ? [] : [point],
        errors,
        panels: change?.panels ?? [],
        marks: change?.marks ?? [],
        variables: areValuesNew ? this.#variableMessages(channel.choice) : null,
        rowtimes: change?.rowtimes ?? null,
      })
    }
    if (!isPublished) return
    this.#isStatusChanged = false
    for (const wake of this.#waiters) wake()
    this.#waiters.clear()
  }

  statusMessage(): StatusMessage {
    return this.#status.message(this.#clock.now(), this.#clock.monotonicMs(), this.#errors.countOf(LATE_ROW))
  }

  /** Recent error rows with their raw data, newest first. Row samples: show them to a bearer of the token only. */
  get errorSamples(): readonly ErrorSample[] {
    return this.#errors.samples
  }

  /** Error rows so far, by their names. */
  get errorsByName(): ReadonlyMap<string, number> {
    return new Map(this.#errors.summary().byName.map(({ name, count }) => [name, count]))
  }

  /** Everything, for a page that knows nothing. @param choice as for `eventsSince` */
  snapshot(choice: Choice = NO_CHOICE): SnapshotMessage {
    return this.#snapshot(this.#channelOf(choice))
  }

  #snapshot(channel: Channel): SnapshotMessage {
    return {
      type: 'snapshot',
      revision: channel.revision,
      now: this.#clock.now(),
      title: this.title,
      mode: this.mode,
      status: this.statusMessage(),
      history: this.#status.history,
      errors: this.#errors.summary(),
      panels: channel.panels(),
      annotations: channel.annotations(),
      variables: this.#variableMessages(channel.choice),
    }
  }

  /**
   * What a page needs that has seen everything up to an event id: nothing, the deltas since, or a snapshot when the id is
   * unknown, of another run or choice, or too far back.
   * @param choice values of variables, by their names; names that the dashboard does not have are ignored
   */
  eventsSince(id: string | null, choice: Choice = NO_CHOICE): readonly EventText[] {
    const channel = this.#channelOf(choice)
    return channel.eventsSince(id, () => JSON.stringify(this.#snapshot(channel)))
  }

  /** Calls back once, at the next delta. Returns what takes the wish back. */
  onPublish(wake: () => void): () => void {
    this.#waiters.add(wake)
    return () => this.#waiters.delete(wake)
  }

  #changedStatus(now: number, monotonicMs: number): StatusMessage | null {
    const status = this.#status.message(now, monotonicMs, this.#errors.countOf(LATE_ROW))
    const json = JSON.stringify(status)
    if (json === this.#lastStatusJson) return null
    this.#lastStatusJson = json
    return status
  }

  #variableMessages(choice: Choice): readonly VariableMessage[] {
    return this.#variables.map(variable => variable.message(choice))
  }

  *#everyChannel(): Generator<Channel> {
    yield this.#all
    yield* this.#chosen.values()
  }

  #newChannel(choice: Choice): Channel {
    const id = `${this.#instance}x${(this.#channels++).toString(36)}`
    return new Channel(id, this.#dashboard, choice, this.#clock.monotonicMs())
  }

  /** The channel of a choice; a new one gets the rows that are still there. */
  #channelOf(wanted: Choice): Channel {
    const known = this.#variables.map(({ name }) => name).filter(name => wanted.has(name))
    const choice = new Map(known.map(name => [name, wanted.get(name) ?? '']))
    if (choice.size === 0) return this.#all
    const key = choiceKey(choice)
    let channel = this.#chosen.get(key)
    if (channel === undefined) {
      while (this.#chosen.size >= CHOICES_MAX) {
        const [idle] = [...this.#chosen].reduce((a, b) => (b[1].usedAt < a[1].usedAt ? b : a))
        this.#chosen.delete(idle)
      }
      channel = this.#newChannel(choice)
      this.#chosen.set(key, channel)
      this.#recent?.replay((stream, batch) => channel?.rows(stream, batch))
      // Lines are chosen when a change is cut; the page gets it all in its snapshot.
      channel.cut()
    }
    channel.usedAt = this.#clock.monotonicMs()
    return channel
  }

  #forgetIdle(monotonicMs: number): void {
    for (const [key, channel] of this.#chosen)
      if (monotonicMs - channel.usedAt > CHOICE_IDLE_MS) this.#chosen.delete(key)
  }
}

/** Rows are kept only where a variable can choose among them. */
function recentRowsOf({ panels, annotations, variables }: ResolvedDashboard): RecentRows | null {
  if (variables.length === 0) return null
  // Streams without a column of any variable are in no choice's way, but a new channel needs their rows all the same.
  const streams = new Map([...panels, ...annotations].map(({ stream, schema }) => [stream, schema]))
  const spans = panels.map(({ panel }) => ('spanMs' in panel ? (panel.spanMs ?? SPAN_MS_DEFAULT) : SPAN_MS_DEFAULT))
  return new RecentRows(streams, Math.max(SPAN_MS_DEFAULT, ...spans))
}
