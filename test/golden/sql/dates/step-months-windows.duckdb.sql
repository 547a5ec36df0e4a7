-- stream: MONTHS
select time_bucket(interval 2 month, arrival, timestamp '1970-01-01') + interval 2 month as w, count(t1) from input group by w order by w
