select w, sym, qty from (select date_trunc('hour', arrival) + interval 1 hour as w, sym, qty, line, row_number() over (partition by w order by qty desc, line) as r
  from input where qty is not null) where r <= 2 order by w, r
