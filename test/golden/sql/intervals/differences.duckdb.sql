with d as (select *, epoch_ms(t2) - epoch_ms(t1) as gap from input)
select arrival, id, gap // 60000, gap // 86400000, gap // 3600000, (gap / 1000)::decimal(18,3), d1 - date '2024-01-01' from d order by line
