with r as (select line, unnest(string_split(text, '|')) as r from lines), f as (select line, string_split(r, ';;') as f from r)
select f[1]::timestamp, f[2], f[3]::double from f where try_cast(f[3] as double) > 100 order by line
