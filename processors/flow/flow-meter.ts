/**
 * Measures a running program: rows by node and edge, and whose turn it is. The engine works in one thread and pushes, so at
 * any moment exactly one node is at work, and everything upstream of it is blocked by it. The meter therefore keeps one
 * account of time for each node and switches between them; two readings of the clock for each batch and pump is all it costs.
 *
 *     source ─► pump A ─► pump B ─► sink        at work: B
 *     blocked   blocked   busy      idle
 */
import { assert } from '../../core/assert.ts'
import type { EdgeListener, Flow, FlowGraph, FlowNodeTotals, FlowTotals, SampledRow } from '../../core/flow.ts'
import type { RowBatch } from '../../core/rows.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import type { Input } from '../operators/operator.ts'
import { EdgeRows } from './edge-rows.ts'

/** The account of the time in which nothing is at work. */
export const IDLE_ACCOUNT = 0

interface Account {
  readonly id: string
  /** what comes in goes out again, to every reader */
  readonly isStream: boolean
  ms: number
  rowsIn: number
  rowsOut: number
  errorRows: number
  watermark: number
  /** operators that hold state for this node */
  readonly holders: { readonly stateBytes?: number }[]
  /** accounts that it gives rows to, directly or not */
  readonly downstream: readonly number[]
}

export class FlowMeter implements Flow {
  readonly graph: FlowGraph
  readonly #now: () => number
  readonly #accounts: readonly Account[]
  readonly #indexes = new Map<string, number>()
  readonly #edges = new Map<string, EdgeRows>()
  readonly #startedAt: number
  #current = IDLE_ACCOUNT
  #at: number

  /** @param now monotonic milliseconds */
  constructor(graph: FlowGraph, now: () => number) {
    this.graph = graph
    this.#now = now
    graph.nodes.forEach(({ id }, index) => this.#indexes.set(id, index + 1))
    for (const { id } of graph.edges) this.#edges.set(id, new EdgeRows())
    this.#accounts = graph.nodes.map(({ id, kind }) => ({
      id,
      isStream: kind === 'stream',
      ms: 0,
      rowsIn: 0,
      rowsOut: 0,
      errorRows: 0,
      watermark: Number.NEGATIVE_INFINITY,
      holders: [],
      downstream: downstreamOf(graph, id).flatMap(other => this.#indexes.get(other) ?? []),
    }))
    this.#startedAt = now()
    this.#at = this.#startedAt
  }

  /** The account of a node; `IDLE_ACCOUNT` for one that the graph does not have. */
  accountOf(id: string): number {
    return this.#indexes.get(id) ?? IDLE_ACCOUNT
  }

  /** Charges the time since the last switch to whoever had it. @returns the account that had it */
  switchTo(account: number): number {
    const now = this.#now()
    const before = this.#current
    if (before !== IDLE_ACCOUNT) this.#account(before).ms += now - this.#at
    this.#at = now
    this.#current = account
    return before
  }

  /** Counts rows on their way from one node to the next. The meter was switched a moment ago: its time is the present. */
  pass(edge: string, rows: RowBatch, selection: Selection = everyRow(rows.length)): void {
    this.#edges.get(edge)?.pass(rows, selection, this.#at)
  }

  countIn(account: number, rows: number): void {
    if (account !== IDLE_ACCOUNT) this.#account(account).rowsIn += rows
  }

  countOut(account: number, rows: number): void {
    if (account !== IDLE_ACCOUNT) this.#account(account).rowsOut += rows
  }

  countError(account: number): void {
    if (account !== IDLE_ACCOUNT) this.#account(account).errorRows++
  }

  reach(account: number, bound: number): void {
    if (account !== IDLE_ACCOUNT) this.#account(account).watermark = bound
  }

  /** Rows and bounds that enter `node` by `edge`, which is null where the rows are counted elsewhere. */
  entry(node: string, edge: string | null, input: Input): Input {
    return new MeteredInput({ meter: this, from: null, to: this.accountOf(node), edge, input })
  }

  /** Rows and bounds that leave `from` for `to`. */
  passage(from: string, to: string, input: Input): Input {
    const edge = `${from}>${to}`
    return new MeteredInput({ meter: this, from: this.accountOf(from), to: this.accountOf(to), edge, input })
  }

  /** An operator whose state belongs to a node. */
  holds(account: number, operator: { readonly stateBytes?: number }): void {
    if (account !== IDLE_ACCOUNT) this.#account(account).holders.push(operator)
  }

  totals(): FlowTotals {
    this.switchTo(this.#current)
    const elapsedMs = this.#at - this.#startedAt
    return {
      at: this.#at,
      nodes: this.#accounts.map(account => this.#totalsOf(account, elapsedMs)),
      edgeRows: Object.fromEntries([...this.#edges].map(([id, { count }]) => [id, count])),
    }
  }

  lastRows(edge: string): readonly SampledRow[] {
    return [...(this.#edges.get(edge)?.last ?? [])]
  }

  watch(edge: string, rowsPerSecond: number, listener: EdgeListener): () => void {
    return this.#edges.get(edge)?.watch(rowsPerSecond, listener) ?? (() => {})
  }

  #account(index: number): Account {
    const account = this.#accounts[index - 1]
    assert(account !== undefined, 'an account is of a node of the graph')
    return account
  }

  #totalsOf(account: Account, elapsedMs: number): FlowNodeTotals {
    const { id, ms, rowsIn, errorRows, watermark, holders, downstream } = account
    let blockedMs = 0
    for (const index of downstream) blockedMs += this.#account(index).ms
    let stateBytes: number | null = null
    for (const holder of holders)
      if (holder.stateBytes !== undefined) stateBytes = (stateBytes ?? 0) + holder.stateBytes
    return {
      id,
      rowsIn,
      rowsOut: account.isStream ? rowsIn : account.rowsOut,
      errorRows,
      busyMs: ms,
      blockedMs,
      idleMs: elapsedMs - ms - blockedMs,
      stateBytes,
      watermarkMs: Number.isFinite(watermark) ? watermark : null,
    }
  }
}

class MeteredInput implements Input {
  readonly #meter: FlowMeter
  readonly #from: number | null
  readonly #to: number
  readonly #edge: string | null
  readonly #input: Input

  constructor(options: {
    readonly meter: FlowMeter
    readonly from: number | null
    readonly to: number
    readonly edge: string | null
    readonly input: Input
  }) {
    this.#meter = options.meter
    this.#from = options.from
    this.#to = options.to
    this.#edge = options.edge
    this.#input = options.input
  }

  push(rows: RowBatch, selection: Selection): void {
    const meter = this.#meter
    const before = meter.switchTo(this.#to)
    if (this.#edge !== null) {
      meter.countIn(this.#to, selection.length)
      meter.pass(this.#edge, rows, selection)
    }
    if (this.#from !== null) meter.countOut(this.#from, selection.length)
    this.#input.push(rows, selection)
    meter.switchTo(before)
  }

  advance(bound: number): void {
    const before = this.#meter.switchTo(this.#to)
    if (this.#from !== null) this.#meter.reach(this.#from, bound)
    this.#input.advance(bound)
    this.#meter.switchTo(before)
  }
}

/** Ids of everything that a node gives rows to, directly or not, without itself: a graph of streams may not, but can, be circular. */
function downstreamOf({ edges }: FlowGraph, id: string): readonly string[] {
  const reached = new Set<string>()
  const visit = (from: string): void => {
    for (const edge of edges)
      if (edge.from === from && edge.to !== id && !reached.has(edge.to)) {
        reached.add(edge.to)
        visit(edge.to)
      }
  }
  visit(id)
  return [...reached]
}
