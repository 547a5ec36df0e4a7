select distinct arrival, w from input order by arrival, w nulls last
