select make_timestamp((epoch_ms(arrival) // 500) * 500000 + 500000) as w, count(*), max(qty) from input group by w order by w
