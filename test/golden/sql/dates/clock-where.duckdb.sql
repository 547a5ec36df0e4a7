select arrival, id, (epoch_ms(t1) - epoch_ms(timestamp '2024-01-01')) // 86400000 from input
where t1 > timestamp '2024-01-01' or t2 = timestamp '2024-01-01' or d1 = date '2024-01-01' or at1 = time '00:00:00' or t1 > arrival order by line
