/** When a row group is written. */
import { MEBIBYTE } from '../../core/index.ts'

/** Rows and bytes of JSON after which a row group is written: what an open file holds in memory. */
export const CONVERSION_GROUP_ROWS = 20_000
export const CONVERSION_GROUP_BYTES = 16 * MEBIBYTE
