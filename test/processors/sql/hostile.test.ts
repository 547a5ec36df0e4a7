/** Whatever the text is, it is planned or refused with a place, soon and without running out of stack. */
import { expect, test } from 'vitest'
import { SqlError } from '../../../core/errors.ts'
import { explainProgram } from '../../../processors/sql/explain.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { INPUTS } from './inputs.ts'

function outcome(text: string): 'planned' | SqlError {
  try {
    explainProgram(planProgram(text, INPUTS))
    return 'planned'
  } catch (error) {
    if (error instanceof SqlError) return error
    throw error
  }
}

function refusal(text: string): string {
  const result = outcome(text)
  return result === 'planned' ? result : `${result.code} ${result.message}`
}

const START = 'create stream o (a integer); create pump p as insert into o select stream '

test('a program of a million tokens is refused at its size', () => {
  expect(refusal('( '.repeat(1_000_000))).toMatch(/^sql_limit 1:102401 program has 2000000 characters/)
})

test('a program of too many tokens is refused at the first token too many', () => {
  expect(refusal('(;'.repeat(40_000))).toBe('sql_limit 1:50001 program has more than 50000 tokens')
})

test.each([
  ['parentheses', '('.repeat(10_000)],
  ['signs', '- '.repeat(10_000)],
  ['NOT with parentheses', 'NOT ('.repeat(10_000)],
  ['CASE', 'CASE WHEN '.repeat(9_000)],
  ['calls', 'ABS('.repeat(10_000)],
  ['subqueries', '(SELECT '.repeat(10_000)],
])('%s nested ten thousand deep are refused with a place', (_, text) => {
  expect(refusal(`${START}${text}`)).toMatch(/^sql_limit 1:\d+ program is nested more than 150 levels deep$/)
})

test.each([
  ['FROM subqueries', `${START}1 from ${'(select * from '.repeat(5_000)}`],
  ['parenthesised queries', `create pump p as insert into o ${'('.repeat(10_000)}`],
])('%s nested thousands deep are refused with a place', (_, text) => {
  expect(refusal(text)).toMatch(/^sql_limit 1:\d+ program is nested/)
})

test.each([
  ['sums', `qty${' + 1'.repeat(20_000)}`],
  ['concatenations', `ticker${" || 'a'".repeat(10_000)}`],
  ['comparisons', `qty${' = 1'.repeat(20_000)}`],
])('chains of %s are refused with a place', (_, text) => {
  expect(refusal(`${START}${text} from trades`)).toMatch(/^sql_limit 1:\d+ statement is more than 600 operations deep/)
})

test('a chain of UNION ALL is refused with a place', () => {
  expect(refusal(`${START}1 from trades${' union all select stream 1 from trades'.repeat(2_500)}`)).toMatch(
    /^sql_limit/,
  )
})

test('a long chain of AND is one level and is planned', () => {
  expect(refusal(`${START}qty from trades where ${'qty > 1 and '.repeat(5_000)} qty > 2`)).toBe('planned')
})

test('a sum of five hundred terms is planned', () => {
  expect(refusal(`${START}qty${' + 1'.repeat(500)} from trades`)).toBe('planned')
})

test('operands that double on every level are refused before they fill the memory', () => {
  const nested = `${'('.repeat(60)}"OPEN"${' between true and true)'.repeat(60)}`
  expect(refusal(`${START}qty from trades where ${nested}`)).toMatch(/^sql_limit 1:\d+ expression has more than 100000/)
})

const WORDS =
  `select stream from where group by having create or replace pump insert into as on join left union all values
( ) ( ) , , . ; + - * / = <> < || 'text' '10' 1 2.5 1e3 trades t ticker "price" rowtime step floor to minute interval
second case when then else end cast integer varchar count sum and or not in between like is null distinct exists over
partition range rows preceding current row table cursor timestamp '2024-01-01 00:00:00' x'00' u&'a' extract substring
trim position overlay windowed stagger within order "OPEN" qty o a period overlaps contains`.split(/\s+/)

