/**
 * Which expressions never fall (or never rise) from row to row of a stream, so that a change of their value completes a
 * group (AWS SQL reference, "Monotonic Expressions and Operators"), and when the group of a value is complete.
 */
import type { Expression } from '../expression.ts'
import { operandsOf } from '../expression.ts'
import type { WindowEnd } from '../plan-node.ts'
import { UNIT_MS } from './literals.ts'

export interface Monotonicity {
  readonly direction: 'constant' | 'ascending' | 'descending' | 'none'
  /** null unless the value says when its group is complete */
  readonly end: WindowEnd | null
  /** true when the value comes from ROWTIME */
  readonly rowtime: boolean
}

export const NOT_MONOTONIC: Monotonicity = { direction: 'none', end: null, rowtime: false }
const CONSTANT: Monotonicity = { direction: 'constant', end: null, rowtime: false }
const CLOCKS: ReadonlySet<string> = new Set(['CURRENT_ROW_TIMESTAMP'])
/** One value for the whole run of a query. */
const FROZEN: ReadonlySet<string> = new Set([
  'CURRENT_DATE',
  'CURRENT_TIME',
  'CURRENT_TIMESTAMP',
  'LOCALTIME',
  'LOCALTIMESTAMP',
])

/** @param columns the monotonicity of each column of the input row */
export function monotonicityOf(expression: Expression, columns: readonly Monotonicity[]): Monotonicity {
  switch (expression.kind) {
    case 'literal':
      return CONSTANT
    case 'rowtime':
      return { direction: 'ascending', end: { kind: 'instant' }, rowtime: true }
    case 'column':
      return columns[expression.index] ?? NOT_MONOTONIC
    case 'negate':
      return plain(reversed(monotonicityOf(expression.operand, columns)))
    case 'arithmetic':
      return ofArithmetic(expression, columns)
    case 'call':
      return ofCall(expression, columns)
    case 'cast': {
      const operand = monotonicityOf(expression.operand, columns)
      // Numbers and intervals keep their order when they change type; text does not.
      const kept =
        expression.type.kind !== 'VARCHAR' && expression.type.kind !== 'CHAR' && expression.type.kind !== 'TIME'
      const fromText = expression.operand.type.kind === 'VARCHAR' || expression.operand.type.kind === 'CHAR'
      return operand.direction === 'constant' ? operand : kept && !fromText ? plain(operand) : NOT_MONOTONIC
    }
    default:
      return operandsOf(expression).every(operand => monotonicityOf(operand, columns).direction === 'constant')
        ? CONSTANT
        : NOT_MONOTONIC
  }
}

/** The same direction, with no known end. */
function plain(of: Monotonicity): Monotonicity {
  return of.end === null ? of : { ...of, end: { kind: 'change' } }
}

function reversed(of: Monotonicity): Monotonicity {
  if (of.direction === 'ascending') return { ...of, direction: 'descending' }
  return of.direction === 'descending' ? { ...of, direction: 'ascending' } : of
}

function ofArithmetic(
  expression: Extract<Expression, { kind: 'arithmetic' }>,
  columns: readonly Monotonicity[],
): Monotonicity {
  const { operator } = expression
  const left = monotonicityOf(expression.left, columns)
  const right = monotonicityOf(expression.right, columns)
  if (left.direction === 'constant' && right.direction === 'constant') return CONSTANT
  if (left.direction === 'none' || right.direction === 'none') return NOT_MONOTONIC
  if (operator === '+' || operator === '-') {
    const second = operator === '+' ? right : reversed(right)
    if (right.direction === 'constant') {
      const offsetMs = constantMs(expression.right)
      return offsetMs === null ? plain(left) : shifted(left, operator === '+' ? offsetMs : -offsetMs)
    }
    if (left.direction === 'constant') {
      const offsetMs = operator === '+' ? constantMs(expression.left) : null
      return offsetMs === null ? plain(second) : shifted(second, offsetMs)
    }
    return left.direction === second.direction
      ? plain({ ...left, rowtime: left.rowtime || right.rowtime })
      : NOT_MONOTONIC
  }
  const factor = right.direction === 'constant' ? expression.right : operator === '*' ? expression.left : null
  const value = factor === null ? null : literalNumber(factor)
  if (value === null || value === 0) return NOT_MONOTONIC
  const kept = right.direction === 'constant' ? left : right
  if (kept.direction === 'constant') return NOT_MONOTONIC
  return plain(value > 0 ? kept : reversed(kept))
}

