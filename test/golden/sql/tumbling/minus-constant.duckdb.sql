select w + interval 75 second, w + interval 15 second, n from (
  select date_trunc('minute', arrival - interval 15 second) as w, count(*) as n from input group by w) order by w
