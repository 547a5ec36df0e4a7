-- numbers, arrays and objects come as they are written
with v as (select line, (text->>'$.arrival')::timestamp as arrival, (text->>'$.id')::integer as id, json_type(text, '$.x') as t, text->>'$.x' as x, text from lines)
select arrival, id, case when t = 'NULL' or t is null then null when t = 'VARCHAR' or t = 'BOOLEAN' then substr(x, 1, 6) else substr(regexp_extract(text, '"x":(.*)}$', 1), 1, 6) end from v order by line
