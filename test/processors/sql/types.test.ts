/** The type of an expression, read from the column of a FROM subquery. */
import { expect, test } from 'vitest'
import { sqlTypeText } from '../../../core/sql-type.ts'
import { explainExpression } from '../../../processors/sql/explain.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import type { PlanNode } from '../../../processors/sql/plan-node.ts'
import { INPUTS } from './inputs.ts'

function project(expression: string, rest = ''): Extract<PlanNode, { kind: 'project' }> {
  const text = `create stream o (n timestamp); create pump p as insert into o select stream x.rowtime from (select stream ${expression} as v from trades t ${rest}) x`
  const source = planProgram(text, INPUTS).pumps[0]?.source
  if (source?.kind !== 'project') throw new Error('the subquery is no projection')
  return source
}

function typeOf(expression: string, rest = ''): string {
  const column = project(expression, rest).schema.columns[0]
  return column === undefined ? '' : `${sqlTypeText(column.type)}${column.nullable ? '' : ' NOT NULL'}`
}

function folded(expression: string): string {
  const node = project(expression)
  const item = node.items[0]
  return item === undefined ? '' : explainExpression(item.expression, node.input.schema)
}

test.each([
  ['12', 'INTEGER NOT NULL'],
  ['2147483648', 'BIGINT NOT NULL'],
  ['-9223372036854775808', 'BIGINT NOT NULL'],
  ['12.50', 'DECIMAL(4,2) NOT NULL'],
  ['0.05', 'DECIMAL(2,2) NOT NULL'],
  ['1e3', 'DOUBLE NOT NULL'],
  ["'abc'", 'VARCHAR(3) NOT NULL'],
  ["x'3F67'", 'VARBINARY(2) NOT NULL'],
  ['null', 'VARCHAR(1)'],
  ['true', 'BOOLEAN NOT NULL'],
  ["interval '1' day", 'INTERVAL DAY NOT NULL'],
])('literal %s is %s', (text, type) => {
  expect(typeOf(text)).toBe(type)
})

test.each([
  ['qty / 2', 'INTEGER'],
  ['tiny + tiny', 'TINYINT'],
  ['tiny + qty', 'INTEGER'],
  ['qty * ms', 'BIGINT'],
  ['qty + paid', 'DECIMAL(13,2)'],
  ['rate + paid', 'REAL'],
  ['"price" + rate', 'DOUBLE'],
  ['5.0 / 2', 'DECIMAL(13,12) NOT NULL'],
  ['paid + paid', 'DECIMAL(11,2)'],
  ['paid * 1.5', 'DECIMAL(12,3)'],
  ['paid * paid', 'DECIMAL(18,4)'],
  ['paid / paid', 'DECIMAL(18,8)'],
  ['ms / paid', 'DECIMAL(18,0)'],
  ['paid * ms', 'DECIMAL(18,2)'],
  ['-paid', 'DECIMAL(10,2)'],
  ['null + qty', 'INTEGER'],
  ["seen_at + interval '1' day", 'TIMESTAMP'],
  ["interval '1' day + t.rowtime", 'TIMESTAMP NOT NULL'],
  ["day_of - interval '1' month", 'DATE'],
  ["at_time + interval '1' hour", 'TIME'],
  ['(seen_at - t.rowtime) day to minute', 'INTERVAL DAY TO MINUTE'],
  ["interval '1' day + interval '1' second", 'INTERVAL DAY TO SECOND NOT NULL'],
  ["ms * interval '0 00:00:00.001' day to second", 'INTERVAL DAY TO SECOND'],
  ["interval '1' minute / 2.5", 'INTERVAL MINUTE NOT NULL'],
])('%s is %s', (text, type) => {
  expect(typeOf(text)).toBe(type)
})

