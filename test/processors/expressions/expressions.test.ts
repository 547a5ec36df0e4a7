import { describe, expect, test } from 'vitest'
import { compileProgram } from '../../../processors/compile.ts'
import type { Expression } from '../../../processors/sql/expression.ts'
import {
  all,
  any,
  arithmetic,
  asSpans,
  batchOf,
  call,
  cast,
  choose,
  column,
  comparison,
  ErrorList,
  HOST,
  is,
  literal,
  not,
  PLACE,
  schemaOf,
  type,
  valueOf,
  valuesOf,
  withOtherIds,
} from './builders.ts'

const int = (value: number | null): Expression => literal(value, 'INTEGER')
const big = (value: bigint): Expression => literal(value, 'BIGINT')
const double = (value: number | null): Expression => literal(value, 'DOUBLE')
const text = (value: string | null): Expression => literal(value, 'VARCHAR(100)')
const dec = (value: bigint, precision: number, scale: number): Expression =>
  literal(value, `DECIMAL(${precision},${scale})`)
const ts = (value: string): Expression => literal(Date.parse(value.replace(' ', 'T') + 'Z'), 'TIMESTAMP')
const TRUE = literal(1, 'BOOLEAN')
const FALSE = literal(0, 'BOOLEAN')
const UNKNOWN = literal(null, 'BOOLEAN')

const AB = schemaOf({ a: 'INTEGER', b: 'INTEGER' })
const A = column(AB, 'a')
const B = column(AB, 'b')
const QUOTIENT = arithmetic('/', A, B, 'INTEGER')

describe('arithmetic', () => {
  test('integer division truncates toward zero and by zero is a row error with its place and values', () => {
    const rows = batchOf(AB, [
      [7, 2],
      [-7, 2],
      [7, 0],
      [null, 0],
      [0, -5],
    ])
    expect(valuesOf(QUOTIENT, rows)).toEqual([3, -3, 'DIVISION_BY_ZERO: 3:14 division by zero: 7 / 0', null, 0])
  })

  test('+ - * of integers that leave their type are row errors', () => {
    expect(valueOf(arithmetic('+', int(2_147_483_647), int(1), 'INTEGER'))).toBe(
      'NUMERIC_OVERFLOW: 3:14 2147483647 + 1 does not fit INTEGER',
    )
    expect(valueOf(arithmetic('-', int(-2_147_483_648), int(1), 'INTEGER'))).toMatch(/^NUMERIC_OVERFLOW/)
    expect(valueOf(arithmetic('*', int(65_536), int(32_768), 'INTEGER'))).toMatch(/^NUMERIC_OVERFLOW/)
    expect(valueOf(arithmetic('*', big(3_037_000_500n), big(3_037_000_500n), 'BIGINT'))).toMatch(/^NUMERIC_OVERFLOW/)
    expect(valueOf(arithmetic('/', big(-(2n ** 63n)), big(-1n), 'BIGINT'))).toMatch(/^NUMERIC_OVERFLOW/)
    expect(valueOf(arithmetic('*', literal(100, 'TINYINT'), literal(2, 'TINYINT'), 'TINYINT'))).toMatch(
      /does not fit TINYINT$/,
    )
  })

  test('DECIMAL is exact at the scale of its result', () => {
    // 5.0 / 2 prints 2.500000000000
    expect(valueOf(arithmetic('/', dec(50n, 2, 1), dec(2n, 10, 0), 'DECIMAL(18,12)'))).toBe(2_500_000_000_000n)
    expect(valueOf(arithmetic('/', dec(-2n, 1, 0), dec(3n, 1, 0), 'DECIMAL(18,6)'))).toBe(-666_667n)
    expect(valueOf(arithmetic('+', dec(125n, 3, 2), dec(1n, 1, 0), 'DECIMAL(4,2)'))).toBe(225n)
    expect(valueOf(arithmetic('*', dec(125n, 3, 2), dec(15n, 2, 1), 'DECIMAL(5,3)'))).toBe(1_875n)
    expect(valueOf(arithmetic('+', dec(999n, 3, 0), dec(1n, 1, 0), 'DECIMAL(3,0)'))).toMatch(
      /999 \+ 1 does not fit DECIMAL\(3,0\)$/,
    )
  })

  test('REAL rounds to 32 bits, and a DOUBLE beyond its range is a row error', () => {
    expect(valueOf(arithmetic('+', literal(Math.fround(0.1), 'REAL'), literal(Math.fround(0.2), 'REAL'), 'REAL'))).toBe(
      Math.fround(Math.fround(0.1) + Math.fround(0.2)),
    )
    expect(valueOf(arithmetic('*', double(1e200), double(1e200), 'DOUBLE'))).toMatch(/^NUMERIC_OVERFLOW/)
    expect(valueOf(arithmetic('/', double(1), double(0), 'DOUBLE'))).toMatch(/^DIVISION_BY_ZERO/)
  })

  test('unary minus refuses the least integer', () => {
    const negate = (operand: Expression): Expression => ({ kind: 'negate', operand, type: operand.type, span: PLACE })
    expect(valueOf(negate(int(-2_147_483_648)))).toMatch(/^NUMERIC_OVERFLOW/)
    expect(valueOf(negate(int(0)))).toBe(0)
    expect(valueOf(negate(big(5n)))).toBe(-5n)
  })

  test('datetimes and intervals: the difference is truncated to its qualifier, months keep to the calendar', () => {
    const nine = arithmetic('-', ts('2024-01-01 00:09:40'), ts('2024-01-01 00:00:00'), 'MINUTE')
    expect(valueOf(nine)).toBe(9 * 60_000)
    expect(valueOf(arithmetic('+', ts('2024-01-31 10:00:00'), literal(1, 'MONTH'), 'TIMESTAMP'))).toBe(
      Date.UTC(2024, 1, 29, 10),
    )
    expect(valueOf(arithmetic('-', ts('1968-03-31 00:00:00'), literal(13, 'YEAR TO MONTH'), 'TIMESTAMP'))).toBe(
      Date.UTC(1967, 1, 28),
    )
    expect(valueOf(arithmetic('-', ts('2024-03-30 00:00:00'), ts('2024-01-31 00:00:00'), 'MONTH'))).toBe(1)
    expect(valueOf(arithmetic('+', literal(23 * 3_600_000, 'TIME'), literal(2 * 3_600_000, 'HOUR'), 'TIME'))).toBe(
      3_600_000,
    )
    expect(valueOf(arithmetic('*', literal(1, 'DAY TO SECOND'), double(1_500), 'DAY TO SECOND'))).toBe(1_500)
    expect(valueOf(arithmetic('/', literal(90_000, 'SECOND'), double(0), 'SECOND'))).toMatch(/^DIVISION_BY_ZERO/)
  })
})

