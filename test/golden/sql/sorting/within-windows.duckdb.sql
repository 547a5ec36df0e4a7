select time_bucket(interval 10 second, arrival) + interval 10 second, id, seen, w from input order by 1, w nulls last, seen desc nulls first, line