test.each([
  ["ticker || 'ab'", 'VARCHAR(6)'],
  ['note || note', 'VARCHAR(16)'],
  ["case when qty > 1 then 'a' else 'bcd' end", 'VARCHAR(3) NOT NULL'],
  ['case when qty > 1 then qty end', 'INTEGER'],
  ['case when qty > 1 then 1 else 2.5 end', 'DECIMAL(11,1) NOT NULL'],
  ['coalesce(qty, ms, 0)', 'BIGINT NOT NULL'],
  ['coalesce(null, ticker)', 'VARCHAR(4)'],
  ['nullif(qty, 2.5)', 'INTEGER'],
  ['cast(qty as varchar(3))', 'VARCHAR(3)'],
  ['cast((seen_at - seen_at) second as bigint)', 'BIGINT'],
  ['qty is null', 'BOOLEAN NOT NULL'],
  ['qty is distinct from null', 'BOOLEAN NOT NULL'],
  ['qty in (1, null)', 'BOOLEAN'],
  ['floor("price")', 'DOUBLE'],
  ['floor(paid)', 'DECIMAL(9,0)'],
  ['ceil(qty)', 'INTEGER'],
  ['abs(paid)', 'DECIMAL(10,2)'],
  ['mod(qty, ms)', 'BIGINT'],
  ['sqrt(qty)', 'DOUBLE'],
  ['step(qty by 5)', 'INTEGER'],
  ["step(day_of by interval '1' month)", 'DATE'],
  ['floor(at_time to hour)', 'TIME'],
  ['extract(hour from seen_at)', 'BIGINT'],
  ['extract(second from seen_at)', 'DECIMAL(5,3)'],
  ['unix_timestamp(t.rowtime)', 'BIGINT NOT NULL'],
  ['to_timestamp(ms)', 'TIMESTAMP'],
  ['tsdiff(seen_at, ms)', 'BIGINT'],
  ['char_length(ticker)', 'INTEGER'],
  ["position('a' in ticker)", 'INTEGER'],
  ['substring(note from 2)', 'VARCHAR(8)'],
  ['upper(note)', 'CHAR(8)'],
  ['current_date', 'DATE NOT NULL'],
  ['current_row_timestamp', 'TIMESTAMP NOT NULL'],
  ["char_to_timestamp('yyyy', ticker)", 'TIMESTAMP'],
  ['(seen_at, seen_at) overlaps (seen_at, t.rowtime)', 'BOOLEAN'],
])('%s is %s', (text, type) => {
  expect(typeOf(text)).toBe(type)
})

test.each([
  ['count(*)', 'BIGINT NOT NULL'],
  ['count(qty)', 'BIGINT NOT NULL'],
  ['sum(qty)', 'BIGINT'],
  ['sum(paid)', 'DECIMAL(18,2)'],
  ['sum(rate)', 'REAL'],
  ['avg(qty)', 'INTEGER'],
  ['avg(paid)', 'DECIMAL(10,2)'],
  ['avg("price")', 'DOUBLE'],
  ['max(ticker)', 'VARCHAR(4)'],
  ['min(t.rowtime)', 'TIMESTAMP'],
  ['sum(qty) / count(*)', 'BIGINT'],
])('aggregate %s is %s', (text, type) => {
  expect(typeOf(text, 'group by floor(t.rowtime to minute)')).toBe(type)
})

test.each([
  ['1 + 2 * 3', '7'],
  ['7 / 2', '3'],
  ['-7 / 2', '-3'],
  ['5.0 / 2', '5.0 / 2'],
  ['1.5 * 2', '3.0'],
  ['1.25 + 2', '3.25'],
  ['1 / 0', '1 / 0'],
  ['1 / 0.0e0', '1e0 / 0e0'],
  ['2147483647 + 1', '2147483647 + 1'],
  ['9223372036854775807 + 1', '9223372036854775807 + 1'],
  ['0.1 + 0.2e0', '0.30000000000000004e0'],
  ['cast(2.5 as integer)', '3'],
  ['cast(-2.5 as integer)', '-3'],
  ['cast(300 as tinyint)', 'CAST(300 AS TINYINT)'],
  ["cast('12' as integer)", "CAST('12' AS INTEGER)"],
  ['1 < 2 and 2 < 1', 'FALSE'],
  ['null and false', 'NULL BOOLEAN AND FALSE'],
  ['qty > 1 and true', 'QTY > 1'],
  ['qty / 0 > 1 and false', '((QTY / 0) > 1) AND FALSE'],
  ['false and qty / 0 > 1', 'FALSE'],
  ['qty > 1 or false or true', '(QTY > 1) OR TRUE'],
  ['not unknown', 'NULL BOOLEAN'],
  ['null is null', 'TRUE'],
  ['unknown is not true', 'TRUE'],
  ['case when false then 1 / 0 when true then 2 else 3 end', '2'],
  ["case 'a' when 'b' then 1 end", 'NULL INTEGER'],
  ['-(-5)', '5'],
])('%s folds to %s', (text, result) => {
  expect(folded(text)).toBe(result)
})
