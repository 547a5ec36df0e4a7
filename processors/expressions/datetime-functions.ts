/** Functions of datetimes and intervals. */
import type { Value } from '../../core/rows.ts'
import { type IntervalUnit, type SqlType, storageOf } from '../../core/sql-type.ts'
import { ceilToUnit, civilFromDays, DAY_MS, floorToUnit, monthIndex, monthStart } from './calendar.ts'
import { countsMonths, unitSize } from './datetime-text.ts'
import { RowFailure } from './failures.ts'
import { type FunctionImplementation, prepared, scalar } from './function-call.ts'
import type { Kernel } from './kernel.ts'
import { literalKernel } from './leaves.ts'
import { type LiftedArgument, type Scalar, withScalar } from './lift.ts'
import { asNumbers, numberVector } from './vectors.ts'

const UNITS: readonly string[] = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND']

function unitOf(argument: LiftedArgument | undefined): IntervalUnit {
  const unit = String(argument?.constant ?? '').toUpperCase()
  return (UNITS.includes(unit) ? unit : 'SECOND') as IntervalUnit
}

function inDay(ms: number): number {
  return ms - Math.floor(ms / DAY_MS) * DAY_MS
}

/** FLOOR or CEIL of a datetime or an interval to a unit. */
function roundedTime(direction: -1 | 1, type: SqlType, unit: IntervalUnit): (value: number) => number | RowFailure {
  if (type.kind === 'INTERVAL') {
    const size = unitSize(unit)
    return direction < 0 ? ms => Math.floor(ms / size) * size + 0 : ms => Math.ceil(ms / size) * size + 0
  }
  if (direction < 0) return ms => floorToUnit(ms, unit)
  if (type.kind === 'TIME') return ms => inDay(ceilToUnit(ms, unit))
  return ms => ceilToUnit(ms, unit)
}

/** A function of one number as a loop over the column, without boxing. */
function mapNumbers(map: (value: number) => number | RowFailure): FunctionImplementation {
  return ({ args, span }) => {
    const input = args[0]!.kernel
    const kernel: Kernel = (evaluation, selection) => {
      const { values, nulls } = asNumbers(input(evaluation, selection))
      const out = numberVector(evaluation.batch.length)
      for (let i = 0; i < selection.length; i++) {
        const row = selection.rows[i]!
        const value = nulls[row] === 1 ? null : map(values[row]!)
        if (typeof value === 'number') out.values[row] = value
        else {
          out.nulls[row] = 1
          if (value !== null) evaluation.failures.add(row, value, span)
        }
      }
      return out
    }
    return withScalar(kernel, ([value]) => map(value as number))
  }
}

/** FLOOR_TO and CEIL_TO: (datetime or interval, unit). */
function rounding(direction: -1 | 1): FunctionImplementation {
  return call => mapNumbers(roundedTime(direction, call.args[0]!.type, unitOf(call.args[1])))(call)
}

/** STEP of a datetime: calendar months from January 1970, or milliseconds from the epoch. */
const step: FunctionImplementation = call => {
  const [, size] = call.args
  const months = size !== undefined && countsMonths(size.type)
  const stepOne = (ms: number, by: number): number | RowFailure => {
    if (!(by > 0)) return new RowFailure('INVALID_ARGUMENT', 'STEP by an interval that is not above 0')
    return months ? monthStart(Math.floor(monthIndex(ms) / by) * by) : Math.floor(ms / by) * by + 0
  }
  const by = size?.constant
  if (typeof by === 'number') return mapNumbers(ms => stepOne(ms, by))(call)
  return scalar(([ms, width]) => stepOne(ms as number, width as number))(call)
}

/** The field of a datetime or an interval, as a number with milliseconds for SECOND. */
function fieldOf(unit: IntervalUnit, type: SqlType): (value: number) => number {
  if (type.kind === 'INTERVAL') {
    const size = unitSize(unit)
    const above = { YEAR: Infinity, MONTH: 12, DAY: Infinity, HOUR: 24, MINUTE: 60, SECOND: 60 }[unit]
    // The leading field of an interval is not bounded by the unit above it.
    const bound = unit === type.from ? Infinity : above
    return value => {
      const count = unit === 'SECOND' ? value / size : Math.trunc(value / size)
      return (bound === Infinity ? count : count % bound) + 0
    }
  }
  switch (unit) {
    case 'YEAR':
      return ms => civilFromDays(Math.floor(ms / DAY_MS)).year
    case 'MONTH':
      return ms => civilFromDays(Math.floor(ms / DAY_MS)).month
    case 'DAY':
      return ms => civilFromDays(Math.floor(ms / DAY_MS)).day
    case 'HOUR':
      return ms => Math.floor(inDay(ms) / 3_600_000)
    case 'MINUTE':
      return ms => Math.floor(inDay(ms) / 60_000) % 60
    case 'SECOND':
      return ms => (inDay(ms) % 60_000) / 1_000
  }
}

const extract = prepared(({ args, type }) => {
  const field = fieldOf(unitOf(args[0]), args[1]!.type)
  const scale = type.kind === 'DECIMAL' ? 10 ** type.scale : 1
  return ([, time]) => {
    const value = field(time as number)
    return storageOf(type) === 'bigint' ? BigInt(Math.trunc(Math.round(value * 1_000) * (scale / 1_000))) : value
  }
})

/** A value fixed when the program started. */
function frozen(read: (startedAt: number) => number): FunctionImplementation {
  return ({ host, type }) => literalKernel(read(host.startedAt), type)
}

const currentRowTimestamp: FunctionImplementation = ({ host }) => {
  const { rowTimestamp } = host
  return ({ batch }, selection) => {
    const out = numberVector(batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      out.values[row] = rowTimestamp === 'rowtime' ? batch.rowtimes[row]! : rowTimestamp()
    }
    return out
  }
}

const difference: Scalar = ([a, b]) => {
  const value = BigInt(a as number | bigint) - BigInt(b as number | bigint)
  return BigInt.asIntN(64, value) === value ? value : new RowFailure('NUMERIC_OVERFLOW', 'TSDIFF does not fit BIGINT')
}

function toTimestamp([ms]: readonly Value[]): Value | RowFailure {
  const value = Number(ms)
  return value >= -62_135_596_800_000 && value <= 253_402_300_799_999
    ? value
    : new RowFailure('NUMERIC_OVERFLOW', `TO_TIMESTAMP(${String(ms)}): milliseconds lie within the years 1 to 9999`)
}

export const DATETIME_FUNCTIONS: Readonly<Record<string, FunctionImplementation>> = {
  FLOOR_TO: rounding(-1),
  CEIL_TO: rounding(1),
  STEP_DATETIME: step,
  EXTRACT: extract,
  CURRENT_TIMESTAMP: frozen(at => at),
  LOCALTIMESTAMP: frozen(at => at),
  CURRENT_DATE: frozen(at => at - inDay(at)),
  CURRENT_TIME: frozen(inDay),
  LOCALTIME: frozen(inDay),
  CURRENT_ROW_TIMESTAMP: currentRowTimestamp,
  UNIX_TIMESTAMP: scalar(([at]) => BigInt(at as number)),
  TO_TIMESTAMP: scalar(toTimestamp),
  TSDIFF: scalar(difference),
}
