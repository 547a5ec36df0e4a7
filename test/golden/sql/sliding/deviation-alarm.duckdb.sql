select arrival, dev, temp, mean from (
  select *, avg(temp) over w as mean, stddev_pop(temp) over w as sd from input window w as (partition by dev order by line)) where abs(temp - mean) > 2 * sd order by line
