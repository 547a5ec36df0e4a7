/** Windows of OVER: names, extension of one window by another, and frames (AWS SQL reference, "WINDOW Clause"). */
import type { TextSpan } from '../../../core/errors.ts'
import { sqlTypeText } from '../../../core/sql-type.ts'
import type { ExpressionNode, FrameBound, SelectNode, WindowReference, WindowSpec } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { optimizeExpression } from '../optimize.ts'
import { nameText } from '../reserved-words.ts'
import type { FramePlan } from '../sliding-plan.ts'
import type { BindContext } from './context.ts'
import { fail, nameHint } from './errors.ts'
import { shown } from './scope.ts'
import { isInteger, isMonths } from './types.ts'

/** A window with everything that its base windows say. */
export interface ResolvedWindow {
  readonly partitionBy: readonly ExpressionNode[]
  readonly orderBy: WindowSpec['orderBy']
  readonly frame: WindowSpec['frame']
  readonly span: TextSpan
}

/** The windows that a select may name: its own, and those of the selects around it. */
export class NamedWindows {
  readonly #own = new Map<string, WindowSpec>()
  readonly #outer: NamedWindows | null

  /** @throws SqlError when a name is defined twice, or extends something that is no window */
  constructor(select: Pick<SelectNode, 'windows'>, outer: NamedWindows | null) {
    this.#outer = outer
    for (const { name, spec } of select.windows) {
      if (this.#own.has(name.text)) fail(`window ${shown(name)} is defined twice`, name.span)
      this.#own.set(name.text, spec)
    }
    for (const { spec } of select.windows) this.#extended(spec, [])
  }

  /** What `OVER name` and `OVER (...)` mean. */
  resolve(reference: WindowReference): ResolvedWindow {
    if (reference.kind === 'spec') return this.#extended(reference, [])
    return { ...this.#named(reference.name, []), span: reference.span }
  }

  /** @param path the windows of this select that lead to the name, for the error about a circle */
  #named(name: NonNullable<WindowSpec['base']>, path: readonly string[]): ResolvedWindow {
    const spec = this.#own.get(name.text)
    if (spec !== undefined) {
      if (path.includes(name.text)) fail(`window ${shown(name)} extends itself`, name.span)
      return this.#extended(spec, [...path, name.text])
    }
    if (this.#outer !== null && this.#outer.#has(name.text)) return this.#outer.#named(name, [])
    const known = [...this.#names()]
    fail(
      `window ${shown(name)} not found`,
      name.span,
      nameHint(name, known) ?? (known.length === 0 ? `add WINDOW ${nameText(name.text)} AS (...)` : null),
    )
  }

  #has(name: string): boolean {
    return this.#own.has(name) || (this.#outer !== null && this.#outer.#has(name))
  }

  #extended(spec: WindowSpec, path: readonly string[]): ResolvedWindow {
    const { base, partitionBy, orderBy, frame, span } = spec
    if (base === null) return { partitionBy, orderBy, frame, span }
    const of = this.#named(base, path)
    const [part] = partitionBy
    if (part !== undefined && of.partitionBy.length > 0) {
      fail(`window ${shown(base)} has a PARTITION BY already`, part.span, 'extend a window that has none')
    }
    if (frame !== null && of.frame !== null) {
      fail(`window ${shown(base)} has a frame already`, frame.start.span, 'extend a window that has none')
    }
    return {
      partitionBy: partitionBy.length > 0 ? partitionBy : of.partitionBy,
      orderBy: orderBy.length > 0 ? orderBy : of.orderBy,
      frame: frame ?? of.frame,
      span,
    }
  }

  *#names(): Generator<string> {
    yield* this.#own.keys()
    if (this.#outer !== null) yield* this.#outer.#names()
  }
}

/**
 * The frame of a window for functions, which look back from the current row.
 * @param context binds the bounds
 */
export function frameOf(context: BindContext, window: ResolvedWindow): FramePlan {
  const { frame } = window
  if (frame === null) return { unit: 'RANGE', preceding: null }
  const { unit, start, end } = frame
  if (end !== null && end.kind !== 'CURRENT ROW') {
    if (end.kind === 'FOLLOWING' || end.kind === 'UNBOUNDED FOLLOWING') failFollowing(end)
    fail(
      'the frame ends before the current row',
      end.span,
      'end it with CURRENT ROW, and take older rows alone with LAG or a longer window less a shorter one',
    )
  }
  switch (start.kind) {
    case 'FOLLOWING':
    case 'UNBOUNDED FOLLOWING':
      return failFollowing(start)
    case 'CURRENT ROW':
      return { unit, preceding: 0 }
    case 'UNBOUNDED PRECEDING':
      return { unit, preceding: null }
    case 'PRECEDING':
      return { unit, preceding: offsetOf(context, unit, start) }
  }
}

function failFollowing(bound: FrameBound): never {
  fail(
    'the frame reaches beyond the current row',
    bound.span,
    'rows that follow are not known yet: end it with CURRENT ROW',
  )
}

/** The size of a bound: milliseconds, or rows. */
function offsetOf(context: BindContext, unit: 'RANGE' | 'ROWS', { offset, span }: FrameBound): number {
  if (offset === null) return fail('the frame has no size', span)
  const size = optimizeExpression(context.bind(offset))
  const { type } = size
  if (unit === 'ROWS') {
    if (!isInteger(type)) fail(`ROWS needs a number of rows, not ${sqlTypeText(type)}`, offset.span, hintForRows(size))
    const rows = constantOf(size)
    if (rows === null) return fail('ROWS needs a constant', offset.span)
    if (rows < 0) fail('ROWS must not be negative', offset.span)
    return rows
  }
  if (type.kind !== 'INTERVAL') {
    const hint = isInteger(type) ? "write RANGE INTERVAL '10' SECOND PRECEDING, or ROWS" : null
    fail(`RANGE needs an interval, not ${sqlTypeText(type)}`, offset.span, hint)
  }
  if (isMonths(type)) fail('RANGE cannot be measured in months', offset.span, "write INTERVAL '30' DAY")
  const ms = constantOf(size)
  if (ms === null) return fail('RANGE needs a constant interval', offset.span)
  if (ms < 0) fail('RANGE must not be negative', offset.span)
  return ms
}

function hintForRows(size: Expression): string | null {
  return size.type.kind === 'INTERVAL' ? 'write RANGE' : null
}

function constantOf(expression: Expression): number | null {
  const { kind } = expression
  if (kind !== 'literal' || expression.value === null) return null
  const value = Number(expression.value)
  return Number.isSafeInteger(value) ? value : null
}

/** Frames follow ROWTIME whatever is written, so that only this may be written. */
export function checkOrder(context: BindContext, window: ResolvedWindow): void {
  const [key, second] = window.orderBy
  if (key === undefined) return
  if (second !== undefined || key.descending || context.bind(key.expression).kind !== 'rowtime') {
    fail(
      'rows of a window stand in the order of ROWTIME',
      (second ?? key).span,
      'write ORDER BY s.ROWTIME, or leave ORDER BY out',
    )
  }
}
