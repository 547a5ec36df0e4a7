select date_trunc('minute', arrival) + interval 1 minute as w, (floor(i / 10) * 10)::integer as k, count(*) from input where i between -2000 and 2000 group by w, k order by w, min(line)
