select date_trunc('minute', arrival) + interval 1 minute as w, try_strptime(substr(s, 1, 10), '%Y-%m-%d') as d, count(*) from input
where regexp_full_match(s, '[0-9]{4}-0[0-9]-.*') or s is null group by w, d order by w, min(line)
