/** What the front end plans, the running side can run: the functions (patterns for dates come later) and every program of plans/. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compileProgram } from '../../../processors/compile.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { INPUTS, TABLES } from './inputs.ts'

function compile(text: string): unknown {
  const plan = planProgram(text, INPUTS, TABLES)
  return compileProgram(plan, { errors: { add: () => {} }, outputs: [], startedAt: 0, rowTimestamp: 'rowtime' })
}

const folder = join(import.meta.dirname, 'plans')

test.each(readdirSync(folder).filter(file => file.endsWith('.sql')))('%s compiles', file => {
  expect(() => compile(readFileSync(join(folder, file), 'utf8'))).not.toThrow()
})

test.each([
  'char_length(ticker)',
  'lower(note)',
  'upper(note)',
  'initcap(note)',
  "regex_replace(note, 'a', 'b', 1, 0)",
  'abs(paid)',
  'floor(paid)',
  'ceil("price")',
  'mod(qty, tiny)',
  'step(qty by 5)',
  'exp(qty)',
  'ln("price")',
  'log10(paid)',
  'sqrt(ms)',
  'power(qty, 2)',
  'unix_timestamp(seen_at)',
  'to_timestamp(ms)',
  'tsdiff(seen_at, ms)',
  "step(seen_at by interval '15' minute)",
  "step(day_of by interval '1' month)",
  "step(at_time by interval '1' hour)",
  'floor(seen_at to month)',
  'ceil(at_time to hour)',
  'extract(second from seen_at)',
  'extract(minute from (seen_at - t.rowtime) hour to minute)',
  "trim(leading 'x' from note)",
  'substring(note from 2 for 3)',
  'substring(note, 2)',
  "substring(note from '[a-z]')",
  "substring(note similar 'a#\"%#\"b' escape '#')",
  "position('a' in note)",
  "overlay(note placing 'x' from 2 for 1)",
  "note like 'a%'",
  "note like 'a%' escape '!'",
  "note similar to 'a|b'",
  "ticker || note || 'x'",
  'coalesce(qty, tiny, 0)',
  'nullif(qty, 1)',
  'nullif(qty, 1.5)',
  'current_timestamp',
  'current_row_timestamp',
  'localtimestamp',
  'current_date',
  'current_time',
  'localtime',
  'cast(note as interval day to second)',
  'cast((seen_at - t.rowtime) second as bigint)',
  "seen_at + ms * interval '0 00:00:00.001' day to second",
  '(seen_at, seen_at) overlaps (t.rowtime, seen_at)',
  "cast(x'00ff' as varbinary(1)) is null",
  'paid / qty + 1.5e0',
  'seen_at is not distinct from t.rowtime',
])('%s compiles', expression => {
  expect(() =>
    compile(`create stream o (t timestamp); create pump p as insert into o select stream x.rowtime
    from (select stream ${expression} as v from trades t) x`),
  ).not.toThrow()
})
