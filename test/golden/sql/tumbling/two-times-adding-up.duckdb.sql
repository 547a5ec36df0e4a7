with part as (select time_bucket(interval 20 second, arrival) + interval 20 second as w, time_bucket(interval 20 second, seen) as label, count(*) as n, min(line) as line from input group by 1, 2)
select timestamp '2024-03-01 10:00:00', label, count(*), sum(n) from part group by label order by min(w), min(line)