/** A literal, or a literal in another type. */
function literalNumber(expression: Expression): number | null {
  if (expression.kind === 'cast') return literalNumber(expression.operand)
  if (expression.kind === 'negate') {
    const value = literalNumber(expression.operand)
    return value === null ? null : -value
  }
  if (expression.kind !== 'literal' || expression.value === null) return null
  return typeof expression.value === 'number' || typeof expression.value === 'bigint' ? Number(expression.value) : null
}

/** The milliseconds of a day-time interval literal. */
function constantMs(expression: Expression): number | null {
  if (expression.type.kind !== 'INTERVAL' || expression.type.from === 'YEAR' || expression.type.from === 'MONTH')
    return null
  return literalNumber(expression)
}

/** A monotonic time plus a constant: the same groups, with other values. */
function shifted(of: Monotonicity, offsetMs: number): Monotonicity {
  const { end } = of
  if (end === null || end.kind === 'change' || end.kind === 'moment') return of
  return { ...of, end: { ...end, offsetMs: (end.offsetMs ?? 0) + offsetMs } }
}

function ofCall(expression: Extract<Expression, { kind: 'call' }>, columns: readonly Monotonicity[]): Monotonicity {
  const { name, args } = expression
  const [first] = args
  if (CLOCKS.has(name)) return { direction: 'ascending', end: { kind: 'change' }, rowtime: false }
  if (FROZEN.has(name)) return CONSTANT
  if (first === undefined) return NOT_MONOTONIC
  if (name === 'MONOTONIC') return { direction: 'ascending', end: { kind: 'change' }, rowtime: false }
  const known = [
    'STEP_DATETIME',
    'STEP_NUMBER',
    'FLOOR_TO',
    'CEIL_TO',
    'FLOOR',
    'CEIL',
    'UNIX_TIMESTAMP',
    'TO_TIMESTAMP',
  ]
  if (known.includes(name)) {
    const operand = monotonicityOf(first, columns)
    const constant = args.slice(1).every(arg => monotonicityOf(arg, columns).direction === 'constant')
    if (!constant) return NOT_MONOTONIC
    if (operand.direction === 'constant' || operand.direction === 'none') return operand
    const end = roundedEnd(expression, first, columns)
    return end === null ? plain(operand) : { ...operand, end }
  }
  if (name === 'SUBSTRING_FROM') {
    // The first characters of text in order are in order.
    const [, from, count] = args
    const start = from === undefined ? null : literalNumber(from)
    const leading = start !== null && start <= 1 && count !== undefined && literalNumber(count) !== null
    const operand = monotonicityOf(first, columns)
    return leading || operand.direction === 'constant' ? plain(operand) : NOT_MONOTONIC
  }
  const constant = args.every(arg => monotonicityOf(arg, columns).direction === 'constant')
  return constant ? CONSTANT : NOT_MONOTONIC
}

