-- stream: BY_STEP
select date_trunc('year', arrival) + interval 1 year as w, date_trunc('year', arrival), count(*) from input group by 1, 2 order by 1
