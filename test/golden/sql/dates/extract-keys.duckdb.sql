select timestamp '2024-03-01 10:00:00', (epoch_ms(t2) - epoch_ms(t1)) // 86400000 as d, count(*) from input group by d order by min(line)
