/** GROUP BY over a window function: which window a group belongs to, its other keys, and the plan node that makes both. */
import { assert } from '../../../core/assert.ts'
import type { TextSpan } from '../../../core/errors.ts'
import type { Schema } from '../../../core/schema.ts'
import { WINDOW_COLUMNS } from '../event-time.ts'
import { type Expression, operandsOf } from '../expression.ts'
import type { AggregatePlan, PlanItem, PlanNode } from '../plan-node.ts'
import { nameText } from '../reserved-words.ts'
import { expressionKey, TIMESTAMP } from './build.ts'
import { fail } from './errors.ts'
import type { Grouping } from './grouping.ts'
import { type Monotonicity, NOT_MONOTONIC } from './monotonicity.ts'
import type { RelationWindow } from './scope.ts'

/** The keys of a group: the terms that are no window columns, then the three window columns, whichever were written. */
export function eventGroupingOf(
  terms: readonly Expression[],
  names: readonly string[],
  of: RelationWindow,
  span: TextSpan,
): Grouping {
  const keys: PlanItem[] = []
  const lookup = new Map<string, Expression>()
  const written = new Set<string>()
  for (const [index, expression] of terms.entries()) {
    const name = windowColumn(expression, of)
    if (name !== null) {
      written.add(name)
      continue
    }
    refuseWindowColumns(expression, of, 'another term', 'group by WINDOW_START and WINDOW_END themselves')
    const key = expressionKey(expression)
    if (lookup.has(key)) continue
    lookup.set(key, { kind: 'column', index: keys.length, type: expression.type, span: expression.span })
    keys.push({ name: names[index] ?? `KEY_${index + 1}`, expression })
  }
  // Windows that cumulate begin together, and only their ends tell them apart; all others are known by either.
  const known = written.has('WINDOW_END') || written.has('WINDOW_TIME')
  if (!known && (of.window.kind === 'cumulate' || !written.has('WINDOW_START'))) {
    fail(`GROUP BY over ${of.name} needs its window`, span, 'add WINDOW_START, WINDOW_END')
  }
  if (of.window.kind === 'session') checkPartition(keys, of, span)
  const width = keys.length
  for (const [index, name] of WINDOW_COLUMNS.entries()) {
    const expression: Expression = { kind: 'column', index: of.width + index, type: TIMESTAMP, span }
    lookup.set(expressionKey(expression), { ...expression, index: width + index })
    keys.push({ name, expression })
  }
  return { keys, window: { key: width + 1, end: { kind: 'change' } }, terms: lookup }
}

/** Sessions of several partitions have nothing to do with each other, so a group is one partition and no part of one. */
function checkPartition(keys: readonly PlanItem[], of: RelationWindow, span: TextSpan): void {
  const partition = new Set(of.partitionBy)
  for (const { name, expression } of keys) {
    if (expression.kind === 'column' && partition.delete(expression.index)) continue
    fail(
      `GROUP BY over SESSION has the term ${nameText(name)}, which is not in its PARTITION BY`,
      expression.span,
      'write SESSION(TABLE s PARTITION BY ..., ...)',
    )
  }
  if (partition.size > 0) {
    fail('GROUP BY lacks a column of the PARTITION BY of SESSION', span, 'add the columns of PARTITION BY')
  }
}

function windowColumn(expression: Expression, { width }: RelationWindow): string | null {
  return expression.kind === 'column' ? (WINDOW_COLUMNS[expression.index - width] ?? null) : null
}

function refuseWindowColumns(expression: Expression, of: RelationWindow, where: string, hint: string): void {
  const name = windowColumn(expression, of)
  if (name !== null) fail(`${name} cannot stand in ${where} of a grouped query`, expression.span, hint)
  for (const operand of operandsOf(expression)) refuseWindowColumns(operand, of, where, hint)
}

/**
 * @param input the window function, or WHERE over it
 * @param schema keys of the grouping, then aggregates
 */
export function eventAggregate(
  input: PlanNode,
  of: RelationWindow,
  grouping: Grouping,
  aggregates: readonly AggregatePlan[],
  schema: Schema,
): PlanNode {
  const condition = input.kind === 'filter' ? input.condition : null
  const windows = input.kind === 'filter' ? input.input : input
  assert(windows.kind === 'event-windows', 'a window function stands below the groups of its windows')
  if (condition !== null) refuseWindowColumns(condition, of, 'WHERE', 'use HAVING')
  for (const plan of aggregates) {
    const hint = 'a window is the same for every row of its group'
    if (plan.argument !== null) refuseWindowColumns(plan.argument, of, 'an aggregate', hint)
  }
  const keys = grouping.keys.slice(0, -WINDOW_COLUMNS.length)
  const { time, window } = windows
  return { kind: 'event-aggregate', input: windows.input, time, window, condition, keys, aggregates, schema }
}

/** Windows leave in the order of their ends; their starts rise with the ends unless windows differ in length by their rows. */
export function eventMonotonicity(schema: Schema, of: RelationWindow, grouping: Grouping): readonly Monotonicity[] {
  const first = grouping.keys.length - WINDOW_COLUMNS.length
  return schema.columns.map((_, index) => {
    const name = WINDOW_COLUMNS[index - first]
    if (name === undefined || (name === 'WINDOW_START' && of.window.kind === 'session')) return NOT_MONOTONIC
    // Windows that cumulate have one start and leave one after the other.
    const kind = name === 'WINDOW_START' && of.window.kind === 'cumulate' ? 'change' : 'moment'
    return { direction: 'ascending', end: { kind }, rowtime: false }
  })
}
