/** Wrong ORDER BY, DISTINCT, STAGGER, VALUES, functions and statements, with what they are told, word for word. */
import { expect, test } from 'vitest'
import { SqlError } from '../../../core/errors.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { INPUTS } from './inputs.ts'

function messageOf(text: string): string {
  try {
    planProgram(text, INPUTS)
  } catch (error) {
    if (error instanceof SqlError) return error.message
    throw error
  }
  return 'no error'
}

/** On the second line, behind a stream O (T TIMESTAMP, K VARCHAR(9), N BIGINT). */
const QUERIES: readonly (readonly [string, string])[] = [
  [
    'select stream seen_at, ticker, qty from trades order by ticker',
    '2:57 ORDER BY over a stream begins with a monotonic term, or its rows would never be complete; write ORDER BY FLOOR(s.ROWTIME TO SECOND), ...',
  ],
  [
    'select stream seen_at, ticker, qty from trades t order by t.rowtime desc',
    '2:59 first key of ORDER BY cannot be DESC: time only rises',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by seen_at, qty',
    '2:57 ORDER BY over a stream begins with a monotonic term, or its rows would never be complete; write ORDER BY FLOOR(s.ROWTIME TO SECOND), ...',
  ],
  ['select stream seen_at, ticker, qty from trades order by 4', '2:57 ORDER BY 4 names no item: there are 3'],
  ['select stream seen_at, ticker, qty from trades order by 0', '2:57 ORDER BY 0 names no item: there are 3'],
  [
    'select stream seen_at, ticker, qty from trades order by floor(rowtime to minute), tickr',
    '2:83 column TICKR not found in TRADES; did you mean TICKER?',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by floor(rowtime to minute), x.ticker',
    '2:83 X is not in FROM; FROM has TRADES',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by current_date, qty',
    '2:57 ORDER BY over a stream begins with a monotonic term, or its rows would never be complete; write ORDER BY FLOOR(s.ROWTIME TO SECOND), ...',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by -unix_timestamp(rowtime)',
    '2:57 first key of ORDER BY falls while time rises; leave its minus out',
  ],
  [
    'select stream seen_at, ticker as a, qty as a from trades order by floor(rowtime to minute), a',
    '2:93 A names more than one item; give one of them another alias',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by floor(rowtime to minute), count(*)',
    "2:15 an aggregate over a stream needs GROUP BY, or it would never be complete; add GROUP BY STEP(s.ROWTIME BY INTERVAL '1' MINUTE)",
  ],
  [
    'select stream seen_at, ticker, count(*) from trades group by seen_at, ticker, floor(trades.rowtime to minute) order by qty',
    '2:120 column QTY is neither grouped nor aggregated; add it to GROUP BY, or write MAX(...)',
  ],
  [
    'select stream seen_at, ticker, count(*) from trades group by seen_at, ticker, floor(trades.rowtime to minute) order by count(*)',
    '2:120 ORDER BY over a stream begins with a monotonic term, or its rows would never be complete; write ORDER BY FLOOR(s.ROWTIME TO SECOND), ...',
  ],
  [
    'select stream seen_at, ticker, count(*) from trades group by seen_at, ticker, floor(trades.rowtime to minute) order by rowtime, qty',
    '2:129 column QTY is neither grouped nor aggregated; add it to GROUP BY, or write MAX(...)',
  ],
  [
    'select stream seen_at, ticker, qty from trades union all select stream seen_at, ticker, qty from trades order by qty',
    '2:114 ORDER BY over a stream begins with a monotonic term, or its rows would never be complete; write ORDER BY FLOOR(s.ROWTIME TO SECOND), ...',
  ],
  [
    'select stream seen_at, ticker, qty from trades union all select stream seen_at, ticker, qty from trades order by rowtime, price',
    '2:123 column PRICE not found in the subquery',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by rowtime limit 0',
    '2:71 expected a number of rows from 1 to 1000000 after LIMIT, found 0',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by rowtime limit',
    '2:70 expected a number of rows from 1 to 1000000 after LIMIT, found the end of the program',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by rowtime limit all',
    '2:71 expected a number of rows from 1 to 1000000 after LIMIT, found ALL',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by rowtime limit 2000000',
    '2:71 expected a number of rows from 1 to 1000000 after LIMIT, found 2000000',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by rowtime limit 10 offset 5',
    '2:74 expected the end of the query, found OFFSET; LIMIT n keeps the first n rows of each window',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by rowtime offset 5 rows',
    '2:65 expected the end of the query, found OFFSET; LIMIT n keeps n rows of each window',
  ],
  [
    'select stream seen_at, ticker, qty from trades order by rowtime fetch first 5 rows only',
    '2:65 expected the end of the query, found FETCH; LIMIT n keeps n rows of each window',
  ],
  [
    'select stream seen_at, ticker, qty from trades limit 10',
    '2:48 expected the end of the query, found LIMIT; a stream has no end to count from: write ORDER BY a window first, or use TOP_K_ITEMS_TUMBLING',
  ],
  [
    'select stream seen_at, ticker, qty from trades fetch first row only',
    '2:48 expected the end of the query, found FETCH; a stream has no end to count from: write ORDER BY a window first, or use TOP_K_ITEMS_TUMBLING',
  ],
  ['select stream seen_at, ticker, qty from trades offset 1', '2:55 expected ";" or the end of the program, found 1'],
  [
    "select stream t.seen_at as rowtime, seen_at, ticker, qty from trades t order by t.seen_at desc within interval '5' second",
    '2:81 ORDER BY ... WITHIN cannot be DESC: time only rises',
  ],
  [
    "select stream t.seen_at as rowtime, seen_at, ticker, qty from trades t order by seen_at within interval '5' second",
    '2:81 ORDER BY ... WITHIN needs a column with its stream, not SEEN_AT; write alias.column',
  ],
  [
    "select stream t.seen_at as rowtime, seen_at, ticker, qty from trades t order by t.qty within interval '5' second",
    '2:81 ORDER BY ... WITHIN needs a TIMESTAMP, not INTEGER',
  ],
  [
    "select stream seen_at, ticker, qty from trades t order by t.seen_at within interval '5' second",
    '2:59 ORDER BY ... WITHIN needs its key in the select list AS ROWTIME; select it AS ROWTIME',
  ],
  [
    "select stream t.seen_at as rowtime, seen_at, ticker, qty from trades t order by t.seen_at within interval '1' month",
    "2:98 WITHIN needs an interval of days to seconds; write WITHIN INTERVAL '30' SECOND",
  ],
  [
    "select stream t.seen_at as rowtime, seen_at, ticker, qty from trades t order by t.seen_at within interval -'1' second",
    '2:98 WITHIN cannot be negative',
  ],
  [
    'select stream t.seen_at as rowtime, seen_at, ticker, qty from trades t order by t.seen_at within 5',
    "2:98 WITHIN needs an interval of days to seconds; write WITHIN INTERVAL '30' SECOND",
  ],
  [
    "select stream t.seen_at as rowtime, seen_at, ticker, qty from trades t order by t.seen_at, ticker within interval '1' second",
    '2:72 ORDER BY ... WITHIN takes one expression',
  ],
  [
    "select stream distinct t.seen_at as rowtime, seen_at, ticker, qty from trades t order by t.seen_at within interval '1' second",
    '2:90 ORDER BY ... WITHIN cannot follow DISTINCT; sort in a FROM subquery first',
  ],
  [
    "select stream seen_at, ticker, qty from trades union all select stream seen_at, ticker, qty from trades t order by t.seen_at within interval '1' second",
    '2:116 T is not in FROM; the subquery has no alias',
  ],
  [
    'select stream distinct seen_at, ticker, qty from trades',
    '2:15 DISTINCT over a stream needs a monotonic item, or it would remember every row; select FLOOR(s.ROWTIME TO MINUTE) as well',
  ],
  [
    'select stream distinct seen_at, ticker, current_date from trades',
    '2:15 DISTINCT over a stream needs a monotonic item, or it would remember every row; select FLOOR(s.ROWTIME TO MINUTE) as well',
  ],
  [
    'select stream distinct floor(rowtime to minute), ticker, qty from trades order by rowtime, "price"',
    '2:92 ORDER BY after DISTINCT sorts by what is selected; select the key as well',
  ],
  [
    'select stream distinct floor(rowtime to minute), ticker, qty from trades order by seen_at',
    '2:83 ORDER BY after DISTINCT sorts by what is selected; select the key as well',
  ],
  [
    "select stream seen_at, ticker, count(*) from trades windowed by stagger (partition by ticker range interval '1' minute)",
    '2:15 column SEEN_AT is neither grouped nor aggregated; add it to PARTITION BY, or write MAX(...)',
  ],
  [
    "select stream seen_at, ticker, count(*) from trades windowed by stagger (partition by seen_at, ticker range interval '1' month)",
    "2:109 RANGE of STAGGER needs an interval of days to seconds; write RANGE INTERVAL '1' MINUTE",
  ],
  [
    "select stream seen_at, ticker, count(*) from trades windowed by stagger (partition by seen_at, ticker range interval '0' minute)",
    '2:109 RANGE of STAGGER must be above 0',
  ],
  [
    'select stream seen_at, ticker, count(*) from trades windowed by stagger (partition by seen_at, ticker range 60)',
    '2:109 expected INTERVAL after RANGE, found 60',
  ],
  [
    "select stream seen_at, ticker, count(*) from trades windowed by stagger (range interval '1' minute)",
    '2:74 expected PARTITION in STAGGER, found RANGE',
  ],
  [
    'select stream seen_at, ticker, count(*) from trades windowed by stagger (partition by seen_at, ticker)',
    '2:102 expected RANGE after the partition of STAGGER, found ")"',
  ],
  [
    "select stream seen_at, ticker, count(*) from trades windowed by tumbling (partition by seen_at, ticker range interval '1' minute)",
    '2:65 expected STAGGER after WINDOWED BY, found TUMBLING',
  ],
  [
    "select stream seen_at, ticker, count(*) from trades windowed by stagger (partition by count(*) range interval '1' minute)",
    '2:87 COUNT cannot stand in PARTITION BY',
  ],
  [
    "select stream seen_at, ticker, count(*) from trades windowed by stagger (partition by seen_at, ticker range interval '1' minute) having qty > 1",
    '2:137 column QTY is neither grouped nor aggregated; add it to PARTITION BY, or write MAX(...)',
  ],
  [
    "select stream seen_at, ticker, count(*) from trades group by ticker windowed by stagger (partition by seen_at, ticker range interval '1' minute)",
    '2:69 expected ";" or the end of the program, found WINDOWED',
  ],
  [
    "select stream seen_at, first_value(distinct ticker), count(*) from trades windowed by stagger (partition by seen_at range interval '1' minute)",
    '2:24 FIRST_VALUE takes no DISTINCT',
  ],
  [
    "select stream seen_at, first_value(*), count(*) from trades windowed by stagger (partition by seen_at range interval '1' minute)",
    '2:24 FIRST_VALUE takes an expression, not *',
  ],
  [
    "select stream seen_at, ticker, max(qty) ignore nulls from trades windowed by stagger (partition by seen_at, ticker range interval '1' minute)",
    '2:32 MAX takes no IGNORE NULLS',
  ],
  [
    'select stream seen_at, ticker, qty from trades union select stream seen_at, ticker, qty from trades',
    '2:48 UNION needs finite relations, streams have no end; write UNION ALL',
  ],
  [
    'select stream seen_at, ticker, qty from trades except select stream seen_at, ticker, qty from trades',
    '2:48 EXCEPT needs finite relations, streams have no end',
  ],
  [
    'select stream seen_at, ticker, qty from trades intersect all select stream seen_at, ticker, qty from trades',
    '2:48 INTERSECT ALL needs finite relations, streams have no end',
  ],
  [
    "select stream seen_at, ticker, qty from trades union all values (timestamp '2024-01-01 00:00:00', 'a', 1)",
    '2:48 UNION ALL of a stream and of VALUES; INSERT the VALUES into a stream of their own',
  ],
  [
    "values (timestamp '2024-01-01 00:00:00', 'a', 1) except all values (timestamp '2024-01-01 00:00:00', 'a', 1)",
    '2:50 EXCEPT ALL is not supported; write EXCEPT',
  ],
  [
    "values (timestamp '2024-01-01 00:00:00', 'a', 1) except values (timestamp '2024-01-01 00:00:00', 'a')",
    '2:50 EXCEPT of 3 and 2 columns; both sides need the same columns',
  ],
  [
    "values (timestamp '2024-01-01 00:00:00', 'a', 1) union all values (timestamp '2024-01-01 00:00:00', 'a', 'b')",
    '2:106 column 3 of UNION ALL is INTEGER on the left and VARCHAR(1) on the right; use CAST',
  ],
  [
    "values (timestamp '2024-01-01 00:00:00', 'a', 1), (timestamp '2024-01-01 00:00:00', 'a')",
    '2:52 row 2 of VALUES has 2 columns, the first has 3',
  ],
  [
    "values (timestamp '2024-01-01 00:00:00', 'a', 1), (timestamp '2024-01-01 00:00:00', 2, 2)",
    '2:85 column 2 of VALUES is VARCHAR(1) above and INTEGER here; use CAST',
  ],
  [
    "values (timestamp '2024-01-01 00:00:00', ticker, 1)",
    "2:42 VALUES has no columns to read TICKER from; constants only; text stands in 'quotes'",
  ],
  [
    'values (timestamp \'2024-01-01 00:00:00\', "a", 1)',
    '2:42 VALUES has no columns to read "a" from; constants only; text stands in \'quotes\'',
  ],
  ["values (timestamp '2024-01-01 00:00:00', 'a', count(*))", '2:47 COUNT cannot stand in VALUES'],
  [
    "values (timestamp '2024-01-01 00:00:00', 'a', 1, 2)",
    '2:1 INSERT INTO O has 3 columns for 4 select items; its columns: T, K, N',
  ],
  ['values ()', '2:9 expected an expression, found ")"'],
  ["values timestamp '2024-01-01 00:00:00'", '2:8 expected "(" before the values of a row, found TIMESTAMP'],
  [
    "select stream seen_at, ticker, qty from trades where (ticker, qty) = ('a', 1, 2)",
    '2:54 a row of 2 cannot be compared with a row of 3; both sides need the same members',
  ],
  [
    "select stream seen_at, ticker, qty from trades where (ticker, qty) = 'a'",
    '2:54 a row of 2 cannot be compared with a row of 1; both sides need the same members',
  ],
  [
    "select stream seen_at, ticker, qty from trades where (ticker, qty) = (1, 'a')",
    '2:54 "=" cannot be applied to VARCHAR(4) and INTEGER; there are no implicit conversions: CAST(... AS INTEGER)',
  ],
  [
    "select stream seen_at, ticker, qty from trades where (ticker, qty) in (('a', 1), 'b')",
    '2:82 a row of 2 cannot be compared with a row of 1; both sides need the same members',
  ],
  [
    'select stream seen_at, (ticker, qty), qty from trades',
    '2:24 a row value can only be compared; write (a, b) = (c, d), IN or IS NULL',
  ],
  [
    'select stream seen_at, ticker, qty from trades where (seen_at, seen_at) overlaps seen_at',
    '2:82 OVERLAPS needs a period on its right; write (start, end)',
  ],
  [
    'select stream seen_at, ticker, qty from trades where (seen_at, seen_at) immediately equals (seen_at, seen_at)',
    '2:85 EQUALS does not take IMMEDIATELY',
  ],
  [
    'select stream seen_at, ticker, qty from trades where (seen_at, qty) precedes (seen_at, seen_at)',
    '2:64 PRECEDES needs times, not INTEGER',
  ],
  [
    'select stream seen_at, ticker, qty from trades where (seen_at, seen_at) precedes (day_of, day_of)',
    '2:54 "<" cannot be applied to TIMESTAMP and DATE; there are no implicit conversions: CAST(... AS TIMESTAMP)',
  ],
  [
    'select stream seen_at, ticker, qty from trades where (seen_at, seen_at) contains qty',
    '2:82 CONTAINS needs times, not INTEGER',
  ],
]

