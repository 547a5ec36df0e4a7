/** Plans to operators: one chain for each pump, a fan-out for each stream, a merge where several pumps write one stream. */
import { assert, unreachable } from '../core/assert.ts'
import type { ErrorOutput } from '../core/error-output.ts'
import { MillraceError, SqlError, type TextSpan } from '../core/errors.ts'
import type { RowBatch } from '../core/rows.ts'
import type { Schema } from '../core/schema.ts'
import { type Codegen, type ExpressionCompiler, expressionCompiler } from './codegen/expression-compiler.ts'
import { RowFailure } from './expressions/failures.ts'
import type { ExpressionHost, Kernel } from './expressions/kernel.ts'
import { everyRow } from './expressions/selection.ts'
import { Collector, ReferenceTables, SubqueryAnswer } from './finite.ts'
import type { FlowMeter } from './flow/flow-meter.ts'
import { ProgramProbes } from './flow/program-probes.ts'
import { accumulatorOf } from './operators/accumulators.ts'
import { Aggregate } from './operators/aggregate.ts'
import { Distinct } from './operators/distinct.ts'
import { AssignWindows } from './operators/event-time/assign-windows.ts'
import { EventAggregate } from './operators/event-time/event-aggregate.ts'
import { PaneState } from './operators/event-time/pane-state.ts'
import { SessionState } from './operators/event-time/session-state.ts'
import { Watermark } from './operators/event-time/watermark.ts'
import type { WindowState } from './operators/event-time/window-state.ts'
import { FanOut } from './operators/fan-out.ts'
import { Filter } from './operators/filter.ts'
import { GroupTable } from './operators/group-table.ts'
import { Join } from './operators/join.ts'
import { KEYS_MAX, STATE_LIMITS_DEFAULT, type StateLimits } from './operators/limits.ts'
import { Lookup } from './operators/lookup.ts'
import { Merge } from './operators/merge.ts'
import { OneRow } from './operators/one-row.ts'
import type { Input, Operator } from './operators/operator.ts'
import { Output, type StreamRows } from './operators/output.ts'
import { Project } from './operators/project.ts'
import { Rank } from './operators/rank.ts'
import { PumpErrors, type RowErrors } from './operators/row-errors.ts'
import type { CompiledJoinKey } from './operators/row-store.ts'
import { SetOperation } from './operators/set-operation.ts'
import { Slide } from './operators/slide.ts'
import { Sort } from './operators/sort.ts'
import { Stagger } from './operators/stagger.ts'
import { tableFunction } from './operators/table-function.ts'
import { TimeSort } from './operators/time-sort.ts'
import { Values } from './operators/values.ts'
import { CompiledProgram, type PendingErrors, type Program } from './program.ts'
import { expressionKey } from './sql/bind/build.ts'
import type { Expression } from './sql/expression.ts'
import {
  inputsOf,
  type JoinKey,
  type PlanNode,
  type ProgramPlan,
  type PumpPlan,
  type StreamPlan,
  streamsOf,
} from './sql/plan-node.ts'

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
  /**
   * `auto` (default): expressions become generated code where the host allows code from strings, and are interpreted where
   * it does not. `off`: they are always interpreted. The answers are the same.
   */
  readonly codegen?: Codegen
  /** rows of the reference tables by name; one without rows is empty until the program gets some */
  readonly tables?: ReadonlyMap<string, readonly RowBatch[]>
  /** measures the program; it has the graph of this plan */
  readonly meter?: FlowMeter | null
}

/**
 * A program ready to take rows. Pumps that are not running are left out.
 * @throws SqlError `sql_bind` where an expression has no implementation; MillraceError `config` for an unknown output
 */
export function compileProgram(plan: ProgramPlan, options: CompileOptions): Program {
  return new Compiler(plan, options).compile()
}

type LookupNode = Extract<PlanNode, { kind: 'lookup' }>

class Compiler {
  readonly #plan: ProgramPlan
  readonly #options: CompileOptions
  readonly #host: ExpressionHost
  readonly #expressions: ExpressionCompiler
  readonly #limits: StateLimits
  readonly #tables: ReferenceTables
  readonly #streams = new Map<string, FanOut>()
  #operators: Operator[] = []
  readonly #pending: PendingErrors = { rows: [] }
  readonly #results: StreamRows[] = []
  #starts: Values[] = []
  /** tables of the finite query that is being built */
  #sources: { readonly table: string; readonly input: Input }[] = []
  readonly #probes: ProgramProbes
  #reporters = 0
  /** name of the pump that is being built */
  #pump: string | null = null

