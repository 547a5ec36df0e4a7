select timestamp '2024-03-01 10:00:00', coalesce(strftime(t1, '%B'), 'null') as m, count(*), min(strftime(date '2000-01-01' + at1, '%H:%M')) from input group by m order by min(line)
