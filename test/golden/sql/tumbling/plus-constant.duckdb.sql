select w + interval 30 second, w + interval 5 minute, sym, n from (
  select time_bucket(interval 30 second, arrival) as w, sym, count(*) as n, min(line) as line from input group by w, sym) order by w, line
