select time_bucket(interval 30 second, arrival) + interval 30 second as w, trunc(sum(epoch_ms(t2) - epoch_ms(t1))::hugeint // count(epoch_ms(t2) - epoch_ms(t1)))::bigint, max(epoch_ms(t2) - epoch_ms(t1)),
  max(make_timestamp(ms * 1000)), min(epoch_ms(t1)) from input group by w order by w
