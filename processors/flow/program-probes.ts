/** Where a program is measured: at its inputs, at what pumps read and write, and around the work of each pump. */
import type { Input, Operator } from '../operators/operator.ts'
import { nodeIds } from './flow-graph.ts'
import type { FlowMeter } from './flow-meter.ts'

/** Something with slices of work to do. */
export type Worker = Pick<Operator, 'work'>

/** Puts the probes of a meter into a program while it is compiled; without a meter everything stays as it is. */
export class ProgramProbes {
  readonly #meter: FlowMeter | null
  /** edges that have a probe: a pump that reads a stream twice gets its rows once */
  readonly #entered = new Set<string>()

  constructor(meter: FlowMeter | null) {
    this.#meter = meter
  }

  /** Rows of the source on their way into an input stream. */
  source(stream: string, input: Input): Input {
    const into = nodeIds.stream(stream)
    const edge = this.#meter?.graph.edges.find(({ to, kind }) => to === into && kind === 'rows')
    return this.#meter === null || edge === undefined ? input : this.#meter.passage(edge.from, into, input)
  }

  /** Rows of a stream on their way into a pump. */
  entry(stream: string, pump: string | null, input: Input): Input {
    if (this.#meter === null || pump === null) return input
    const node = nodeIds.pump(pump)
    const edge = `${nodeIds.stream(stream)}>${node}`
    const isFirst = !this.#entered.has(edge)
    this.#entered.add(edge)
    return this.#meter.entry(node, isFirst ? edge : null, input)
  }

  /** Rows of a pump on their way into its stream. */
  exit(pump: string, target: string, output: Input): Input {
    return this.#meter?.passage(nodeIds.pump(pump), nodeIds.stream(target), output) ?? output
  }

  /** The operators of a pump, whose state and work are the pump's. */
  chain(pump: string, operators: readonly Operator[]): readonly Worker[] {
    const meter = this.#meter
    if (meter === null) return operators
    const account = meter.accountOf(nodeIds.pump(pump))
    for (const operator of operators) meter.holds(account, operator)
    const work = (): boolean => {
      const before = meter.switchTo(account)
      let more = false
      for (const operator of operators) if (operator.work()) more = true
      meter.switchTo(before)
      return more
    }
    return [{ work }]
  }

  /** An operator before a stream: what it holds is the stream's. */
  before(stream: string, operator: Operator): void {
    this.#meter?.holds(this.#meter.accountOf(nodeIds.stream(stream)), operator)
  }
}
