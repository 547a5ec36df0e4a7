select w, w, count(*), sum(qty) from (
  select *, case when arrival = date_trunc('hour', arrival) then arrival else date_trunc('hour', arrival) + interval 1 hour end as w from input) group by w order by w
