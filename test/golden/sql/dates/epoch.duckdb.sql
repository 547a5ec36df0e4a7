select arrival, id, epoch_ms(t1), make_timestamp(ms * 1000), epoch_ms(t2) - epoch_ms(t1), ms - 1000 from input order by line
