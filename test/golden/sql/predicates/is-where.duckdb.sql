select arrival, id, case when (i > j) is null then 'unknown' when not (d < e) then 'not below' else 'flag' end from input
where (i > j) is null or (d < e) is false or (f and g) is true order by line
