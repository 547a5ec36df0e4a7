with m as (select date_trunc('minute', arrival) + interval 1 minute as t, cust, line from input), g as (select t, cust, count(*) as n, min(line) as line from m where cust is not null group by t, cust)
select t, cust, n, (select count(*) from m where m.t = g.t) from g qualify row_number() over (partition by t order by n desc, line) = 1 order by t
