select w, w, sym, count(*) from (select *, make_timestamp((epoch_ms(arrival) + 999) // 1000 * 1000000) as w from input) group by w, sym order by w, min(line)