describe('three-valued logic', () => {
  test('AND, OR and NOT follow Kleene', () => {
    const values = [FALSE, UNKNOWN, TRUE]
    const table = (join: (...operands: Expression[]) => Expression) =>
      values.map(a => values.map(b => valueOf(join(a, b))))
    expect(table(all)).toEqual([
      [0, 0, 0],
      [0, null, null],
      [0, null, 1],
    ])
    expect(table(any)).toEqual([
      [0, null, 1],
      [null, null, 1],
      [1, 1, 1],
    ])
    expect(values.map(one => valueOf(not(one)))).toEqual([1, null, 0])
  })

  test('IS is never unknown, and IS DISTINCT FROM takes NULL for a value', () => {
    expect([FALSE, UNKNOWN, TRUE].map(one => valueOf(is(one, 'TRUE')))).toEqual([0, 0, 1])
    expect([FALSE, UNKNOWN, TRUE].map(one => valueOf(is(one, 'FALSE', true)))).toEqual([0, 1, 1])
    expect([FALSE, UNKNOWN, TRUE].map(one => valueOf(is(one, 'UNKNOWN')))).toEqual([0, 1, 0])
    const distinct = (left: Expression, right: Expression): Expression => ({
      kind: 'distinct',
      negated: false,
      left,
      right,
      type: type('BOOLEAN'),
      span: PLACE,
    })
    expect(
      [distinct(int(null), int(null)), distinct(int(1), int(null)), distinct(int(1), int(1))].map(valueOf),
    ).toEqual([0, 1, 0])
  })

  test('AND and OR shield the operands after them, and an error before them stands', () => {
    const rows = batchOf(AB, [
      [6, 2],
      [6, 0],
      [6, null],
    ])
    expect(valuesOf(all(comparison('<>', B, int(0)), comparison('>', QUOTIENT, int(1))), rows)).toEqual([1, 0, null])
    expect(valuesOf(any(comparison('=', B, int(0)), comparison('>', QUOTIENT, int(1))), rows)).toEqual([1, 1, null])
    expect(valuesOf(any(comparison('>', QUOTIENT, int(1)), TRUE), rows)[1]).toMatch(/^DIVISION_BY_ZERO/)
  })

  test('CASE and COALESCE evaluate only the rows that reach a branch', () => {
    const rows = batchOf(AB, [
      [6, 2],
      [6, 0],
      [6, null],
    ])
    expect(valuesOf(choose([[comparison('<>', B, int(0)), QUOTIENT]], null, 'INTEGER'), rows)).toEqual([3, null, null])
    expect(valuesOf(choose([[comparison('=', B, int(0)), int(-1)]], QUOTIENT, 'INTEGER'), rows)).toEqual([3, -1, null])
    expect(valuesOf(call('COALESCE', [B, QUOTIENT], 'INTEGER'), rows)).toEqual([2, 0, null])
    expect(
      valuesOf(choose([[comparison('>', QUOTIENT, int(0)), text('yes')]], text('no'), 'VARCHAR(3)'), rows),
    ).toEqual(['yes', expect.stringMatching(/^DIVISION/), 'no'])
  })

  test('the first error of a row wins', () => {
    const both = arithmetic('+', QUOTIENT, cast(text('x'), 'INTEGER'), 'INTEGER')
    expect(
      valuesOf(
        both,
        batchOf(AB, [
          [1, 0],
          [1, 1],
        ]),
      ),
    ).toEqual([expect.stringMatching(/^DIVISION/), expect.stringMatching(/^CAST_ERROR/)])
  })
})

