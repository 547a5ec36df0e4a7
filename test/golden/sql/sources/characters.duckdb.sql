with v as (select line, (text->>'$.arrival')::timestamp as arrival, (text->>'$.id')::integer as id, json_type(text, '$.x') as t, text->>'$.x' as x, text from lines),
c as (select *, case when t = 'NULL' or t is null then null when t = 'VARCHAR' or t = 'BOOLEAN' then substr(x, 1, 3) else substr(regexp_extract(text, '"x":(.*)}$', 1), 1, 3) end as c from v)
select arrival, id, rtrim(c, ' '), case when c is not null then 3 end, rtrim(c, ' ') = '1' from c order by line
