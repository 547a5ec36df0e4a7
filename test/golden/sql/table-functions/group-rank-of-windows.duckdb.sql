-- stream: OUT
with s as (select date_trunc('minute', arrival) + interval 1 minute as w, sym, sum(qty) as q, min(line) as line from input where sym is not null and qty is not null group by w, sym), r as (select *, rank() over (partition by w order by q desc) as r from s)
select w, sym, q, r from r qualify row_number() over (partition by w order by r, line) <= 3 order by w, r, line