  constructor(plan: ProgramPlan, options: CompileOptions) {
    this.#plan = plan
    this.#options = options
    this.#probes = new ProgramProbes(options.meter ?? null)
    this.#limits = { ...STATE_LIMITS_DEFAULT, ...options.limits }
    this.#tables = new ReferenceTables(plan.tables ?? [], this.#limits.maxBytes)
    const subqueries = (plan.subqueries ?? []).map(
      ({ schema }) => new SubqueryAnswer(schema.columns.map(({ type }) => type)),
    )
    this.#host = { startedAt: options.startedAt, rowTimestamp: options.rowTimestamp, subqueries }
    this.#expressions = expressionCompiler(this.#host, options.codegen)
    for (const [name, limit] of Object.entries(this.#limits))
      if (!(limit >= 1) || (name === 'maxKeys' && limit > KEYS_MAX))
        throw new MillraceError(
          'config',
          `limit ${name} must be from 1 to ${name === 'maxKeys' ? KEYS_MAX : 'any size'}, not ${limit}`,
        )
  }

  compile(): Program {
    this.#answerSubqueries()
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
    const chains = new Map<PumpPlan, readonly Operator[]>()
    for (const pump of running) {
      const from = this.#operators.length
      this.#addPump(pump, targets.get(pump))
      // A chain is built from its end.
      chains.set(pump, this.#operators.slice(from).reverse())
    }
    // A stream that nothing writes has ended: whoever merges it need not wait.
    for (const { name, origin } of this.#plan.streams)
      if (origin === 'program' && !running.some(pump => pump.target === name)) this.#stream(name).advance(Infinity)
    const inputs = this.#plan.streams.filter(stream => stream.origin === 'input')
    return new CompiledProgram({
      inputs: new Map(inputs.map(({ name }) => [name, this.#probes.source(name, this.#stream(name))])),
      operators: this.#operators,
      workOrder: upstreamFirst(running).flatMap(pump => this.#probes.chain(pump.name, chains.get(pump) ?? [])),
      starts: this.#starts,
      startedAt: this.#options.startedAt,
      results: this.#results,
      errors: this.#options.errors,
      pending: this.#pending,
      tables: this.#tables,
    })
  }

  /** In their order: one may ask another that stands inside it. */
  #answerSubqueries(): void {
    const errors = new PumpErrors(row => this.#pending.rows.push({ row, operator: -1 }), null)
    for (const [name, rows] of this.#options.tables ?? []) this.#tables.replace(name, rows)
    for (const [index, node] of (this.#plan.subqueries ?? []).entries()) {
      const answer = this.#host.subqueries?.[index]
      if (answer instanceof SubqueryAnswer) this.#tables.watch(() => answer.set(this.#finite(node, errors)))
    }
  }

  /** Decides where the pumps of one stream put their rows: into the stream, or into a merge before it. */
  #addTarget(stream: StreamPlan, running: readonly PumpPlan[], targets: Map<PumpPlan, Input>): void {
    const pumps = running.filter(pump => pump.target === stream.name)
    const output = this.#entry(stream)
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
    this.#probes.before(stream.name, merge)
    pumps.forEach((pump, index) => targets.set(pump, merge.inputs[index]!))
  }

  /** Where rows enter a stream: at its watermark, if it has one. */
  #entry({ name, watermark }: StreamPlan): Input {
    const output = this.#stream(name)
    if (watermark === undefined) return output
    const operator = this.#reporters++
    const errors = new PumpErrors(row => this.#pending.rows.push({ row, operator }), null)
    const entry = new Watermark({ stream: name, plan: watermark, output, errors })
    this.#operators.push(entry)
    return entry
  }

  #addPump(pump: PumpPlan, output: Input | undefined): void {
    const target = this.#plan.streams.find(stream => stream.name === pump.target)
    assert(target !== undefined && output !== undefined, 'a pump writes to a stream of its program')
    const operator = this.#reporters++
    const errors = new PumpErrors(row => this.#pending.rows.push({ row, operator }), pump.name)
    const project = new Project({
      name: `pump "${pump.name}"`,
      schema: target.schema,
      ...this.#projection(pump.values, pump.rowtime, target.schema),
      output: this.#probes.exit(pump.name, pump.target, output),
      errors,
    })
    this.#operators.push(project)
    this.#pump = pump.name
    this.#connect(pump.source, project, errors, `pump "${pump.name}"`, { next: 1 })
    this.#pump = null
  }

  /** Builds a plan node and what feeds it, in front of `output`. */
  #connect(node: PlanNode, output: Input, errors: RowErrors, pump: string, numbers: { next: number }): void {
    const name = `${node.kind} ${numbers.next++} of ${pump}`
    switch (node.kind) {
      case 'scan':
        this.#stream(node.stream).add(this.#probes.entry(node.stream, this.#pump, output))
        return
      case 'filter': {
        const condition = this.#expressions.filter(node.condition)
        this.#connect(node.input, new Filter({ condition, output, errors }), errors, pump, numbers)
        return
      }
      case 'project': {
        const project = new Project({
          name,
          schema: node.schema,
          ...this.#projection(
            node.items.map(item => item.expression),
            node.rowtime,
            node.schema,
          ),
          output,
          errors,
        })
        this.#operators.push(project)
        this.#connect(node.input, project, errors, pump, numbers)
        return
      }
      case 'aggregate':
      case 'stagger': {
        const [keys, args] = this.#groupKernels(node)
        const shared = {
          name,
          schema: node.schema,
          keys: node.keys.map(({ expression: { type, span } }, index) => ({ kernel: keys[index]!, type, span })),
          aggregates: node.aggregates.map(({ argument, ...rest }, index) => ({
            ...rest,
            argument: argument === null ? null : { kernel: args[index]!, type: argument.type },
          })),
          output: node.kind === 'aggregate' && node.whole === true ? this.#oneRow(node, name, output) : output,
          errors,
          limits: this.#limits,
        }
        const groups =
          node.kind === 'stagger'
            ? new Stagger({ ...shared, sizeMs: node.sizeMs })
            : new Aggregate({ ...shared, window: node.window })
        this.#operators.push(groups)
        this.#connect(node.input, groups, errors, pump, numbers)
        return
      }
      case 'distinct': {
        const typed = (index: number) => ({ index, type: node.schema.columns[index]!.type })
        const { byRowtime, span } = node
        const [columns, changing] = [node.compared.map(typed), node.changing.map(typed)]
        const distinct = new Distinct({
          name,
          columns,
          changing,
          byRowtime,
          span,
          output,
          errors,
          limits: this.#limits,
        })
        this.#operators.push(distinct)
        this.#connect(node.input, distinct, errors, pump, numbers)
        return
      }
      case 'sort':
      case 'time-sort': {
        const shared = { name, schema: node.schema, span: node.span, output, errors, limits: this.#limits }
        const sort =
          node.kind === 'sort'
            ? new Sort({ ...shared, keys: node.keys, end: node.end, limit: node.limit })
            : new TimeSort({ ...shared, column: node.column, withinMs: node.withinMs })
        this.#operators.push(sort)
        this.#connect(node.input, sort, errors, pump, numbers)
        return
      }
      case 'rank': {
        const { functions, limit, partition, schema } = node
        const order = node.order.flatMap(({ column }) => (column === null ? [] : [column]))
        const rank = new Rank({ name, schema, partition, order, functions, limit, output })
        this.#operators.push(rank)
        this.#connect(node.input, rank, errors, pump, numbers)
        return
      }
      case 'values': {
        const rows = node.rows.map(row => row.map(value => this.#value(value)))
        const values = new Values({ name, schema: node.schema, rows, output, errors })
        this.#operators.push(values)
        this.#starts.push(values)
        return
      }
      case 'set': {
        const { operator, schema } = node
        const set = new SetOperation({ name, schema, operator, output, limits: this.#limits })
        this.#operators.push(set)
        node.inputs.forEach((input, index) => this.#connect(input, set.inputs[index]!, errors, pump, numbers))
        return
      }
      case 'table-function': {
        const { plan, schema, input } = node
        const options = { name, plan, input: input.schema, schema, output, limits: this.#limits }
        const operator = tableFunction(options)
        this.#operators.push(operator)
        return this.#connect(node.input, operator, errors, pump, numbers)
      }
      case 'event-windows': {
        const { schema, time, window, span } = node
        if (window.kind === 'session') {
          const hint = 'group its rows in a pump or a subquery first'
          throw new SqlError('sql_bind', 'SESSION stands alone in FROM, with GROUP BY', span, hint)
        }
        const assign = new AssignWindows({ schema, time, window, output })
        return this.#connect(node.input, assign, errors, pump, numbers)
      }
      case 'event-aggregate': {
        const { schema, time, condition, aggregates } = node
        const [keys, args] = this.#groupKernels(node)
        const aggregate = new EventAggregate({
          name,
          schema,
          time,
          state: this.#windowState(node),
          condition: condition === null ? null : this.#expressions.filter(condition),
          keys,
          args,
          spans: aggregates.map(({ span }) => span),
          output,
          errors,
          limits: this.#limits,
        })
        this.#operators.push(aggregate)
        return this.#connect(node.input, aggregate, errors, pump, numbers)
      }
      case 'slide': {
        const slide = this.#slide(node, name, output, errors)
        this.#operators.push(slide)
        this.#connect(node.input, slide, errors, pump, numbers)
        return
      }
      case 'union': {
        const { schema } = node
        const merge = new Merge({ name, schema, inputs: node.inputs.length, output, limits: this.#limits })
        this.#operators.push(merge)
        inputsOf(node).forEach((input, index) => this.#connect(input, merge.inputs[index]!, errors, pump, numbers))
        return
      }
      case 'join': {
        const { type, schema, leftWindow, rightWindow } = node
        const join = new Join({
          name,
          type,
          left: { keys: this.#joinKeys(node.keys, 'left'), window: leftWindow, schema: node.left.schema },
          right: { keys: this.#joinKeys(node.keys, 'right'), window: rightWindow, schema: node.right.schema },
          condition: this.#condition(node.condition),
          schema,
          output,
          errors,
          limits: this.#limits,
        })
        this.#operators.push(join)
        this.#connect(node.left, join.inputs[0]!, errors, pump, numbers)
        this.#connect(node.right, join.inputs[1]!, errors, pump, numbers)
        return
      }
      case 'lookup': {
        const [stream, table] = node.stream === 'left' ? [node.left, node.right] : [node.right, node.left]
        const lookup = this.#lookup(name, node, table, output, errors)
        this.#operators.push(lookup)
        this.#tables.watch(() => lookup.replace(this.#finite(table, errors)))
        this.#connect(stream, lookup, errors, pump, numbers)
        return
      }
      case 'table':
        this.#sources.push({ table: node.table, input: output })
        return
      default:
        unreachable(node, 'compile')
    }
  }

  #oneRow({ schema, aggregates }: Extract<PlanNode, { kind: 'aggregate' }>, name: string, output: Input): OneRow {
    const { startedAt: rowtime } = this.#options
    const results = aggregates.map(each => (each.name === 'COUNT' ? 0n : null))
    const values = [...schema.columns.slice(aggregates.length).map(() => rowtime), ...results]
    const row = new OneRow({ name: `one row of ${name}`, schema, values, rowtime, output })
    this.#operators.push(row)
    return row
  }

  #windowState({ window, keys, aggregates }: Extract<PlanNode, { kind: 'event-aggregate' }>): WindowState {
    const keyTypes = keys.map(({ expression }) => expression.type)
    const accumulators = () =>
      aggregates.map(({ name, argument, type, distinct }) =>
        accumulatorOf(name, argument?.type ?? null, type, distinct),
      )
    return window.kind === 'session'
      ? new SessionState(window.gapMs, keyTypes, accumulators)
      : new PaneState(window, () => new GroupTable(keyTypes, accumulators()))
  }

  #slide(node: Extract<PlanNode, { kind: 'slide' }>, name: string, output: Input, errors: RowErrors): Slide {
    // Functions over the same argument share it.
    const args = new Map<string, Expression>()
    const indexOf = (argument: Expression): number => {
      const key = expressionKey(argument)
      if (!args.has(key)) args.set(key, argument)
      return [...args.keys()].indexOf(key)
    }
    const indexes = node.functions.map(({ argument }) => (argument === null ? null : indexOf(argument)))
    const asked = [...args.values(), ...node.windows.flatMap(({ partition }) => partition)]
    const defaults = node.functions.flatMap(({ otherwise }) => (otherwise === null ? [] : [otherwise]))
    // In the order in which the operator asks for them.
    const kernels = this.#expressions.kernels([...asked, ...defaults])
    let next = 0
    const typed = ({ type, span }: Expression) => ({ kernel: kernels[next++]!, type, span })
    const argumentColumns = [...args.values()].map(typed)
    const windows = node.windows.map(({ partition, frame }) => ({ partition: partition.map(typed), frame }))
    const functions = node.functions.map(({ otherwise, ...rest }, index) => ({
      ...rest,
      argument: indexes[index] ?? null,
      otherwise: otherwise === null ? null : kernels[next++]!,
    }))
    return new Slide({
      name,
      schema: node.schema,
      arguments: argumentColumns,
      windows,
      functions,
      output,
      errors,
      limits: this.#limits,
    })
  }

  #lookup(name: string, node: LookupNode, table: PlanNode, output: Input, errors: RowErrors): Lookup {
    const streamFirst = node.stream === 'left'
    return new Lookup({
      name,
      outer: node.outer,
      streamFirst,
      streamKeys: this.#joinKeys(node.keys, node.stream),
      tableKeys: this.#joinKeys(node.keys, streamFirst ? 'right' : 'left'),
      tableSchema: table.schema,
      condition: this.#condition(node.condition),
      schema: node.schema,
      output,
      errors,
    })
  }

  /** The rows of a finite node as its tables stand: a program of its own that runs to its end. */
  #finite(node: PlanNode, errors: RowErrors): readonly RowBatch[] {
    const collector = new Collector()
    const outside = { operators: this.#operators, starts: this.#starts, sources: this.#sources }
    this.#operators = []
    this.#starts = []
    this.#sources = []
    this.#connect(node, collector, errors, 'finite', { next: 1 })
    const { operators, starts, sources } = {
      operators: this.#operators.toReversed(),
      starts: this.#starts,
      sources: this.#sources,
    }
    this.#operators = outside.operators
    this.#starts = outside.starts
    this.#sources = outside.sources
    const settle = (): void => {
      while (operators.some(operator => operator.work()));
    }
    for (const values of starts) values.start(0)
    for (const { table, input } of sources) {
      for (const rows of this.#tables.rowsOf(table)) {
        input.push(rows, everyRow(rows.length))
        settle()
      }
      input.advance(Infinity)
    }
    settle()
    return collector.take()
  }

  #joinKeys(keys: readonly JoinKey[], side: 'left' | 'right'): readonly CompiledJoinKey[] {
    return keys.map(key => ({
      kernel: this.#expressions.kernel(key[side]),
      type: key[side].type,
      padded: key.left.type.kind === 'CHAR' || key.right.type.kind === 'CHAR',
    }))
  }

  #condition(expression: Expression | null): Kernel | null {
    return expression === null ? null : this.#expressions.kernel(expression)
  }

  #value(expression: Expression): { readonly kernel: Kernel; readonly span: TextSpan } {
    return { kernel: this.#expressions.kernel(expression), span: expression.span }
  }

  /**
   * Keys, then arguments (null for COUNT(*)), computed together. An aggregate has read its columns when its push returns,
   * so that the next batch may fill them again.
   */
  #groupKernels({
    keys,
    aggregates,
  }: Extract<PlanNode, { kind: 'aggregate' | 'stagger' | 'event-aggregate' }>): readonly [Kernel[], (Kernel | null)[]] {
    const args = aggregates.flatMap(({ argument }) => (argument === null ? [] : [argument]))
    const kernels = this.#expressions.kernels([...keys.map(({ expression }) => expression), ...args], { scratch: true })
    let next = keys.length
    return [
      kernels.slice(0, keys.length),
      aggregates.map(({ argument }) => (argument === null ? null : kernels[next++]!)),
    ]
  }

  #projection(values: readonly Expression[], rowtime: Expression | null, schema: Schema) {
    const retimed = rowtime === null || rowtime.kind === 'rowtime' ? null : rowtime
    const required = schema.columns.map(({ name, nullable }) =>
      nullable
        ? null
        : new RowFailure('NULL_NOT_ALLOWED', `NULL for column ${JSON.stringify(name)}, which is NOT NULL`),
    )
    return {
      values: this.#expressions.set(retimed === null ? values : [...values, retimed], { required }),
      rowtime: retimed === null ? null : retimed.span,
    }
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

/** The pumps so that each stands behind those that write what it reads. */
function upstreamFirst(pumps: readonly PumpPlan[]): readonly PumpPlan[] {
  const ordered = new Set<PumpPlan>()
  const visit = (pump: PumpPlan): void => {
    if (ordered.has(pump)) return
    const read = streamsOf(pump.source)
    for (const other of pumps) if (read.has(other.target)) visit(other)
    ordered.add(pump)
  }
  for (const pump of pumps) visit(pump)
  return [...ordered]
}