describe('text', () => {
  const S = schemaOf({ s: 'VARCHAR(20)', t: 'VARCHAR(20)', c: 'CHAR(5)' })
  const rows = batchOf(S, [
    ['abcdef', 'abc', 'ab'],
    ['', 'x', ''],
    [null, null, null],
    ['12', '13', 'ab'],
    ['😀ß', '😀', 'ab'],
  ])
  const s = column(S, 's')
  const t = column(S, 't')

  const cases: readonly (readonly [string, Expression, readonly unknown[]])[] = [
    ['CHAR_LENGTH counts code points', call('CHAR_LENGTH', [s], 'INTEGER'), [6, 0, null, 2, 2]],
    ['CHAR_LENGTH of CHAR counts padding', call('CHAR_LENGTH', [column(S, 'c')], 'INTEGER'), [5, 5, null, 5, 5]],
    ['UPPER', call('UPPER', [s], 'VARCHAR(20)'), ['ABCDEF', '', null, '12', '😀SS']],
    [
      'SUBSTRING from below 1',
      call('SUBSTRING_FROM', [s, int(-1), int(4)], 'VARCHAR(20)'),
      ['ab', '', null, '12', '😀ß'],
    ],
    ['SUBSTRING FROM past the end', call('SUBSTRING_FROM', [s, int(3)], 'VARCHAR(20)'), ['cdef', '', null, '', '']],
    [
      'SUBSTRING comma past the end',
      call('SUBSTRING_COMMA', [s, int(3)], 'VARCHAR(20)'),
      ['cdef', null, null, null, null],
    ],
    ['concatenation', call('CONCAT', [s, text('-'), t], 'VARCHAR(41)'), ['abcdef-abc', '-x', null, '12-13', '😀ß-😀']],
    ['POSITION', call('POSITION', [t, s], 'INTEGER'), [1, 0, null, 0, 1]],
    ['LIKE', call('LIKE', [s, text('%b_d%')], 'BOOLEAN'), [1, 0, null, 0, 0]],
    ['LIKE one character each', call('LIKE', [s, text('__')], 'BOOLEAN'), [0, 0, null, 1, 1]],
    ['comparison with a literal', comparison('>', s, text('12')), [1, 0, null, 0, 1]],
    ['comparison of columns', comparison('<', s, t), [0, 1, null, 1, 0]],
    ['equality of columns', comparison('=', s, t), [0, 0, null, 0, 0]],
    ['CHAR ignores padding', comparison('=', column(S, 'c'), text('ab   ')), [1, 0, null, 1, 1]],
    [
      'CAST to number fails only its rows',
      cast(s, 'INTEGER'),
      [
        "CAST_ERROR: 3:14 'abcdef' is no INTEGER",
        "CAST_ERROR: 3:14 '' is no INTEGER",
        null,
        12,
        "CAST_ERROR: 3:14 '😀ß' is no INTEGER",
      ],
    ],
    [
      'CAST to shorter text',
      cast(s, 'VARCHAR(3)'),
      ["STRING_TOO_LONG: 3:14 'abcdef' of 6 characters does not fit VARCHAR(3)", '', null, '12', '😀ß'],
    ],
    ['NULLIF', call('NULLIF', [s, text('12')], 'VARCHAR(20)'), ['abcdef', '', null, null, '😀ß']],
    ['COALESCE', call('COALESCE', [s, text('-')], 'VARCHAR(20)'), ['abcdef', '', '-', '12', '😀ß']],
  ]

  test.each(cases)('%s is the same over dictionaries, other ids and spans', (_, expression, expected) => {
    expect(valuesOf(expression, rows)).toEqual(expected)
    expect(valuesOf(expression, withOtherIds(rows))).toEqual(expected)
    expect(valuesOf(expression, asSpans(rows))).toEqual(expected)
  })

  test('OVERLAY, INITCAP and TRIM follow their examples', () => {
    const overlay = (...args: Expression[]): unknown => valueOf(call('OVERLAY', args, 'VARCHAR(20)'))
    expect(overlay(text('abcdef'), text('XY'), int(3))).toBe('abXYef')
    expect(overlay(text('abcdef'), text('XY'), int(10))).toBe('abcdefXY')
    expect(overlay(text('abcdef'), text('XYZ'), int(0))).toBe('XYZcdef')
    expect(overlay(text('abcdef'), text('XY'), int(2), int(-1))).toMatch(/^INVALID_ARGUMENT/)
    expect(valueOf(call('INITCAP', [text('hELLO wORLD x')], 'VARCHAR(20)'))).toBe('Hello World X')
    const trim = (value: string, side: string, character: string): unknown =>
      valueOf(call('TRIM', [text(value), text(side), text(character)], 'VARCHAR(20)'))
    expect([trim('  a ', 'BOTH', ' '), trim('xxaxx', 'LEADING', 'x'), trim('xxaxx', 'TRAILING', 'x')]).toEqual([
      'a',
      'axx',
      'xxa',
    ])
    expect(trim('a', 'BOTH', 'xy')).toMatch(/^INVALID_ARGUMENT/)
  })

  test('LIKE escapes, and a pattern that means nothing is refused when it is compiled', () => {
    expect(valueOf(call('LIKE', [text('50%'), text('__!%'), text('!')], 'BOOLEAN'))).toBe(1)
    expect(valueOf(call('LIKE', [text('50x'), text('__!%'), text('!')], 'BOOLEAN'))).toBe(0)
    expect(() => valueOf(call('LIKE', [text('a'), text('a!'), text('!')], 'BOOLEAN'))).toThrow(
      /3:14 LIKE 'a!': ESCAPE stands before/,
    )
  })
})

