/** Bars of labels, each of one or more numbers: value columns side by side, or the parts into which a column splits one value. */
import { assert, type RowBatch } from '../../../core/index.ts'
import type { ResolvedPanel } from '../../resolve-dashboard.ts'
import { BARS_DEFAULT, SERIES_SHOWN_MAX } from '../../view-model.ts'
import { cutText, labelAt, numberAt } from '../columns.ts'
import type { BarData, PanelChange, PanelShape } from '../protocol.ts'
import { columnOf, LABELS_TRACKED_MAX, type PanelState, shapeOf } from './state.ts'

/** Parts that are told apart; rows of further ones count as "other". */
const PARTS_TRACKED_MAX = 64
/** A span is forgotten in steps, so that a row costs one addition whatever the span. */
const STEPS_PER_SPAN = 60

/** Sums by label and part. */
type Sums = Map<string, Map<string, number>>

/** One step of time. */
interface Step {
  readonly sums: Sums
  /** of all labels, those past the limit included */
  total: number
}

export class BarPanelState implements PanelState {
  readonly shape: PanelShape
  readonly #resolved: ResolvedPanel
  readonly #barsMax: number
  readonly #stepMs: number
  /** by start of the step; one step only where the panel shows the last rowtime */
  readonly #steps = new Map<number, Step>()
  #partsKnown = new Set<string>()
  /** the newest rowtime when all parts that are known were there */
  #fullAt = Number.NEGATIVE_INFINITY
  /** parts on the page in the order of their colours, which they keep while they are there */
  #partsShown: readonly string[] = []
  #at: number | null = null
  #isChanged = false

  constructor(resolved: ResolvedPanel, id: string, variables: readonly string[]) {
    const { panel } = resolved
    assert(panel.kind === 'bar', 'a bar panel has bars')
    this.#resolved = resolved
    this.shape = shapeOf(resolved, id, variables)
    this.#barsMax = panel.topN ?? BARS_DEFAULT
    this.#stepMs = Math.max(1_000, Math.ceil(this.shape.spanMs / STEPS_PER_SPAN))
  }

