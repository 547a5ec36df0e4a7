select t + interval 1 minute, id from (
  select date_trunc('minute', arrival) as t, id, row_number() over (partition by t order by seen desc nulls last, id) as place from input)
where place <= 3 order by t, place
