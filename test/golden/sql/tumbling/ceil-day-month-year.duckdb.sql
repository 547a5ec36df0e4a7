-- stream: MONTHS
select w, w, count(*) from (
  select case when arrival = date_trunc('month', arrival) then arrival else date_trunc('month', arrival) + interval 1 month end as w from input) group by w order by w
