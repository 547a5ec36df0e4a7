select t, w, hi from (
  select time_bucket(interval 20 second, arrival) + interval 20 second as t, w, max(id) as hi,
    row_number() over (partition by t order by count(*) desc, w nulls last) as place
  from input group by t, w) where place <= 2 order by t, place
