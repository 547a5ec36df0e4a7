-- stream: SECONDS
select date_trunc('second', arrival) + interval 1 second, date_trunc('second', arrival), count(*) from input group by 1, 2 order by 1
