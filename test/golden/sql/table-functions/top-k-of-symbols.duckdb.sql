with g as (select date_trunc('minute', arrival) + interval 1 minute as w, sym, count(*) as n, min(line) as line from input where sym is not null group by w, sym)
select w, sym, n from g qualify row_number() over (partition by w order by n desc, line) <= 2 order by w, n desc, line
