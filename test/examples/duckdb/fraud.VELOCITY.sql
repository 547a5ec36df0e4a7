select arrival, card, n, total from (
  select line, arrival, card, count(*) over w as n, sum(amount) over w as total from input
  window w as (partition by card order by arrival range between interval 5 minute preceding and current row)
) where n > 5 order by line
