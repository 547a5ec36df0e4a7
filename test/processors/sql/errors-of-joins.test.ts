/** Joins and reference tables that cannot be what they say, and slips of the pen, with what they are told, word for word. */
import { expect, test } from 'vitest'
import { SqlError } from '../../../core/errors.ts'
import { parseSqlType } from '../../../core/sql-type.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { INPUTS } from './inputs.ts'

const COLUMNS = { TICKER: 'VARCHAR(4)', COMPANY: 'VARCHAR(20)', QTY: 'INTEGER', FOUNDED: 'DATE' }
const TABLES = [
  {
    name: 'COMPANIES',
    schema: {
      columns: Object.entries(COLUMNS).map(([name, type]) => ({ name, type: parseSqlType(type), nullable: true })),
    },
  },
]

function messageOf(text: string): string {
  try {
    planProgram(text, INPUTS, TABLES)
  } catch (error) {
    if (error instanceof SqlError) return error.message
    throw error
  }
  return 'no error'
}

const QUERIES: readonly (readonly [string, string])[] = [
  [
    "select stream t.ticker from trades t join companies over (range interval '1' minute preceding) c on t.ticker = c.ticker",
    '2:58 OVER has no meaning for table COMPANIES: its rows have no time; leave OVER out; each row of the stream looks up the table as it stands',
  ],
  [
    'select stream t.ticker from trades t join (select ticker from companies) over (rows 1 preceding) c on t.ticker = c.ticker',
    '2:79 OVER has no meaning for a subquery over tables: its rows have no time; leave OVER out; each row of the stream looks up the table as it stands',
  ],
  [
    'select stream t.ticker from trades t where exists (select c.ticker from companies c where c.ticker = t.ticker)',
    '2:102 T.TICKER belongs to the query around; a subquery cannot use columns of the query around it; join the table in FROM instead',
  ],
  [
    'select stream ticker from trades where ticker in (select ticker from companies where company = note)',
    '2:96 NOTE belongs to the query around; a subquery cannot use columns of the query around it; join the table in FROM instead',
  ],
  [
    'select stream ticker from trades where ticker in (select c.ticker from companies c join companies d on c.qty = trades.qty)',
    '2:112 TRADES.QTY belongs to the query around; a subquery cannot use columns of the query around it; join the table in FROM instead',
  ],
  [
    'select stream ticker, (select sum(c.qty) from companies c group by c.ticker having c.ticker = trades.ticker) from trades',
    '2:95 TRADES.TICKER belongs to the query around; a subquery cannot use columns of the query around it; join the table in FROM instead',
  ],
  [
    'select stream ticker, qty from trades t join companies c on t.ticker = c.ticker',
    '2:15 column TICKER is ambiguous: T and C have it; write its alias in front',
  ],
  [
    'select stream t.ticker, c.qty from trades t join companies c on t.ticker = c.tickr',
    '2:78 column TICKR not found in COMPANIES; did you mean TICKER?',
  ],
  [
    'select stream t.ticker from trades t join companies c using (founded)',
    '2:62 column FOUNDED of USING not found in T',
  ],
  [
    'select stream t.ticker from trades t join companies c using (tickr)',
    '2:62 column TICKR of USING not found in T; did you mean TICKER?',
  ],
  ['select stream t.ticker from trades t join companies c using (note)', '2:62 column NOTE of USING not found in C'],
  [
    'select stream t.ticker from trades t join companies c',
    '2:43 INNER JOIN has no condition; add ON, or write CROSS JOIN',
  ],
  [
    'select stream t.ticker from trades t left join companies c',
    '2:48 LEFT JOIN has no condition; add ON, or write CROSS JOIN',
  ],
  [
    'select stream t.ticker from trades t full join companies c on t.ticker = c.ticker',
    '2:48 FULL JOIN would have to keep the rows of a table that never meet the stream, and no row says when that is; keep the stream: LEFT JOIN',
  ],
  [
    'select stream c.ticker from companies c left join trades t on t.ticker = c.ticker',
    '2:51 LEFT JOIN would have to keep the rows of a table that never meet the stream, and no row says when that is; keep the stream: RIGHT JOIN, or the stream first',
  ],
  [
    'select stream c.ticker from trades t right join companies c on t.ticker = c.ticker',
    '2:49 RIGHT JOIN would have to keep the rows of a table that never meet the stream, and no row says when that is; keep the stream: LEFT JOIN',
  ],
  [
    "select stream a.ticker from trades a over (range interval '1' minute preceding) join trades a on a.ticker = a.ticker",
    '2:98 A names two relations in FROM; give each an alias of its own',
  ],
  [
    "select stream a.ticker from trades a over (partition by a.ticker range interval '1' minute preceding) join trades b on a.ticker = b.ticker",
    '2:57 the window of a join takes no PARTITION BY; write the equality into ON',
  ],
  [
    "select stream a.ticker from trades over (range interval '1' minute preceding) a join trades b on a.ticker = b.qty",
    '2:98 "=" cannot be applied to VARCHAR(4) and INTEGER; there are no implicit conversions: CAST(... AS INTEGER)',
  ],
  [
    "select stream a.ticker from trades over (range interval '1' month preceding) a join trades b on a.ticker = b.ticker",
    '2:48 the window of a join is an interval of days to seconds, not below 0',
  ],
  [
    'select stream a.ticker from trades over w a join trades b on a.ticker = b.ticker',
    '2:41 window W not found; add WINDOW W AS (...)',
  ],
  [
    'select stream a.ticker from trades over (rows 0.5 preceding) a join trades b on a.ticker = b.ticker',
    '2:47 ROWS takes a whole number',
  ],
  [
    "select stream a.ticker from trades over (range interval '-1' minute preceding) a join trades b on a.ticker = b.ticker",
    '2:48 the window of a join is an interval of days to seconds, not below 0',
  ],
  [
    'select stream ticker from trades t natural join companies c where t.ticker = 1',
    '2:67 "=" cannot be applied to VARCHAR(4) and INTEGER; there are no implicit conversions: CAST(... AS INTEGER)',
  ],
  [
    'select stream t.ticker from trades t natural join "SOURCE_SQL_STREAM_001" s',
    '2:51 NATURAL JOIN finds no column that both sides have; write ON',
  ],
  [
    'select stream t.ticker from trades t join companies c on t.ticker = c.ticker and count(*) > 1',
    '2:82 COUNT cannot stand in ON',
  ],
  ['select stream t.ticker from trades t join companies c on t.qty', '2:58 ON needs a BOOLEAN, not INTEGER'],
  [
    'select stream rowtime, t.qty from trades t join companies c on c.rowtime = t.rowtime',
    '2:66 C is finite: its rows have no ROWTIME; take that of the stream it is joined with',
  ],
  [
    'select stream c.rowtime, t.qty from trades t join companies c on c.ticker = t.ticker',
    '2:17 C is finite: its rows have no ROWTIME; take that of the stream it is joined with',
  ],
  [
    'select stream t.ticker from trades t join companees c on t.ticker = c.ticker',
    '2:43 stream COMPANEES not found; did you mean COMPANIES?',
  ],
  [
    'select stream t.ticker from trades t cross join companies c on t.ticker = c.ticker',
    '2:61 expected ";" or the end of the program, found ON',
  ],
  [
    'select stream t.ticker from trades t, companies t',
    '2:15 T names two relations in FROM; give each an alias of its own',
  ],
  [
    'select stream ticker, qty from trades where qty = (select ticker from companies)',
    '2:45 "=" cannot be applied to INTEGER and VARCHAR(4); there are no implicit conversions: CAST(... AS INTEGER)',
  ],
  [
    'select stream ticker, qty from trades where ticker in (select ticker, company from companies)',
    '2:56 IN compares 1 with 2 columns of the subquery',
  ],
  [
    'select stream ticker, qty from trades where exists (select ticker from companies c where c.ticker = trades.ticker)',
    '2:101 TRADES.TICKER belongs to the query around; a subquery cannot use columns of the query around it; join the table in FROM instead',
  ],
  [
    'select stream ticker, qty from trades where (ticker, qty) in (select ticker from companies)',
    '2:63 IN compares 2 with 1 columns of the subquery',
  ],
  [
    'select stream qty from trades',
    '2:15 INTEGER cannot be stored in column A VARCHAR(9) of O; use CAST(... AS VARCHAR(9))',
  ],
  ['update o set a = 1', '2:1 expected SELECT, VALUES or "(" to begin a query, found UPDATE'],
  [
    'select stream current_timestamp(3), qty from trades',
    '2:15 TIMESTAMP cannot be stored in column A VARCHAR(9) of O; use CAST(... AS VARCHAR(9))',
  ],
  [
    'select stream ticker, qty from trades where qty % 2 = 0',
    '2:49 unexpected character %; write MOD(a, b) for the remainder',
  ],
  ['select stream ticker, qty from trades where qty == 2', '2:50 expected an expression, found "="'],
  [
    'select stream ticker, qty from trades where ticker = "AMZN"',
    '2:54 column "AMZN" not found in TRADES; a text stands in single quotes: \'AMZN\'',
  ],
  [
    'select stream ticker, qty from trades where ticker = `AMZN`',
    '2:54 unexpected character `; write names in double quotes',
  ],
  [
    'select stream ticker, qty from trades where ticker = ‘AMZN’',
    "2:54 unexpected character ‘; write ' in place of the curly quote",
  ],
  ["select stream ticker, qty from trades where ticker = 'it''s", "2:58 string has no closing '"],
  ['select stream ticker, qty from trades where "price > 1', '2:45 quoted name has no closing "'],
  ['select stream ticker, qty from trades /* where qty > 1', '2:39 comment has no closing */'],
  [
    "select stream ticker, qty from trades where ticker = 'a' 'b'",
    '2:58 expected ";" or the end of the program, found \'b\'',
  ],
  ['select stream ticker, qty from trades where qty in ()', '2:53 expected an expression, found ")"'],
  [
    'select stream ticker, qty from trades where qty between 1',
    '2:58 expected AND after the lower end of BETWEEN, found the end of the program',
  ],
  [
    'select stream ticker, qty from trades where qty is 1',
    '2:52 expected NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM after IS, found 1',
  ],
  [
    'select stream ticker, qty from trades where case qty when 1 then true',
    '2:70 expected END after the branches of CASE, found the end of the program',
  ],
  ["select stream regex_replace(ticker, 'a', 'b'), qty from trades", '2:15 REGEX_REPLACE takes 5 arguments, not 3'],
  [
    "select stream char_to_timestamp('yyyy-MM-dd', qty), qty from trades",
    '2:47 argument 2 of CHAR_TO_TIMESTAMP must be text, not INTEGER; there are no implicit conversions: use CAST',
  ],
  [
    "select stream unix_timestamp('2024'), qty from trades",
    '2:30 argument 1 of UNIX_TIMESTAMP must be TIMESTAMP, not VARCHAR(4); there are no implicit conversions: use CAST',
  ],
  [
    'select stream to_timestamp(seen_at), qty from trades',
    '2:28 argument 1 of TO_TIMESTAMP must be an integer, not TIMESTAMP',
  ],
  ['select stream tsdiff(seen_at), qty from trades', '2:15 TSDIFF takes 2 arguments, not 1'],
  [
    "select stream ticker, qty from trades where seen_at = time '25:00:00'",
    "2:55 illegal TIME literal '25:00:00': a field is out of range",
  ],
  [
    "select stream ticker, qty from trades where seen_at > seen_at - interval '1 25' day to hour",
    "2:74 HOUR 25 of interval '1 25' is above 23",
  ],
  [
    "select stream ticker, qty from trades where seen_at > seen_at - interval 'abc' second",
    "2:74 illegal interval literal 'abc' for SECOND; the format is 'SS.SSS'",
  ],
  ['select stream ticker, cast(qty as integer(4)) from trades', '2:35 type INTEGER takes no length'],
  [
    'select stream ticker, cast(qty as decimal(4, 5)) from trades',
    '2:35 scale of DECIMAL must be from 0 to its precision 4, not 5',
  ],
  [
    'select stream ticker, power(ticker, 2) from trades',
    '2:29 argument 1 of POWER must be a number, not VARCHAR(4); there are no implicit conversions: use CAST',
  ],
  [
    "select stream position('a', ticker), qty from trades",
    '2:27 expected IN after the text that POSITION seeks, found ","',
  ],
  [
    "select stream overlay(ticker, 'a', 1), qty from trades",
    '2:29 expected PLACING after the text of OVERLAY, found ","',
  ],
  ['select stream trim(ticker from), qty from trades', '2:31 expected an expression, found ")"'],
  [
    'select stream ticker, lag(qty) from trades',
    "2:23 LAG needs OVER; add OVER (PARTITION BY key RANGE INTERVAL '1' MINUTE PRECEDING)",
  ],
  [
    'select stream ticker, rank() over (rows 1 preceding) from trades',
    '2:41 the window of a rank has no frame; leave it out',
  ],
  ['select stream ticker, nullif(qty) from trades', '2:23 NULLIF takes 2 arguments, not 1'],
  ['select stream coalesce(), qty from trades', '2:15 COALESCE takes at least 1 argument, not 0'],
  ["select stream if(qty > 1, 'a', 'b'), qty from trades", '2:15 function IF not found; use CASE'],
  ['select stream top 5 ticker, qty from trades', '2:19 expected FROM or "," after the select list, found 5'],
  ['select stream ticker, qty, from trades', '2:28 expected an expression, found FROM'],
  ['select stream ticker qty t from trades', '2:26 expected FROM or "," after the select list, found T'],
]

