select time_bucket(interval 2 minute, arrival) + interval 2 minute as w, fee, qty, side from input order by w, side nulls first, qty desc nulls last, line
