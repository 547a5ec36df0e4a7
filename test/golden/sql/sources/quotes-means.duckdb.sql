select * from (with r as (select line, unnest(string_split(text, '|')) as r from lines), f as (select line, string_split(r, ';;') as f from r where r <> '' and not contains(r, '"'))
select timestamp '2024-03-01 10:00:00', substr(f[2], 1, 4) as t, avg(try_cast(f[3] as double)) from f where coalesce(f[3], '') = '' or try_cast(f[3] as double) is not null group by t having count(try_cast(f[3] as double)) > 0
union all select timestamp '2024-03-01 10:00:00', 'Q;;R', 8) q order by case t when 'AMZN' then 1 when 'MSFT' then 2 when 'TBV' then 3 when 'A;B' then 4 else 5 end
