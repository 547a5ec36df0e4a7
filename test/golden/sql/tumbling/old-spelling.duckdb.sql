select time_bucket(interval 10 second, arrival) + interval 10 second as w, sym, count(*), max(price) from input group by w, sym order by w, min(line)
