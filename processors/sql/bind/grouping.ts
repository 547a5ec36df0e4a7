/**
 * GROUP BY: the terms, the one that closes the windows, and select items over groups. An item is bound over the input rows
 * with placeholders for aggregates; then whatever equals a group term becomes that key, and what is left over is an error.
 */
import type { TextSpan } from '../../../core/errors.ts'
import type { Expression } from '../expression.ts'
import { operandsOf } from '../expression.ts'
import type { PlanItem, WindowEnd, WindowPlan } from '../plan-node.ts'
import { AGGREGATE_BASE } from './aggregates.ts'
import { expressionKey, literal, withOperands } from './build.ts'
import { fail } from './errors.ts'
import { UNIT_MS } from './literals.ts'
import { type Monotonicity, monotonicityOf, readsRowtime } from './monotonicity.ts'

const EMISSION = AGGREGATE_BASE - 1

/** Unqualified ROWTIME in the select list of a grouped query: the time of the row that leaves. */
export function emissionTime(span: TextSpan): Expression {
  return { kind: 'column', index: EMISSION, type: { kind: 'TIMESTAMP' }, span }
}

export interface Grouping {
  readonly keys: readonly PlanItem[]
  /** null in a stagger: each key has windows of its own */
  readonly window: WindowPlan | null
  /** keys of the terms as written, with the expression over the groups that computes each */
  readonly terms: ReadonlyMap<string, Expression>
}

/**
 * @param terms bound over the input rows
 * @param names a name for each key, for explain
 */
export function groupingOf(
  terms: readonly Expression[],
  names: readonly string[],
  columns: readonly Monotonicity[],
  span: TextSpan,
): Grouping {
  const found = terms.map(term => monotonicityOf(term, columns))
  const timed = terms.filter(term => readsRowtime(term, columns))
  const [, second] = timed
  if (second !== undefined) {
    fail(
      'GROUP BY has a second term of ROWTIME',
      second.span,
      'one term closes the window; group by an event time as well',
    )
  }
  const monotonic = found.map(({ direction }) => direction === 'ascending' || direction === 'descending')
  const ofRowtime = found.findIndex((term, index) => monotonic[index] === true && term.rowtime)
  const key = ofRowtime >= 0 ? ofRowtime : monotonic.indexOf(true)
  const term = terms[key]
  if (term === undefined) {
    fail(
      'GROUP BY has no monotonic term, so its groups would never be complete',
      span,
      "add STEP(s.ROWTIME BY INTERVAL '1' MINUTE)",
    )
  }
  const rewritten = scaledStep(term)
  const keyTerms = terms.map((expression, index) => (index === key && rewritten !== null ? rewritten.step : expression))
  const end: WindowEnd = rewritten?.end ?? found[key]?.end ?? { kind: 'change' }
  const keys = keyTerms.map((expression, index) => ({ name: names[index] ?? `KEY_${index + 1}`, expression }))
  const lookup = new Map<string, Expression>()
  for (const [index, expression] of terms.entries()) {
    const column = (of: Expression): Expression => ({ kind: 'column', index, type: of.type, span: of.span })
    const value = index === key && rewritten !== null ? rewritten.valueOf(column(rewritten.step)) : column(expression)
    if (!lookup.has(expressionKey(expression))) lookup.set(expressionKey(expression), value)
  }
  return { keys, window: { key, end }, terms: lookup }
}

/** PARTITION BY of WINDOWED BY STAGGER, whose terms need no monotonic one among them. */
export function partitionOf(terms: readonly Expression[], names: readonly string[]): Grouping {
  const keys = terms.map((expression, index) => ({ name: names[index] ?? `KEY_${index + 1}`, expression }))
  const columns = terms.map((term, index) => {
    return [expressionKey(term), { kind: 'column', index, type: term.type, span: term.span }] as const
  })
  // The first of two equal terms counts.
  return { keys, window: null, terms: new Map([...columns].reverse()) }
}

/** Groups of a finite relation, whose rows have one rowtime: they are complete when it ends. */
export function finiteGroupingOf(terms: readonly Expression[], names: readonly string[], span: TextSpan): Grouping {
  const { keys, terms: lookup } = partitionOf(terms, names)
  const rowtime: Expression = { kind: 'rowtime', type: { kind: 'TIMESTAMP' }, span }
  return {
    keys: [...keys, { name: 'ROWTIME', expression: rowtime }],
    window: { key: keys.length, end: { kind: 'instant' } },
    terms: lookup,
  }
}

