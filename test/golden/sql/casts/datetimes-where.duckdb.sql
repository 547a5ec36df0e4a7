select date_trunc('minute', arrival) + interval 1 minute as w, t1::date as d, count(*), min(t2::date::timestamp) from input where t1::date <> t2::date group by w, d order by w, min(line)
