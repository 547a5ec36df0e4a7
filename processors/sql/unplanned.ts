/** What parses but cannot be planned yet. One table, so that an entry disappears when its plan exists. */
import { SqlError, type TextSpan } from '../../core/errors.ts'

const UNPLANNED = {
  row: 'row values cannot be planned yet',
} as const

/** Refuses a construct of the table at its place. */
export function refuse(what: keyof typeof UNPLANNED, span: TextSpan): never {
  throw new SqlError('sql_bind', UNPLANNED[what], span)
}