interface ScaledStep {
  readonly step: Expression
  readonly end: WindowEnd
  readonly valueOf: (step: Expression) => Expression
}

/**
 * `FLOOR((s.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND)`, the spelling of a 10 s STEP from before
 * there was one. Its value changes with the STEP but does not tell the time, so the key becomes the STEP, and the value is
 * computed from it where the program selects it.
 */
function scaledStep(term: Expression): ScaledStep | null {
  if (term.kind !== 'call' || term.name !== 'FLOOR_TO' || term.type.kind !== 'INTERVAL') return null
  const [quotient, unit] = term.args
  if (quotient?.kind !== 'arithmetic' || quotient.operator !== '/' || unit?.kind !== 'literal') return null
  const difference = quotient.left
  if (difference.kind !== 'arithmetic' || difference.operator !== '-' || difference.left.kind !== 'rowtime') return null
  const epoch = difference.right
  const divisor = numberOf(quotient.right)
  if (epoch.kind !== 'literal' || typeof epoch.value !== 'number' || divisor === null || divisor < 1) return null
  const unitMs = unit.value === 'YEAR' || unit.value === 'MONTH' ? undefined : UNIT_MS[unit.value as 'SECOND']
  const qualifier = difference.type.kind === 'INTERVAL' ? difference.type.to : 'YEAR'
  if (unitMs === undefined || qualifier === 'YEAR' || qualifier === 'MONTH') return null
  const sizeMs = unitMs * divisor
  // The difference is cut to its own unit first, which must not move the edges.
  if (!Number.isInteger(divisor) || sizeMs % UNIT_MS[qualifier] !== 0 || epoch.value % sizeMs !== 0) return null
  const size = literal(sizeMs, { kind: 'INTERVAL', from: 'SECOND', to: 'SECOND' }, term.span)
  const step: Expression = {
    kind: 'call',
    name: 'STEP_DATETIME',
    args: [difference.left, size],
    type: difference.left.type,
    span: term.span,
  }
  return {
    step,
    end: { kind: 'step', sizeMs, offsetMs: 0 },
    valueOf: column => ({
      ...term,
      args: [{ ...quotient, left: { ...difference, left: column } }, unit],
    }),
  }
}

function numberOf(expression: Expression): number | null {
  if (expression.kind === 'cast') return numberOf(expression.operand)
  if (expression.kind !== 'literal' || expression.value === null) return null
  return typeof expression.value === 'number' || typeof expression.value === 'bigint' ? Number(expression.value) : null
}

/**
 * An item over the groups.
 * @param describe the text of a name, for the error about an expression that is not grouped
 */
export function regroup(expression: Expression, grouping: Grouping, describe: (at: Expression) => string): Expression {
  if (expression.kind === 'column' && expression.index === EMISSION) {
    return { kind: 'rowtime', type: expression.type, span: expression.span }
  }
  // STEP(ROWTIME BY ..) in the select list means the group term that is written the same, not the time of emission.
  const term = grouping.terms.get(expressionKey(asInput(expression)))
  if (term !== undefined) return { ...term, span: expression.span }
  if (expression.kind === 'column' && expression.index >= AGGREGATE_BASE) {
    return { ...expression, index: grouping.keys.length + expression.index - AGGREGATE_BASE }
  }
  if (expression.kind === 'column' || expression.kind === 'rowtime' || expression.kind === 'metadata') {
    fail(
      `${describe(expression)} is neither grouped nor aggregated`,
      expression.span,
      expression.kind === 'rowtime'
        ? 'write ROWTIME without alias for the time of the result, or MIN(s.ROWTIME)'
        : `add it to ${grouping.window === null ? 'PARTITION BY' : 'GROUP BY'}, or write MAX(...)`,
    )
  }
  return withOperands(expression, operand => regroup(operand, grouping, describe))
}

/** With the time of the input row in place of the time of emission. */
function asInput(expression: Expression): Expression {
  if (expression.kind === 'column' && expression.index === EMISSION) {
    return { kind: 'rowtime', type: expression.type, span: expression.span }
  }
  return operandsOf(expression).length === 0 ? expression : withOperands(expression, asInput)
}
