select timestamp '2024-03-01 10:00:00', coalesce(substr(name, 1, 1), 'nobody') as k, count(*) from input group by k having coalesce(sum(n), 0) > 1 order by min(line)
