/** The window of a relation in FROM: what of it the rows of the other side of a join can still meet. */
import type { TextSpan } from '../../../core/errors.ts'
import type { ExpressionNode, FrameBound } from '../ast.ts'
import type { JoinWindow } from '../plan-node.ts'
import { fail } from './errors.ts'
import { bindInterval } from './literals.ts'
import { isMonths } from './types.ts'
import type { ResolvedWindow } from './windows.ts'

/** The frame of one side, as seen from a row of the other. */
export type SideWindow =
  | { readonly kind: 'range'; readonly precedingMs: number; readonly followingMs: number }
  | { readonly kind: 'rows'; readonly count: number }

/** A side without OVER. */
export const CURRENT_ROW: SideWindow = { kind: 'range', precedingMs: 0, followingMs: 0 }

type Warn = (message: string, span: TextSpan) => void

/** @param spec what OVER means, base windows included */
export function sideWindow(spec: ResolvedWindow, warn: Warn): SideWindow {
  const partition = spec.partitionBy[0]
  if (partition !== undefined)
    fail('the window of a join takes no PARTITION BY', partition.span, 'write the equality into ON')
  const { frame } = spec
  if (frame === null) {
    warn('a window without RANGE or ROWS keeps every row for ever: its state grows with the stream', spec.span)
    return { kind: 'range', precedingMs: Infinity, followingMs: 0 }
  }
  if (frame.unit === 'ROWS') return rowsWindow(frame.start, frame.end, warn)
  return rangeWindow(frame.start, frame.end, warn)
}

/**
 * How long rows of each side are kept. A row that comes after b by no more than its FOLLOWING sees b as one that precedes it,
 * so what follows on one side is what the other side keeps.
 * @param delayMs how late rows of the other side may come
 */
export function keptBy(own: SideWindow, other: SideWindow, delayMs = 0): JoinWindow {
  if (own.kind === 'rows') return { kind: 'rows', count: own.count }
  const following = other.kind === 'range' ? other.followingMs : 0
  return { kind: 'range', keptMs: Math.max(own.precedingMs, following) + delayMs }
}

function rowsWindow(start: FrameBound, end: FrameBound | null, warn: Warn): SideWindow {
  const following = [start, end].find(bound => bound?.kind.endsWith('FOLLOWING') === true)
  if (following !== undefined && following !== null)
    fail('ROWS of a join cannot follow', following.span, 'use RANGE, or ROWS on the other side')
  if (end !== null && end.kind !== 'CURRENT ROW')
    fail('the window of a join ends at the CURRENT ROW', end.span, 'write ROWS n PRECEDING')
  if (start.kind === 'CURRENT ROW') return { kind: 'rows', count: 1 }
  if (start.kind === 'UNBOUNDED PRECEDING') return unbounded(start, warn)
  const count = start.offset?.kind === 'number' && start.offset.form === 'integer' ? Number(start.offset.text) : -1
  if (!Number.isSafeInteger(count) || count < 0) fail('ROWS takes a whole number', start.span)
  // The row itself is one of them.
  return { kind: 'rows', count: count + 1 }
}

function rangeWindow(start: FrameBound, end: FrameBound | null, warn: Warn): SideWindow {
  if (start.kind === 'UNBOUNDED PRECEDING' && (end === null || end.kind === 'CURRENT ROW'))
    return unbounded(start, warn)
  if (end === null) {
    const ms = start.kind === 'CURRENT ROW' ? 0 : milliseconds(start, warn)
    return start.kind === 'FOLLOWING'
      ? { kind: 'range', precedingMs: 0, followingMs: ms }
      : { kind: 'range', precedingMs: ms, followingMs: 0 }
  }
  const hint = 'write BETWEEN a PRECEDING AND CURRENT ROW, or AND b FOLLOWING'
  if (start.kind !== 'PRECEDING' && start.kind !== 'CURRENT ROW')
    fail('the window of a join holds the current row', start.span, hint)
  if (end.kind !== 'FOLLOWING' && end.kind !== 'CURRENT ROW')
    fail('the window of a join holds the current row', end.span, hint)
  return {
    kind: 'range',
    precedingMs: start.kind === 'PRECEDING' ? milliseconds(start, warn) : 0,
    followingMs: end.kind === 'FOLLOWING' ? milliseconds(end, warn) : 0,
  }
}

function unbounded(bound: FrameBound, warn: Warn): SideWindow {
  warn('UNBOUNDED PRECEDING keeps every row for ever: its state grows with the stream', bound.span)
  return { kind: 'range', precedingMs: Infinity, followingMs: 0 }
}

function milliseconds(bound: FrameBound, warn: Warn): number {
  const offset: ExpressionNode | null = bound.offset
  if (offset?.kind !== 'interval')
    return fail(
      bound.kind.startsWith('UNBOUNDED') ? `a join cannot wait for ${bound.kind}` : 'RANGE takes an INTERVAL',
      bound.span,
      "write RANGE INTERVAL '1' MINUTE PRECEDING",
    )
  const { type, value } = bindInterval(offset, warn) as { type: { kind: string }; value?: unknown }
  if (type.kind !== 'INTERVAL' || isMonths(offset.qualifier) || typeof value !== 'number' || value < 0)
    return fail('the window of a join is an interval of days to seconds, not below 0', offset.span)
  return value
}
