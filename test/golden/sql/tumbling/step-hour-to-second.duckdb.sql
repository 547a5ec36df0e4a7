select w + interval 90 second, w, n, q from (
  select make_timestamp((epoch_ms(arrival) // 90000) * 90000 * 1000) as w, count(*) as n, sum(qty) as q from input group by w) order by w
