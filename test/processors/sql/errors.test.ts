/** Programs that cannot run, with what they are told, word for word. Lines and columns count from 1. */
import { expect, test } from 'vitest'
import { renderSqlError, SqlError } from '../../../core/errors.ts'
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

const QUERIES: readonly (readonly [string, string])[] = [
  [
    'select stream ticker from trades t where t."prize" > 1',
    '2:44 column "prize" not found in TRADES; did you mean "price"?',
  ],
  [
    'select stream price from trades',
    '2:15 column PRICE not found in TRADES; did you mean "price"? a name without quotes is read in upper case',
  ],
  [
    'select stream "Price" from trades',
    '2:15 column "Price" not found in TRADES; did you mean "price"? case counts in quotes',
  ],
  ['select stream t.tickr from trades t', '2:17 column TICKR not found in TRADES; did you mean TICKER?'],
  ['select stream trades.ticker from trades t', '2:15 TRADES has the alias T in this query; write T in its place'],
  ['select stream x.ticker from trades t', '2:15 X is not in FROM; FROM has T'],
  ['select stream x.* from trades t', '2:15 X is not in FROM; FROM has T'],
  ['select stream zzzzzz from trades', '2:15 column ZZZZZZ not found in TRADES'],
  [
    'select stream t.value from trades t',
    '2:17 expected a column name after the dot, found the reserved word VALUE; to use it as a name, write "VALUE" in quotes, in the case of the name',
  ],
  [
    'select stream value from trades',
    '2:15 expected an expression, found the reserved word VALUE; to use it as a name, write "VALUE" in quotes, in the case of the name',
  ],
  [
    'select stream ticker as order from trades',
    '2:25 expected a column name, found the reserved word ORDER; to use it as a name, write "ORDER" in quotes, in the case of the name',
  ],
  ['select stream ticker from trade', '2:27 stream TRADE not found; did you mean TRADES?'],
  ['select stream ticker from "trades"', '2:27 stream "trades" not found; did you mean TRADES? case counts in quotes'],
  ['select stream ticker from error_stream', '2:27 stream ERROR_STREAM cannot be read: it can only be an output'],
  [
    'select stream qty from trades',
    '2:15 INTEGER cannot be stored in column A VARCHAR(9) of O; use CAST(... AS VARCHAR(9))',
  ],
  [
    'select stream seen_at - day_of from trades',
    '2:23 "-" cannot be applied to TIMESTAMP and DATE; both must be of one type: use CAST',
  ],
  [
    'select stream (seen_at - day_of) second from trades',
    '2:24 "-" cannot be applied to TIMESTAMP and DATE; both must be of one type: use CAST',
  ],
  [
    'select stream seen_at - seen_at from trades',
    '2:15 difference of two TIMESTAMP values needs a unit; write (a - b) SECOND, or TSDIFF(a, b) for milliseconds',
  ],
  [
    'select stream (seen_at - seen_at) second from trades',
    '2:15 INTERVAL SECOND cannot be stored in column A VARCHAR(9) of O; an interval cannot be stored: use TSDIFF(a, b), or CAST((a - b) SECOND AS BIGINT)',
  ],
  [
    'select stream seen_at + 1 from trades',
    '2:23 "+" cannot be applied to TIMESTAMP and INTEGER; a time moves by an interval: t + INTERVAL \'1\' DAY',
  ],
  [
    "select stream day_of + interval '1' hour from trades",
    '2:24 DATE has no HOUR to change by INTERVAL HOUR; CAST the DATE AS TIMESTAMP first',
  ],
  [
    "select stream at_time + interval '1' month from trades",
    '2:25 TIME has no INTERVAL MONTH; use an interval of HOUR, MINUTE or SECOND',
  ],
  [
    'select stream ticker + note from trades',
    '2:22 "+" cannot be applied to VARCHAR(4) and CHAR(8); text is joined by ||',
  ],
  [
    'select stream ticker + qty from trades',
    '2:22 "+" cannot be applied to VARCHAR(4) and INTEGER; text is joined by ||, numbers need CAST',
  ],
  [
    'select stream ticker || qty from trades',
    '2:22 "||" cannot be applied to VARCHAR(4) and INTEGER; CAST(... AS VARCHAR(n)) makes text',
  ],
  ['select stream -ticker from trades', '2:15 "-" cannot be applied to VARCHAR(4)'],
  [
    'select stream ticker from trades where ticker = 5',
    '2:40 "=" cannot be applied to VARCHAR(4) and INTEGER; there are no implicit conversions: CAST(... AS INTEGER)',
  ],
  [
    "select stream ticker from trades where seen_at > '2024-01-01 00:00:00'",
    '2:40 ">" cannot be applied to TIMESTAMP and VARCHAR(19); write TIMESTAMP \'text\', or CAST(... AS TIMESTAMP)',
  ],
  [
    'select stream ticker from trades where seen_at > day_of',
    '2:40 ">" cannot be applied to TIMESTAMP and DATE; there are no implicit conversions: CAST(... AS TIMESTAMP)',
  ],
  ['select stream ticker from trades where qty', '2:40 WHERE needs a BOOLEAN, not INTEGER'],
  ['select stream ticker from trades where not qty = 1 and ticker', '2:56 AND needs a BOOLEAN, not VARCHAR(4)'],
  [
    "select stream ticker from trades where ticker in ('a', 1)",
    '2:56 "=" cannot be applied to VARCHAR(4) and INTEGER; there are no implicit conversions: CAST(... AS INTEGER)',
  ],
  [
    'select stream ticker from trades where ticker like 1',
    '2:52 argument 2 of LIKE must be text, not INTEGER; there are no implicit conversions: use CAST',
  ],
  ["select stream ticker from trades where ticker like 'a' escape 'xy'", "2:63 ESCAPE takes one character, not 'xy'"],
  ['select stream ticker from trades where count(*) > 1', '2:40 COUNT cannot stand in WHERE; use HAVING'],
  ['select stream ticker from trades where ticker is true', '2:40 IS TRUE needs a BOOLEAN, not VARCHAR(4)'],
  [
    "select stream case when qty > 1 then 'a' else 1 end from trades",
    '2:47 CASE mixes VARCHAR(1) and INTEGER; use CAST',
  ],
  ["select stream case when qty then 'a' end from trades", '2:25 WHEN needs a BOOLEAN, not INTEGER'],
  ['select stream coalesce(ticker, 1) from trades', '2:32 COALESCE mixes VARCHAR(4) and INTEGER; use CAST'],
  [
    'select stream cast(seen_at as bigint) from trades',
    '2:15 CAST cannot turn TIMESTAMP into BIGINT; use UNIX_TIMESTAMP',
  ],
  [
    'select stream cast(qty as timestamp) from trades',
    '2:15 CAST cannot turn INTEGER into TIMESTAMP; use TO_TIMESTAMP',
  ],
  ['select stream cast(qty as boolean) from trades', '2:15 CAST cannot turn INTEGER into BOOLEAN'],
  [
    'select stream cast(qty as interval second) from trades',
    "2:15 CAST cannot turn INTEGER into INTERVAL SECOND; multiply: n * INTERVAL '1' SECOND",
  ],
  [
    'select stream cast((seen_at - seen_at) day to second as bigint) from trades',
    '2:15 CAST cannot turn INTERVAL DAY TO SECOND into BIGINT; only an interval of one field becomes a number: write (a - b) SECOND',
  ],
  ['select stream cast(qty as varchar(0)) from trades', '2:27 length of VARCHAR must be from 1 to 65534, not 0'],
  ['select stream cast(qty as decimal(20)) from trades', '2:27 precision of DECIMAL must be from 1 to 18, not 20'],
  ['select stream cast(qty as strng) from trades', '2:27 unknown type STRNG'],
  [
    "select stream timestamp '2024-01-01' from trades",
    "2:15 illegal TIMESTAMP literal '2024-01-01': not in format 'yyyy-MM-dd HH:mm:ss[.SSS]'",
  ],
  [
    "select stream timestamp '2024-02-30 00:00:00' from trades",
    "2:15 illegal TIMESTAMP literal '2024-02-30 00:00:00': a field is out of range",
  ],
  ["select stream date '2024-1-1' from trades", "2:15 illegal DATE literal '2024-1-1': not in format 'yyyy-MM-dd'"],
  [
    "select stream ticker from trades where seen_at > seen_at - interval '1000' second(3)",
    "2:60 interval '1000' exceeds precision 3 of SECOND; write SECOND(4)",
  ],
  [
    "select stream ticker from trades where seen_at > seen_at - interval '1:70' minute to second",
    "2:69 SECOND 70 of interval '1:70' is above 59",
  ],
  [
    "select stream ticker from trades where seen_at > seen_at - interval '1' minute to second",
    "2:69 illegal interval literal '1' for MINUTE TO SECOND; the format is 'MM:SS.SSS'",
  ],
  [
    "select stream ticker from trades where seen_at > seen_at - interval '1' day to month",
    '2:77 expected ";" or the end of the program, found TO',
  ],
  [
    "select stream ticker from trades where seen_at > seen_at - interval '1' minutes",
    '2:73 expected YEAR, MONTH, DAY, HOUR, MINUTE or SECOND, found MINUTES; units have no plural: write MINUTE',
  ],
  [
    'select stream ticker from trades where seen_at > seen_at - interval 1 minute',
    "2:69 expected the length of the interval in quotes, as in INTERVAL '10' SECOND, found 1",
  ],
  [
    'select stream upper(qty) from trades',
    '2:21 argument 1 of UPPER must be text, not INTEGER; there are no implicit conversions: use CAST',
  ],
  ['select stream upper(ticker, ticker) from trades', '2:15 UPPER takes 1 argument, not 2'],
  ['select stream uper(ticker) from trades', '2:15 function UPER not found; did you mean UPPER?'],
  [
    'select stream datediff(seen_at, seen_at) from trades',
    '2:15 function DATEDIFF not found; use TSDIFF(a, b), or (a - b) MINUTE',
  ],
  [
    'select stream mod(price, 2) from trades',
    '2:19 column PRICE not found in TRADES; did you mean "price"? a name without quotes is read in upper case',
  ],
  ['select stream mod("price", 2) from trades', '2:19 argument 1 of MOD must be an integer, not DOUBLE'],
  [
    'select stream floor(ticker to minute) from trades',
    '2:21 FLOOR TO MINUTE needs a time, not VARCHAR(4); CAST the text AS TIMESTAMP',
  ],
  [
    'select stream floor(ms to minute) from trades',
    '2:21 FLOOR TO MINUTE needs a time, not BIGINT; TO_TIMESTAMP makes a time of milliseconds',
  ],
  [
    'select stream floor(seen_at to week) from trades',
    '2:32 expected YEAR, MONTH, DAY, HOUR, MINUTE or SECOND, found WEEK',
  ],
  [
    "select stream step(seen_at, interval '1' second) from trades",
    '2:27 expected BY after the value of STEP, as in STEP(s.ROWTIME BY INTERVAL \'10\' SECOND), found ","',
  ],
  [
    "select stream step(ms by interval '1' second) from trades",
    "2:15 STEP cannot be applied to BIGINT and INTERVAL SECOND; write STEP(time BY INTERVAL '10' SECOND) or STEP(integer BY integer)",
  ],
  ["select stream step(seen_at by interval '0' second) from trades", '2:31 size of STEP must be above 0'],
  [
    'select stream extract(hour from ticker) from trades',
    '2:33 EXTRACT needs a time or an interval, not VARCHAR(4); CAST the text AS TIMESTAMP',
  ],
  ["select stream extract(hour from interval '1' month) from trades", '2:15 INTERVAL MONTH has no HOUR'],
  ["select stream trim('xy' from ticker) from trades", "2:20 TRIM removes one character, not 'xy'"],
  [
    'select stream count(*) from trades',
    "2:15 an aggregate over a stream needs GROUP BY, or it would never be complete; add GROUP BY STEP(s.ROWTIME BY INTERVAL '1' MINUTE)",
  ],
  [
    'select stream ticker, count(*) from trades t group by ticker',
    "2:46 GROUP BY has no monotonic term, so its groups would never be complete; add STEP(s.ROWTIME BY INTERVAL '1' MINUTE)",
  ],
  [
    "select stream qty, count(*) from trades t group by ticker, step(t.rowtime by interval '1' minute)",
    '2:15 column QTY is neither grouped nor aggregated; add it to GROUP BY, or write MAX(...)',
  ],
  [
    "select stream t.rowtime, count(*) from trades t group by step(t.rowtime by interval '1' minute)",
    '2:15 ROWTIME of the input is neither grouped nor aggregated; write ROWTIME without alias for the time of the result, or MIN(s.ROWTIME)',
  ],
  [
    "select stream count(*) from trades t group by step(t.rowtime by interval '1' minute), floor(t.rowtime to hour)",
    '2:87 GROUP BY has a second term of ROWTIME; one term closes the window; group by an event time as well',
  ],
  [
    "select stream count(*) from trades t group by step(t.seen_at by interval '1' minute)",
    "2:38 GROUP BY has no monotonic term, so its groups would never be complete; add STEP(s.ROWTIME BY INTERVAL '1' MINUTE)",
  ],
  [
    'select stream sum(ticker) from trades t group by floor(t.rowtime to minute)',
    '2:19 SUM cannot be applied to VARCHAR(4)',
  ],
  [
    'select stream sum(max(qty)) from trades t group by floor(t.rowtime to minute)',
    '2:19 MAX cannot stand inside an aggregate; aggregate in a FROM subquery first',
  ],
  ['select stream sum(qty, qty) from trades t group by floor(t.rowtime to minute)', '2:15 SUM takes 1 argument, not 2'],
  ['select stream sum(*) from trades t group by floor(t.rowtime to minute)', '2:15 SUM takes an expression, not *'],
  [
    'select stream max("OPEN") from trades t group by floor(t.rowtime to minute)',
    '2:19 MAX cannot be applied to BOOLEAN',
  ],
  ["select stream ticker from trades t having ticker = 'a'", '2:43 HAVING needs GROUP BY; use WHERE'],
  [
    'select stream qty from trades t group by count(*), floor(t.rowtime to minute)',
    '2:42 COUNT cannot stand in GROUP BY',
  ],
  [
    'select stream qty as rowtime, ticker from trades',
    '2:15 ROWTIME must be TIMESTAMP, not INTEGER; use TO_TIMESTAMP or CAST',
  ],
  [
    'select stream seen_at as rowtime, rowtime rowtime, ticker from trades',
    '2:35 a second item is named ROWTIME; a row has one time',
  ],
  [
    'select stream ticker from trades limit 5',
    '2:34 expected the end of the query, found LIMIT; a stream has no end to count from: write ORDER BY a window first, or use TOP_K_ITEMS_TUMBLING',
  ],
  [
    'select stream ticker from trades union select stream ticker from trades',
    '2:34 UNION needs finite relations, streams have no end; write UNION ALL',
  ],
  [
    'select stream ticker from trades except select stream ticker from trades',
    '2:34 EXCEPT needs finite relations, streams have no end',
  ],
  [
    'select stream ticker from trades union all select stream ticker, qty from trades',
    '2:34 UNION ALL of 1 and 2 columns; both sides need the same columns',
  ],
  [
    'select stream ticker from trades union all select stream qty from trades',
    '2:58 column 1 of UNION ALL is VARCHAR(4) on the left and INTEGER on the right; use CAST',
  ],
  [
    'select stream ticker, ticker, ticker from trades',
    '2:1 INSERT INTO O has 2 columns for 3 select items; its columns: A, B',
  ],
  [
    "select stream interval '1' second from trades",
    '2:15 INTERVAL SECOND cannot be stored in column A VARCHAR(9) of O; an interval cannot be stored: use TSDIFF(a, b), or CAST((a - b) SECOND AS BIGINT)',
  ],
  [
    'select stream distinct ticker from trades',
    '2:15 DISTINCT over a stream needs a monotonic item, or it would remember every row; select FLOOR(s.ROWTIME TO MINUTE) as well',
  ],
  [
    'select stream ticker from trades order by ticker',
    '2:43 ORDER BY over a stream begins with a monotonic term, or its rows would never be complete; write ORDER BY FLOOR(s.ROWTIME TO SECOND), ...',
  ],
  [
    "select stream ticker from table(top_k_items_tumbling(cursor(select stream * from trades), 'TICKER', 10, 60))",
    '2:15 column TICKER not found in the subquery',
  ],
  [
    'select stream ticker from trades where ticker in (select ticker from trades)',
    '2:51 a subquery in an expression reads reference tables or VALUES only; join the stream in FROM',
  ],
  [
    'select stream ticker from trades where exists (select ticker from trades)',
    '2:48 a subquery in an expression reads reference tables or VALUES only; join the stream in FROM',
  ],
  [
    "select stream count(*) from trades windowed by stagger (partition by ticker range interval '1' minute)",
    '2:15 BIGINT cannot be stored in column A VARCHAR(9) of O; use CAST(... AS VARCHAR(9))',
  ],
  [
    "select stream regex_log_parse(ticker, 'a') from trades",
    '2:15 REGEX_LOG_PARSE: it has no group, so that the record would have no column',
  ],
  [
    "select stream substring(x'6162' from 'a') from trades",
    '2:25 SUBSTRING with a pattern needs text, not VARBINARY(2); bytes have places: FROM 1 FOR 2',
  ],
  [
    "select stream substring(x'6162' similar 'a' escape '#') from trades",
    '2:25 SUBSTRING with a pattern needs text, not VARBINARY(2); bytes have places: FROM 1 FOR 2',
  ],
  ['values (1)', '2:9 INTEGER cannot be stored in column A VARCHAR(9) of O; use CAST(... AS VARCHAR(9))'],
  ['select stream ticker from (select stream ticker as a from trades) x', '2:15 column TICKER not found in X'],
  ['select stream x.rowtime, y.a from (select stream ticker as a from trades) x', '2:26 Y is not in FROM; FROM has X'],
  [
    'select stream partition_key from (select stream ticker from trades)',
    '2:15 PARTITION_KEY is only known in an input stream; select it in the pump that reads the input',
  ],
  [
    'select stream a from (select stream ticker as a, qty as a from trades)',
    '2:15 column A is ambiguous; give one of them another alias',
  ],
  ['select stream a from (select stream ticker from trades) as t(a, b)', '2:57 alias T names 2 columns of 1'],
  [
    'select stream 99999999999999999999 from trades',
    '2:15 number 99999999999999999999 does not fit BIGINT; write it as DOUBLE: 1e20',
  ],
  [
    'select stream 1.2345678901234567890 from trades',
    '2:15 number 1.2345678901234567890 has more than 18 digits; write it as DOUBLE: 1.2345678901234567890e0',
  ],
  ['select stream 1e999 from trades', '2:15 number 1e999 does not fit DOUBLE'],
  ["select stream u&'\\00g0' from trades", '2:15 unicode escape \\00g0 does not have four hex digits'],
  ["select stream x'abc' from trades", '2:15 binary literal must hold pairs of hex digits'],
  ['select stream (ticker from trades', '2:23 expected ")" after the expression, found FROM'],
  ['select stream ticker, from trades', '2:23 expected an expression, found FROM'],
  ['select stream ticker where 1 = 1', '2:22 expected FROM or "," after the select list, found WHERE'],
  ['select ticker trades from', '2:26 expected a stream name, found the end of the program'],
  [
    'with x as (select 1) select * from x',
    '2:1 expected SELECT, found WITH; there is no WITH: write the query in FROM, or as a stream of its own',
  ],
  ['select stream ticker as from trades', '2:25 expected a column name, found FROM'],
  [
    'select stream day, month from trades',
    '2:15 expected an expression, found the reserved word DAY; to use it as a name, write "DAY" in quotes, in the case of the name',
  ],
  [
    'select stream t.ticker from trades t group by t.ticker, t.rowtime having max("price")',
    '2:74 HAVING needs a BOOLEAN, not DOUBLE',
  ],
  [
    'select stream min(t.rowtime) as rowtime, ticker from trades t group by floor(t.rowtime to day)',
    '2:42 column TICKER is neither grouped nor aggregated; add it to GROUP BY, or write MAX(...)',
  ],
  [
    "select stream ticker from trades where seen_at > seen_at - interval '1' second(11)",
    '2:73 interval precision must be from 1 to 10 digits, not 11',
  ],
  [
    'select stream ticker from trades where (seen_at, seen_at) overlaps seen_at',
    '2:68 OVERLAPS needs a period on its right; write (start, end)',
  ],
  [
    'select stream ticker from trades where (seen_at, qty) overlaps (seen_at, seen_at)',
    '2:50 OVERLAPS needs times, not INTEGER',
  ],
  [
    'select stream ticker from trades where (seen_at, seen_at) immediately overlaps (seen_at, seen_at)',
    '2:71 OVERLAPS does not take IMMEDIATELY',
  ],
  [
    "select stream ticker from trades where (ticker, qty) in (('a'))",
    '2:58 a row of 2 cannot be compared with a row of 1; both sides need the same members',
  ],
  [
    'select stream nullif(ticker, 1), ticker from trades',
    '2:15 NULLIF cannot be applied to VARCHAR(4) and INTEGER; there are no implicit conversions: CAST(... AS INTEGER)',
  ],
  ["select stream ticker from trades t where t.a.b.ticker = 'x'", '2:46 B is not in FROM; FROM has T'],
  ['select stream ticker from trades natural join trades b on 1 = 1', '2:34 a NATURAL JOIN takes neither ON nor USING'],
  [
    'select stream ticker from (select stream * from trades',
    '2:55 expected ")" after the subquery, found the end of the program',
  ],
]