describe('CAST', () => {
  test('numbers round half away from zero and refuse what does not fit', () => {
    expect([2.5, -2.5, 2.4, -0.4].map(value => valueOf(cast(double(value), 'INTEGER')))).toEqual([3, -3, 2, 0])
    expect(valueOf(cast(double(0.285), 'DECIMAL(5,2)'))).toBe(29n)
    expect(valueOf(cast(double(-1.005), 'DECIMAL(5,2)'))).toBe(-101n)
    expect(valueOf(cast(dec(12_345n, 5, 2), 'INTEGER'))).toBe(123)
    expect(valueOf(cast(dec(-12_350n, 5, 2), 'BIGINT'))).toBe(-124n)
    expect(valueOf(cast(int(300), 'TINYINT'))).toBe('NUMERIC_OVERFLOW: 3:14 300 does not fit TINYINT')
    expect(valueOf(cast(int(1_000), 'DECIMAL(3,0)'))).toMatch(/^NUMERIC_OVERFLOW/)
    expect(valueOf(cast(double(9.3e18), 'BIGINT'))).toMatch(/^NUMERIC_OVERFLOW/)
  })

  test('text must match its format exactly', () => {
    const from = (value: string, to: string): unknown => valueOf(cast(text(value), to))
    expect(from('2024-02-29 12:34:56', 'TIMESTAMP')).toBe(Date.UTC(2024, 1, 29, 12, 34, 56))
    expect(from('2024-02-29 12:34:56.789', 'TIMESTAMP')).toBe(Date.UTC(2024, 1, 29, 12, 34, 56, 789))
    expect(from('1969-12-31', 'DATE')).toBe(-86_400_000)
    expect(from('23:59:59.999', 'TIME')).toBe(86_399_999)
    for (const [value, to] of [
      ['2024-2-29', 'DATE'],
      ['2023-02-29', 'DATE'],
      ['2024-02-29 12:34', 'TIMESTAMP'],
      ['2024-02-29 12:34:56 ', 'TIMESTAMP'],
      ['24:00:00', 'TIME'],
      ['1x', 'INTEGER'],
      ['yes', 'BOOLEAN'],
    ])
      expect(from(value!, to!)).toMatch(/^CAST_ERROR/)
    expect(from('-1.5e3', 'DOUBLE')).toBe(-1_500)
    expect(from('12.345', 'DECIMAL(5,2)')).toBe(1_235n)
    expect(from('TRUE', 'BOOLEAN')).toBe(1)
    expect(from('1 02:03:04.500', 'DAY TO SECOND')).toBe((26 * 3_600 + 3 * 60 + 4) * 1_000 + 500)
  })

  test('values print as SQL text', () => {
    const print = (value: Expression): unknown => valueOf(cast(value, 'VARCHAR(40)'))
    expect(print(dec(-5n, 5, 2))).toBe('-0.05')
    expect(print(ts('2024-02-29 12:34:56'))).toBe('2024-02-29 12:34:56')
    expect(print(literal(-1, 'TIMESTAMP'))).toBe('1969-12-31 23:59:59.999')
    expect(print(literal(580_000, 'MINUTE TO SECOND'))).toBe('+9:40')
    expect(print(literal(-14, 'YEAR TO MONTH'))).toBe('-1-2')
    expect(print(literal(Math.fround(0.1), 'REAL'))).toBe('0.1')
    expect(print(TRUE)).toBe('TRUE')
  })

  test('an interval of one field becomes its count', () => {
    expect(valueOf(cast(literal(540_000, 'MINUTE'), 'BIGINT'))).toBe(9n)
    expect(valueOf(cast(literal(1_500, 'SECOND'), 'DECIMAL(5,2)'))).toBe(150n)
    expect(() => valueOf(cast(literal(1, 'DAY TO SECOND'), 'BIGINT'))).toThrow(
      /3:14 cannot convert INTERVAL DAY TO SECOND to BIGINT/,
    )
  })
})