const PROGRAMS: readonly (readonly [string, string])[] = [
  [
    'select ticker, qty from companies',
    '1:1 a query outside a pump has nowhere to put its rows; write CREATE PUMP name AS INSERT INTO stream SELECT STREAM ...',
  ],
  [
    'select ticker from trades where ticker = (select ticker, company from companies)',
    '1:1 a query outside a pump has nowhere to put its rows; write CREATE PUMP name AS INSERT INTO stream SELECT STREAM ...',
  ],
  [
    "insert into companies values ('A', 'b', 1, null)",
    '1:13 COMPANIES is a reference table: a pump cannot write it; CREATE STREAM another',
  ],
  [
    'create stream companies (x integer)',
    '1:15 stream COMPANIES has the name of a reference table; choose another name',
  ],
  [
    'create stream o (a integer); create pump p as insert into trades select stream * from trades',
    '1:59 stream TRADES is an input: a pump cannot write it; CREATE STREAM another',
  ],
  [
    'create stream o (a integer); create pump p as insert into nowhere select stream qty from trades',
    '1:59 stream NOWHERE not found; add CREATE STREAM NOWHERE (...)',
  ],
  [
    'create stream o (a integer); create pump p as insert into o (a, a) select stream qty, qty from trades',
    '1:65 column A is in the INSERT list twice',
  ],
  [
    'create stream o (a integer); create pump p as insert into o (c) select stream qty from trades',
    '1:62 column C not found in O',
  ],
  [
    'create stream o (a integer, b integer not null); create pump p as insert into o (a) select stream qty from trades',
    '1:79 column B of O is NOT NULL and gets no value',
  ],
  [
    'create stream o (a integer); create pump p as insert into o select stream qty from trades; create pump p as insert into o select stream qty from trades',
    '1:104 pump P is created twice',
  ],
  [
    'create stream o (a integer); create pump p as insert into error_stream select stream qty from trades',
    '1:59 stream ERROR_STREAM cannot be written: it can only be an output',
  ],
  ['create stream o (a integer); alter pump q start', '1:41 pump Q not found'],
  ['create stream o (a integer); alter stream o start', '1:36 expected PUMP after ALTER, found STREAM'],
  ['create stream o (a integer); drop pump p', '1:40 pump P not found'],
  [
    'select qty from trades',
    '1:1 a query outside a pump has nowhere to put its rows; write CREATE PUMP name AS INSERT INTO stream SELECT STREAM ...',
  ],
  [
    'create stream o (a timestamp); create pump p as insert into o select stream day_of from trades',
    '1:77 DATE cannot be stored in column A TIMESTAMP of O; use CAST(... AS TIMESTAMP)',
  ],
  [
    'create stream o (a integer); create pump p as insert into o select stream ticker from trades',
    '1:75 VARCHAR(4) cannot be stored in column A INTEGER of O; use CAST(... AS INTEGER)',
  ],
  [
    'create stream o (a varchar(4)); create pump p as insert into o select stream "OPEN" from trades',
    '1:78 BOOLEAN cannot be stored in column A VARCHAR(4) of O; use CAST(... AS VARCHAR(4))',
  ],
  [
    'create stream o (a varchar); create pump p as insert into o select stream ticker frm trades',
    '1:86 expected FROM or "," after the select list, found TRADES',
  ],
  [
    'create stream o (a varchar); create pump p as select stream ticker from trades',
    '1:47 expected INSERT INTO after AS, found SELECT',
  ],
  ['create strem o (a varchar)', '1:8 expected STREAM, PUMP or FUNCTION after CREATE, found STREM'],
  ['create table o (a varchar)', '1:8 expected STREAM, PUMP or FUNCTION after CREATE, found TABLE'],
  ['create view o as select 1', '1:8 expected STREAM, PUMP or FUNCTION after CREATE, found VIEW'],
  ["create stream o (a varchar(5) default 'x')", '1:31 expected ")" or "," after a column, found DEFAULT'],
  ['create stream o (a varchar(5) primary key)', '1:31 expected ")" or "," after a column, found PRIMARY'],
  ['create function f(a integer) returns integer return b', '1:53 B is no parameter of function F'],
  [
    "create function f(a integer) returns integer return 'x'",
    '1:53 function F returns INTEGER, and its body is VARCHAR(1); use CAST(... AS INTEGER)',
  ],
  [
    'create function f(a integer) returns integer begin return a; end',
    '1:46 expected RETURN before the body of the function, found BEGIN',
  ],
  [
    'create function f(a integer) returns integer return f(a)',
    '1:53 function F calls itself; there is no recursion: write the expression out',
  ],
  [
    'create stream o (a integer); create function f(a integer) returns integer return a; create pump p as insert into o select stream f("price") from trades',
    '1:130 no function F(DOUBLE); there is F(INTEGER), and there are no implicit conversions: use CAST',
  ],
  [
    'create stream o (a integer); create function f(a integer) returns integer return a; create pump p as insert into o select stream f(qty, qty) from trades',
    '1:130 no function F(INTEGER, INTEGER); there is F(INTEGER), and there are no implicit conversions: use CAST',
  ],
  [
    'create stream o (a integer); create function f(a integer) returns integer return a; create function f(b integer) returns integer return b',
    '1:101 function F(INTEGER) is created twice',
  ],
  [
    'create function upper(a integer) returns integer return a',
    '1:17 expected a function name, found the reserved word UPPER; to use it as a name, write "UPPER" in quotes, in the case of the name',
  ],
  ['create function f(a integer) return a', '1:30 expected RETURNS after the parameters, found RETURN'],
  ['create function f(a integer, a integer) returns integer return a', '1:30 parameter A is defined twice'],
]

test.each(QUERIES)('%s', (query, message) => {
  const target = 'create stream o (a varchar(9), b integer); create pump p as insert into o\n'
  expect(messageOf(`${target}${query}`)).toBe(message)
})

test.each(PROGRAMS)('%s', (text, message) => {
  expect(messageOf(text)).toBe(message)
})