/** Repeatable numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test('soups of tokens throw nothing but SqlError, with a place inside the text', () => {
  const next = generator(20_240_101)
  for (let round = 0; round < 4_000; round++) {
    const words = Array.from({ length: 1 + Math.floor(next() * 40) }, () => WORDS[Math.floor(next() * WORDS.length)])
    const text = `${round % 2 === 0 ? START : ''}${words.join(' ')}`
    const result = outcome(text)
    if (result === 'planned') continue
    expect(result.span.start, text).toBeLessThanOrEqual(text.length)
    expect(result.message, text).toMatch(/^\d+:\d+ \S/)
  }
})

test('programs with a token changed, dropped or doubled throw nothing but SqlError', () => {
  const next = generator(7)
  const program = `create or replace stream o (a varchar(4), n integer not null);
create pump p as insert into o (a, n) select stream t.ticker, cast(sum(t.qty) as integer) from trades as t
where t."price" between 15 and 1e3 and t.ticker like 'A%' escape '!' and (t.seen_at - t.seen_at) second > interval '5' second
group by t.ticker, step(t.rowtime by interval '1' minute) having count(*) > 1`.split(/\s+|(?=[(),;.])|(?<=[(),;.])/)
  expect(outcome(program.join(' '))).toBe('planned')
  for (let round = 0; round < 4_000; round++) {
    const changed = [...program]
    const at = Math.floor(next() * changed.length)
    const word = WORDS[Math.floor(next() * WORDS.length)] ?? ''
    changed.splice(at, next() < 0.7 ? 1 : 0, ...(next() < 0.7 ? [word] : []))
    outcome(changed.join(' '))
  }
})

test('characters of any kind throw nothing but SqlError', () => {
  const next = generator(99)
  for (let round = 0; round < 2_000; round++) {
    const codes = Array.from({ length: 30 }, () => Math.floor(next() * (next() < 0.8 ? 128 : 0xffff)))
    outcome(String.fromCharCode(...codes))
  }
})

const FUNCTION = (name: string, body: string): string =>
  `create function ${name}(x integer) returns integer return ${body};`

test.each([
  ['from the first to the last', (i: number) => i],
  ['from the last to the first', (i: number) => 1_199 - i],
])('a chain of functions that call each other %s is refused before the stack is', (_, numberOf) => {
  const chain = Array.from({ length: 1_200 }, (_unused, i) => {
    const number = numberOf(i)
    return FUNCTION(`f${number}`, number === 0 ? 'x' : `f${number - 1}(x) + 1`)
  })
  expect(refusal(chain.join('\n'))).toMatch(
    /^sql_limit \d+:\d+ calls? of (F\d+ makes an expression of more than 1000 levels|functions make more than)/,
  )
})

test('functions that double their argument are refused before they have grown', () => {
  const calls = Array.from({ length: 40 }, (_, i) => FUNCTION(`f${i}`, i === 0 ? 'x + x' : `f${i - 1}(f${i - 1}(x))`))
  expect(refusal(calls.join('\n'))).toMatch(/^sql_limit \d+:\d+ (expression has more than 100000 operations|call of F)/)
})

test('many calls of a large function are refused before they take long', () => {
  const large = FUNCTION('f', `x${' + x'.repeat(500)}`)
  const calls = Array.from({ length: 1_000 }, () => 'f(1)').join(',')
  expect(refusal(`${large} create stream o (a integer); insert into o values (${calls})`)).toMatch(
    /^sql_limit \d+:\d+ calls of functions make more than 500000 operations in all$/,
  )
})

test('overloads that call each other deeply are refused with a place', () => {
  const types = ['tinyint', 'smallint', 'integer', 'bigint', 'double', 'real']
  const chain = types.map((type, i) => {
    const next = types[i + 1]
    return `create function f(x ${type}) returns integer return ${next === undefined ? '1' : `f(cast(x as ${next}))`};`
  })
  expect(refusal(chain.join('\n'))).toMatch(/^sql_limit \d+:\d+ overloads call each other more than 4 deep$/)
})
