select w + interval 7 minute, w, n from (
  select make_timestamp((epoch_ms(arrival) // 420000) * 420000 * 1000) as w, count(*) as n from input group by w) order by w
