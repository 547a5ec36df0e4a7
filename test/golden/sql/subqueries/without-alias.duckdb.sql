select date_trunc('minute', arrival) + interval 1 minute as w, sym, count(*) as n from input group by w, sym having n > 1 order by w, min(line)
