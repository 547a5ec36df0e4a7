-- stream: COUNTED
select date_trunc('minute', arrival) + interval 1 minute as w, count(*) from input where v is not null group by w order by w
