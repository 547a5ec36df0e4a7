-- the fraction is left out where it is zero
select arrival, id, case when millisecond(t1) % 1000 = 0 then strftime(t1, '%Y-%m-%d %H:%M:%S') else strftime(t1, '%Y-%m-%d %H:%M:%S.%g') end, d1::varchar,
  case when millisecond(at1) % 1000 = 0 then strftime(date '2000-01-01' + at1, '%H:%M:%S') else strftime(date '2000-01-01' + at1, '%H:%M:%S.%g') end, t1 from input order by line