describe('functions of time and numbers', () => {
  const unit = (name: string): Expression => literal(name, 'VARCHAR(6)')

  test('FLOOR, CEIL and STEP keep to the calendar before 1970 as after', () => {
    const floor = (value: string, to: string): unknown => valueOf(call('FLOOR_TO', [ts(value), unit(to)], 'TIMESTAMP'))
    const ceil = (value: string, to: string): unknown => valueOf(call('CEIL_TO', [ts(value), unit(to)], 'TIMESTAMP'))
    expect(floor('1968-02-29 23:59:59.999', 'YEAR')).toBe(Date.UTC(1968, 0, 1))
    expect(floor('1969-12-31 23:59:59.999', 'SECOND')).toBe(-1_000)
    expect(ceil('1968-02-29 00:00:00.001', 'MONTH')).toBe(Date.UTC(1968, 2, 1))
    expect(ceil('1968-02-01 00:00:00', 'MONTH')).toBe(Date.UTC(1968, 1, 1))
    const step = (value: string, size: number, by: string): unknown =>
      valueOf(call('STEP_DATETIME', [ts(value), literal(size, by)], 'TIMESTAMP'))
    expect(step('2024-01-01 17:22:41', 900_000, 'MINUTE')).toBe(Date.UTC(2024, 0, 1, 17, 15))
    expect(step('1969-12-31 23:59:59', 10_000, 'SECOND')).toBe(-10_000)
    expect(step('1969-12-15 00:00:00', 3, 'MONTH')).toBe(Date.UTC(1969, 9, 1))
  })

  test('EXTRACT gives each field, seconds with milliseconds', () => {
    const extract = (name: string, value: Expression, to = 'BIGINT'): unknown =>
      valueOf(call('EXTRACT', [unit(name), value], to))
    const at = ts('1968-02-29 23:58:57.123')
    expect(['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE'].map(name => extract(name, at))).toEqual([
      1968n,
      2n,
      29n,
      23n,
      58n,
    ])
    expect(extract('SECOND', at, 'DECIMAL(5,3)')).toBe(57_123n)
    expect(extract('MINUTE', literal(5_400_000, 'HOUR TO MINUTE'))).toBe(30n)
    expect(extract('MINUTE', literal(5_400_000, 'MINUTE TO SECOND'))).toBe(90n)
  })

  test('numbers: the worked values and the undefined ones', () => {
    expect(valueOf(call('FLOOR', [double(-2.5)], 'DOUBLE'))).toBe(-3)
    expect(valueOf(call('FLOOR', [dec(-25n, 2, 1)], 'DECIMAL(2,0)'))).toBe(-3n)
    expect(valueOf(call('CEIL', [dec(99n, 2, 1)], 'DECIMAL(2,0)'))).toBe(10n)
    expect(valueOf(call('MOD', [int(-7), int(3)], 'INTEGER'))).toBe(-1)
    expect(valueOf(call('MOD', [big(-7n), int(3)], 'BIGINT'))).toBe(-1n)
    expect(valueOf(call('MOD', [int(7), big(4n)], 'BIGINT'))).toBe(3n)
    expect(valueOf(call('MOD', [big(7n), big(0n)], 'BIGINT'))).toBe(
      'DIVISION_BY_ZERO: 3:14 division by zero: MOD(7, 0)',
    )
    expect(valueOf(call('STEP_NUMBER', [int(-7), int(5)], 'INTEGER'))).toBe(-10)
    expect(valueOf(call('LN', [double(0)], 'DOUBLE'))).toMatch(/^INVALID_ARGUMENT/)
    expect(valueOf(call('POWER', [double(0), double(-1)], 'DOUBLE'))).toMatch(/^INVALID_ARGUMENT/)
    expect(valueOf(call('POWER', [double(-8), double(0.5)], 'DOUBLE'))).toMatch(/^INVALID_ARGUMENT/)
    expect(valueOf(call('ABS', [int(-2_147_483_648)], 'INTEGER'))).toMatch(/^NUMERIC_OVERFLOW/)
  })

  test('clock functions are frozen at the start, and differences are a minus b', () => {
    expect(valueOf(call('CURRENT_TIMESTAMP', [], 'TIMESTAMP'))).toBe(HOST.startedAt)
    expect(valueOf(call('CURRENT_DATE', [], 'DATE'))).toBe(Date.UTC(2024, 1, 29))
    expect(valueOf(call('TSDIFF', [big(10n), big(3n)], 'BIGINT'))).toBe(7n)
    expect(valueOf(call('UNIX_TIMESTAMP', [ts('1970-01-01 00:00:01')], 'BIGINT'))).toBe(1_000n)
  })
})

test('a function without an implementation is refused when the program is compiled, with its place', () => {
  const schema = schemaOf({ s: 'VARCHAR(3)' })
  const scan = { kind: 'scan' as const, stream: 'IN', schema }
  const plan = {
    streams: [
      { name: 'IN', schema, origin: 'input' as const },
      { name: 'OUT', schema, origin: 'program' as const },
    ],
    pumps: [
      {
        name: 'P',
        target: 'OUT',
        source: scan,
        values: [call('SOUNDEX', [column(schema, 's')], 'VARCHAR(3)')],
        rowtime: null,
        running: true,
        span: PLACE,
      },
    ],
    warnings: [],
  }
  expect(() => compileProgram(plan, { ...HOST, errors: new ErrorList(), outputs: [] })).toThrow(
    '3:14 function SOUNDEX cannot be run by this version',
  )
})
