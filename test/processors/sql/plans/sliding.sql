-- windows of several kinds in one select, one of them named and extended, one repeated
create stream o (ticker varchar(4), s bigint, a double, n bigint, l integer, f varchar(4), e double, c bigint, d double);
create pump p as insert into o
select stream t.ticker, sum(t.qty) over w, avg(t."price") over w, count(*) over (partition by t.ticker rows 9 preceding),
  lag(t.qty, 2, t.qty + 1) ignore nulls over w, nth_value(t.ticker, 3) from last over (),
  exp_avg(t.qty, interval '10' second) over w, sum(t.qty) over (partition by t.ticker range interval '1' minute preceding) + 1,
  stddev(distinct t.paid) over (range current row)
from trades t
where t.qty > 0
window keyed as (partition by t.ticker), w as (keyed range interval '1' minute preceding);
