/** Every production of the grammar parses, into the tree that it should. */
import { expect, test } from 'vitest'
import { parseProgram } from '../../../processors/sql/parse.ts'

/** A tree as nested text: kinds with their contents, without places. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape)
  if (value instanceof Uint8Array) return [...value]
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => !/span$/i.test(key))
  const plain = Object.fromEntries(entries.map(([key, child]) => [key, shape(child)]))
  if (plain.kind === 'path') return (plain.parts as readonly string[]).join('.')
  if (entries.length === 2 && 'text' in plain && 'quoted' in plain) return plain.text
  if (plain.kind === 'number') return Number(plain.text)
  if (plain.kind === 'string') return `'${String(plain.value)}'`
  return plain
}

function expression(text: string): unknown {
  const [statement] = parseProgram(`select ${text} from s`).statements
  if (statement?.kind !== 'query' || statement.query.kind !== 'select') return null
  const [item] = statement.query.items
  return item?.kind === 'item' ? shape(item.expression) : null
}

function query(text: string): Record<string, unknown> {
  const [statement] = parseProgram(text).statements
  return (statement?.kind === 'query' ? shape(statement.query) : null) as Record<string, unknown>
}

const op = (operator: string, left: unknown, right: unknown) => ({ kind: 'binary-operator', operator, left, right })
const compare = (operator: string, left: unknown, right: unknown) => ({ kind: 'comparison', operator, left, right })

test.each([
  ['1 + 2 * 3', op('+', 1, op('*', 2, 3))],
  ['1 - 2 - 3', op('-', op('-', 1, 2), 3)],
  ['(1 - 2) / 3', op('/', op('-', 1, 2), 3)],
  ['a || b + c', op('+', op('||', 'A', 'B'), 'C')],
  ['- a * b', op('*', { kind: 'sign', operator: '-', operand: 'A' }, 'B')],
  ['a + 1 > b', compare('>', op('+', 'A', 1), 'B')],
  ['not a = b', { kind: 'not', operand: compare('=', 'A', 'B') }],
  [
    'a or b and not c',
    { kind: 'or', operands: ['A', { kind: 'and', operands: ['B', { kind: 'not', operand: 'C' }] }] },
  ],
  ['a != b', compare('<>', 'A', 'B')],
  ['s."x".y', 'S.x.Y'],
  ['s.rowtime', 'S.ROWTIME'],
  ["u&'a\\0041\\\\b'", "'aA\\b'"],
  ["u&'!0041!!' uescape '!'", "'A!'"],
  ["x'3F67'", { kind: 'binary', bytes: [0x3f, 0x67] }],
  ['unknown', { kind: 'boolean', value: null }],
  ["timestamp '2024-01-01 00:00:00'", { kind: 'datetime', type: 'TIMESTAMP', text: '2024-01-01 00:00:00' }],
  ['current_timestamp', { kind: 'niladic', name: 'CURRENT_TIMESTAMP' }],
  ['a is not unknown', { kind: 'is', what: 'UNKNOWN', negated: true, operand: 'A' }],
  ['a is not distinct from b', { kind: 'distinct', negated: true, left: 'A', right: 'B' }],
  ['a not in (1, 2)', { kind: 'in-list', negated: true, operand: 'A', items: [1, 2] }],
  ["a like 'x' escape '!'", { kind: 'like', negated: false, operand: 'A', pattern: "'x'", escape: "'!'" }],
  ["a not similar to 'x'", { kind: 'similar', negated: true, operand: 'A', pattern: "'x'", escape: null }],
  [
    'a between 1 and 2 and b',
    {
      kind: 'and',
      operands: [{ kind: 'between', negated: false, symmetric: false, operand: 'A', low: 1, high: 2 }, 'B'],
    },
  ],
  ['case a when 1 then 2 else 3 end', { kind: 'case', operand: 'A', branches: [{ when: 1, result: 2 }], otherwise: 3 }],
  ['case when a then b end', { kind: 'case', operand: null, branches: [{ when: 'A', result: 'B' }], otherwise: null }],
  [
    'cast(a as decimal(5, 2))',
    { kind: 'cast', operand: 'A', type: { type: { kind: 'DECIMAL', precision: 5, scale: 2 }, unsized: false } },
  ],
  [
    'cast(a as character varying(5))',
    { kind: 'cast', operand: 'A', type: { type: { kind: 'VARCHAR', length: 5 }, unsized: false } },
  ],
  [
    'cast(a as interval day to second)',
    { kind: 'cast', operand: 'A', type: { type: { kind: 'INTERVAL', from: 'DAY', to: 'SECOND' }, unsized: false } },
  ],
  ['extract(hour from a)', { kind: 'extract', unit: 'HOUR', operand: 'A' }],
  ['floor(a to minute)', { kind: 'round-to', function: 'FLOOR', operand: 'A', unit: 'MINUTE' }],
  ['ceiling(a to day)', { kind: 'round-to', function: 'CEIL', operand: 'A', unit: 'DAY' }],
  ['step(a by 5)', { kind: 'step', operand: 'A', by: 5 }],
  ['substring(a from 2 for 3)', { kind: 'substring', form: 'from', operand: 'A', from: 2, count: 3 }],
  ['substring(a, 2)', { kind: 'substring', form: 'comma', operand: 'A', from: 2, count: null }],
  [
    "substring(a similar 'x' escape '#')",
    { kind: 'substring', form: 'similar', operand: 'A', from: "'x'", count: "'#'" },
  ],
  ['trim(a)', { kind: 'trim', side: 'BOTH', character: null, operand: 'A' }],
  ["trim('x' from a)", { kind: 'trim', side: 'BOTH', character: "'x'", operand: 'A' }],
  ['trim(leading from a)', { kind: 'trim', side: 'LEADING', character: null, operand: 'A' }],
  ["trim(trailing 'x' from a)", { kind: 'trim', side: 'TRAILING', character: "'x'", operand: 'A' }],
  ['position(a in b)', { kind: 'position', sought: 'A', operand: 'B' }],
  ['overlay(a placing b from 1 for 2)', { kind: 'overlay', operand: 'A', placing: 'B', from: 1, count: 2 }],
  [
    '(a - b) day to second(3)',
    {
      kind: 'qualified',
      operand: op('-', 'A', 'B'),
      qualifier: { from: 'DAY', to: 'SECOND', leadingPrecision: null, fractionPrecision: 3 },
    },
  ],
  [
    'floor((a - b) second / 10 to second)',
    {
      kind: 'round-to',
      function: 'FLOOR',
      unit: 'SECOND',
      operand: op(
        '/',
        {
          kind: 'qualified',
          operand: op('-', 'A', 'B'),
          qualifier: { from: 'SECOND', to: 'SECOND', leadingPrecision: null, fractionPrecision: null },
        },
        10,
      ),
    },
  ],
  [
    "interval - '1:30' minute(3) to second",
    {
      kind: 'interval',
      negative: true,
      text: '1:30',
      qualifier: { from: 'MINUTE', to: 'SECOND', leadingPrecision: 3, fractionPrecision: null },
    },
  ],
  ['row(1, 2)', { kind: 'row', items: [1, 2] }],
  [
    '(a, b) strictly precedes period(c, d)',
    {
      kind: 'period',
      operator: 'PRECEDES',
      modifier: 'STRICTLY',
      left: { kind: 'period-value', start: 'A', end: 'B' },
      right: { kind: 'period-value', start: 'C', end: 'D' },
    },
  ],
])('%s', (text, tree) => {
  expect(expression(text)).toEqual(tree)
})

test('a chain of period predicates means both pairs', () => {
  expect(expression('(a, b) precedes (c, d) precedes (e, f)')).toMatchObject({
    kind: 'and',
    operands: [
      { left: { start: 'A' }, right: { start: 'C' } },
      { left: { start: 'C' }, right: { start: 'E' } },
    ],
  })
})

test('calls keep DISTINCT, null treatment, FILTER and OVER', () => {
  expect(expression('count(*)')).toMatchObject({ name: 'COUNT', star: true, args: [] })
  expect(expression('sum(distinct a)')).toMatchObject({ name: 'SUM', distinct: true, args: ['A'] })
  expect(expression('nth_value(a, 2) from last ignore nulls over w')).toMatchObject({
    fromLast: true,
    nulls: 'IGNORE',
    over: { kind: 'named', name: 'W' },
  })
  expect(expression('sum(a) filter (where b > 1)')).toMatchObject({ filter: compare('>', 'B', 1) })
})

test.each([
  [
    "partition by a, b range interval '1' minute preceding",
    { partitionBy: ['A', 'B'], frame: { unit: 'RANGE', start: { kind: 'PRECEDING' } } },
  ],
  ['rows 2 preceding', { frame: { unit: 'ROWS', start: { kind: 'PRECEDING', offset: 2 }, end: null } }],
  ['rows current row', { frame: { start: { kind: 'CURRENT ROW' } } }],
  ['range unbounded preceding', { frame: { start: { kind: 'UNBOUNDED PRECEDING' } } }],
  [
    'rows between 1 preceding and unbounded following',
    { frame: { start: { kind: 'PRECEDING' }, end: { kind: 'UNBOUNDED FOLLOWING' } } },
  ],
  [
    'w order by s.rowtime desc, 2',
    {
      base: 'W',
      orderBy: [
        { expression: 'S.ROWTIME', descending: true },
        { expression: 2, descending: false },
      ],
    },
  ],
  ['', { base: null, partitionBy: [], orderBy: [], frame: null }],
])('the window (%s)', (text, tree) => {
  expect(expression(`sum(a) over (${text})`)).toMatchObject({ over: { kind: 'spec', ...tree } })
  expect(query(`select a from s window w as (${text})`)).toMatchObject({ windows: [{ name: 'W', spec: tree }] })
})

test('a select has all its clauses', () => {
  const text = `select stream distinct s.*, a as x, b y, c as rowtime from s as t (p, q), u where a > 1 group by a, b having c > 2`
  expect(query(text)).toMatchObject({
    kind: 'select',
    stream: true,
    distinct: true,
    items: [
      { kind: 'all', of: 'S' },
      { expression: 'A', alias: 'X' },
      { expression: 'B', alias: 'Y' },
      { expression: 'C', alias: 'ROWTIME' },
    ],
    from: [{ alias: { name: 'T', columns: ['P', 'Q'] } }, { alias: null }],
    groupBy: ['A', 'B'],
    having: compare('>', 'C', 2),
  })
})

test('WINDOWED BY STAGGER is no alias of the table before it', () => {
  expect(
    query(`select stream a from s windowed by stagger (partition by a, floor(b to minute) range interval '1' minute)`),
  ).toMatchObject({
    from: [{ alias: null }],
    stagger: { partitionBy: ['A', { kind: 'round-to' }], range: { kind: 'interval' } },
  })
})

test.each([
  ['a join b on x = y', { type: 'INNER', natural: false, on: { kind: 'comparison' } }],
  ['a inner join b using (x, y)', { type: 'INNER', using: ['X', 'Y'] }],
  ['a left outer join b on x = y', { type: 'LEFT' }],
  ['a right join b on x = y', { type: 'RIGHT' }],
  ['a full outer join b on x = y', { type: 'FULL' }],
  ['a cross join b', { type: 'CROSS', on: null }],
  ['a natural left join b', { type: 'LEFT', natural: true }],
  [
    "a over w as x join b over (range interval '1' minute preceding) as y on x = y",
    {
      left: { over: { kind: 'named' }, alias: { name: 'X' } },
      right: { over: { kind: 'spec' }, alias: { name: 'Y' } },
    },
  ],
  ['(select * from a) over w as x join b on 1 = 1', { left: { kind: 'derived', over: { name: 'W' } } }],
])('FROM %s', (text, tree) => {
  expect(query(`select stream * from ${text}`)).toMatchObject({ from: [{ kind: 'join', ...tree }] })
})

test('joins lean to the left', () => {
  expect(query('select * from a join b on x = y join c on y = z')).toMatchObject({
    from: [{ left: { kind: 'join', left: { path: { parts: ['A'] } } }, right: { path: { parts: ['C'] } } }],
  })
})

test('table functions take a cursor and arguments', () => {
  expect(query(`select * from table(hotspots(cursor(select stream x from s), 100, 0.5, 10)) as h`)).toMatchObject({
    from: [
      {
        kind: 'table-function',
        name: 'HOTSPOTS',
        cursor: { kind: 'select' },
        args: [100, 0.5, 10],
        alias: { name: 'H' },
      },
    ],
  })
})

test('INTERSECT binds tighter than UNION, and both lean to the left', () => {
  expect(query('values (1) union all values (2) intersect values (3) except values (4)')).toMatchObject({
    kind: 'set',
    operator: 'EXCEPT',
    left: { operator: 'UNION', all: true, right: { operator: 'INTERSECT' } },
    right: { kind: 'values' },
  })
})

test('ORDER BY belongs to the whole union', () => {
  expect(query('select a from s union all select b from t order by a desc')).toMatchObject({
    kind: 'ordered',
    query: { kind: 'set' },
    keys: [{ expression: 'A', descending: true }],
    within: null,
  })
})

test('ORDER BY WITHIN takes an interval', () => {
  expect(query(`select a as rowtime from s order by s.a within interval '30' second`)).toMatchObject({
    within: { kind: 'interval', text: '30' },
  })
})

test('queries stand in parentheses, and subqueries in expressions', () => {
  expect(query('(select a from s) union all (select b from t)')).toMatchObject({ kind: 'set' })
  expect(expression('exists (select a from s)')).toMatchObject({ kind: 'exists' })
  expect(expression('(a, b) in (select a, b from s)')).toMatchObject({ kind: 'in-query', operand: { kind: 'row' } })
  expect(expression('((select a from s) union all (select b from t))')).toMatchObject({
    kind: 'subquery',
    query: { kind: 'set' },
  })
  expect(expression('(select max(a) from s) + 1')).toMatchObject({ left: { kind: 'subquery' } })
})

test('VALUES has rows with and without ROW', () => {
  expect(query(`values (1, 'a'), row(2, 'b')`)).toEqual({
    kind: 'values',
    rows: [
      [1, "'a'"],
      [2, "'b'"],
    ],
  })
})

function statement(text: string): unknown {
  return shape(parseProgram(text).statements[0])
}

test.each([
  [
    `create or replace stream "app"."o" (a varchar(4) not null, b double precision) description 'x' options (k 'v')`,
    {
      kind: 'create-stream',
      replace: true,
      name: { parts: ['app', 'o'] },
      columns: [
        { name: 'A', notNull: true },
        { name: 'B', type: { type: { kind: 'DOUBLE' } }, notNull: false },
      ],
      description: 'x',
      options: [{ name: 'K', value: "'v'" }],
    },
  ],
  [
    `create pump p stopped description 'x' as insert expedited into o (rowtime, a) select stream a, b from s`,
    { kind: 'create-pump', stopped: true, insert: { columns: ['ROWTIME', 'A'] } },
  ],
  [
    'create or replace pump p started as insert into o (select a from s)',
    { stopped: false, insert: { columns: null } },
  ],
  [
    `create or replace function f(a double, b double) returns double language sql specific f1 not deterministic contains sql
     returns null on null input return 100 * a / b`,
    { kind: 'create-function', nullOnNull: true, parameters: [{ name: 'A' }, { name: 'B' }] },
  ],
  ['create function f() returns integer called on null input return 1', { nullOnNull: false, parameters: [] }],
  ['insert into o values (1)', { kind: 'insert', query: { kind: 'values' } }],
  ['alter pump p stop', { kind: 'alter-pump', start: false }],
  ['drop stream o', { kind: 'drop', what: 'STREAM' }],
])('%s', (text, tree) => {
  expect(statement(text)).toMatchObject(tree)
})

test('statements are separated by semicolons, of which the last may be missing', () => {
  expect(parseProgram('').statements).toHaveLength(0)
  expect(parseProgram(';; drop pump p;; drop pump q').statements).toHaveLength(2)
})

test.each([
  'pump',
  'stagger',
  'windowed',
  'step',
  'description',
  'stopped',
  'expedited',
  'preceding',
  'following',
  'unbounded',
  'monotonic',
  'period',
  'contains',
  'options',
  'nulls',
  'placing',
])('%s is no reserved word', word => {
  expect(expression(`${word} + s.${word}`)).toEqual(op('+', word.toUpperCase(), `S.${word.toUpperCase()}`))
  expect(statement(`create stream ${word} (${word} integer)`)).toMatchObject({ name: { parts: [word.toUpperCase()] } })
})
