select timestamp '2024-06-01 12:01:00', nullif(substr(text, 1, 3), '') as c, count(*) from input where kind = 'fixed' group by c order by min(arrival)
