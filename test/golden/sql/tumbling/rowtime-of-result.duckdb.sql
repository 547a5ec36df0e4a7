-- stream: RETIMED
select max(arrival), max(arrival), count(*) from input group by date_trunc('minute', arrival) order by 1
