/** When a tumbling window ends, from the value of its key. Nothing here counts windows, so that a jump of the clock costs nothing. */
import { addMonths, ceilToUnit, nextUnit } from '../expressions/calendar.ts'
import type { WindowEnd } from '../sql/plan-node.ts'

/**
 * The instant at which results of a window leave, or null where the end is only known when the key changes.
 * @param value of the window's key, a TIMESTAMP
 * @param rowtime of the first row of the window
 */
export function windowEnd(end: WindowEnd, value: number, rowtime: number): number | null {
  switch (end.kind) {
    case 'step':
      return value - end.offsetMs + end.sizeMs
    case 'step-months':
      return addMonths(value - end.offsetMs, end.months) - (end.insideMs ?? 0)
    case 'floor':
      return nextUnit(value - end.offsetMs, end.unit) - (end.insideMs ?? 0)
    case 'ceil':
      return ceilToUnit(value - end.offsetMs, end.unit) - (end.insideMs ?? 0)
    case 'instant':
      return value - (end.offsetMs ?? 0)
    case 'moment':
      return rowtime
    case 'change':
      return null
  }
}

/** True when a row exactly at the end still belongs to the window: it is complete once the clock is past its end. */
export function includesEnd(end: WindowEnd): boolean {
  return end.kind === 'ceil' || end.kind === 'instant' || end.kind === 'moment'
}
