select date_trunc('minute', arrival) + interval 1 minute as w, time_bucket(interval 10 second, ts) as t, "user", count(*), min(epoch_ms(ts)) from input group by w, t, "user" order by w, min(line)
