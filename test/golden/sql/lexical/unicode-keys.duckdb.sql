select timestamp '2024-03-01 10:00:00', case when regexp_matches(name, '[\x{80}-\x{FFFF}]') then '✓' else '-' end as k, count(*) from input group by k order by min(line)
