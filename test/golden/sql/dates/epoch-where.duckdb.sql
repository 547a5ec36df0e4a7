select arrival, id, (epoch_ms(t2) - epoch_ms(t1)) // 60000 from input where epoch_ms(t2) - epoch_ms(t1) > 60000 or make_timestamp(ms * 1000) > timestamp '2030-01-01' order by line
