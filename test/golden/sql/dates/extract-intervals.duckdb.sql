with d as (select *, epoch_ms(t2) - epoch_ms(t1) as gap from input)
select arrival, id, gap // 86400000, gap // 3600000 % 24, gap // 60000 % 60, ((gap % 60000) / 1000)::decimal(5,3) from d order by line
