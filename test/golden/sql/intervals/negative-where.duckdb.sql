select arrival, id from input where epoch_ms(t2) - epoch_ms(t1) < -86400000 or t1 - interval 1 minute = t2 order by line
