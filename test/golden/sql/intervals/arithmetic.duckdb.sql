select arrival, id, t1 + interval 90 minute, t1 - interval 172798 second, epoch_ms(t2) - epoch_ms(t1) > 60000, true from input order by line
