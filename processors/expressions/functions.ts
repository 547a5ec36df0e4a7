/** Implementations by canonical function name; the signatures are in processors/sql/functions/. */
import { DATETIME_FUNCTIONS } from './datetime-functions.ts'
import { DATETIME_PATTERN_FUNCTIONS } from './datetime-pattern-functions.ts'
import type { FunctionImplementation } from './function-call.ts'
import { LOG_FUNCTIONS } from './log-functions.ts'
import { NUMBER_FUNCTIONS } from './number-functions.ts'
import { PATTERN_FUNCTIONS } from './pattern-functions.ts'
import { TEXT_FUNCTIONS } from './text-functions.ts'

const FUNCTIONS: ReadonlyMap<string, FunctionImplementation> = new Map([
  ...Object.entries(TEXT_FUNCTIONS),
  ...Object.entries(PATTERN_FUNCTIONS),
  ...Object.entries(DATETIME_PATTERN_FUNCTIONS),
  ...Object.entries(LOG_FUNCTIONS),
  ...Object.entries(NUMBER_FUNCTIONS),
  ...Object.entries(DATETIME_FUNCTIONS),
])

export function functionNamed(name: string): FunctionImplementation | undefined {
  return FUNCTIONS.get(name)
}