const PROGRAMS: readonly (readonly [string, string])[] = [
  ['create stream a (x integer, x integer)', '1:29 column X is defined twice in A'],
  ['create stream a (x integer); create or replace stream a (y integer)', '1:55 stream A is created twice'],
  ['create stream trades (x integer)', '1:15 stream TRADES is an input of the application'],
  [
    'create stream "Error_Stream" (x integer)',
    '1:15 stream "Error_Stream" exists already: errors go there; choose another name',
  ],
  ['create stream a (x strng)', '1:20 unknown type STRNG'],
  [
    'create stream a (order integer)',
    '1:18 expected a column name, found the reserved word ORDER; to use it as a name, write "ORDER" in quotes, in the case of the name',
  ],
  ['create stream a (x interval day)', '1:20 an interval cannot be stored; use BIGINT milliseconds: TSDIFF(a, b)'],
  ['create stream a ()', '1:18 expected a column name, found ")"'],
  [
    'create stream a (x integer) create stream b (x integer)',
    '1:29 expected ";" or the end of the program, found CREATE',
  ],
  ['create table a (x integer)', '1:8 expected STREAM, PUMP or FUNCTION after CREATE, found TABLE'],
  [
    'create stream a (x integer); create pump p as insert into b select stream qty from trades',
    '1:59 stream B not found; add CREATE STREAM B (...)',
  ],
  [
    'create stream aa (x integer); create pump p as insert into "aa" select stream qty from trades',
    '1:60 stream "aa" not found; did you mean AA? case counts in quotes',
  ],
  [
    'create stream a (x integer); create pump p as insert into trades select stream qty from trades',
    '1:59 stream TRADES is an input: a pump cannot write it; CREATE STREAM another',
  ],
  [
    'create stream a (x integer); create pump p as insert into a (y) select stream qty from trades',
    '1:62 column Y not found in A',
  ],
  [
    'create stream a (x integer); create pump p as insert into a (x, x) select stream qty, qty from trades',
    '1:65 column X is in the INSERT list twice',
  ],
  [
    'create stream a (x integer, y integer); create pump p as insert into a (x, y) select stream qty from trades',
    '1:73 INSERT INTO A has 2 columns for 1 select item; the list: X, Y',
  ],
  [
    'create stream a (x integer, y integer); create pump p as insert into a select stream qty, qty, qty from trades',
    '1:72 INSERT INTO A has 2 columns for 3 select items; its columns: X, Y',
  ],
  [
    'create stream a (x integer, y integer not null); create pump p as insert into a (x) select stream qty from trades',
    '1:79 column Y of A is NOT NULL and gets no value',
  ],
  [
    'create stream a (x integer not null); create pump p as insert into a select stream null from trades',
    '1:84 NULL goes into NOT NULL column X of A',
  ],
  [
    'create stream a (x integer); create pump p as insert into a select stream ticker from trades',
    '1:75 VARCHAR(4) cannot be stored in column X INTEGER of A; use CAST(... AS INTEGER)',
  ],
  [
    'create stream a (x timestamp); create pump p as insert into a select stream ms from trades',
    '1:77 BIGINT cannot be stored in column X TIMESTAMP of A; use TO_TIMESTAMP',
  ],
  [
    'create stream a (x bigint); create pump p as insert into a select stream seen_at from trades',
    '1:74 TIMESTAMP cannot be stored in column X BIGINT of A; use UNIX_TIMESTAMP',
  ],
  [
    'create stream a (x date); create pump p as insert into a select stream seen_at from trades',
    '1:72 TIMESTAMP cannot be stored in column X DATE of A; use CAST(... AS DATE)',
  ],
  [
    'create stream a (x varchar(5)); create pump p as insert into a select stream qty from trades',
    '1:78 INTEGER cannot be stored in column X VARCHAR(5) of A; use CAST(... AS VARCHAR(5))',
  ],
  [
    'create stream a (x bigint); create pump p as insert into a select stream (seen_at - seen_at) second from trades',
    '1:74 INTERVAL SECOND cannot be stored in column X BIGINT of A; an interval cannot be stored: use TSDIFF(a, b), or CAST((a - b) SECOND AS BIGINT)',
  ],
  [
    'create stream a (x boolean); create pump p as insert into a select stream qty from trades',
    '1:75 INTEGER cannot be stored in column X BOOLEAN of A; check the order of the select items',
  ],
  [
    'create stream a (x integer); create pump p as insert into a select stream qty from trades; create pump p as insert into a select stream qty from trades',
    '1:104 pump P is created twice',
  ],
  [
    'create stream a (x integer); create pump p as insert into a select stream x from a',
    '1:42 pump P closes a cycle: A -> A; rows would go round for ever',
  ],
  [
    'create stream a (x integer); create stream b (x integer); create pump p as insert into b select stream x from a; create pump q as insert into a select stream x from b',
    '1:71 pump P closes a cycle: B -> A -> B; rows would go round for ever',
  ],
  [
    'create stream a (x integer); insert into a select stream qty from trades',
    '1:30 INSERT of a query outside a pump; write CREATE PUMP name AS INSERT INTO ...',
  ],
  [
    "create stream a (x integer); insert into a values ('1')",
    '1:52 VARCHAR(1) cannot be stored in column X INTEGER of A; use CAST(... AS INTEGER)',
  ],
  [
    'select stream qty from trades',
    '1:1 a query outside a pump has nowhere to put its rows; write CREATE PUMP name AS INSERT INTO stream SELECT STREAM ...',
  ],
  ['drop stream trades', '1:13 stream TRADES is an input of the application: it cannot be dropped'],
  ['alter pump nope start', '1:12 pump NOPE not found'],
  ['create pump p select stream qty from trades', '1:15 expected AS before the INSERT of the pump, found SELECT'],
  [
    'create stream a (x integer); create pump p as insert into a (rowtime, x) select stream qty, qty from trades',
    '1:88 ROWTIME must be TIMESTAMP, not INTEGER',
  ],
  [
    'create function f(x integer) returns integer return x + 1.0',
    '1:53 function F returns INTEGER, and its body is DECIMAL(12,1); use CAST(... AS INTEGER)',
  ],
  [
    'create stream a (x integer); create pump p as insert a select stream qty from trades',
    '1:54 expected INTO after INSERT, found A',
  ],
  ['create stream a (x integer', '1:27 expected ")" or "," after a column, found the end of the program'],
  ['"just a name"', '1:1 expected CREATE or INSERT to begin a statement, found "just a name"'],
]

test.each(QUERIES)('the query %j is refused with its place and reason', (query, message) => {
  const target = 'create stream o (a varchar(9), b varchar(9)); create pump p as insert into o'
  expect(messageOf(`${target}\n${query}`)).toBe(message)
})

test.each(PROGRAMS)('the program %j is refused with its place and reason', (text, message) => {
  expect(messageOf(text)).toBe(message)
})

test('the caret stands under the name that is wrong', () => {
  const text = 'create stream o (a double);\ncreate pump p as insert into o\n  select stream t."prize" from trades t'
  let error: unknown
  try {
    planProgram(text, INPUTS)
  } catch (thrown) {
    error = thrown
  }
  expect(error instanceof SqlError && renderSqlError(error, text)).toBe(
    [
      '3:19 column "prize" not found in TRADES; did you mean "price"?',
      '  3 |   select stream t."prize" from trades t',
      '    |                   ^^^^^^^',
    ].join('\n'),
  )
})
