/** Event time in the binder: `WATERMARK FOR` of a stream, and the window functions TUMBLE, HOP, CUMULATE and SESSION in FROM. */
import type { TextSpan } from '../../../core/errors.ts'
import type { Schema } from '../../../core/schema.ts'
import { sqlTypeText } from '../../../core/sql-type.ts'
import type { ExpressionNode, Name, OptionValue, TableNode, WatermarkDefinition } from '../ast.ts'
import {
  AHEAD_MS_DEFAULT,
  type EventTimePlan,
  type EventWindow,
  PANES_PER_WINDOW_MAX,
  type WatermarkPlan,
  WINDOW_COLUMNS,
} from '../event-time.ts'
import type { PlanNode } from '../plan-node.ts'
import { nameText } from '../reserved-words.ts'
import { TIMESTAMP } from './build.ts'
import { fail, nameHint } from './errors.ts'
import { bindInterval } from './literals.ts'
import { NOT_MONOTONIC } from './monotonicity.ts'
import { type Relation, shown } from './scope.ts'
import { isMonths } from './types.ts'

type Warn = (message: string, span: TextSpan) => void
type EventWindowNode = Extract<TableNode, { kind: 'event-window' }>

const OPTIONS = ['ALLOWED_LATENESS', 'MAX_AHEAD', 'IDLE_TIMEOUT'] as const

/**
 * `WATERMARK FOR column AS column - INTERVAL`, with the options of its stream. Options with other names are not ours: streams
 * of the service may carry any.
 */
export function bindWatermark(
  definition: WatermarkDefinition,
  options: readonly OptionValue[],
  schema: Schema,
  warn: Warn,
): WatermarkPlan {
  const column = columnOf(definition.column, schema, 'the stream')
  const { expression } = definition
  const isColumn = (node: ExpressionNode): boolean =>
    node.kind === 'path' && node.parts.length === 1 && node.parts[0]?.text === definition.column.text
  const behind =
    expression.kind === 'binary-operator' && expression.operator === '-' && isColumn(expression.left)
      ? expression.right
      : null
  if (behind === null && !isColumn(expression)) {
    const name = nameText(definition.column.text)
    fail('a watermark is its column, or less by a constant', expression.span, `write ${name} - INTERVAL '5' SECOND`)
  }
  const times = { ALLOWED_LATENESS: 0, MAX_AHEAD: AHEAD_MS_DEFAULT, IDLE_TIMEOUT: null } as Record<
    (typeof OPTIONS)[number],
    number | null
  >
  for (const { name, value } of options) {
    const option = OPTIONS.find(known => known === name.text)
    if (option === undefined) continue
    const none = value.kind === 'null' && option !== 'ALLOWED_LATENESS'
    times[option] = none ? null : milliseconds(value, option, 0, warn)
  }
  return {
    column,
    delayMs: behind === null ? 0 : milliseconds(behind, 'the delay of a watermark', 0, warn),
    latenessMs: times.ALLOWED_LATENESS ?? 0,
    aheadMs: times.MAX_AHEAD,
    idleMs: times.IDLE_TIMEOUT,
  }
}

function columnOf(name: Name, schema: Schema, where: string): number {
  const index = schema.columns.findIndex(column => column.name === name.text)
  const column = schema.columns[index]
  if (column === undefined) {
    const known = schema.columns.map(one => one.name)
    fail(`column ${shown(name)} not found in ${where}`, name.span, nameHint(name, known))
  }
  if (column.type.kind !== 'TIMESTAMP') {
    fail(`event time must be TIMESTAMP, not ${sqlTypeText(column.type)}`, name.span, 'convert it in the pump before')
  }
  return index
}

/** A literal interval of days to seconds. */
function milliseconds(node: ExpressionNode, what: string, least: number, warn: Warn): number {
  if (node.kind !== 'interval') return fail(`${what} must be a literal interval`, node.span, "as INTERVAL '5' SECOND")
  const bound = bindInterval(node, warn)
  if (isMonths(node.qualifier)) fail(`${what} cannot be in months`, node.span, 'months have no fixed length')
  const value = bound.kind === 'literal' ? Number(bound.value) : 0
  if (value < least) fail(`${what} must be ${least === 0 ? 'at least 0' : 'above 0'}`, node.span)
  return value
}

export interface EventStream {
  readonly name: string
  readonly schema: Schema
  /** an input of the application, with metadata columns */
  readonly input: boolean
  readonly watermark: WatermarkPlan | null
}

