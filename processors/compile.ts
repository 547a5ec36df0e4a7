/** Plans to operators: one chain for each pump, a fan-out for each stream, a merge where several pumps write one stream. */
import { assert, unreachable } from '../core/assert.ts'
import type { ErrorOutput } from '../core/error-output.ts'
import { MillraceError } from '../core/errors.ts'
import { compileExpression } from './expressions/compile-expression.ts'
import type { ExpressionHost } from './expressions/kernel.ts'
import { Aggregate } from './operators/aggregate.ts'
import { FanOut } from './operators/fan-out.ts'
import { Filter } from './operators/filter.ts'
import { KEYS_MAX, STATE_LIMITS_DEFAULT, type StateLimits } from './operators/limits.ts'
import { Merge } from './operators/merge.ts'
import type { Input, Operator } from './operators/operator.ts'
import { Output, type StreamRows } from './operators/output.ts'
import { Project, type ProjectedValue } from './operators/project.ts'
import { PumpErrors, type RowErrors } from './operators/row-errors.ts'
import { CompiledProgram, type PendingErrors, type Program } from './program.ts'
import type { Expression } from './sql/expression.ts'
import { inputsOf, type PlanNode, type ProgramPlan, type PumpPlan, type StreamPlan } from './sql/plan-node.ts'

export interface CompileOptions {
  /** takes the rows that the program could not use */
  readonly errors: ErrorOutput
  /** streams whose rows are results */
  readonly outputs: readonly string[]
  /** CURRENT_TIMESTAMP and its relatives, epoch milliseconds, frozen; a restored program gets the first start again */
  readonly startedAt: number
  /** CURRENT_ROW_TIMESTAMP: the rowtime where runs must repeat, else a clock */
  readonly rowTimestamp: 'rowtime' | (() => number)
  readonly limits?: Partial<StateLimits>
}

/**
 * A program ready to take rows. Pumps that are not running are left out.
 * @throws SqlError `sql_bind` where an expression has no implementation; MillraceError `config` for an unknown output
 */
export function compileProgram(plan: ProgramPlan, options: CompileOptions): Program {
  return new Compiler(plan, options).compile()
}

class Compiler {
  readonly #plan: ProgramPlan
  readonly #options: CompileOptions
  readonly #host: ExpressionHost
  readonly #limits: StateLimits
  readonly #streams = new Map<string, FanOut>()
  readonly #operators: Operator[] = []
  readonly #pending: PendingErrors = { rows: [] }
  readonly #results: StreamRows[] = []
  #reporters = 0

