select arrival, id, t1 <= t2, t1 <> t2, d1 >= date '2024-01-01', at1 < time '12:00:00' from input order by line