/** The rows of a stream with the windows that they lie in, as FROM sees them. */
export function bindEventWindow(table: EventWindowNode, stream: EventStream, warn: Warn): Relation {
  const { schema } = stream
  const time = timeOf(table.descriptor, stream)
  const window = windowOf(table, warn)
  if (table.partitionBy.length > 0 && window.kind !== 'session') {
    fail(`${table.name.text} has no PARTITION BY`, table.partitionBy[0]?.span ?? table.span, 'use GROUP BY')
  }
  const partitionBy = table.partitionBy.map(({ parts }) => {
    const name = parts[parts.length - 1] as Name
    const index = schema.columns.findIndex(column => column.name === name.text)
    if (index >= 0) return index
    const known = schema.columns.map(column => column.name)
    return fail(`column ${shown(name)} not found in ${nameText(stream.name)}`, name.span, nameHint(name, known))
  })
  const added = WINDOW_COLUMNS.map(name => ({ name, type: TIMESTAMP, nullable: false }))
  const node: PlanNode = {
    kind: 'event-windows',
    input: { kind: 'scan', stream: stream.name, schema },
    time,
    window,
    partitionBy,
    span: table.span,
    schema: { columns: [...schema.columns, ...added] },
  }
  return {
    name: table.alias?.name.text ?? stream.name,
    streamName: stream.name,
    node,
    columns: node.schema.columns.map((column, index) => ({ ...column, index, hidden: false })),
    monotonic: node.schema.columns.map(() => NOT_MONOTONIC),
    metadata: stream.input,
    eventWindow: { window, partitionBy, width: schema.columns.length, name: table.name.text },
  }
}

function timeOf(descriptor: Name, { name, schema, watermark }: EventStream): EventTimePlan {
  const declared = schema.columns.some(column => column.name === descriptor.text)
  if (descriptor.text === 'ROWTIME' && !declared) return { column: null, delayMs: 0, idleMs: null }
  const column = columnOf(descriptor, schema, nameText(name))
  if (watermark === null || watermark.column !== column) {
    const other = watermark === null ? undefined : schema.columns[watermark.column]?.name
    const hint =
      other === undefined
        ? `add WATERMARK FOR ${nameText(descriptor.text)} AS ${nameText(descriptor.text)} - INTERVAL '5' SECOND to CREATE STREAM ${nameText(name)}, or use DESCRIPTOR(ROWTIME)`
        : `the watermark is for ${nameText(other)}`
    fail(`column ${shown(descriptor)} of ${nameText(name)} has no watermark`, descriptor.span, hint)
  }
  return { column, delayMs: watermark.delayMs + watermark.latenessMs, idleMs: watermark.idleMs }
}

/** Parameters by function, each an interval. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  TUMBLE: ['size'],
  HOP: ['slide', 'size'],
  CUMULATE: ['step', 'size'],
  SESSION: ['gap'],
}

function windowOf({ name, args, span }: EventWindowNode, warn: Warn): EventWindow {
  const parameters = Object.hasOwn(PARAMETERS, name.text) ? PARAMETERS[name.text] : undefined
  if (parameters === undefined) {
    const known = Object.keys(PARAMETERS)
    return fail(
      `window function ${shown(name)} not found`,
      name.span,
      nameHint(name, known, text => text),
    )
  }
  if (args.length !== parameters.length) {
    const signature = `${name.text}(TABLE s, DESCRIPTOR(ts), ${parameters.join(', ')})`
    fail(
      `${name.text} takes ${parameters.length + 2} arguments, not ${args.length + 2}`,
      args[parameters.length]?.span ?? span,
      `write ${signature}`,
    )
  }
  const [first = 0, second = 0] = args.map((arg, index) => {
    return milliseconds(arg, `${parameters[index] ?? 'size'} of ${name.text}`, 1, warn)
  })
  if (name.text === 'TUMBLE') return { kind: 'hop', slideMs: first, sizeMs: first }
  if (name.text === 'SESSION') return { kind: 'session', gapMs: first }
  const place = args[1]?.span ?? span
  const [small, parts] = name.text === 'HOP' ? ['slide', 'slides'] : ['step', 'steps']
  if (second % first !== 0) {
    fail(`size of ${name.text} must be a multiple of its ${small}`, place, `${second} ms is none of ${first} ms`)
  }
  if (second / first > PANES_PER_WINDOW_MAX) {
    fail(`size of ${name.text} is ${second / first} ${parts}, over the limit of ${PANES_PER_WINDOW_MAX}`, place)
  }
  return name.text === 'HOP'
    ? { kind: 'hop', slideMs: first, sizeMs: second }
    : { kind: 'cumulate', stepMs: first, sizeMs: second }
}
