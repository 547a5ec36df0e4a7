select time_bucket(interval 30 second, seen) + interval 30 second as t, w, count(*), min(id) from (select *, row_number() over (order by seen, line) as place from input where seen is not null)
group by t, w order by t, min(place)
