-- stream: FAR
select arrival, k, v, mean, sd from (
  select *, avg(v) over w as mean, stddev_samp(v) over w as sd from input where v is not null
  window w as (partition by k, v > 0 order by line rows unbounded preceding)) where line < 14 and abs(v - mean) >= sd order by line
