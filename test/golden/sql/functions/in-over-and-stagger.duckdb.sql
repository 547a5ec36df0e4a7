-- stream: O
with f as (select *, case when price is null then -1 when price < 1 then 0 when price < 50 then 1 else 2 end as b from input where price is not null)
select x.arrival, x.b, count(*), sum(y.qty) from f x join f y on y.b = x.b and y.line <= x.line and y.arrival >= x.arrival - interval 30 second group by x.line, x.arrival, x.b order by x.line
