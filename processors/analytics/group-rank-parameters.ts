/** What GROUP_RANK can be told, apart from what it does: planning needs only this. */
import { MillraceError } from '../../core/errors.ts'
import type { SqlType } from '../../core/sql-type.ts'
import { wholeArgument } from './arguments.ts'

export interface GroupRankParameters {
  /** index of the column to rank by */
  readonly rankBy: number
  /** type of that column */
  readonly rankByType: SqlType
  /** `asc`: the least value has rank 1. NULL is less than every value. */
  readonly sortOrder: string
  /** order of ranks in which rows leave, `asc` or `desc`; anything else keeps the order of arrival */
  readonly outputOrder: string
  /** milliseconds of silence after which a group is complete; 0 never */
  readonly maxIdle: number
  /** rows that leave of each group; 0 all */
  readonly outputMax: number
}

export const GROUP_RANK = 'GROUP_RANK'

/** Parameters within their ranges. @throws MillraceError `invalid_argument` */
export function groupRankParameters(parameters: GroupRankParameters): GroupRankParameters {
  const sortOrder = parameters.sortOrder.toLowerCase()
  if (sortOrder !== 'asc' && sortOrder !== 'desc')
    throw new MillraceError(
      'invalid_argument',
      `sortOrder of ${GROUP_RANK} is '${parameters.sortOrder}'; give 'asc' or 'desc'`,
    )
  wholeArgument(`maxIdle of ${GROUP_RANK} in milliseconds`, parameters.maxIdle, 0, 2_147_483_647)
  wholeArgument(`outputMax of ${GROUP_RANK}`, parameters.outputMax, 0, 2_147_483_647)
  return parameters
}
