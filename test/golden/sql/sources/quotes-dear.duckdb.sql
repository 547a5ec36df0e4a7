with r as (select line, string_split(text, '|') as l, generate_subscripts(l, 1) as place, unnest(l) as r from lines), f as (select line, place, string_split(r, ';;') as f from r)
select f[1]::timestamp, f[2], f[3]::double from f where try_cast(f[3] as double) > 100 order by line, place
