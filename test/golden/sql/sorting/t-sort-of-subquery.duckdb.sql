select date_trunc('second', ts) as t, ms, page from input where ts < timestamp '2024-08-01 13:00:00' order by t, line
