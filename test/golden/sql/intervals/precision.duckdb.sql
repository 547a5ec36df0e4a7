select arrival, id, t1 + interval 1000 second, t1 - interval 100250 millisecond, (epoch_ms(t2) - epoch_ms(t1)) // 3600000 from input order by line