  add(batch: RowBatch): void {
    const { series, stack, values } = this.#resolved
    const label = columnOf(this.#resolved, batch, series)
    const split = stack < 0 ? null : columnOf(this.#resolved, batch, stack)
    for (let row = 0; row < batch.length; row++) {
      const rowtime = batch.rowtimes[row] ?? 0
      const step = this.#stepAt(rowtime)
      if (step === null) continue
      this.#isChanged = true
      const name = labelAt(label.vector, label.definition.type, row)
      let parts = step.sums.get(name)
      if (parts === undefined && step.sums.size < LABELS_TRACKED_MAX) {
        parts = new Map()
        step.sums.set(name, parts)
      }
      for (const index of values) {
        const { definition, vector } = columnOf(this.#resolved, batch, index)
        const number = numberAt(vector, definition.type, row) ?? 0
        step.total += number
        if (parts === undefined) continue
        const part =
          split === null ? cutText(definition.name) : this.#part(labelAt(split.vector, split.definition.type, row))
        parts.set(part, (parts.get(part) ?? 0) + number)
      }
    }
  }

  data(): BarData {
    return this.#dataOf(this.#joined())
  }

  #dataOf(sums: Sums): BarData {
    const parts = this.#chooseParts(sums)
    const shown = new Set(parts)
    let rest = false
    const items = [...sums].map(([label, byPart]) => {
      let other = 0
      for (const [part, value] of byPart) if (!shown.has(part)) other += value
      if (other !== 0) rest = true
      return { label, values: parts.map(part => byPart.get(part) ?? 0), other }
    })
    const weight = (item: { readonly values: readonly number[]; readonly other: number }): number =>
      item.values.reduce((sum, value) => sum + value, item.other)
    let total = 0
    for (const step of this.#steps.values()) total += step.total
    items.sort((a, b) => weight(b) - weight(a) || compareLabels(a.label, b.label, false))
    const listed = items.slice(0, this.#barsMax)
    if (this.shape.order === 'label')
      listed.sort((a, b) => compareLabels(a.label, b.label, this.shape.areLabelsNumbers))
    return {
      kind: 'bars',
      at: this.#at,
      isStacked: this.#resolved.stack >= 0,
      parts: rest ? [...parts, 'other'] : parts,
      hasRest: rest,
      items: listed.map(({ label, values, other }) => ({ label, values: rest ? [...values, other] : values })),
      total,
      hidden: items.length - listed.length,
    }
  }

  change(): PanelChange | null {
    if (!this.#isChanged) return null
    this.#isChanged = false
    const sums = this.#joined()
    this.#partsShown = this.#chooseParts(sums)
    return { id: this.shape.id, data: this.#dataOf(sums) }
  }

  /** The step that a row belongs to; null when it is older than what is shown. */
  #stepAt(rowtime: number): Step | null {
    const isSpan = this.shape.over === 'span'
    if (this.#at === null || rowtime > this.#at) {
      this.#at = rowtime
      if (!isSpan) this.#steps.clear()
      else
        for (const start of this.#steps.keys())
          if (start + this.#stepMs <= rowtime - this.shape.spanMs) this.#steps.delete(start)
    } else if (isSpan ? rowtime < this.#at - this.shape.spanMs : rowtime < this.#at) return null
    const start = isSpan ? Math.floor(rowtime / this.#stepMs) * this.#stepMs : 0
    let step = this.#steps.get(start)
    if (step === undefined) {
      step = { sums: new Map(), total: 0 }
      this.#steps.set(start, step)
    }
    return step
  }

  #part(name: string): string {
    if (!this.#partsKnown.has(name)) {
      if (this.#partsKnown.size >= PARTS_TRACKED_MAX && !this.#makeRoom()) return 'other'
      this.#partsKnown.add(name)
    }
    return name
  }

  /** Forgets the parts that no step has any more; false when all are there. Looked for once an instant. */
  #makeRoom(): boolean {
    const at = this.#at ?? 0
    if (this.#fullAt === at) return false
    this.#partsKnown = new Set()
    for (const { sums } of this.#steps.values())
      for (const parts of sums.values()) for (const part of parts.keys()) this.#partsKnown.add(part)
    this.#partsKnown.delete('other')
    if (this.#partsKnown.size < PARTS_TRACKED_MAX) return true
    this.#fullAt = at
    return false
  }

  #joined(): Sums {
    const all: Sums = new Map()
    for (const { sums } of this.#steps.values())
      for (const [label, parts] of sums) {
        const joined = all.get(label)
        if (joined === undefined) all.set(label, new Map(parts))
        else for (const [part, value] of parts) joined.set(part, (joined.get(part) ?? 0) + value)
      }
    return all
  }

  /** Value columns as they were named; parts by size when they first appear, and in that order from then on. */
  #chooseParts(sums: Sums): readonly string[] {
    const { schema, stack, values } = this.#resolved
    if (stack < 0) return values.map(index => cutText(schema.columns[index]?.name ?? ''))
    const weights = new Map<string, number>()
    for (const parts of sums.values())
      for (const [part, value] of parts) weights.set(part, (weights.get(part) ?? 0) + Math.abs(value))
    const kept = this.#partsShown.filter(part => weights.has(part))
    const others = [...weights]
      .filter(([part]) => !kept.includes(part))
      .sort((a, b) => b[1] - a[1] || compareLabels(a[0], b[0], false))
      .map(([part]) => part)
    return [...kept, ...others].slice(0, SERIES_SHOWN_MAX)
  }
}

/** Ascending, as numbers where the labels are numbers. */
function compareLabels(a: string, b: string, areNumbers: boolean): number {
  if (areNumbers) {
    const difference = Number(a) - Number(b)
    if (Number.isFinite(difference) && difference !== 0) return difference
  }
  return a < b ? -1 : a > b ? 1 : 0
}