/** The window of STEP, FLOOR or CEIL of ROWTIME (plus a constant), or null where the value does not tell it. */
function roundedEnd(
  expression: Extract<Expression, { kind: 'call' }>,
  operand: Expression,
  columns: readonly Monotonicity[],
): WindowEnd | null {
  const [, size] = expression.args
  if (size === undefined || size.kind !== 'literal' || expression.type.kind !== 'TIMESTAMP') return null
  const offsetMs = rowtimeOffset(operand, columns)
  if (offsetMs === null) return nestedEnd(expression, monotonicityOf(operand, columns), size)
  if (expression.name === 'STEP_DATETIME') {
    const months = size.type.kind === 'INTERVAL' && (size.type.from === 'YEAR' || size.type.from === 'MONTH')
    if (typeof size.value !== 'number' || size.value <= 0) return null
    if (!months) return { kind: 'step', sizeMs: size.value, offsetMs }
    const inside = offsetMs === 0 ? {} : { insideMs: offsetMs }
    if (size.value === 1 || size.value === 12)
      return { kind: 'floor', unit: size.value === 1 ? 'MONTH' : 'YEAR', offsetMs: 0, ...inside }
    return { kind: 'step-months', months: size.value, offsetMs: 0, ...inside }
  }
  const unit = size.value
  if (
    unit !== 'YEAR' &&
    unit !== 'MONTH' &&
    unit !== 'DAY' &&
    unit !== 'HOUR' &&
    unit !== 'MINUTE' &&
    unit !== 'SECOND'
  ) {
    return null
  }
  // What is added inside moves the edges off the unit; the value is a rounded time all the same.
  const inside = offsetMs === 0 ? {} : { insideMs: offsetMs }
  if (expression.name === 'CEIL_TO') return { kind: 'ceil', unit, offsetMs: 0, ...inside }
  if (offsetMs === 0 || unit === 'YEAR' || unit === 'MONTH') return { kind: 'floor', unit, offsetMs: 0, ...inside }
  return { kind: 'step', sizeMs: UNIT_MS[unit], offsetMs }
}

/** What is added to ROWTIME, under its own name or that of a subquery's column, or null where the expression is something else. */
function rowtimeOffset(expression: Expression, columns: readonly Monotonicity[]): number | null {
  if (expression.kind === 'rowtime') return 0
  if (expression.kind === 'column') {
    const end = columns[expression.index]?.end
    return end?.kind === 'instant' ? (end.offsetMs ?? 0) : null
  }
  if (expression.kind !== 'arithmetic' || (expression.operator !== '+' && expression.operator !== '-')) return null
  const left = rowtimeOffset(expression.left, columns)
  const ms = constantMs(expression.right)
  if (left !== null && ms !== null) return expression.operator === '+' ? left + ms : left - ms
  const right = expression.operator === '+' ? rowtimeOffset(expression.right, columns) : null
  const first = constantMs(expression.left)
  return right !== null && first !== null ? right + first : null
}

/** A coarser rounding of a window whose size divides it: FLOOR(STEP(ROWTIME BY 10 s) TO MINUTE) is FLOOR(ROWTIME TO MINUTE). */
function nestedEnd(
  expression: Extract<Expression, { kind: 'call' }>,
  inner: Monotonicity,
  size: Extract<Expression, { kind: 'literal' }>,
): WindowEnd | null {
  const innerMs = fixedSize(inner.end)
  if (innerMs === null || expression.name === 'CEIL_TO') return null
  if (expression.name === 'STEP_DATETIME') {
    const dayTime = size.type.kind === 'INTERVAL' && size.type.from !== 'YEAR' && size.type.from !== 'MONTH'
    if (!dayTime || typeof size.value !== 'number' || size.value <= 0 || size.value % innerMs !== 0) return null
    return { kind: 'step', sizeMs: size.value, offsetMs: 0 }
  }
  const unit = size.value
  if (unit !== 'DAY' && unit !== 'HOUR' && unit !== 'MINUTE' && unit !== 'SECOND') return null
  return UNIT_MS[unit] % innerMs === 0 ? { kind: 'floor', unit, offsetMs: 0 } : null
}

/** The size of a window that is aligned to 1970 and rounds down. */
function fixedSize(end: WindowEnd | null): number | null {
  if (end?.kind === 'step') return end.offsetMs === 0 ? end.sizeMs : null
  if (end?.kind !== 'floor' || end.offsetMs !== 0 || end.insideMs !== undefined) return null
  return end.unit === 'YEAR' || end.unit === 'MONTH' ? null : UNIT_MS[end.unit]
}

/** True where the value depends on the rowtime of the row. */
export function readsRowtime(expression: Expression, columns: readonly Monotonicity[]): boolean {
  if (expression.kind === 'rowtime') return true
  if (expression.kind === 'column') return columns[expression.index]?.rowtime === true
  return operandsOf(expression).some(operand => readsRowtime(operand, columns))
}