const PROGRAMS: readonly (readonly [string, string])[] = [
  [
    'create function f(x integer) returns integer return f(x)',
    '1:53 function F calls itself; there is no recursion: write the expression out',
  ],
  [
    'create function f(x integer) returns integer return g(x); create function g(x integer) returns integer return f(x)',
    '1:53 function G calls itself; there is no recursion: write the expression out',
  ],
  ['create function f(x integer) returns integer return y', '1:53 Y is no parameter of function F'],
  [
    'create function f(x integer) returns integer return rowtime',
    '1:53 ROWTIME is not known in a function; make it a parameter',
  ],
  ['create function f(x integer) returns integer return g.x', '1:53 G is no parameter of function F'],
  [
    'create function f(x integer) returns integer return count(x)',
    '1:53 COUNT cannot stand in a function; functions see one row',
  ],
  [
    'create function f(x integer) returns integer return x + 1.0',
    '1:53 function F returns INTEGER, and its body is DECIMAL(12,1); use CAST(... AS INTEGER)',
  ],
  [
    'create function f(x integer) returns bigint return x',
    '1:52 function F returns BIGINT, and its body is INTEGER; use CAST(... AS BIGINT)',
  ],
  [
    'create function f(x varchar(5)) returns varchar(4) return x',
    '1:59 function F returns VARCHAR(4), and its body is VARCHAR(5); use CAST(... AS VARCHAR(4))',
  ],
  ['create function f(x integer, x integer) returns integer return x', '1:30 parameter X is defined twice'],
  [
    'create function f(x integer) returns integer return x; create function f(y integer) returns integer return y',
    '1:72 function F(INTEGER) is created twice',
  ],
  [
    'create function f(x varchar(3)) returns integer return 1; create function f(x varchar(4)) returns integer return 2',
    '1:75 function F(VARCHAR(4)) is created twice',
  ],
  [
    'create function upper(x varchar(3)) returns varchar(3) return x',
    '1:17 expected a function name, found the reserved word UPPER; to use it as a name, write "UPPER" in quotes, in the case of the name',
  ],
  [
    'create function stddev_pop(x integer) returns integer return x',
    '1:17 expected a function name, found the reserved word STDDEV_POP; to use it as a name, write "STDDEV_POP" in quotes, in the case of the name',
  ],
  [
    "create function f(x integer) returns integer return x / 'a'",
    '1:55 "/" cannot be applied to INTEGER and VARCHAR(1); there are no implicit conversions: use CAST',
  ],
  ['create function f(x integer) returns integer return nope(x)', '1:53 function NOPE not found'],
  [
    'create function f(x integer) returns integer',
    '1:45 expected RETURN before the body of the function, found the end of the program',
  ],
  ['create function f x integer returns integer return x', '1:19 expected "(" before the parameters, found X'],
  ['create function f(x) returns integer return x', '1:20 expected a type, found ")"'],
  ['create function f(x integer) returns return x', '1:38 unknown type RETURN'],
  [
    'create function f(x integer) returns integer language java return x',
    '1:55 expected SQL after LANGUAGE, found JAVA',
  ],
  [
    'create function f(x integer) returns integer return x where x > 1',
    '1:55 expected ";" or the end of the program, found WHERE',
  ],
  ['create function f(x integer) returns integer return select 1', '1:53 expected an expression, found SELECT'],
  [
    'create stream o (n integer); create function f(x integer) returns integer return x; create pump p as insert into o select stream f("price") from trades',
    '1:130 no function F(DOUBLE); there is F(INTEGER), and there are no implicit conversions: use CAST',
  ],
  [
    'create stream o (n integer); create function f(x integer) returns integer return x; create pump p as insert into o select stream f(qty, 1) from trades',
    '1:130 no function F(INTEGER, INTEGER); there is F(INTEGER), and there are no implicit conversions: use CAST',
  ],
  [
    'create stream o (n integer); create function f(x integer) returns integer return x; create pump p as insert into o select stream f() from trades',
    '1:130 no function F(); there is F(INTEGER), and there are no implicit conversions: use CAST',
  ],
  [
    'create stream o (n integer); create function f(x integer) returns integer return x; create function f(x double) returns integer return 1; create pump p as insert into o select stream f(null) from trades',
    '1:184 call of F could mean more than one function; CAST NULL to the type that is meant',
  ],
  [
    'create stream o (n integer); create function f(x integer) returns integer return x; create function f(x double) returns integer return 1; create pump p as insert into o select stream f(ticker) from trades',
    '1:184 no function F(VARCHAR(4)); there is F(INTEGER), F(DOUBLE), and there are no implicit conversions: use CAST',
  ],
  [
    'create stream o (n integer); create function f(x integer) returns integer return x; create pump p as insert into o select stream f(distinct qty) from trades',
    '1:130 F is no aggregate: it takes neither * nor DISTINCT',
  ],
  [
    'create stream o (n integer); create function half(x integer) returns integer return x; create pump p as insert into o select stream haf(qty) from trades',
    '1:133 function HAF not found; did you mean HALF?',
  ],
  [
    'create stream o (n integer); create function f(x integer) returns integer return x; drop function f; create pump p as insert into o select stream f(qty) from trades',
    '1:147 function F not found',
  ],
  [
    'create stream o (n integer); create function f(x varchar(2)) returns integer return 1; create pump p as insert into o select stream f(ticker) from trades',
    '1:133 no function F(VARCHAR(4)); there is F(VARCHAR(2)), and there are no implicit conversions: use CAST',
  ],
  ['drop function f', '1:15 function F not found'],
  ['drop pump p', '1:11 pump P not found'],
  ['drop stream o', '1:13 stream O not found; there are TRADES, SOURCE_SQL_STREAM_001'],
  ['drop stream o; create stream o (n integer)', '1:13 stream O is only created below; leave DROP STREAM out'],
  ['drop table o', '1:6 expected STREAM, PUMP or FUNCTION after DROP, found TABLE'],
  ['drop stream trades', '1:13 stream TRADES is an input of the application: it cannot be dropped'],
  [
    'create stream o (n integer); create pump p as insert into o select stream qty from trades; drop stream o',
    '1:104 stream O is used by pump P; DROP PUMP P first',
  ],
  [
    'create stream o (n integer); create stream b (n integer); create pump p as insert into b select stream n from o; drop stream o',
    '1:126 stream O is used by pump P; DROP PUMP P first',
  ],
  [
    'create stream o (n integer); create pump p as insert into o select stream qty from trades; drop pump p; alter pump p start',
    '1:116 pump P not found',
  ],
  [
    'create stream o (n integer); create pump p as insert into o select stream qty from trades; alter pump "p" stop',
    '1:103 pump "p" not found; did you mean P? case counts in quotes',
  ],
  [
    'create stream o (n integer); create pump p as insert into o select stream qty from trades; alter pump p pause',
    '1:105 expected START or STOP after the pump, found PAUSE',
  ],
  [
    "create stream o (n integer); insert into o values ('a')",
    '1:52 VARCHAR(1) cannot be stored in column N INTEGER of O; use CAST(... AS INTEGER)',
  ],
  ['create stream o (n integer not null); insert into o values (null)', '1:61 NULL goes into NOT NULL column N of O'],
  [
    'create stream o (n integer, m integer not null); insert into o (n) values (1)',
    '1:62 column M of O is NOT NULL and gets no value',
  ],
  [
    'create stream o (n integer); insert into o values (1, 2)',
    '1:44 INSERT INTO O has 1 column for 2 select items; its columns: N',
  ],
  ['create stream o (n integer); insert into o (m) values (1)', '1:45 column M not found in O'],
  [
    'create stream o (n integer); insert into o select stream qty from trades',
    '1:30 INSERT of a query outside a pump; write CREATE PUMP name AS INSERT INTO ...',
  ],
  [
    'create stream o (n integer); insert into trades values (1)',
    '1:42 stream TRADES is an input: a pump cannot write it; CREATE STREAM another',
  ],
  [
    'create stream o (n integer); insert into error_stream values (1)',
    '1:42 stream ERROR_STREAM cannot be written: it can only be an output',
  ],
  [
    'create stream o (n integer); insert into o values (1) limit 1',
    '1:55 expected ";" or the end of the program, found LIMIT',
  ],
  [
    'values (1)',
    '1:1 a query outside a pump has nowhere to put its rows; write CREATE PUMP name AS INSERT INTO stream SELECT STREAM ...',
  ],
  [
    'select stream * from trades',
    '1:1 a query outside a pump has nowhere to put its rows; write CREATE PUMP name AS INSERT INTO stream SELECT STREAM ...',
  ],
  ['select 1', '1:9 expected FROM or "," after the select list, found the end of the program'],
  [
    'create stream o (n integer); insert into o select a from (values (1)) as t (a, b)',
    '1:71 alias T names 2 columns of 1',
  ],
  [
    'create stream o (n integer); insert into o select t.rowtime from (values (1)) as t (a)',
    '1:51 TIMESTAMP cannot be stored in column N INTEGER of O; use UNIX_TIMESTAMP',
  ],
  [
    "create stream o (n integer); insert into o select max(a) from (values (1)) as t (a) windowed by stagger (partition by a range interval '1' minute)",
    '1:85 STAGGER needs a stream: rows of a table have no time; GROUP BY',
  ],
  [
    'create stream o (n integer); create function f(x integer) returns integer return x; create pump p as insert into o select stream f(avg(qty)) from trades',
    "1:130 an aggregate over a stream needs GROUP BY, or it would never be complete; add GROUP BY STEP(s.ROWTIME BY INTERVAL '1' MINUTE)",
  ],
  [
    'create stream o (n integer); create function f(x double) returns double return x; create pump p as insert into o select stream sum(f(qty)) from trades group by floor(trades.rowtime to minute)',
    '1:132 no function F(INTEGER); there is F(DOUBLE), and there are no implicit conversions: use CAST',
  ],
  [
    'create function f(x integer, y varchar(3)) returns integer return case when x > y then 1 end',
    '1:77 ">" cannot be applied to INTEGER and VARCHAR(3); there are no implicit conversions: CAST(... AS INTEGER)',
  ],
  [
    'create or replace function f(x integer) returns integer return x + ; create stream o (n integer)',
    '1:68 expected an expression, found ";"',
  ],
  ['alter pump p', '1:13 expected START or STOP after the pump, found the end of the program'],
  ['alter stream p start', '1:7 expected PUMP after ALTER, found STREAM'],
  [
    'create stream o (n integer); insert into o values (1), (1, 2)',
    '1:57 row 2 of VALUES has 2 columns, the first has 1',
  ],
  [
    "create stream o (n integer); insert into o values (1 + 'a')",
    '1:54 "+" cannot be applied to INTEGER and VARCHAR(1); text is joined by ||, numbers need CAST',
  ],
  [
    'create stream o (n integer); insert into o select a from (values (1), (2) except values (1)) as t order by b',
    '1:51 column A not found in T',
  ],
]

test.each(QUERIES)('the query %j is refused with its place and reason', (query, message) => {
  const target = 'create stream o (t timestamp, k varchar(9), n bigint); create pump p as insert into o'
  expect(messageOf(`${target}\n${query}`)).toBe(message)
})

test.each(PROGRAMS)('the program %j is refused with its place and reason', (program, message) => {
  expect(messageOf(program)).toBe(message)
})
