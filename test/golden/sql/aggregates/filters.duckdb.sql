select date_trunc('minute', arrival) + interval 1 minute as w, count(*), count(*) filter (side = 'B'), sum(qty) filter (price > 10), count(distinct sym) filter (qty >= 10),
  count(qty) filter (price is null), max(qty) filter (sym = 'nobody') from input group by w order by w