  constructor(plan: ProgramPlan, options: CompileOptions) {
    this.#plan = plan
    this.#options = options
    this.#host = { startedAt: options.startedAt, rowTimestamp: options.rowTimestamp }
    this.#limits = { ...STATE_LIMITS_DEFAULT, ...options.limits }
    for (const [name, limit] of Object.entries(this.#limits))
      if (!(limit >= 1) || (name === 'maxKeys' && limit > KEYS_MAX))
        throw new MillraceError(
          'config',
          `limit ${name} must be from 1 to ${name === 'maxKeys' ? KEYS_MAX : 'any size'}, not ${limit}`,
        )
  }

  compile(): Program {
    for (const { name } of this.#plan.streams) this.#streams.set(name, new FanOut())
    for (const output of new Set(this.#options.outputs)) {
      const stream = this.#streams.get(output)
      if (stream === undefined)
        throw new MillraceError(
          'config',
          `output "${output}" names no stream of the program; streams are ${this.#names()}`,
        )
      stream.add(new Output(output, this.#results))
    }
    const running = this.#plan.pumps.filter(pump => pump.running)
    const targets = new Map<PumpPlan, Input>()
    for (const stream of this.#plan.streams) this.#addTarget(stream, running, targets)
    for (const pump of running) this.#addPump(pump, targets.get(pump))
    // A stream that nothing writes has ended: whoever merges it need not wait.
    for (const { name, origin } of this.#plan.streams)
      if (origin === 'program' && !running.some(pump => pump.target === name)) this.#stream(name).advance(Infinity)
    const inputs = this.#plan.streams.filter(stream => stream.origin === 'input')
    return new CompiledProgram({
      inputs: new Map(inputs.map(({ name }) => [name, this.#stream(name)])),
      operators: this.#operators,
      results: this.#results,
      errors: this.#options.errors,
      pending: this.#pending,
    })
  }

  /** Decides where the pumps of one stream put their rows: into the stream, or into a merge before it. */
  #addTarget(stream: StreamPlan, running: readonly PumpPlan[], targets: Map<PumpPlan, Input>): void {
    const pumps = running.filter(pump => pump.target === stream.name)
    const output = this.#stream(stream.name)
    if (pumps.length < 2) {
      for (const pump of pumps) targets.set(pump, output)
      return
    }
    const merge = new Merge({
      name: `merge into "${stream.name}"`,
      schema: stream.schema,
      inputs: pumps.length,
      output,
      limits: this.#limits,
    })
    this.#operators.push(merge)
    pumps.forEach((pump, index) => targets.set(pump, merge.inputs[index]!))
  }

  #addPump(pump: PumpPlan, output: Input | undefined): void {
    const target = this.#plan.streams.find(stream => stream.name === pump.target)
    assert(target !== undefined && output !== undefined, 'a pump writes to a stream of its program')
    const operator = this.#reporters++
    const errors = new PumpErrors(row => this.#pending.rows.push({ row, operator }), pump.name)
    const project = new Project({
      name: `pump "${pump.name}"`,
      schema: target.schema,
      values: pump.values.map(value => this.#value(value)),
      rowtime: this.#rowtime(pump.rowtime),
      output,
      errors,
    })
    this.#operators.push(project)
    this.#connect(pump.source, project, errors, `pump "${pump.name}"`, { next: 1 })
  }

  /** Builds a plan node and what feeds it, in front of `output`. */
  #connect(node: PlanNode, output: Input, errors: RowErrors, pump: string, numbers: { next: number }): void {
    const name = `${node.kind} ${numbers.next++} of ${pump}`
    switch (node.kind) {
      case 'scan':
        this.#stream(node.stream).add(output)
        return
      case 'filter': {
        const condition = compileExpression(node.condition, this.#host)
        this.#connect(node.input, new Filter({ condition, output, errors }), errors, pump, numbers)
        return
      }
      case 'project': {
        const project = new Project({
          name,
          schema: node.schema,
          values: node.items.map(item => this.#value(item.expression)),
          rowtime: this.#rowtime(node.rowtime),
          output,
          errors,
        })
        this.#operators.push(project)
        this.#connect(node.input, project, errors, pump, numbers)
        return
      }
      case 'aggregate': {
        const aggregate = new Aggregate({
          name,
          schema: node.schema,
          keys: node.keys.map(({ expression }) => ({ ...this.#value(expression), type: expression.type })),
          window: node.window,
          aggregates: node.aggregates.map(({ name: kind, argument, type, span }) => ({
            name: kind,
            argument:
              argument === null ? null : { kernel: compileExpression(argument, this.#host), type: argument.type },
            type,
            span,
          })),
          output,
          errors,
          limits: this.#limits,
        })
        this.#operators.push(aggregate)
        this.#connect(node.input, aggregate, errors, pump, numbers)
        return
      }
      case 'union': {
        const { schema } = node
        const merge = new Merge({ name, schema, inputs: node.inputs.length, output, limits: this.#limits })
        this.#operators.push(merge)
        inputsOf(node).forEach((input, index) => this.#connect(input, merge.inputs[index]!, errors, pump, numbers))
        return
      }
      default:
        unreachable(node, 'compile')
    }
  }

  #value(expression: Expression): ProjectedValue {
    return { kernel: compileExpression(expression, this.#host), span: expression.span }
  }

  #rowtime(expression: Expression | null): ProjectedValue | null {
    return expression === null || expression.kind === 'rowtime' ? null : this.#value(expression)
  }

  #stream(name: string): FanOut {
    const stream = this.#streams.get(name)
    assert(stream !== undefined, `stream "${name}" of a plan is one of its streams`)
    return stream
  }

  #names(): string {
    return this.#plan.streams.map(stream => `"${stream.name}"`).join(', ')
  }
}
